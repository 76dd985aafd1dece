#include "gstx.h"
#include "_cgo_export.h"

#define X(t) (&((GstxFilter *) (t))->x)
#define PARENT(t) (GST_BASE_TRANSFORM_CLASS (X (t)->info->parent_class))

/* The fields that static metadata has in caps. */
static const char *const field[] = { "mastering-display-info", "content-light-level" };

static void
forget_static_caps (GstxInstance * x, GstElement * e)
{
  GST_OBJECT_LOCK (e);
  g_clear_pointer (&x->mastering, g_free);
  g_clear_pointer (&x->light, g_free);
  GST_OBJECT_UNLOCK (e);
}

static gboolean filter_start (GstBaseTransform * t) { return goStart (X (t)->handle); }
static gboolean filter_stop (GstBaseTransform * t)
{
  X (t)->have_vinfo = FALSE;
  forget_static_caps (X (t), GST_ELEMENT (t));
  return goStop (X (t)->handle);
}

static gboolean
filter_set_caps (GstBaseTransform * t, GstCaps * in, GstCaps * out)
{
  GstxInstance *x = X (t);
  GstxFormat f;
  gboolean ok;

  x->have_vinfo = gstx_format_from_caps (in, &f, &x->vinfo);
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
    case GST_EVENT_CAPS: forget_static_caps (X (t), GST_ELEMENT (t)); break;
    default: break;
  }
  return PARENT (t)->sink_event (t, event);
}

/* Of frames before the segment too: after a seek a decoder needs them, and the
 * last of them may reach into it. */
static guint64
stream_time (const GstSegment * s, guint64 pts)
{
  guint64 t;

  if (s->format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID (pts) ||
      gst_segment_to_stream_time_full (s, GST_FORMAT_TIME, pts, &t) <= 0)
    return GST_CLOCK_TIME_NONE;
  return t;
}

static GstFlowReturn
filter_transform_ip (GstBaseTransform * t, GstBuffer * buf)
{
  GstxInstance *x = X (t);
  GstxFrame *f = &x->frame;
  GstMapInfo map;
  GstFlowReturn ret;

  gstx_frame_fill (x, buf);
  f->stream_time = stream_time (&t->segment, f->pts);
  if (!x->info->bytes || !gst_buffer_map (buf, &map, GST_MAP_READ))
    return goFrame (x->handle, f);
  f->data = map.data;
  f->size = map.size;
  ret = goFrame (x->handle, f);
  f->data = NULL;
  f->size = 0;
  gst_buffer_unmap (buf, &map);
  return ret;
}

static GstCaps *
filter_transform_caps (GstBaseTransform * t, GstPadDirection direction, GstCaps * caps,
    GstCaps * filter)
{
  GstxInstance *x = X (t);
  GstCaps *out = gst_caps_copy (caps);
  guint i, k;

  GST_OBJECT_LOCK (t);
  for (i = 0; i < gst_caps_get_size (out); i++) {
    GstStructure *s = gst_caps_get_structure (out, i);
    const char *value[] = { x->mastering, x->light };

    for (k = 0; k < G_N_ELEMENTS (field); k++)
      if (direction == GST_PAD_SRC)     /* may come from us, so upstream's need not have it */
        gst_structure_remove_field (s, field[k]);
      else if (value[k] && !gst_structure_has_field (s, field[k]))
        gst_structure_set (s, field[k], G_TYPE_STRING, value[k], NULL);
  }
  GST_OBJECT_UNLOCK (t);
  if (filter) {
    GstCaps *both = gst_caps_intersect_full (filter, out, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (out);
    out = both;
  }
  return out;
}

gboolean
gstx_set_static_caps (GstxInstance * x, const char *mastering, const char *light)
{
  GstBaseTransform *t = GST_BASE_TRANSFORM ((char *) x - G_STRUCT_OFFSET (GstxFilter, x));
  GstCaps *in, *out;
  gboolean ok = TRUE;

  GST_OBJECT_LOCK (t);
  g_free (x->mastering);
  g_free (x->light);
  x->mastering = g_strdup (mastering);
  x->light = g_strdup (light);
  GST_OBJECT_UNLOCK (t);
  in = gst_pad_get_current_caps (t->sinkpad);
  if (!in)
    return FALSE;
  out = filter_transform_caps (t, GST_PAD_SINK, in, NULL);
  ok = gst_base_transform_update_src_caps (t, out);
  gst_caps_unref (out);
  gst_caps_unref (in);
  return ok;
}

gboolean
gstx_buffer_replace (GstBuffer * buf, gconstpointer data, gsize size)
{
  GstMemory *m = gst_allocator_alloc (NULL, size, NULL);

  if (!m)
    return FALSE;
  gst_buffer_replace_all_memory (buf, m);
  return gst_buffer_fill (buf, 0, data, size) == size;
}

void
gstx_filter_class_init (GstBaseTransformClass * klass, const GstxClassInfo * info)
{
  klass->start = filter_start;
  klass->stop = filter_stop;
  klass->set_caps = filter_set_caps;
  klass->propose_allocation = filter_propose_allocation;
  klass->sink_event = filter_sink_event;
  klass->transform_ip = filter_transform_ip;
  klass->transform_ip_on_passthrough = TRUE;
  if (info->static_caps)
    klass->transform_caps = filter_transform_caps;
}
