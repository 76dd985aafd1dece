#include "gstx.h"
#include "_cgo_export.h"
#include <errno.h>

GstxInstance *
gstx_instance (gpointer element)
{
  if (GST_IS_PUSH_SRC (element))
    return &((GstxSrc *) element)->x;
  if (GST_IS_VIDEO_SINK (element))
    return &((GstxSink *) element)->x;
  if (GST_IS_VIDEO_DECODER (element))
    return &((GstxDec *) element)->x;
  return &((GstxFilter *) element)->x;
}

static void
gstx_set_property (GObject * object, guint id, const GValue * value, GParamSpec * pspec)
{
  GstxInstance *x = gstx_instance (object);
  GstxValue v = { 0 };
  const GstxProp *p;

  if (id == 0 || id > x->info->n_props) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  p = &x->info->props[id - 1];
  gstx_value_load (&v, p->def.kind, value);
  goSetProperty (x->handle, id - 1, &v);
  gstx_value_clear (&v);
}

static void
gstx_get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstxInstance *x = gstx_instance (object);
  GstxValue v = { 0 };

  if (id == 0 || id > x->info->n_props) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  v.kind = x->info->props[id - 1].def.kind;
  if (!goGetProperty (x->handle, id - 1, &v))
    return;                     /* the value stays the type's zero */
  gstx_value_store (&v, value);
  free (v.s);                   /* Go's C.CString */
}

static void
gstx_finalize (GObject * object)
{
  GstxInstance *x = gstx_instance (object);
  GObjectClass *parent = G_OBJECT_CLASS (x->info->parent_class);

  if (x->handle)
    goFinalize (x->handle);
  x->handle = 0;
  g_free (x->mastering);
  g_free (x->light);
  parent->finalize (object);
}

/* Waits, on the streaming thread and outside of Go, for what the Go half asked
 * to wait for. A thread that waits inside Go keeps the runtime's monitor awake:
 * from vivid to vkms in the virtual machine, waiting here took the CPU time of a
 * frame from 1.9 to 1.4 times that of v4l2src and kmssink. A wake-up for nothing
 * does no harm: Go finds nothing to do. */
GstxWaited
gstx_wait (GstxInstance * x)
{
  gint n;
  guint i;

  if (!x->n_wait)
    return GSTX_WAITED;
  while ((n = poll (x->wait, x->n_wait, x->wait_ms)) < 0 && errno == EINTR);
  if (n == 0)
    return GSTX_WAITED_OUT;
  for (i = 1; i < x->n_wait; i++)
    if (x->wait[i].revents)
      return GSTX_WAITED;
  return GSTX_NOT_WAITED;
}

/* What the Go half says is possible now, else the template's. */
GstCaps *
gstx_get_caps (GstxInstance * x, GstPad * pad, GstCaps * filter)
{
  char *s = goCaps (x->handle);
  GstCaps *caps = s ? gst_caps_from_string (s) : NULL;

  free (s);
  if (!caps)
    caps = gst_pad_get_pad_template_caps (pad);
  if (filter) {
    GstCaps *both = gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (caps);
    caps = both;
  }
  return caps;
}

/* The type of an enum or flags property; the values of both are the same structure. */
static GType
values_type (const GstxClassInfo * info, const GstxProp * p)
{
  char *name = g_strdup_printf ("%s-%s", info->type_name, p->name);
  GType t = g_type_from_name (name);

  if (!t)
    t = p->def.kind == GSTX_FLAGS ?
        g_flags_register_static (name, (const GFlagsValue *) p->values) :
        g_enum_register_static (name, p->values);
  g_free (name);
  return t;
}

static GParamSpec *
make_pspec (const GstxClassInfo * info, const GstxProp * p)
{
  GParamFlags f = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  if (!p->read_only)
    f |= G_PARAM_WRITABLE |
        (p->while_playing ? GST_PARAM_MUTABLE_PLAYING : GST_PARAM_MUTABLE_READY);
  switch (p->def.kind) {
    case GSTX_BOOL:
      return g_param_spec_boolean (p->name, p->nick, p->blurb, p->def.i != 0, f);
    case GSTX_INT:
      return g_param_spec_int (p->name, p->nick, p->blurb,
          (gint) p->min.i, (gint) p->max.i, (gint) p->def.i, f);
    case GSTX_UINT:
      return g_param_spec_uint (p->name, p->nick, p->blurb,
          (guint) p->min.i, (guint) p->max.i, (guint) p->def.i, f);
    case GSTX_INT64:
      return g_param_spec_int64 (p->name, p->nick, p->blurb, p->min.i, p->max.i, p->def.i, f);
    case GSTX_UINT64:
      return g_param_spec_uint64 (p->name, p->nick, p->blurb,
          (guint64) p->min.i, (guint64) p->max.i, (guint64) p->def.i, f);
    case GSTX_DOUBLE:
      return g_param_spec_double (p->name, p->nick, p->blurb, p->min.d, p->max.d, p->def.d, f);
    case GSTX_STRING:
      return g_param_spec_string (p->name, p->nick, p->blurb, p->def.s, f);
    case GSTX_FRACTION:
      return gst_param_spec_fraction (p->name, p->nick, p->blurb,
          p->min.num, p->min.den, p->max.num, p->max.den, p->def.num, p->def.den, f);
    case GSTX_STRUCTURE:
      return g_param_spec_boxed (p->name, p->nick, p->blurb, GST_TYPE_STRUCTURE, f);
    case GSTX_INTS:
      return gst_param_spec_array (p->name, p->nick, p->blurb,
          g_param_spec_int ("value", "value", "one number", G_MININT, G_MAXINT, 0, f), f);
    case GSTX_ORIENTATION:
      return g_param_spec_enum (p->name, p->nick, p->blurb,
          GST_TYPE_VIDEO_ORIENTATION_METHOD, (gint) p->def.i, f);
    case GSTX_FLAGS:
      return g_param_spec_flags (p->name, p->nick, p->blurb, values_type (info, p),
          (guint) p->def.i, f);
    case GSTX_ENUM:
      return g_param_spec_enum (p->name, p->nick, p->blurb, values_type (info, p),
          (gint) p->def.i, f);
  }
  return NULL;
}

