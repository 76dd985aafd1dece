/* A source's fixed set of frames, each made of fd-backed memories.
 *
 * A frame is free again when nobody holds any of its memories any more, which is
 * not when its GstBuffer dies: tee, crop, and sinks that wrap buffers share the
 * memories. So the hook sits on the memory: at its last unref it comes back to
 * life for the pool (as GStreamer's own v4l2 allocator does), and when all of a
 * frame's memories are back, its index is queued and, if the element asked for it
 * by gstx_pool_wake_fd, the wake fd is written.
 * All of that is C and runs on whatever thread dropped the last reference.
 */
#include "gstx.h"
#include <gst/allocators/gstdmabuf.h>
#include <gst/allocators/gstfdmemory.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <fcntl.h>

#define MAX_FRAMES 64

typedef struct {
  GstMemory *mem[GSTX_MAX_MEM]; /* owned while idle, only remembered while out */
  guint n_mem, idle;            /* idle: bit k for mem[k] */
} Slot;

#define ALL(s) ((1u << (s)->n_mem) - 1)

struct _GstxPool {
  gint refs;                    /* one for the element, one per memory */
  GMutex lock;                  /* guards all below but the constants */
  gboolean closed;
  guint n;
  Slot slot[MAX_FRAMES];
  guint8 returned[MAX_FRAMES];  /* ring of free indices */
  guint32 head, count;          /* count is read without the lock too */
  gint wake;
  gboolean armed, written;      /* somebody waits on wake; it is readable */
  GstVideoFormat format;
  GstxPoolLayout layout;
};

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
pool_unref (GstxPool * p)
{
  if (!g_atomic_int_dec_and_test (&p->refs))
    return;
  close (p->wake);
  g_mutex_clear (&p->lock);
  g_free (p);
}

static void
ticket_free (gpointer data)
{
  Ticket *t = data;

  pool_unref (t->pool);
  g_free (t);
}

/* Under the lock: a close may free the pool right after it. */
static void
wake (GstxPool * p)
{
  p->armed = FALSE;
  p->written = eventfd_write (p->wake, 1) == 0;
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
    if (s->idle == ALL (s)) {
      p->returned[(p->head + p->count) % MAX_FRAMES] = t->slot;
      g_atomic_int_set (&p->count, p->count + 1);
      if (p->armed)
        wake (p);
    }
  }
  g_mutex_unlock (&p->lock);
  return free_it;
}

GstxPool *
gstx_pool_new (guint n, const GstxPoolLayout * layout)
{
  GstxPool *p;

  if (n == 0 || n > MAX_FRAMES || layout->n_planes > GSTX_MAX_PLANES)
    return NULL;
  p = g_new0 (GstxPool, 1);
  p->refs = 1;
  p->n = n;
  p->layout = *layout;
  p->format = layout->format ?
      gst_video_format_from_string (layout->format) : GST_VIDEO_FORMAT_UNKNOWN;
  p->layout.format = NULL;
  g_mutex_init (&p->lock);
  p->wake = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (p->wake < 0) {
    g_mutex_clear (&p->lock);
    g_free (p);
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
    t->pool = p;
    t->slot = i;
    t->index = k;
    g_atomic_int_inc (&p->refs);
    gst_mini_object_set_qdata (GST_MINI_OBJECT (m), ticket_quark (), t, ticket_free);
    GST_MINI_OBJECT (m)->dispose = memory_dispose;
    s->idle |= 1u << k;
    s->mem[s->n_mem++] = m;
  }
  return TRUE;
}

void
gstx_add_block (GstBuffer * buf, ShmMetaKind kind, ShmMetaHolder * holder)
{
  const GstMetaInfo *info = holder ? gstx_meta_info (kind) : NULL;

  if (info)
    gst_buffer_add_meta (buf, info, holder);
}

static GstCaps *
monotonic_caps (void)
{
  static GstCaps *caps;

  if (g_once_init_enter (&caps))
    g_once_init_leave (&caps, gst_caps_new_empty_simple ("timestamp/x-clock-monotonic"));
  return caps;
}

