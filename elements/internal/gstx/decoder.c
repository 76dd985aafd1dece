/* A decoder: GstVideoDecoder over a device that works on its own time.
 *
 * Everything of the Go half runs under the base class' stream lock. Whoever holds
 * it may pump, which takes what the device has ready and hands pictures on; so
 * handle_frame and finish never wait for another thread. The task on the source
 * pad pumps too, so that a picture goes on when it is ready and not when the next
 * frame comes: it waits without the lock.
 */
#include "gstx.h"
#include "_cgo_export.h"
#include <gst/allocators/gstdmabuf.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define D(dec) ((GstxDec *) (dec))
#define X(dec) (&D (dec)->x)
#define PARENT(dec) (GST_VIDEO_DECODER_CLASS (X (dec)->info->parent_class))

/* A picture that has not come when one so much younger has will not come. */
#define MAX_AGE 64

/* The input's block tells of the content; where there is none, the device's. */
static void
add_block (GstBuffer * pic, GstBuffer * input, ShmMetaHolder * hdr)
{
  const GstMetaInfo *info = gstx_meta_info (SHM_META_HDR);

  if (!(input && info && shm_meta_peek (input, info)))
    gstx_add_block (pic, SHM_META_HDR, hdr);
}

static void
drop_missing (GstVideoDecoder * dec, guint32 number)
{
  GstVideoCodecFrame *f;

  while ((f = gst_video_decoder_get_oldest_frame (dec))) {
    if ((gint32) (number - f->system_frame_number) <= MAX_AGE) {
      gst_video_codec_frame_unref (f);
      return;
    }
    gst_video_decoder_release_frame (dec, f);
  }
}

/* Hands a picture on; takes its buffer. */
static GstFlowReturn
hand_on (GstVideoDecoder * dec, GstxPicture * p)
{
  GstVideoCodecFrame *f = gst_video_decoder_get_frame (dec, (gint) p->number);
  GstBuffer *buf = p->buffer;

  if (!f) {                     /* of before a flush, or a second one of the frame */
    if (buf)
      gst_buffer_unref (buf);
    return GST_FLOW_OK;
  }
  drop_missing (dec, p->number);
  if (!buf)
    return gst_video_decoder_drop_frame (dec, f);
  if (gst_pad_check_reconfigure (dec->srcpad) && !gst_video_decoder_negotiate (dec)) {
    gst_pad_mark_reconfigure (dec->srcpad);
    gst_buffer_unref (buf);
    gst_video_decoder_release_frame (dec, f);
    return GST_PAD_IS_FLUSHING (dec->srcpad) ? GST_FLOW_FLUSHING : GST_FLOW_NOT_NEGOTIATED;
  }
  add_block (buf, f->input_buffer, p->hdr);
  if (p->damaged)
    GST_BUFFER_FLAG_SET (buf, GST_BUFFER_FLAG_CORRUPTED);
  f->output_buffer = buf;
  return gst_video_decoder_finish_frame (dec, f);
}

/* Takes all that is ready. GSTX_FLOW_AGAIN: no more now; EOS: drained. */
static GstFlowReturn
pump (GstVideoDecoder * dec)
{
  GstFlowReturn ret;

  for (;;) {
    GstxPicture p = { 0 };

    ret = goPicture (X (dec)->handle, &p);
    if (ret == GST_FLOW_NOT_NEGOTIATED && GST_PAD_IS_FLUSHING (dec->srcpad))
      return GST_FLOW_FLUSHING;
    if (ret != GST_FLOW_OK)
      return ret;
    ret = hand_on (dec, &p);
    if (ret != GST_FLOW_OK)
      return ret == GST_FLOW_EOS ? GSTX_FLOW_DOWNSTREAM_EOS : ret;
  }
}

/* Has the task look again if what is to be waited for has changed. */
static void
kick (GstVideoDecoder * dec)
{
  GstxDec *d = D (dec);
  guint i;

  for (i = 0; i < d->x.n_wait; i++)
    if (d->x.wait[i].fd != d->polled[i].fd || d->x.wait[i].events != d->polled[i].events) {
      eventfd_write (d->kick, 1);
      return;
    }
}

/* Waits with the lock held, for all that the device can tell. FALSE: unlocked. */
static gboolean
wait_here (GstVideoDecoder * dec)
{
  GstxInstance *x = X (dec);
  struct pollfd p[GSTX_MAX_WAIT];

  if (!x->n_wait)
    return FALSE;
  memcpy (p, x->wait, sizeof p);
  p[1].events |= POLLOUT;
  while (poll (p, x->n_wait, x->wait_ms) < 0 && errno == EINTR);
  return p[0].revents == 0;
}

