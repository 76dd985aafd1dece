/* A source's fixed set of frames, each made of fd-backed memories: a GstBufferPool
 * whose buffers are acquired by the number of their frame, as the device says it.
 *
 * A frame is free again when nobody holds any of its memories any more. As a rule its
 * buffer comes back to the pool with them, and goes out again with the metas it has.
 * But tee, crop, and sinks that wrap buffers share the memories beyond the buffer's
 * life. Such a buffer is let go, and the hook on each memory brings that back: at its
 * last unref it comes to life again for the pool (as GStreamer's own v4l2 allocator
 * does it).
 *
 * When a frame is free, its index is queued and, if the element asked for it by
 * gstx_pool_wake_fd, the wake fd is written. All of that is C and runs on whatever
 * thread dropped the last reference.
 */
#include "gstx.h"
#include <gst/allocators/gstdmabuf.h>
#include <gst/allocators/gstfdmemory.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <fcntl.h>

typedef struct {
  GstMemory *mem[GSTX_MAX_MEM]; /* the slot's while idle, else only remembered */
  gsize size[GSTX_MAX_MEM];
  guint n_mem, idle;            /* idle: bit k for mem[k] */
  GstBuffer *buf;               /* that has them, when they are not idle; or NULL */
  gboolean home;                /* the slot's is that buffer */
  /* Of buf, as long as it has them: */
  GstVideoMeta *video;
  GstxStamped stamped;
} Slot;

#define ALL(s) ((1u << (s)->n_mem) - 1)

struct _GstxPool {
  GstBufferPool parent;
  GMutex lock;                  /* guards all below but the constants */
  gboolean closed;
  guint n;
  Slot slot[GSTX_MAX_FRAMES];
  GstxRing ring;                /* of free frames; read without the lock */
  gint wake;
  gboolean armed, written;      /* somebody waits on wake; it is readable */
  GstVideoFormat format;
  GstxPoolLayout layout;
};

typedef struct {
  GstBufferPoolClass parent;
} GstxPoolClass;

G_DEFINE_TYPE (GstxPool, gstx_pool, GST_TYPE_BUFFER_POOL)

typedef struct {
  GstxPool *pool;
  guint slot, index;            /* of the memory in the slot */
} Ticket;

static GQuark
ticket_quark (void)
{
  return g_quark_from_static_string ("gstx-pool-ticket");
}

static void
gstx_pool_finalize (GObject * obj)
{
  GstxPool *p = (GstxPool *) obj;

  if (p->wake >= 0)
    close (p->wake);
  g_mutex_clear (&p->lock);
  G_OBJECT_CLASS (gstx_pool_parent_class)->finalize (obj);
}

static void
ticket_free (gpointer data)
{
  Ticket *t = data;

  gst_object_unref (t->pool);
  g_free (t);
}

/* Under the lock: a close may free the pool right after it. */
static void
wake (GstxPool * p)
{
  p->armed = FALSE;
  p->written = eventfd_write (p->wake, 1) == 0;
}

/* Under the lock. */
static void
give_back (GstxPool * p, guint slot)
{
  p->ring.frame[p->ring.tail % GSTX_MAX_FRAMES] = slot;
  g_atomic_int_set (&p->ring.tail, p->ring.tail + 1);
  if (p->armed)
    wake (p);
}

static gboolean
memory_dispose (GstMiniObject * obj)
{
  Ticket *t = gst_mini_object_get_qdata (obj, ticket_quark ());
  GstxPool *p = t->pool;
  Slot *s = &p->slot[t->slot];
  gboolean free_it;

  g_mutex_lock (&p->lock);
  free_it = p->closed;
  if (!free_it) {
    gst_mini_object_ref (obj);
    s->idle |= 1u << t->index;
    if (s->idle == ALL (s))
      give_back (p, t->slot);
  }
  g_mutex_unlock (&p->lock);
  return free_it;
}

/* Drops what others have put on the buffer, and notes which of the slot's metas they
 * have left there. */
static gboolean
sort_meta (GstBuffer * buf, GstMeta ** meta, gpointer data)
{
  Slot *has = data;
  GstMeta *m = *meta;

  if (m->info == gst_video_meta_get_info () && !has->video)
    has->video = (GstVideoMeta *) m;
  else if (m->info == gst_reference_timestamp_meta_get_info () && !has->stamped.captured)
    has->stamped.captured = (GstReferenceTimestampMeta *) m;
  else if (m->info == gst_video_crop_meta_get_info () && !has->stamped.crop)
    has->stamped.crop = (GstVideoCropMeta *) m;
  else if (m->info == gstx_meta_info (SHM_META_HDR) && !has->stamped.block[SHM_META_HDR])
    has->stamped.block[SHM_META_HDR] = (GstShmMeta *) m;
  else if (m->info == gstx_meta_info (SHM_META_LAYERS) && !has->stamped.block[SHM_META_LAYERS])
    has->stamped.block[SHM_META_LAYERS] = (GstShmMeta *) m;
  else if (m->flags & GST_META_FLAG_LOCKED)
    return FALSE;
  else
    *meta = NULL;
  return TRUE;
}

