#include "gstx.h"
#include "_cgo_export.h"
#include <gst/video/navigation.h>

/* GstNavigation of a sink without a pointer and keys of its own: an application
 * that has them says what happened where on the display, and upstream hears where
 * in the picture that was. */

static void
navigation_send_event (GstNavigation * navigation, GstEvent * event)
{
  GstBaseSink *sink = GST_BASE_SINK (navigation);
  gdouble at[2];

  if (gst_navigation_event_get_coordinates (event, &at[0], &at[1])) {
    event = gst_event_make_writable (event);
    goPointer (gstx_instance (sink)->handle, at);
    gst_navigation_event_set_coordinates (event, at[0], at[1]);
  }
  gst_event_ref (event);
  /* What nobody upstream takes is the application's. */
  if (!gst_pad_push_event (GST_BASE_SINK_PAD (sink), event))
    gst_element_post_message (GST_ELEMENT (sink),
        gst_navigation_message_new_event (GST_OBJECT (sink), event));
  gst_event_unref (event);
}

static void
navigation_init (gpointer iface, gpointer data)
{
  ((GstNavigationInterface *) iface)->send_event_simple = navigation_send_event;
}

void
gstx_navigation_add (GType type)
{
  const GInterfaceInfo info = { navigation_init, NULL, NULL };

  g_type_add_interface_static (type, GST_TYPE_NAVIGATION, &info);
}