static void
task (gpointer data)
{
  GstVideoDecoder *dec = data;
  GstxDec *d = D (dec);
  struct pollfd p[GSTX_MAX_WAIT + 1];
  GstFlowReturn ret;
  eventfd_t v;
  guint n;
  gint ms;

  GST_VIDEO_DECODER_STREAM_LOCK (dec);
  n = d->x.n_wait;
  ms = d->x.wait_ms;
  memcpy (d->polled, d->x.wait, sizeof d->polled);
  GST_VIDEO_DECODER_STREAM_UNLOCK (dec);
  memcpy (p, d->polled, sizeof d->polled);
  p[n].fd = d->kick;
  p[n].events = POLLIN;
  if (n)
    while (poll (p, n + 1, ms) < 0 && errno == EINTR);
  if (!n || p[0].revents) {     /* unlocked, or nothing to wait for before the next frame */
    gst_pad_pause_task (dec->srcpad);
    return;
  }
  if (p[n].revents)
    eventfd_read (d->kick, &v);
  GST_VIDEO_DECODER_STREAM_LOCK (dec);
  ret = d->flow == GST_FLOW_OK ? pump (dec) : d->flow;
  if (ret != GSTX_FLOW_AGAIN && ret != GST_FLOW_EOS) {
    d->flow = ret;              /* for handle_frame */
    gst_pad_pause_task (dec->srcpad);
  }
  GST_VIDEO_DECODER_STREAM_UNLOCK (dec);
}

static GstFlowReturn
flow_of (GstFlowReturn ret)
{
  return ret == GSTX_FLOW_DOWNSTREAM_EOS ? GST_FLOW_EOS : ret;
}

/* From here on only what the base class copies to the picture is kept: the bytes
 * are upstream's again. */
static void
forget_bytes (GstVideoCodecFrame * frame)
{
  GstBuffer *b = gst_buffer_new ();

  gst_buffer_copy_into (b, frame->input_buffer,
      GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS | GST_BUFFER_COPY_META, 0, 0);
  gst_buffer_replace (&frame->input_buffer, b);
  gst_buffer_unref (b);
}

static GstFlowReturn
dec_handle_frame (GstVideoDecoder * dec, GstVideoCodecFrame * frame)
{
  GstxDec *d = D (dec);
  GstMapInfo map;
  GstFlowReturn ret = d->flow;

  if (ret == GST_FLOW_OK && !gst_buffer_map (frame->input_buffer, &map, GST_MAP_READ))
    ret = GST_FLOW_ERROR;
  else if (ret == GST_FLOW_OK) {
    for (;;) {
      ret = pump (dec);
      if (ret == GSTX_FLOW_AGAIN || ret == GST_FLOW_EOS)
        ret = goFeed (d->x.handle, map.data, map.size, frame->system_frame_number);
      if (ret != GSTX_FLOW_AGAIN)
        break;
      if (!wait_here (dec)) {
        ret = GST_FLOW_FLUSHING;
        break;
      }
    }
    gst_buffer_unmap (frame->input_buffer, &map);
  }
  if (ret != GST_FLOW_OK) {
    gst_video_decoder_release_frame (dec, frame);
    return flow_of (ret);
  }
  forget_bytes (frame);
  gst_video_codec_frame_unref (frame);
  ret = pump (dec);
  if (gst_pad_get_task_state (dec->srcpad) != GST_TASK_STARTED)
    gst_pad_start_task (dec->srcpad, task, dec, NULL);
  kick (dec);
  return ret == GSTX_FLOW_AGAIN || ret == GST_FLOW_EOS ? GST_FLOW_OK : flow_of (ret);
}

/* Waits for the pictures of all that was fed. */
static GstFlowReturn
dec_drain (GstVideoDecoder * dec)
{
  GstxDec *d = D (dec);
  GstFlowReturn ret = d->flow;

  if (ret != GST_FLOW_OK)
    return flow_of (ret);
  ret = goStopDecoding (d->x.handle);
  while (ret == GST_FLOW_OK || ret == GSTX_FLOW_AGAIN) {
    ret = pump (dec);
    if (ret == GSTX_FLOW_AGAIN && !wait_here (dec))
      ret = GST_FLOW_FLUSHING;
  }
  kick (dec);
  return ret == GST_FLOW_EOS ? GST_FLOW_OK : flow_of (ret);
}

