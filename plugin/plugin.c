/* The plugin file's entry point. It has no side effects beyond registration:
 * gst-plugin-scanner runs it too. */
#include <gst/gst.h>
#include "_cgo_export.h"

#define PACKAGE "gst-shmmeta"
#define VERSION "0.1.0"

static gboolean
plugin_init (GstPlugin * plugin)
{
  return goPluginInit (plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, shmmeta,
    "HDR and extra-plane metadata in sealed shared memory, from V4L2 to KMS",
    plugin_init, VERSION, "MIT/X11", "gst-shmmeta", "https://github.com/gst-shmmeta/gst-shmmeta")
