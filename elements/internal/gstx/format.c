#include "gstx.h"

gboolean
gstx_format_from_caps (GstCaps * caps, GstxFormat * f, GstVideoInfo * vinfo)
{
  GstStructure *s = gst_caps_get_structure (caps, 0);
  gint i;

  memset (f, 0, sizeof *f);
  gst_video_info_init (vinfo);
  if (!gst_structure_has_name (s, "video/x-raw"))
    return FALSE;
  f->dmabuf = gst_caps_features_contains (gst_caps_get_features (caps, 0),
      "memory:DMABuf");
  if (gst_video_is_dma_drm_caps (caps)) {
    GstVideoInfoDmaDrm drm;

    if (!gst_video_info_dma_drm_from_caps (&drm, caps))
      return FALSE;
    f->dma_drm = TRUE;
    f->fourcc = drm.drm_fourcc;
    f->modifier = drm.drm_modifier;
    /* Strides and offsets can only be computed for linear layouts that
     * GStreamer has a name for; others stand on GstVideoMeta alone. */
    if (!gst_video_info_dma_drm_to_video_info (&drm, vinfo))
      *vinfo = drm.vinfo;
  } else {
    if (!gst_video_info_from_caps (vinfo, caps))
      return FALSE;
    f->fourcc = gst_video_dma_drm_fourcc_from_format (GST_VIDEO_INFO_FORMAT (vinfo));
  }
  if (GST_VIDEO_INFO_FORMAT (vinfo) != GST_VIDEO_FORMAT_DMA_DRM &&
      GST_VIDEO_INFO_FORMAT (vinfo) != GST_VIDEO_FORMAT_UNKNOWN) {
    f->format = gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (vinfo));
    f->n_planes = GST_VIDEO_INFO_N_PLANES (vinfo);
    for (i = 0; i < f->n_planes; i++) {
      f->plane_offset[i] = GST_VIDEO_INFO_PLANE_OFFSET (vinfo, i);
      f->stride[i] = GST_VIDEO_INFO_PLANE_STRIDE (vinfo, i);
    }
    f->size = GST_VIDEO_INFO_SIZE (vinfo);
  }
  f->width = GST_VIDEO_INFO_WIDTH (vinfo);
  f->height = GST_VIDEO_INFO_HEIGHT (vinfo);
  f->fps_n = GST_VIDEO_INFO_FPS_N (vinfo);
  f->fps_d = GST_VIDEO_INFO_FPS_D (vinfo);
  f->par_n = GST_VIDEO_INFO_PAR_N (vinfo);
  f->par_d = GST_VIDEO_INFO_PAR_D (vinfo);
  f->interlaced = GST_VIDEO_INFO_IS_INTERLACED (vinfo);
  f->primaries = gst_video_color_primaries_to_iso (vinfo->colorimetry.primaries);
  f->transfer = gst_video_transfer_function_to_iso (vinfo->colorimetry.transfer);
  f->matrix = gst_video_color_matrix_to_iso (vinfo->colorimetry.matrix);
  f->full_range = vinfo->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  switch (GST_VIDEO_INFO_CHROMA_SITE (vinfo)) {
    case GST_VIDEO_CHROMA_SITE_MPEG2: f->chroma_site = 1; break;
    case GST_VIDEO_CHROMA_SITE_JPEG: f->chroma_site = 2; break;
    case GST_VIDEO_CHROMA_SITE_COSITED: f->chroma_site = 3; break;
    case GST_VIDEO_CHROMA_SITE_V_COSITED: f->chroma_site = 4; break;
    default: break;
  }
  f->mastering = gst_structure_get_string (s, "mastering-display-info");
  f->light = gst_structure_get_string (s, "content-light-level");
  f->caps = gst_caps_to_string (caps);
  return TRUE;
}

void
gstx_format_clear (GstxFormat * f)
{
  g_free (f->caps);
  f->caps = NULL;
}
