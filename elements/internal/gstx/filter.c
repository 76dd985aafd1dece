#include "gstx.h"
#include "_cgo_export.h"

#define X(t) (&((GstxFilter *) (t))->x)
#define PARENT(t) (GST_BASE_TRANSFORM_CLASS (X (t)->info->parent_class))

static gboolean filter_start (GstBaseTransform * t) { return goStart (X (t)->handle); }
static gboolean filter_stop (GstBaseTransform * t)
{
  X (t)->have_vinfo = FALSE;
  return goStop (X (t)->handle);
}

static gboolean
filter_set_caps (GstBaseTransform * t, GstCaps * in, GstCaps * out)
{
  GstxInstance *x = X (t);
  GstxFormat f;
  gboolean ok;

  /* A filter also stands in compressed streams: only raw video is taken apart. */
  x->have_vinfo = gstx_format_from_caps (in, &f, &x->vinfo);
  if (!x->have_vinfo) {
    memset (&f, 0, sizeof f);
    f.caps = gst_caps_to_string (in);
  }
  ok = goSetCaps (x->handle, &f);
  gstx_format_clear (&f);
  return ok;
}

static gboolean
filter_propose_allocation (GstBaseTransform * t, GstQuery * decide, GstQuery * query)
{
  gboolean ok = PARENT (t)->propose_allocation (t, decide, query);

  /* In passthrough the query has been to downstream and back, and is only
   * added to; otherwise decide carries downstream's answer. The buffers go on
   * as they are, so whether their layout may be unusual is downstream's say. */
  gstx_query_add_metas (query, FALSE);
  return ok;
}

static gboolean
filter_sink_event (GstBaseTransform * t, GstEvent * event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_EOS: goEvent (X (t)->handle, TRUE); break;
    case GST_EVENT_FLUSH_STOP: goEvent (X (t)->handle, FALSE); break;
    default: break;
  }
  return PARENT (t)->sink_event (t, event);
}

static GstFlowReturn
filter_transform_ip (GstBaseTransform * t, GstBuffer * buf)
{
  GstxInstance *x = X (t);

  gstx_frame_fill (x, buf);
  return goFrame (x->handle, &x->frame);
}

void
gstx_filter_class_init (GstBaseTransformClass * klass, gboolean in_place)
{
  klass->start = filter_start;
  klass->stop = filter_stop;
  klass->set_caps = filter_set_caps;
  klass->propose_allocation = filter_propose_allocation;
  klass->sink_event = filter_sink_event;
  klass->transform_ip = filter_transform_ip;
  klass->transform_ip_on_passthrough = TRUE;
}
