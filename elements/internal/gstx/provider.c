/* The GstDeviceProvider that lists an element's devices, and the GstDevice that
 * makes the element for one of them. */
#include "gstx.h"
#include "_cgo_export.h"

typedef struct {
  GstDeviceProvider parent;
  guint64 watch;                /* cgo.Handle of the *gstx.watch while started; start lock */
} GstxProvider;

typedef struct {
  GstDeviceProviderClass parent;
  GstxProviderInfo *info;
} GstxProviderClass;

typedef struct {
  GstDevice parent;
  char *path;
} GstxDevice;

typedef struct {
  GstDeviceClass parent;
  GstxProviderInfo *info;
} GstxDeviceClass;

#define PROVIDER_INFO(o) (G_TYPE_INSTANCE_GET_CLASS ((o), 0, GstxProviderClass)->info)
#define DEVICE_INFO(o) (G_TYPE_INSTANCE_GET_CLASS ((o), 0, GstxDeviceClass)->info)

enum { PROP_DEVICE_PATH = 1 };

/* ---- device ---- */

static void
device_set_property (GObject * object, guint id, const GValue * value, GParamSpec * pspec)
{
  if (id != PROP_DEVICE_PATH) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  ((GstxDevice *) object)->path = g_value_dup_string (value);   /* once: construct-only */
}

static void
device_get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  if (id != PROP_DEVICE_PATH) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  g_value_set_string (value, ((GstxDevice *) object)->path);
}

static void
device_finalize (GObject * object)
{
  GObjectClass *parent = g_type_class_peek (GST_TYPE_DEVICE);

  g_free (((GstxDevice *) object)->path);
  parent->finalize (object);
}

static GstElement *
device_create_element (GstDevice * device, const gchar * name)
{
  const GstxProviderInfo *info = DEVICE_INFO (device);
  GstElement *e = gst_element_factory_make (info->element, name);

  if (e)
    g_object_set (e, info->property, ((GstxDevice *) device)->path, NULL);
  return e;
}

/* An element that runs has its device open and would go on with that one: it is
 * refused, and the caller makes a new one. */
static gboolean
device_reconfigure_element (GstDevice * device, GstElement * e)
{
  const GstxProviderInfo *info = DEVICE_INFO (device);
  GstElementFactory *factory = gst_element_get_factory (e);
  gboolean runs;

  if (!factory || g_strcmp0 (GST_OBJECT_NAME (factory), info->element) != 0)
    return FALSE;
  GST_OBJECT_LOCK (e);
  runs = GST_STATE (e) > GST_STATE_READY || GST_STATE_TARGET (e) > GST_STATE_READY;
  GST_OBJECT_UNLOCK (e);
  if (runs)
    return FALSE;
  g_object_set (e, info->property, ((GstxDevice *) device)->path, NULL);
  return TRUE;
}

static void
device_class_init (gpointer klass, gpointer data)
{
  GObjectClass *object = klass;
  GstDeviceClass *device = klass;

  ((GstxDeviceClass *) klass)->info = data;
  object->set_property = device_set_property;
  object->get_property = device_get_property;
  object->finalize = device_finalize;
  device->create_element = device_create_element;
  device->reconfigure_element = device_reconfigure_element;
  g_object_class_install_property (object, PROP_DEVICE_PATH,
      g_param_spec_string ("device-path", "Device path", "Path of the device's node", "",
          G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));
}

GstDevice *
gstx_device_new (const GstxProviderInfo * info, const char *path,
    const char *display_name, const char *klass, const char *caps, GstStructure * props)
{
  GstCaps *c = gst_caps_from_string (caps);
  GstDevice *device = NULL;

  if (c) {
    device = g_object_new (info->device_type, "device-path", path, "display-name", display_name,
        "device-class", klass, "caps", c, "properties", props, NULL);
    gst_caps_unref (c);
  }
  gst_structure_free (props);
  return device;
}

/* ---- provider ---- */

static GList *
provider_probe (GstDeviceProvider * provider)
{
  GList *list = NULL;

  goProviderProbe (PROVIDER_INFO (provider)->index, &list);
  return g_list_reverse (list);
}

/* start and stop are called under the provider's start lock, and in turn. */
static gboolean
provider_start (GstDeviceProvider * provider)
{
  GstxProvider *x = (GstxProvider *) provider;

  x->watch = goProviderStart (PROVIDER_INFO (provider)->index, provider);
  return x->watch != 0;
}

static void
provider_stop (GstDeviceProvider * provider)
{
  GstxProvider *x = (GstxProvider *) provider;

  goProviderStop (x->watch);
  x->watch = 0;
}

static void
provider_class_init (gpointer klass, gpointer data)
{
  GstxProviderInfo *info = data;
  GstDeviceProviderClass *provider = klass;

  ((GstxProviderClass *) klass)->info = info;
  provider->probe = provider_probe;
  provider->start = provider_start;
  provider->stop = provider_stop;
  gst_device_provider_class_set_metadata (provider, info->long_name, info->klass,
      info->description, info->author);
}

gboolean
gstx_provider_register (GstPlugin * plugin, GstxProviderInfo * info)
{
  /* As with elements: who comes second uses the type that is there. */
  GType type = g_type_from_name (info->type_name);

  info->category = _gst_debug_category_new (info->name, 0, info->long_name);
  info->device_type = g_type_from_name (info->device_type_name);
  if (!info->device_type) {
    GTypeInfo ti = { 0 };

    ti.class_init = device_class_init;
    ti.class_data = info;
    ti.class_size = sizeof (GstxDeviceClass);
    ti.instance_size = sizeof (GstxDevice);
    info->device_type = g_type_register_static (GST_TYPE_DEVICE, info->device_type_name, &ti, 0);
  }
  if (!type) {
    GTypeInfo ti = { 0 };

    ti.class_init = provider_class_init;
    ti.class_data = info;
    ti.class_size = sizeof (GstxProviderClass);
    ti.instance_size = sizeof (GstxProvider);
    type = g_type_register_static (GST_TYPE_DEVICE_PROVIDER, info->type_name, &ti, 0);
  }
  return type && info->device_type &&
      gst_device_provider_register (plugin, info->name, info->rank, type);
}

gint
gstx_provider_log_threshold (const GstxProviderInfo * info)
{
  return gst_debug_category_get_threshold (info->category);
}

void
gstx_provider_log (const GstxProviderInfo * info, gint level, const char *text)
{
  gst_debug_log_literal (info->category, level, "", "", 0, NULL, text);
}