static gboolean
dec_start (GstVideoDecoder * dec)
{
  GstxDec *d = D (dec);

  d->flow = GST_FLOW_OK;
  d->kick = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (d->kick < 0)
    return FALSE;
  if (goStart (d->x.handle))
    return TRUE;
  close (d->kick);
  d->kick = -1;
  return FALSE;
}

static gboolean
dec_stop (GstVideoDecoder * dec)
{
  GstxDec *d = D (dec);
  gboolean ok;

  gst_pad_stop_task (dec->srcpad);
  d->x.n_wait = 0;
  d->x.have_vinfo = FALSE;
  ok = goStop (d->x.handle);
  if (d->kick >= 0)
    close (d->kick);
  d->kick = -1;
  return ok;
}

static gboolean
dec_set_format (GstVideoDecoder * dec, GstVideoCodecState * state)
{
  GstxInstance *x = X (dec);
  GstxFormat f;
  gboolean ok;

  /* What is in the device is of the old format. */
  if (D (dec)->input && dec_drain (dec) != GST_FLOW_OK)
    GST_DEBUG_OBJECT (dec, "pictures of the old format are lost");
  if (D (dec)->input)
    gst_video_codec_state_unref (D (dec)->input);
  D (dec)->input = gst_video_codec_state_ref (state);
  x->have_vinfo = gstx_format_from_caps (state->caps, &f, &x->vinfo);
  ok = goSetCaps (x->handle, &f);
  gstx_format_clear (&f);
  if (!ok) {
    gst_video_codec_state_unref (D (dec)->input);
    D (dec)->input = NULL;
  }
  kick (dec);
  return ok;
}

static gboolean
dec_flush (GstVideoDecoder * dec)
{
  D (dec)->flow = GST_FLOW_OK;
  goEvent (X (dec)->handle, FALSE);
  return TRUE;
}

static gboolean
dec_sink_event (GstVideoDecoder * dec, GstEvent * event)
{
  gboolean ok;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_START:
      goUnlock (X (dec)->handle, TRUE);
      ok = PARENT (dec)->sink_event (dec, event);
      gst_pad_stop_task (dec->srcpad);
      return ok;
    case GST_EVENT_FLUSH_STOP:
      goUnlock (X (dec)->handle, FALSE);
      break;
    default:
      break;
  }
  return PARENT (dec)->sink_event (dec, event);
}

static GstStateChangeReturn
dec_change_state (GstElement * e, GstStateChange transition)
{
  GstVideoDecoder *dec = GST_VIDEO_DECODER (e);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    goUnlock (X (dec)->handle, TRUE);
    gst_pad_stop_task (dec->srcpad);
  }
  ret = GST_ELEMENT_CLASS (X (dec)->info->parent_class)->change_state (e, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY && D (dec)->input) {
    gst_video_codec_state_unref (D (dec)->input);
    D (dec)->input = NULL;
  }
  return ret;
}

static gboolean
dec_decide_allocation (GstVideoDecoder * dec, GstQuery * query)
{
  GstBufferPool *pool = gst_buffer_pool_new ();
  GstStructure *config = gst_buffer_pool_get_config (pool);
  GstxAllocation a = { 0 };

  /* The pictures are the device's. The base class wants a pool all the same: one
   * that makes nothing. */
  a.video_meta = gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  goDecideAllocation (X (dec)->handle, &a);
  while (gst_query_get_n_allocation_pools (query) > 0)
    gst_query_remove_nth_allocation_pool (query, 0);
  while (gst_query_get_n_allocation_params (query) > 0)
    gst_query_remove_nth_allocation_param (query, 0);
  gst_buffer_pool_config_set_params (config, NULL, 1, 0, 0);
  gst_buffer_pool_set_config (pool, config);
  gst_query_add_allocation_pool (query, pool, 1, 0, 0);
  gst_object_unref (pool);
  return TRUE;
}

static gboolean
dec_propose_allocation (GstVideoDecoder * dec, GstQuery * query)
{
  gstx_query_add_metas (query, FALSE);
  return PARENT (dec)->propose_allocation (dec, query);
}