void
gstx_stamp (GstBuffer * buf, GstxStamp s)
{
  GST_BUFFER_PTS (buf) = s.pts;
  GST_BUFFER_DURATION (buf) = s.duration;
  GST_BUFFER_OFFSET (buf) = s.offset;
  GST_BUFFER_OFFSET_END (buf) = s.offset + 1;
  GST_BUFFER_FLAG_SET (buf, s.flags);
  if (s.captured)
    gst_buffer_add_reference_timestamp_meta (buf, monotonic_caps (), s.captured, GST_CLOCK_TIME_NONE);
  gstx_add_block (buf, SHM_META_HDR, s.hdr);
  gstx_add_block (buf, SHM_META_LAYERS, s.layers);
}

void
gstx_content (GstBuffer * buf, const guint32 * start, const guint32 * size, guint n_mem)
{
  guint i;

  for (i = 0; i < MIN (n_mem, gst_buffer_n_memory (buf)); i++) {
    GstMemory *m = gst_buffer_peek_memory (buf, i);

    /* The pool undoes it when the buffer comes back. */
    if ((m->offset != start[i] || m->size != size[i]) && (gsize) start[i] + size[i] <= m->maxsize)
      gst_memory_resize (m, (gssize) start[i] - (gssize) m->offset, size[i]);
  }
}

GstBuffer *
gstx_borrow (GstBufferPool * pool, GstxInstance * x)
{
  GstBufferPoolAcquireParams params = { 0 };
  GstBuffer *buf = NULL;

  params.flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT;
  if (gst_buffer_pool_acquire_buffer (pool, &buf, &params) != GST_FLOW_OK)
    return NULL;
  gstx_frame_fill (x, buf);
  return buf;
}

/* Makes the buffer of frame i, which must be idle. */
GstBuffer *
gstx_pool_acquire (GstxPool * p, guint i, GstxStamp stamp)
{
  GstBuffer *buf;
  Slot *s;
  guint k;

  if (i >= p->n)
    return NULL;
  s = &p->slot[i];
  g_mutex_lock (&p->lock);
  if (p->closed || !s->n_mem || s->idle != ALL (s)) {
    g_mutex_unlock (&p->lock);
    return NULL;
  }
  s->idle = 0;
  g_mutex_unlock (&p->lock);

  buf = gst_buffer_new ();
  for (k = 0; k < s->n_mem; k++)
    gst_buffer_append_memory (buf, s->mem[k]);
  if (p->layout.n_planes && p->format != GST_VIDEO_FORMAT_UNKNOWN) {
    gsize off[GSTX_MAX_PLANES] = { 0 };

    for (k = 0; k < p->layout.n_planes; k++)
      off[k] = p->layout.offset[k];
    gst_buffer_add_video_meta_full (buf, GST_VIDEO_FRAME_FLAG_NONE, p->format,
        p->layout.width, p->layout.height, p->layout.n_planes, off, p->layout.stride);
  }
  gstx_stamp (buf, stamp);
  return buf;
}

gint
gstx_pool_returned (GstxPool * p)
{
  gint i = -1;
  eventfd_t v;

  g_mutex_lock (&p->lock);
  if (p->count) {
    i = p->returned[p->head];
    p->head = (p->head + 1) % MAX_FRAMES;
    g_atomic_int_set (&p->count, p->count - 1);
  }
  if (p->written && !p->count) {
    eventfd_read (p->wake, &v);
    p->written = FALSE;
  }
  g_mutex_unlock (&p->lock);
  return i;
}

guint32 *
gstx_pool_count (GstxPool * p)
{
  return &p->count;
}

gint
gstx_pool_wake_fd (GstxPool * p)
{
  g_mutex_lock (&p->lock);
  p->armed = TRUE;
  if (p->count && !p->written)
    wake (p);
  g_mutex_unlock (&p->lock);
  return p->wake;
}

/* Gives the element's reference back. Memories that are out stay valid, with
 * their fds, until they are dropped, wherever that is. */
void
gstx_pool_close (GstxPool * p)
{
  guint i, k;

  /* From here on dispose frees, so what is idle now is ours alone. */
  g_mutex_lock (&p->lock);
  p->closed = TRUE;
  g_mutex_unlock (&p->lock);
  for (i = 0; i < p->n; i++) {
    Slot *s = &p->slot[i];

    for (k = 0; k < s->n_mem; k++)
      if (s->idle & (1u << k))
        gst_memory_unref (s->mem[k]);
  }
  pool_unref (p);
}
