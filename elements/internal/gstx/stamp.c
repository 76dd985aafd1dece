/* What a source says of a frame, on its buffer. */
#include "gstx.h"

GstShmMeta *
gstx_add_block (GstBuffer * buf, ShmMetaKind kind, ShmMetaHolder * holder)
{
  const GstMetaInfo *info = holder ? gstx_meta_info (kind) : NULL;

  return info ? (GstShmMeta *) gst_buffer_add_meta (buf, info, holder) : NULL;
}

static void
set_block (GstBuffer * buf, GstxStamped * has, ShmMetaKind kind, ShmMetaHolder * holder)
{
  GstShmMeta *m = has->block[kind];

  if (m && m->holder == holder)
    return;
  if (m)
    gst_buffer_remove_meta (buf, &m->meta);
  has->block[kind] = gstx_add_block (buf, kind, holder);
}

static GstCaps *
monotonic_caps (void)
{
  static GstCaps *caps;

  if (g_once_init_enter (&caps))
    g_once_init_leave (&caps, gst_caps_new_empty_simple ("timestamp/x-clock-monotonic"));
  return caps;
}

static void
set_captured (GstBuffer * buf, GstxStamped * has, guint64 captured)
{
  GstReferenceTimestampMeta *m = has->captured;

  if (m && captured && m->reference == monotonic_caps ()) {
    m->timestamp = captured;
    m->duration = GST_CLOCK_TIME_NONE;
    return;
  }
  if (m)
    gst_buffer_remove_meta (buf, &m->parent);
  has->captured = !captured ? NULL : gst_buffer_add_reference_timestamp_meta (buf,
      monotonic_caps (), captured, GST_CLOCK_TIME_NONE);
}

static void
set_crop (GstBuffer * buf, GstxStamped * has, const GstxStamp * s)
{
  GstVideoCropMeta *m = has->crop;

  if (!s->crop_w) {
    if (m)
      gst_buffer_remove_meta (buf, &m->meta);
    has->crop = NULL;
    return;
  }
  if (!m)
    m = has->crop = gst_buffer_add_video_crop_meta (buf);
  m->x = s->crop_x;
  m->y = s->crop_y;
  m->width = s->crop_w;
  m->height = s->crop_h;
}

void
gstx_stamp (GstBuffer * buf, GstxStamped * has, const GstxStamp * s)
{
  GST_BUFFER_PTS (buf) = s->pts;
  GST_BUFFER_DURATION (buf) = s->duration;
  GST_BUFFER_OFFSET (buf) = s->offset;
  GST_BUFFER_OFFSET_END (buf) = s->offset + 1;
  GST_BUFFER_FLAG_SET (buf, s->flags);
  set_captured (buf, has, s->captured);
  set_crop (buf, has, s);
  set_block (buf, has, SHM_META_HDR, s->hdr);
  set_block (buf, has, SHM_META_LAYERS, s->layers);
}