/* Makes the buffer as it was, if it has its memories, nobody else has them, and nothing
 * is on it that cannot be removed. */
static gboolean
restore (Slot * s, GstBuffer * buf)
{
  guint k;

  if (gst_buffer_n_memory (buf) != s->n_mem)
    return FALSE;
  for (k = 0; k < s->n_mem; k++) {
    GstMemory *m = gst_buffer_peek_memory (buf, k);

    if (m != s->mem[k] || GST_MINI_OBJECT_REFCOUNT_VALUE (m) != 1)
      return FALSE;
    m->offset = 0;
    m->size = s->size[k];
  }
  s->video = NULL;
  s->stamped = (GstxStamped) { 0 };
  GST_BUFFER_FLAGS (buf) = 0;
  GST_BUFFER_DTS (buf) = GST_CLOCK_TIME_NONE;
  return gst_buffer_foreach_meta (buf, sort_meta, s);
}

static void
gstx_pool_release_buffer (GstBufferPool * pool, GstBuffer * buf)
{
  GstxPool *p = (GstxPool *) pool;
  guint i;

  g_mutex_lock (&p->lock);
  for (i = 0; i < p->n && p->slot[i].buf != buf; i++);
  g_mutex_unlock (&p->lock);
  if (i < p->n) {
    Slot *s = &p->slot[i];
    /* Without the lock: what others have put there may have buffers of this pool. */
    gboolean whole = restore (s, buf);

    g_mutex_lock (&p->lock);
    s->home = whole && !p->closed;
    if (s->home) {
      buf = NULL;
      give_back (p, i);
    } else {
      s->buf = NULL;
    }
    g_mutex_unlock (&p->lock);
  }
  if (buf)
    gst_buffer_unref (buf);     /* each memory comes back when it is free */
}

/* What is on a buffer stays, see restore. */
static void
gstx_pool_reset_buffer (GstBufferPool * pool, GstBuffer * buf)
{
}

/* Frames are made by gstx_pool_set, and closed by gstx_pool_close. */
static gboolean
gstx_pool_start (GstBufferPool * pool)
{
  return TRUE;
}

static gboolean
gstx_pool_stop (GstBufferPool * pool)
{
  return TRUE;
}

/* The number of the frame is params->start, of GST_FORMAT_BUFFERS. */
static GstFlowReturn
gstx_pool_acquire_buffer (GstBufferPool * pool, GstBuffer ** buf, GstBufferPoolAcquireParams * params)
{
  GstxPool *p = (GstxPool *) pool;
  Slot *s;
  guint k;
  gboolean is_free;

  if (!params || params->format != GST_FORMAT_BUFFERS || params->start < 0 || params->start >= p->n)
    return GST_FLOW_NOT_SUPPORTED;
  s = &p->slot[params->start];
  g_mutex_lock (&p->lock);
  is_free = !p->closed && s->n_mem && (s->home || s->idle == ALL (s));
  if (is_free && !s->home) {
    s->buf = gst_buffer_new ();
    for (k = 0; k < s->n_mem; k++)
      gst_buffer_append_memory (s->buf, s->mem[k]);
    s->video = NULL;
    s->stamped = (GstxStamped) { 0 };
  }
  if (is_free) {
    s->home = FALSE;
    s->idle = 0;
    *buf = s->buf;
  }
  g_mutex_unlock (&p->lock);
  return is_free ? GST_FLOW_OK : GST_FLOW_EOS;
}

static void
gstx_pool_class_init (GstxPoolClass * klass)
{
  GstBufferPoolClass *pool = GST_BUFFER_POOL_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gstx_pool_finalize;
  pool->start = gstx_pool_start;
  pool->stop = gstx_pool_stop;
  pool->acquire_buffer = gstx_pool_acquire_buffer;
  pool->reset_buffer = gstx_pool_reset_buffer;
  pool->release_buffer = gstx_pool_release_buffer;
}

static void
gstx_pool_init (GstxPool * p)
{
  g_mutex_init (&p->lock);
  p->wake = -1;
}

GstxPool *
gstx_pool_new (guint n, const GstxPoolLayout * layout)
{
  GstxPool *p;
  GstStructure *config;

  if (n == 0 || n > GSTX_MAX_FRAMES || layout->n_planes > GSTX_MAX_PLANES)
    return NULL;
  p = gst_object_ref_sink (g_object_new (gstx_pool_get_type (), NULL));
  p->n = n;
  p->layout = *layout;
  p->format = layout->format ?
      gst_video_format_from_string (layout->format) : GST_VIDEO_FORMAT_UNKNOWN;
  p->layout.format = NULL;
  p->wake = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  config = gst_buffer_pool_get_config (GST_BUFFER_POOL (p));
  gst_buffer_pool_config_set_params (config, NULL, 1, n, n);
  if (p->wake < 0 || !gst_buffer_pool_set_config (GST_BUFFER_POOL (p), config) ||
      !gst_buffer_pool_set_active (GST_BUFFER_POOL (p), TRUE)) {
    gst_object_unref (p);
    return NULL;
  }
  return p;
}

