#include "gstx.h"
#include <gst/allocators/gstdmabuf.h>
#include <gst/allocators/gstfdmemory.h>

static void
add_meta (GstQuery * query, GType t)
{
  if (t && !gst_query_find_allocation_meta (query, t, NULL))
    gst_query_add_allocation_meta (query, t, NULL);
}

void
gstx_query_add_metas (GstQuery * query, gboolean layout)
{
  if (layout) {
    add_meta (query, GST_VIDEO_META_API_TYPE);
    add_meta (query, GST_VIDEO_CROP_META_API_TYPE);
  }
  /* These are registered by meta/gstmeta, maybe by another copy of it in this
   * process; their names are their identity. */
  add_meta (query, g_type_from_name ("GstShmHdrMetaAPI"));
  add_meta (query, g_type_from_name ("GstShmLayersMetaAPI"));
}

void
gstx_query_add_graphics (GstQuery * query, guint width, guint height)
{
  GstStructure *size = NULL;

  if (gst_query_find_allocation_meta (query, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL))
    return;
  if (width && height)
    size = gst_structure_new ("GstVideoOverlayCompositionMeta", "width", G_TYPE_UINT, width,
        "height", G_TYPE_UINT, height, NULL);
  gst_query_add_allocation_meta (query, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, size);
  if (size)
    gst_structure_free (size);
}

/* Finds the memory that byte offset of the buffer lies in. */
static void
locate (GstxFrame * f, guint plane, guint64 offset)
{
  guint i;

  for (i = 0; i + 1 < f->n_mem && offset >= f->mem[i].size; i++)
    offset -= f->mem[i].size;
  f->plane_mem[plane] = i;
  f->plane_offset[plane] = offset + (f->n_mem ? f->mem[i].offset : 0);
}

/* Of our metas; NULL before the first one is registered. */
const GstMetaInfo *
gstx_meta_info (ShmMetaKind kind)
{
  static const GstMetaInfo *infos[SHM_META_N_KINDS];
  const GstMetaInfo *info = g_atomic_pointer_get (&infos[kind]);

  if (!info && (info = shm_meta_lookup (kind)))
    g_atomic_pointer_set (&infos[kind], info);
  return info;
}

/* Those of a buffer's metas that tell of the frame; as GStreamer's own functions, it
 * takes the GstVideoMeta with the lowest id and the first of the others. */
typedef struct {
  GstVideoMeta *video;
  GstVideoCropMeta *crop;
  gboolean graphics;
} Metas;

/* One walk for all of them, and the blocks. */
static Metas
find_metas (GstxFrame * f, GstBuffer * buf)
{
  const GstMetaInfo *infos[SHM_META_N_KINDS];
  const GType video = GST_VIDEO_META_API_TYPE, crop = GST_VIDEO_CROP_META_API_TYPE,
      graphics = GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE;
  Metas found = { 0 };
  gpointer state = NULL;
  ShmMetaKind kind;
  GstMeta *m;

  for (kind = SHM_META_HDR; kind < SHM_META_N_KINDS; kind++) {
    infos[kind] = gstx_meta_info (kind);
    f->block[kind] = NULL;
  }
  while ((m = gst_buffer_iterate_meta (buf, &state))) {
    const GType api = m->info->api;

    if (api == video) {
      GstVideoMeta *v = (GstVideoMeta *) m;

      if (!found.video || v->id < found.video->id)
        found.video = v;
    } else if (api == crop && !found.crop)
      found.crop = (GstVideoCropMeta *) m;
    else if (api == graphics)
      found.graphics = TRUE;
    else
      for (kind = SHM_META_HDR; kind < SHM_META_N_KINDS; kind++)
        if (infos[kind] && api == infos[kind]->api && !f->block[kind])
          f->block[kind] = shm_meta_holder ((GstShmMeta *) m);
  }
  return found;
}

void
gstx_mem_fd (GstMemory * m, gint32 * fd, gint32 * dmabuf)
{
  *dmabuf = gst_is_dmabuf_memory (m);
  *fd = gst_is_fd_memory (m) ? gst_fd_memory_get_fd (m) : -1;
}

void
gstx_frame_fill (GstxInstance * x, GstBuffer * buf)
{
  GstxFrame *f = &x->frame;
  const Metas metas = find_metas (f, buf);
  const GstVideoMeta *vm = metas.video;
  const GstVideoCropMeta *crop = metas.crop;
  guint i, n = gst_buffer_n_memory (buf);

  f->buffer = buf;
  f->pts = GST_BUFFER_PTS (buf);
  f->dts = GST_BUFFER_DTS (buf);
  f->duration = GST_BUFFER_DURATION (buf);
  f->offset = GST_BUFFER_OFFSET (buf);
  f->flags = GST_BUFFER_FLAGS (buf);
  f->n_mem = MIN (n, GSTX_MAX_MEM);
  for (i = 0; i < f->n_mem; i++) {
    GstMemory *m = gst_buffer_peek_memory (buf, i);
    GstxMem *o = &f->mem[i];

    o->id = m;
    o->offset = m->offset;
    o->size = m->size;
    o->cached = 0;
    if (x->cache && gstx_memcache_get (x->cache, m, o))
      continue;
    gstx_mem_fd (m, &o->fd, &o->dmabuf);
  }
  f->n_planes = f->width = f->height = 0;
  if (vm) {
    f->n_planes = MIN (vm->n_planes, GSTX_MAX_PLANES);
    f->width = vm->width;
    f->height = vm->height;
    for (i = 0; i < f->n_planes; i++) {
      locate (f, i, vm->offset[i]);
      f->stride[i] = vm->stride[i];
    }
  } else if (x->have_vinfo) {
    const GstVideoInfo *v = &x->vinfo;

    f->width = GST_VIDEO_INFO_WIDTH (v);
    f->height = GST_VIDEO_INFO_HEIGHT (v);
    if (GST_VIDEO_INFO_FORMAT (v) != GST_VIDEO_FORMAT_DMA_DRM) {
      f->n_planes = GST_VIDEO_INFO_N_PLANES (v);
      for (i = 0; i < f->n_planes; i++) {
        locate (f, i, GST_VIDEO_INFO_PLANE_OFFSET (v, i));
        f->stride[i] = GST_VIDEO_INFO_PLANE_STRIDE (v, i);
      }
    }
  }
  if (x->info->graphics && metas.graphics)
    gstx_graphics_fill (f, buf);
  else
    f->graphics = 0;
  f->has_crop = crop != NULL;
  if (crop) {
    f->crop_x = crop->x;
    f->crop_y = crop->y;
    f->crop_w = crop->width;
    f->crop_h = crop->height;
  }
}
