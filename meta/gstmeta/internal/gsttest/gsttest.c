#include "gsttest.h"

#include <gst/allocators/allocators.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video-hdr.h>

void
gsttest_init (void)
{
  GstElement *p;

  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  gst_init (NULL, NULL);
  /* What GStreamer keeps for the process comes into being on first use. */
  p = gst_parse_launch ("videotestsrc num-buffers=1 ! fakesink", NULL);
  gst_element_set_state (p, GST_STATE_PLAYING);
  gst_element_get_state (p, NULL, NULL, GST_CLOCK_TIME_NONE);
  gsttest_stop (p);
}

GstBuffer *
gsttest_buffer (gsize size, guint64 pts, gboolean fd)
{
  GstAllocator *allocator = NULL;
  GstBuffer *buf;

  if (fd) {
    gst_shm_allocator_init_once ();
    allocator = gst_shm_allocator_get ();
  }
  buf = gst_buffer_new_allocate (allocator, size, NULL);
  if (allocator)
    gst_object_unref (allocator);
  gst_buffer_memset (buf, 0, 128, size);
  GST_BUFFER_PTS (buf) = pts;
  GST_BUFFER_DURATION (buf) = 40 * GST_MSECOND;
  return buf;
}

static gpointer
unref (gpointer buf)
{
  gst_buffer_unref (buf);
  return NULL;
}

void
gsttest_unref_on_thread (GstBuffer * buf)
{
  g_thread_join (g_thread_new ("foreign", unref, buf));
}

/* Every meta of buf, transformed onto a new buffer the way a filter does. */
GstBuffer *
gsttest_scaled (GstBuffer * buf, const char *quark)
{
  GstBuffer *out = gst_buffer_new ();
  gpointer state = NULL;
  GstMeta *m;

  while ((m = gst_buffer_iterate_meta (buf, &state)))
    if (m->info->transform_func)
      m->info->transform_func (out, m, buf, g_quark_from_string (quark), NULL);
  return out;
}

gsize
gsttest_serialize (GstBuffer * buf, const char *api, guint8 * out, gsize max)
{
  GstMeta *m = gst_buffer_get_meta (buf, g_type_from_name (api));
  GByteArray *bytes = g_byte_array_new ();
  gsize n = 0;

  if (m && gst_meta_serialize_simple (m, bytes) && bytes->len <= max) {
    n = bytes->len;
    memcpy (out, bytes->data, n);
  }
  g_byte_array_unref (bytes);
  return n;
}

gboolean
gsttest_deserialize (GstBuffer * buf, guint8 * data, gsize size)
{
  guint32 consumed;

  return gst_meta_deserialize (buf, data, size, &consumed) != NULL;
}

gboolean
gsttest_has_memory_tag (const char *api)
{
  return gst_meta_api_type_has_tag (g_type_from_name (api),
      g_quark_from_string (GST_META_TAG_MEMORY_STR));
}

GstElement *
gsttest_launch (const char *description, char **error)
{
  GError *e = NULL;
  GstElement *p = gst_parse_launch_full (description, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &e);

  if (e) {
    *error = g_strdup (e->message);
    g_error_free (e);
    return NULL;
  }
  gst_element_set_state (p, GST_STATE_PLAYING);
  return p;
}

static GstElement *
find (GstElement * pipeline, const char *name)
{
  GstElement *e = gst_bin_get_by_name (GST_BIN (pipeline), name);

  /* The pipeline keeps it. */
  if (e)
    gst_object_unref (e);
  return e;
}

gboolean
gsttest_push (GstElement * pipeline, GstBuffer * buf)
{
  return gst_app_src_push_buffer (GST_APP_SRC (find (pipeline, "in")), buf) == GST_FLOW_OK;
}

void
gsttest_eos (GstElement * pipeline)
{
  gst_app_src_end_of_stream (GST_APP_SRC (find (pipeline, "in")));
}

GstBuffer *
gsttest_pull (GstElement * pipeline, const char *sink, guint64 timeout_ns)
{
  GstSample *s = gst_app_sink_try_pull_sample (GST_APP_SINK (find (pipeline, sink)), timeout_ns);
  GstBuffer *buf;

  if (s == NULL)
    return NULL;
  buf = gst_buffer_ref (gst_sample_get_buffer (s));
  gst_sample_unref (s);
  return buf;
}

char *
gsttest_bus_error (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *m = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  char *text = NULL, *debug = NULL;
  GError *e = NULL;

  gst_object_unref (bus);
  if (m == NULL)
    return NULL;
  gst_message_parse_error (m, &e, &debug);
  text = g_strdup_printf ("%s (%s)", e->message, debug);
  g_error_free (e);
  g_free (debug);
  gst_message_unref (m);
  return text;
}

void
gsttest_stop (GstElement * pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

char *
gsttest_mastering_display (const char *s)
{
  GstVideoMasteringDisplayInfo m;

  if (!gst_video_mastering_display_info_from_string (&m, s))
    return NULL;
  return gst_video_mastering_display_info_to_string (&m);
}

char *
gsttest_content_light (const char *s)
{
  GstVideoContentLightLevel l;

  if (!gst_video_content_light_level_from_string (&l, s))
    return NULL;
  return gst_video_content_light_level_to_string (&l);
}
