#include "gstx.h"

static void
set_color (GstxFormat * f, const GstVideoColorimetry * c, GstVideoChromaSite site)
{
  f->primaries = gst_video_color_primaries_to_iso (c->primaries);
  f->transfer = gst_video_transfer_function_to_iso (c->transfer);
  f->matrix = gst_video_color_matrix_to_iso (c->matrix);
  f->full_range = c->range == GST_VIDEO_COLOR_RANGE_0_255;
  switch (site) {
    case GST_VIDEO_CHROMA_SITE_MPEG2: f->chroma_site = 1; break;
    case GST_VIDEO_CHROMA_SITE_JPEG: f->chroma_site = 2; break;
    case GST_VIDEO_CHROMA_SITE_COSITED: f->chroma_site = 3; break;
    case GST_VIDEO_CHROMA_SITE_V_COSITED: f->chroma_site = 4; break;
    default: break;
  }
}

/* What parsers and demuxers say of a compressed stream. */
static void
compressed_from_caps (GstStructure * s, GstxFormat * f)
{
  GstVideoColorimetry c = { 0 };
  const char *color = gst_structure_get_string (s, "colorimetry");
  const char *site = gst_structure_get_string (s, "chroma-site");
  const GValue *data = gst_structure_get_value (s, "codec_data");

  f->stream_format = gst_structure_get_string (s, "stream-format");
  gst_structure_get_int (s, "width", &f->width);
  gst_structure_get_int (s, "height", &f->height);
  f->fps_d = 1;
  gst_structure_get_fraction (s, "framerate", &f->fps_n, &f->fps_d);
  if (color && !gst_video_colorimetry_from_string (&c, color))
    memset (&c, 0, sizeof c);
  set_color (f, &c,
      site ? gst_video_chroma_site_from_string (site) : GST_VIDEO_CHROMA_SITE_UNKNOWN);
  if (data && GST_VALUE_HOLDS_BUFFER (data)) {
    f->codec_data = gst_value_get_buffer (data);
    if (f->codec_data && !gst_buffer_map (f->codec_data, &f->codec_map, GST_MAP_READ))
      f->codec_data = NULL;
  }
}

gboolean
gstx_format_from_caps (GstCaps * caps, GstxFormat * f, GstVideoInfo * vinfo)
{
  GstStructure *s = gst_caps_get_structure (caps, 0);
  gint i;

  memset (f, 0, sizeof *f);
  gst_video_info_init (vinfo);
  f->caps = gst_caps_to_string (caps);
  f->media = gst_structure_get_name (s);
  f->mastering = gst_structure_get_string (s, "mastering-display-info");
  f->light = gst_structure_get_string (s, "content-light-level");
  f->interlace_mode = gst_structure_get_string (s, "interlace-mode");
  if (!gst_structure_has_name (s, "video/x-raw")) {
    compressed_from_caps (s, f);
    return FALSE;
  }
  f->raw = TRUE;
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
    if (!gst_video_info_dma_drm_to_video_info (&drm, vinfo) || (drm.drm_modifier != 0 &&
            !GST_VIDEO_FORMAT_INFO_IS_TILED (vinfo->finfo))) {
      *vinfo = drm.vinfo;
      vinfo->finfo = gst_video_format_get_info (GST_VIDEO_FORMAT_DMA_DRM);
    }
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
  set_color (f, &vinfo->colorimetry, GST_VIDEO_INFO_CHROMA_SITE (vinfo));
  return TRUE;
}

void
gstx_format_clear (GstxFormat * f)
{
  if (f->codec_data)
    gst_buffer_unmap (f->codec_data, &f->codec_map);
  f->codec_data = NULL;
  g_free (f->caps);
  f->caps = NULL;
}
