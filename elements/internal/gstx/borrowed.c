/* Buffers of downstream's pool, for a device to fill. */
#include "gstx.h"

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
  if (x->frame.has_crop)        /* of another picture than the one to come */
    gst_buffer_remove_meta (buf, (GstMeta *) gst_buffer_get_video_crop_meta (buf));
  return buf;
}
