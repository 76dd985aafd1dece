#include "gstx.h"
#include "_cgo_export.h"

/* GstVideoOverlay of a sink that has no window system: applications know it from
 * other sinks, and what it can do here is place the picture and show it again. */

#define X(overlay) (gstx_instance (overlay))

static void
overlay_set_render_rectangle (GstVideoOverlay * overlay, gint x, gint y, gint w, gint h)
{
  goRenderRectangle (X (overlay)->handle, x, y, w, h);
}

static void
overlay_expose (GstVideoOverlay * overlay)
{
  goExpose (X (overlay)->handle);
}

static void
overlay_set_window_handle (GstVideoOverlay * overlay, guintptr handle)
{
  gst_debug_log (X (overlay)->info->category, GST_LEVEL_DEBUG, "", "", 0, (GObject *) overlay,
      "window handle %" G_GUINTPTR_FORMAT " has no meaning on a display without windows", handle);
}

static void
overlay_handle_events (GstVideoOverlay * overlay, gboolean handle)
{
  gst_debug_log (X (overlay)->info->category, GST_LEVEL_DEBUG, "", "", 0, (GObject *) overlay,
      "there are no events to handle (%d): a display has no pointer and no keys", handle);
}

static void
overlay_init (gpointer iface, gpointer data)
{
  GstVideoOverlayInterface *overlay = iface;

  overlay->set_render_rectangle = overlay_set_render_rectangle;
  overlay->expose = overlay_expose;
  overlay->set_window_handle = overlay_set_window_handle;
  overlay->handle_events = overlay_handle_events;
}

void
gstx_overlay_add (GType type)
{
  const GInterfaceInfo info = { overlay_init, NULL, NULL };

  g_type_add_interface_static (type, GST_TYPE_VIDEO_OVERLAY, &info);
}

void
gstx_orientation_tag (GstxInstance * x, GstEvent * event)
{
  GstVideoOrientationMethod method;
  GstTagList *tags;

  gst_event_parse_tag (event, &tags);
  if (gst_video_orientation_from_tag (tags, &method))
    goOrientation (x->handle, method);
}
