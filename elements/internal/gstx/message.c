#include "gstx.h"

void
gstx_post_message (GstElement * e, GstMessageType type, gint domain, gint code,
    const char *text, const char *debug)
{
  GQuark d = domain == 1 ? GST_CORE_ERROR : domain == 2 ? GST_LIBRARY_ERROR :
      domain == 3 ? GST_RESOURCE_ERROR : GST_STREAM_ERROR;

  gst_element_message_full (e, type, d, code, g_strdup (text), debug && *debug ? g_strdup (debug) : NULL, "", "", 0);
}

void
gstx_post_qos (GstElement * e, guint64 timestamp, guint64 duration, guint64 processed,
    guint64 dropped)
{
  GstMessage *m = gst_message_new_qos (GST_OBJECT (e), TRUE, GST_CLOCK_TIME_NONE,
      GST_CLOCK_TIME_NONE, timestamp, duration);

  gst_message_set_qos_stats (m, GST_FORMAT_BUFFERS, processed, dropped);
  gst_element_post_message (e, m);
}

GstStructure *
gstx_structure_new (const char *name)
{
  return gst_structure_new_empty (name);
}

void
gstx_structure_set (GstStructure * s, const char *name, const GstxValue * v)
{
  switch (v->kind) {
    case GSTX_BOOL: gst_structure_set (s, name, G_TYPE_BOOLEAN, (gboolean) v->i, NULL); break;
    case GSTX_INT: case GSTX_ENUM:
      gst_structure_set (s, name, G_TYPE_INT, (gint) v->i, NULL); break;
    case GSTX_UINT: gst_structure_set (s, name, G_TYPE_UINT, (guint) v->i, NULL); break;
    case GSTX_INT64: gst_structure_set (s, name, G_TYPE_INT64, v->i, NULL); break;
    case GSTX_UINT64: gst_structure_set (s, name, G_TYPE_UINT64, (guint64) v->i, NULL); break;
    case GSTX_DOUBLE: gst_structure_set (s, name, G_TYPE_DOUBLE, v->d, NULL); break;
    case GSTX_FRACTION:
      gst_structure_set (s, name, GST_TYPE_FRACTION, v->num, v->den, NULL); break;
    case GSTX_STRING: case GSTX_STRUCTURE:
      gst_structure_set (s, name, G_TYPE_STRING, v->s, NULL); break;
  }
}

void
gstx_post_structure (GstElement * e, GstStructure * s)
{
  gst_element_post_message (e, gst_message_new_element (GST_OBJECT (e), s));
}

gint
gstx_log_threshold (GstxClassInfo * info)
{
  return gst_debug_category_get_threshold (info->category);
}

void
gstx_log (GstxClassInfo * info, GstElement * e, gint level, const char *text)
{
  gst_debug_log_literal (info->category, level, "", "", 0, (GObject *) e, text);
}

guint64
gstx_running_time (GstElement * e)
{
  return gst_element_get_current_running_time (e);
}

void
gstx_reconfigure (GstElement * sink)
{
  gst_pad_push_event (GST_BASE_SINK_PAD (sink), gst_event_new_reconfigure ());
}

gboolean
gstx_playing (GstElement * e)
{
  return g_atomic_int_get ((gint *) & GST_STATE (e)) == GST_STATE_PLAYING;
}

char *
gstx_object_name (gpointer object)
{
  return gst_object_get_name (object);
}

void
gstx_post_latency (GstElement * e)
{
  gst_element_post_message (e, gst_message_new_latency (GST_OBJECT (e)));
}