static void
gstx_class_init (gpointer klass, gpointer data)
{
  GstxClassInfo *info = data;
  GObjectClass *object = klass;
  GstElementClass *element = klass;
  guint i;

  info->parent_class = g_type_class_peek_parent (klass);
  object->set_property = gstx_set_property;
  object->get_property = gstx_get_property;
  object->finalize = gstx_finalize;
  for (i = 0; i < info->n_props; i++)
    g_object_class_install_property (object, i + 1, make_pspec (info, &info->props[i]));
  gst_element_class_set_metadata (element, info->long_name, info->klass,
      info->description, info->author);
  for (i = 0; i < info->n_pads; i++) {
    GstCaps *caps = gst_caps_from_string (info->pads[i].caps);
    gst_element_class_add_pad_template (element,
        gst_pad_template_new (info->pads[i].name, info->pads[i].direction,
            GST_PAD_ALWAYS, caps));
    gst_caps_unref (caps);
  }
  switch (info->parent) {
    case GSTX_PUSH_SRC: gstx_src_class_init (klass, info); break;
    case GSTX_VIDEO_SINK: gstx_sink_class_init (klass); break;
    case GSTX_FILTER: gstx_filter_class_init (klass, info); break;
    case GSTX_DECODER: gstx_decoder_class_init (klass); break;
  }
}

/* GObject hands instance_init the class but not its class_data, so the
 * description is found by the type. */
static GQuark
info_quark (void)
{
  return g_quark_from_static_string ("gstx-class-info");
}

static void
gstx_instance_init (GTypeInstance * instance, gpointer klass)
{
  GstxInstance *x = gstx_instance (instance);

  x->info = g_type_get_qdata (G_TYPE_FROM_CLASS (klass), info_quark ());
  if (x->info->parent == GSTX_PUSH_SRC)
    gst_base_src_set_format (GST_BASE_SRC (instance), GST_FORMAT_TIME);
  if (x->info->parent == GSTX_VIDEO_SINK)
    gstx_sink_instance_init (GST_BASE_SINK (instance));
  if (x->info->parent == GSTX_FILTER)
    gst_base_transform_set_in_place (GST_BASE_TRANSFORM (instance), TRUE);
  if (x->info->parent == GSTX_FILTER && !x->info->in_place)
    gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (instance), TRUE);
  if (x->info->parent == GSTX_DECODER)
    gstx_decoder_instance_init (GST_VIDEO_DECODER (instance));
  x->handle = goNew (x->info->index, instance);
}

gboolean
gstx_register (GstPlugin * plugin, GstxClassInfo * info)
{
  /* A Go program that links the elements may also find the plugin file, or the
   * other way round: two Go runtimes, one type name. Who comes second uses the
   * type that is there. */
  GType type = g_type_from_name (info->type_name);

  info->category = _gst_debug_category_new (info->name, 0, info->long_name);
  if (!type) {
    GTypeInfo ti = { 0 };
    GType parent;

    ti.class_init = gstx_class_init;
    ti.class_data = info;
    ti.instance_init = gstx_instance_init;
    switch (info->parent) {
      case GSTX_PUSH_SRC:
        parent = GST_TYPE_PUSH_SRC;
        ti.class_size = sizeof (GstPushSrcClass);
        ti.instance_size = sizeof (GstxSrc);
        break;
      case GSTX_VIDEO_SINK:
        parent = GST_TYPE_VIDEO_SINK;
        ti.class_size = sizeof (GstVideoSinkClass);
        ti.instance_size = sizeof (GstxSink);
        break;
      case GSTX_DECODER:
        parent = GST_TYPE_VIDEO_DECODER;
        ti.class_size = sizeof (GstVideoDecoderClass);
        ti.instance_size = sizeof (GstxDec);
        break;
      default:
        parent = GST_TYPE_BASE_TRANSFORM;
        ti.class_size = sizeof (GstBaseTransformClass);
        ti.instance_size = sizeof (GstxFilter);
        break;
    }
    type = g_type_register_static (parent, info->type_name, &ti, 0);
    if (!type)
      return FALSE;
    g_type_set_qdata (type, info_quark (), info);
    if (info->overlay) {
      gstx_overlay_add (type);
      gstx_navigation_add (type);
    }
  }
  return gst_element_register (plugin, info->name, GST_RANK_NONE, type);
}
