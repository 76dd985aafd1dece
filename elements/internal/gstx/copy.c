#include "gstx.h"

gboolean
gstx_frame_copy (GstxInstance * x, GstBuffer * buf, gpointer dst, guint64 size,
    const guint32 * offset, const guint32 * stride)
{
  GstVideoInfo to = x->vinfo;
  const GstVideoFormatInfo *format = to.finfo;
  GstVideoFrame from, into;
  GstBuffer *wrapped;
  gboolean ok = FALSE;
  guint i;

  if (!x->have_vinfo || GST_VIDEO_INFO_FORMAT (&to) == GST_VIDEO_FORMAT_DMA_DRM ||
      GST_VIDEO_INFO_FORMAT (&to) == GST_VIDEO_FORMAT_UNKNOWN)
    return FALSE;
  for (i = 0; i < GST_VIDEO_INFO_N_PLANES (&to); i++) {
    gint comp[GST_VIDEO_MAX_COMPONENTS];

    gst_video_format_info_component (format, i, comp);
    to.offset[i] = offset[i];
    to.stride[i] = stride[i];
    if (offset[i] + (guint64) stride[i] * GST_VIDEO_INFO_COMP_HEIGHT (&to, comp[0]) > size)
      return FALSE;
  }
  to.size = size;
  if (!gst_video_frame_map (&from, &x->vinfo, buf, GST_MAP_READ))
    return FALSE;
  wrapped = gst_buffer_new_wrapped_full (0, dst, size, 0, size, NULL, NULL);
  if (gst_video_frame_map (&into, &to, wrapped, GST_MAP_WRITE)) {
    ok = gst_video_frame_copy (&into, &from);
    gst_video_frame_unmap (&into);
  }
  gst_video_frame_unmap (&from);
  gst_buffer_unref (wrapped);
  return ok;
}