gboolean
gstx_pool_set (GstxPool * p, guint i, const GstxPoolMem * mem, guint n_mem)
{
  Slot *s;
  guint k;

  if (i >= p->n || n_mem == 0 || n_mem > GSTX_MAX_MEM || p->slot[i].n_mem)
    return FALSE;
  s = &p->slot[i];
  for (k = 0; k < n_mem; k++) {
    GstAllocator *a = mem[k].dmabuf ? gst_dmabuf_allocator_new () : gst_fd_allocator_new ();
    gint fd = fcntl (mem[k].fd, F_DUPFD_CLOEXEC, 3);
    GstMemory *m = NULL;
    Ticket *t;

    if (fd >= 0) {
      m = mem[k].dmabuf ?
          gst_dmabuf_allocator_alloc (a, fd, mem[k].size) :
          gst_fd_allocator_alloc (a, fd, mem[k].size, GST_FD_MEMORY_FLAG_KEEP_MAPPED);
      if (!m)
        close (fd);
    }
    gst_object_unref (a);       /* the memory keeps its own reference */
    if (!m)
      return FALSE;             /* what was made so far goes with close */
    t = g_new (Ticket, 1);
    t->pool = gst_object_ref (p);
    t->slot = i;
    t->index = k;
    gst_mini_object_set_qdata (GST_MINI_OBJECT (m), ticket_quark (), t, ticket_free);
    GST_MINI_OBJECT (m)->dispose = memory_dispose;
    s->idle |= 1u << k;
    s->size[s->n_mem] = mem[k].size;
    s->mem[s->n_mem++] = m;
  }
  return TRUE;
}

static void
set_video (GstxPool * p, Slot * s)
{
  GstVideoMeta *m = s->video;
  guint k;

  if (!p->layout.n_planes || p->format == GST_VIDEO_FORMAT_UNKNOWN)
    return;
  if (!m) {
    gsize off[GSTX_MAX_PLANES] = { 0 };

    for (k = 0; k < p->layout.n_planes; k++)
      off[k] = p->layout.offset[k];
    s->video = gst_buffer_add_video_meta_full (s->buf, GST_VIDEO_FRAME_FLAG_NONE, p->format,
        p->layout.width, p->layout.height, p->layout.n_planes, off, p->layout.stride);
    return;
  }
  m->flags = GST_VIDEO_FRAME_FLAG_NONE;
  m->format = p->format;
  m->id = 0;
  m->width = p->layout.width;
  m->height = p->layout.height;
  m->n_planes = p->layout.n_planes;
  for (k = 0; k < p->layout.n_planes; k++) {
    m->offset[k] = p->layout.offset[k];
    m->stride[k] = p->layout.stride[k];
  }
  gst_video_alignment_reset (&m->alignment);
}

/* The buffer of frame i, which must be free. */
GstBuffer *
gstx_pool_acquire (GstxPool * p, guint i, GstxStamp stamp)
{
  GstBufferPoolAcquireParams params = { GST_FORMAT_BUFFERS, i };
  GstBuffer *buf;
  Slot *s;

  if (gst_buffer_pool_acquire_buffer (GST_BUFFER_POOL (p), &buf, &params) != GST_FLOW_OK)
    return NULL;
  s = &p->slot[i];
  set_video (p, s);
  gstx_stamp (buf, &s->stamped, &stamp);
  return buf;
}

const GstxRing *
gstx_pool_ring (GstxPool * p)
{
  return &p->ring;
}

gint
gstx_pool_wake_fd (GstxPool * p, guint32 head)
{
  g_mutex_lock (&p->lock);
  p->armed = TRUE;
  if (p->ring.tail != head && !p->written)
    wake (p);
  g_mutex_unlock (&p->lock);
  return p->wake;
}

gboolean
gstx_pool_calm (GstxPool * p, guint32 head)
{
  gboolean armed;
  eventfd_t v;

  g_mutex_lock (&p->lock);
  if (p->written && p->ring.tail == head) {
    eventfd_read (p->wake, &v);
    p->written = FALSE;
  }
  armed = p->armed || p->written;
  g_mutex_unlock (&p->lock);
  return armed;
}

/* Gives the element's reference back. Memories that are out stay valid, with
 * their fds, until they are dropped, wherever that is. */
void
gstx_pool_close (GstxPool * p)
{
  guint i, k;

  /* From here on dispose frees, so what is free now is ours alone. */
  g_mutex_lock (&p->lock);
  p->closed = TRUE;
  g_mutex_unlock (&p->lock);
  gst_buffer_pool_set_active (GST_BUFFER_POOL (p), FALSE);
  for (i = 0; i < p->n; i++) {
    Slot *s = &p->slot[i];

    if (s->home)
      gst_buffer_unref (s->buf);
    for (k = 0; k < s->n_mem; k++)
      if (s->idle & (1u << k))
        gst_memory_unref (s->mem[k]);
  }
  gst_object_unref (p);
}
