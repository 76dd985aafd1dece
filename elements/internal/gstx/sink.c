#include "gstx.h"
#include "_cgo_export.h"

#define X(sink) (&((GstxSink *) (sink))->x)
#define PARENT(sink) (GST_BASE_SINK_CLASS (X (sink)->info->parent_class))

static gboolean sink_start (GstBaseSink * sink) { return goStart (X (sink)->handle); }
static gboolean sink_stop (GstBaseSink * sink)
{
  X (sink)->have_vinfo = FALSE;
  X (sink)->n_wait = 0;
  X (sink)->waited = GSTX_NOT_WAITED;
  return goStop (X (sink)->handle);
}
static gboolean sink_unlock (GstBaseSink * sink) { goUnlock (X (sink)->handle, TRUE); return TRUE; }
static gboolean sink_unlock_stop (GstBaseSink * sink) { goUnlock (X (sink)->handle, FALSE); return TRUE; }

static GstCaps *
sink_get_caps (GstBaseSink * sink, GstCaps * filter)
{
  return gstx_get_caps (X (sink), GST_BASE_SINK_PAD (sink), filter);
}

static gboolean
sink_set_caps (GstBaseSink * sink, GstCaps * caps)
{
  GstxInstance *x = X (sink);
  GstxFormat f;
  gboolean ok;

  if (!PARENT (sink)->set_caps (sink, caps))
    return FALSE;
  x->have_vinfo = gstx_format_from_caps (caps, &f, &x->vinfo);
  ok = x->have_vinfo && goSetCaps (x->handle, &f);
  gstx_format_clear (&f);
  return ok;
}

static gboolean
sink_propose_allocation (GstBaseSink * sink, GstQuery * query)
{
  GstxInstance *x = X (sink);

  gstx_query_add_metas (query, TRUE);
  if (x->info->graphics)
    gstx_query_add_graphics (query, g_atomic_int_get (&x->window_width), g_atomic_int_get (&x->window_height));
  if (x->held >= 0)
    gstx_propose_pool (GST_ELEMENT (sink), query, x->held);
  return TRUE;
}

static gboolean
sink_event (GstBaseSink * sink, GstEvent * event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_EOS: goEvent (X (sink)->handle, TRUE); break;
    case GST_EVENT_FLUSH_STOP: goEvent (X (sink)->handle, FALSE); break;
    case GST_EVENT_TAG: gstx_orientation_tag (X (sink), event); break;
    default: break;
  }
  return PARENT (sink)->event (sink, event);
}

/* The base class decides whether a frame is too late when it gets it. What the sink
 * has to wait for counts: waited for afterwards, it would make frames late that were
 * not, and of a stream faster than the display all of them. (The prepare function is
 * no place for it, what it lets through is never late.) */
static GstFlowReturn
sink_chain (GstPad * pad, GstObject * parent, GstBuffer * buf)
{
  GstxInstance *x = X (parent);

  if (x->waited == GSTX_NOT_WAITED)     /* a frame that is dropped leaves it at that */
    x->waited = gstx_wait (x);
  return x->chain (pad, parent, buf);
}

void
gstx_sink_instance_init (GstBaseSink * sink)
{
  GstPad *pad = GST_BASE_SINK_PAD (sink);

  X (sink)->chain = GST_PAD_CHAINFUNC (pad);
  gst_pad_set_chain_function (pad, sink_chain);
}

static gboolean
sink_query (GstBaseSink * sink, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_DRAIN)
    goDrain (X (sink)->handle);
  return PARENT (sink)->query (sink, query);
}

static GstFlowReturn
sink_show_frame (GstVideoSink * sink, GstBuffer * buf)
{
  GstxInstance *x = X (sink);
  GstFlowReturn ret;

  gstx_frame_fill (x, buf);
  x->frame.due = x->frame.preroll ? GST_CLOCK_TIME_NONE : gstx_frame_due (GST_BASE_SINK (sink), buf);
  if (x->waited == GSTX_NOT_WAITED)     /* a pause has ended the first wait */
    gstx_wait (x);
  x->waited = GSTX_NOT_WAITED;
  x->frame.spare = TRUE;
  gst_buffer_ref (buf);
  ret = goFrame (x->handle, &x->frame);
  if (x->frame.spare)
    gst_buffer_unref (buf);
  if (x->frame.drop)
    gst_buffer_unref (x->frame.drop);
  x->frame.drop = NULL;
  return ret;
}

static GstFlowReturn
sink_preroll (GstBaseSink * sink, GstBuffer * buf)
{
  GstxInstance *x = X (sink);
  GstFlowReturn ret;

  x->frame.preroll = TRUE;
  ret = PARENT (sink)->preroll (sink, buf);
  x->frame.preroll = FALSE;
  return ret;
}

void
gstx_sink_class_init (GstVideoSinkClass * klass)
{
  GstBaseSinkClass *base = GST_BASE_SINK_CLASS (klass);

  G_OBJECT_CLASS (klass)->notify = gstx_sink_notify;
  base->start = sink_start;
  base->stop = sink_stop;
  base->unlock = sink_unlock;
  base->unlock_stop = sink_unlock_stop;
  base->get_caps = sink_get_caps;
  base->set_caps = sink_set_caps;
  base->propose_allocation = sink_propose_allocation;
  base->event = sink_event;
  base->query = sink_query;
  base->preroll = sink_preroll;
  klass->show_frame = sink_show_frame;
}