/* The caps of a picture of the device. */
static GstCaps *
caps_of (GstVideoInfo * info, const GstxOutput * o)
{
  GstCaps *caps = gst_video_info_to_caps (info);
  gchar *code;

  if (!o->dma_drm)
    return caps;
  code = gst_video_dma_drm_fourcc_to_string (o->fourcc, o->modifier);
  gst_caps_set_simple (caps, "format", G_TYPE_STRING, "DMA_DRM", "drm-format", G_TYPE_STRING, code, NULL);
  gst_caps_set_features (caps, 0, gst_caps_features_new (GST_CAPS_FEATURE_MEMORY_DMABUF, NULL));
  g_free (code);
  return caps;
}

/* Whether downstream takes pictures like this. */
gboolean
gstx_output_fits (GstElement * e, const GstxOutput * o)
{
  GstPad *pad = GST_VIDEO_DECODER (e)->srcpad;
  GstVideoInfo info;
  GstCaps *caps, *peer;
  gboolean ok;

  if (!gst_video_info_set_interlaced_format (&info, gst_video_format_from_string (o->format),
          gst_video_interlace_mode_from_string (o->interlace_mode), o->width, o->height))
    return FALSE;
  caps = caps_of (&info, o);
  /* What negotiation decides later is not to be refused now. */
  gst_structure_remove_fields (gst_caps_get_structure (caps, 0), "colorimetry", "chroma-site",
      "framerate", "pixel-aspect-ratio", "multiview-mode", "multiview-flags", NULL);
  if (!*o->interlace_mode)
    gst_structure_remove_field (gst_caps_get_structure (caps, 0), "interlace-mode");
  peer = gst_pad_peer_query_caps (pad, caps);
  ok = !gst_caps_is_empty (peer);
  gst_caps_unref (peer);
  gst_caps_unref (caps);
  return ok;
}

/* Tells downstream what comes next. */
gboolean
gstx_set_output (GstElement * e, GstxOutput * o)
{
  GstVideoDecoder *dec = GST_VIDEO_DECODER (e);
  GstVideoCodecState *in = D (dec)->input, *out;
  GstVideoColorimetry *c;
  GstStructure *s = in ? gst_caps_get_structure (in->caps, 0) : NULL;
  gboolean said = s && gst_structure_has_field (s, "colorimetry");
  guint i;

  out = gst_video_decoder_set_interlaced_output_state (dec, gst_video_format_from_string (o->format),
      gst_video_interlace_mode_from_string (o->interlace_mode), o->width, o->height, in);
  if (!out)
    return FALSE;
  if (GST_VIDEO_INFO_INTERLACE_MODE (&out->info) == GST_VIDEO_INTERLACE_MODE_INTERLEAVED)
    GST_VIDEO_INFO_FIELD_ORDER (&out->info) = o->field_order;
  c = &out->info.colorimetry;
  if (!said) {
    c->primaries = gst_video_color_primaries_from_iso (o->primaries);
    c->transfer = gst_video_transfer_function_from_iso (o->transfer);
    c->matrix = gst_video_color_matrix_from_iso (o->matrix);
    c->range = o->full_range ? GST_VIDEO_COLOR_RANGE_0_255 : GST_VIDEO_COLOR_RANGE_16_235;
  }
  gst_caps_replace (&out->caps, NULL);
  out->caps = caps_of (&out->info, o);
  for (i = 0; i < GST_VIDEO_INFO_N_PLANES (&out->info) && i < GSTX_MAX_PLANES; i++) {
    o->offset[i] = GST_VIDEO_INFO_PLANE_OFFSET (&out->info, i);
    o->stride[i] = GST_VIDEO_INFO_PLANE_STRIDE (&out->info, i);
  }
  gst_video_codec_state_unref (out);
  return gst_video_decoder_negotiate (dec);
}

void
gstx_set_decoder_latency (GstElement * e, guint64 ns)
{
  gst_video_decoder_set_latency (GST_VIDEO_DECODER (e), ns, ns);
}

void
gstx_decoder_class_init (GstVideoDecoderClass * klass)
{
  GST_ELEMENT_CLASS (klass)->change_state = dec_change_state;
  klass->start = dec_start;
  klass->stop = dec_stop;
  klass->set_format = dec_set_format;
  klass->handle_frame = dec_handle_frame;
  klass->finish = dec_drain;
  klass->drain = dec_drain;
  klass->flush = dec_flush;
  klass->sink_event = dec_sink_event;
  klass->decide_allocation = dec_decide_allocation;
  klass->propose_allocation = dec_propose_allocation;
}

void
gstx_decoder_instance_init (GstVideoDecoder * dec)
{
  D (dec)->kick = -1;
  gst_video_decoder_set_packetized (dec, TRUE);
  gst_video_decoder_set_needs_format (dec, TRUE);
}
