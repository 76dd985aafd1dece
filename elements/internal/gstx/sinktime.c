/* When a sink's frames are due, and what it adds to the pipeline's latency. */
#include "gstx.h"

/* The base class tells nobody that its property was set, and to the default value
 * it may be set too: only then is the user's delay not ours to change. */
void
gstx_sink_notify (GObject * object, GParamSpec * pspec)
{
  if (!strcmp (pspec->name, "render-delay"))
    g_atomic_int_set (&gstx_instance (object)->delay_is_users, TRUE);
}

void
gstx_set_render_delay (GstElement * e, guint64 ns)
{
  GstxInstance *x = gstx_instance (e);
  GstBaseSink *sink = GST_BASE_SINK (e);

  if (g_atomic_int_get (&x->delay_is_users) ||
      gst_base_sink_get_render_delay (sink) != x->delay)      /* by the C function */
    return;
  x->delay = ns;
  gst_base_sink_set_render_delay (sink, ns);    /* posts LATENCY if it is another */
}

guint64
gstx_frame_due (GstBaseSink * sink, GstBuffer * buf)
{
  const GstSegment *seg = &sink->segment;       /* the streaming thread's, under the preroll lock */
  GstxInstance *x = gstx_instance (sink);
  guint64 running;

  if (!GST_BUFFER_PTS_IS_VALID (buf) || seg->format != GST_FORMAT_TIME || seg->rate <= 0 ||
      !gst_base_sink_get_sync (sink))
    return GST_CLOCK_TIME_NONE;
  running = gst_segment_to_running_time (seg, GST_FORMAT_TIME,
      MAX (GST_BUFFER_PTS (buf), seg->start));
  if (running == GST_CLOCK_TIME_NONE)
    return GST_CLOCK_TIME_NONE;
  gstx_clocks (x, GST_ELEMENT (sink));
  if (x->running == GST_CLOCK_TIME_NONE)
    return GST_CLOCK_TIME_NONE;
  /* Whatever the clock is, it and CLOCK_MONOTONIC go on alike for the milliseconds
   * from now to then. */
  return (guint64) (x->ahead + (gint64) (running + gst_base_sink_get_latency (sink)) +
      gst_base_sink_get_ts_offset (sink));
}
