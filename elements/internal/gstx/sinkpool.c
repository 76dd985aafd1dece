/* The buffers a sink offers upstream: DMA-bufs of its own memory, so that what
 * is written to them is shown without a copy.
 *
 * Go makes the memory, one buffer at a time, as upstream asks for more; upstream
 * owns the pool and keeps it for as long as it likes. A buffer is nothing but its
 * file descriptor, so freeing it is C alone, on any thread, and buffers that are
 * out outlive the pool, the sink's stop and the sink. Where no more memory can be
 * had (it is used up, or the sink has stopped) the buffers are plain ones.
 */
#include "gstx.h"
#include "_cgo_export.h"
#include <gst/allocators/gstdmabuf.h>
#include <gst/allocators/gstfdmemory.h>
#include <gst/video/gstvideopool.h>
#include <unistd.h>

typedef struct {
  GstVideoBufferPool parent;
  GWeakRef sink;
  /* The configuration; a pool is configured before it is active. */
  gboolean direct;              /* the sink's memory, not the parent class's */
  gboolean video_meta;
  GstVideoInfo info;            /* with the strides and offsets of that memory */
  GstxShared layout;
  gsize size;                   /* of a buffer */
  GstMemory *spare;             /* made to learn the layout; object lock */
} SinkPool;

static gpointer parent_class;

/* One more memory. Mapping it here proves that the CPU can; the mapping stays. */
static GstMemory *
make_memory (SinkPool * p, guint32 width, guint32 height, GstxShared * s)
{
  GstElement *sink = g_weak_ref_get (&p->sink);
  GstAllocator *allocator;
  GstMemory *mem = NULL;
  GstMapInfo map;

  if (!sink)
    return NULL;
  memset (s, 0, sizeof *s);
  s->fd = -1;
  if (goShare (gstx_instance (sink)->handle,
          (char *) GST_VIDEO_INFO_NAME (&p->info), width, height, s)) {
    allocator = gst_dmabuf_allocator_new ();
    mem = gst_dmabuf_allocator_alloc_with_flags (allocator, s->fd, s->size,
        GST_FD_MEMORY_FLAG_KEEP_MAPPED);
    gst_object_unref (allocator);       /* the memory keeps its own reference */
    if (!mem)
      close (s->fd);
    s->fd = -1;
  }
  gst_object_unref (sink);
  if (mem && !gst_memory_map (mem, &map, GST_MAP_READWRITE)) {
    gst_memory_unref (mem);
    return NULL;
  }
  if (mem)
    gst_memory_unmap (mem, &map);
  return mem;
}

static void
drop_spare (SinkPool * p)
{
  GstMemory *spare;

  GST_OBJECT_LOCK (p);
  spare = p->spare;
  p->spare = NULL;
  GST_OBJECT_UNLOCK (p);
  if (spare)
    gst_memory_unref (spare);
}

/* Lays the picture out in the sink's memory, whose strides are the driver's. FALSE
 * where upstream could not write to that. */
static gboolean
lay_out (SinkPool * p)
{
  GstxShared *s = &p->layout;
  gboolean plain = TRUE;
  guint i;

  p->spare = make_memory (p, GST_VIDEO_INFO_WIDTH (&p->info), GST_VIDEO_INFO_HEIGHT (&p->info), s);
  if (!p->spare || s->n_planes != GST_VIDEO_INFO_N_PLANES (&p->info))
    return FALSE;
  for (i = 0; i < s->n_planes; i++) {
    plain = plain && s->stride[i] == p->info.stride[i] && s->offset[i] == p->info.offset[i];
    p->info.stride[i] = s->stride[i];
    p->info.offset[i] = s->offset[i];
  }
  return p->video_meta || plain;
}

/* Padding is not offered. Who uses it is a decoder that decodes into its output and
 * reads earlier pictures from there again; the memory of displays is mostly slow to
 * read, many times slower than the copy that such a decoder then makes. */
static const gchar **
pool_get_options (GstBufferPool * pool)
{
  static const gchar *options[] = { GST_BUFFER_POOL_OPTION_VIDEO_META, NULL };

  return options;
}

static gboolean
pool_set_config (GstBufferPool * pool, GstStructure * config)
{
  SinkPool *p = (SinkPool *) pool;
  GstCaps *caps;
  guint size, min, max;

  drop_spare (p);
  p->direct = FALSE;
  p->video_meta = gst_buffer_pool_config_has_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (!gst_buffer_pool_config_has_option (config, GST_BUFFER_POOL_OPTION_VIDEO_ALIGNMENT) &&
      gst_buffer_pool_config_get_params (config, &caps, &size, &min, &max) && caps &&
      !gst_video_is_dma_drm_caps (caps) && gst_video_info_from_caps (&p->info, caps))
    p->direct = lay_out (p);
  /* The parent class knows what a plain buffer would need. */
  if (!GST_BUFFER_POOL_CLASS (parent_class)->set_config (pool, config))
    return FALSE;
  gst_buffer_pool_config_get_params (config, NULL, &size, NULL, NULL);
  p->size = size;
  p->direct = p->direct && size <= p->layout.size;
  if (!p->direct)
    drop_spare (p);
  return TRUE;
}

static GstMemory *
next_memory (SinkPool * p)
{
  GstxShared s;
  GstMemory *mem;

  GST_OBJECT_LOCK (p);
  mem = p->spare;
  p->spare = NULL;
  GST_OBJECT_UNLOCK (p);
  if (mem)
    return mem;
  mem = make_memory (p, p->layout.width, p->layout.height, &s);
  /* A driver could lay out the second otherwise than the first. */
  if (mem && memcmp (&s, &p->layout, sizeof s)) {
    gst_memory_unref (mem);
    return NULL;
  }
  return mem;
}

static GstFlowReturn
pool_alloc_buffer (GstBufferPool * pool, GstBuffer ** buffer, GstBufferPoolAcquireParams * params)
{
  SinkPool *p = (SinkPool *) pool;
  GstMemory *mem = p->direct ? next_memory (p) : NULL;

  if (!mem)
    return GST_BUFFER_POOL_CLASS (parent_class)->alloc_buffer (pool, buffer, params);
  gst_memory_resize (mem, 0, p->size);
  *buffer = gst_buffer_new ();
  gst_buffer_append_memory (*buffer, mem);
  if (p->video_meta)
    gst_buffer_add_video_meta_full (*buffer, GST_VIDEO_FRAME_FLAG_NONE,
        GST_VIDEO_INFO_FORMAT (&p->info), GST_VIDEO_INFO_WIDTH (&p->info),
        GST_VIDEO_INFO_HEIGHT (&p->info), p->layout.n_planes, p->info.offset, p->info.stride);
  return GST_FLOW_OK;
}

static void
pool_finalize (GObject * object)
{
  SinkPool *p = (SinkPool *) object;

  drop_spare (p);
  g_weak_ref_clear (&p->sink);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
pool_class_init (gpointer klass, gpointer data)
{
  parent_class = g_type_class_peek_parent (klass);
  G_OBJECT_CLASS (klass)->finalize = pool_finalize;
  GST_BUFFER_POOL_CLASS (klass)->get_options = pool_get_options;
  GST_BUFFER_POOL_CLASS (klass)->set_config = pool_set_config;
  GST_BUFFER_POOL_CLASS (klass)->alloc_buffer = pool_alloc_buffer;
}

static GType
pool_type (void)
{
  static GType type;

  if (g_once_init_enter (&type)) {
    /* The address sets two copies of this library in one process apart. */
    char *name = g_strdup_printf ("GstxSinkPool-%" G_GUINTPTR_FORMAT, (guintptr) & type);

    g_once_init_leave (&type, g_type_register_static_simple (GST_TYPE_VIDEO_BUFFER_POOL, name,
            sizeof (GstVideoBufferPoolClass), (GClassInitFunc) pool_class_init,
            sizeof (SinkPool), NULL, 0));
    g_free (name);
  }
  return type;
}

void
gstx_propose_pool (GstElement * sink, GstQuery * query, guint held)
{
  GstCaps *caps;
  GstVideoInfo info;
  GstStructure *config;
  SinkPool *p;
  gboolean need_pool;

  gst_query_parse_allocation (query, &caps, &need_pool);
  if (!need_pool || !caps || gst_video_is_dma_drm_caps (caps) ||
      !gst_video_info_from_caps (&info, caps))
    return;
  p = g_object_new (pool_type (), NULL);
  gst_object_ref_sink (p);
  g_weak_ref_init (&p->sink, sink);
  config = gst_buffer_pool_get_config (GST_BUFFER_POOL (p));
  gst_buffer_pool_config_set_params (config, caps, GST_VIDEO_INFO_SIZE (&info), held + 1, 0);
  gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  /* No upper limit: decoders turn pools down that could run dry. */
  if (gst_buffer_pool_set_config (GST_BUFFER_POOL (p), config) && p->direct)
    gst_query_add_allocation_pool (query, GST_BUFFER_POOL (p), p->size, held + 1, 0);
  gst_object_unref (p);
}
