#include "gstx.h"
#include "_cgo_export.h"

#define X(src) (&((GstxSrc *) (src))->x)
#define PARENT(src) (GST_BASE_SRC_CLASS (X (src)->info->parent_class))

static gboolean src_start (GstBaseSrc * src) { return goStart (X (src)->handle); }
static gboolean src_stop (GstBaseSrc * src)
{
  X (src)->have_vinfo = FALSE;
  X (src)->n_wait = 0;
  return goStop (X (src)->handle);
}
static gboolean src_unlock (GstBaseSrc * src) { goUnlock (X (src)->handle, TRUE); return TRUE; }
static gboolean src_unlock_stop (GstBaseSrc * src) { goUnlock (X (src)->handle, FALSE); return TRUE; }
static gboolean src_is_seekable (GstBaseSrc * src) { return FALSE; }

static GstCaps *
src_get_caps (GstBaseSrc * src, GstCaps * filter)
{
  return gstx_get_caps (X (src), GST_BASE_SRC_PAD (src), filter);
}

/* Goes to what Go prefers before the base class takes the first or smallest. */
static GstCaps *
src_fixate (GstBaseSrc * src, GstCaps * caps)
{
  gint32 want[4] = { 0, 0, 0, 0 };      /* width, height, framerate */
  GstStructure *s;

  goPrefer (X (src)->handle, want);
  caps = gst_caps_make_writable (gst_caps_truncate (caps));
  s = gst_caps_get_structure (caps, 0);
  if (want[0] > 0 && gst_structure_has_field (s, "width"))
    gst_structure_fixate_field_nearest_int (s, "width", want[0]);
  if (want[1] > 0 && gst_structure_has_field (s, "height"))
    gst_structure_fixate_field_nearest_int (s, "height", want[1]);
  if (want[2] > 0 && want[3] > 0 && gst_structure_has_field (s, "framerate"))
    gst_structure_fixate_field_nearest_fraction (s, "framerate", want[2], want[3]);
  return PARENT (src)->fixate (src, caps);
}

static gboolean
src_set_caps (GstBaseSrc * src, GstCaps * caps)
{
  GstxInstance *x = X (src);
  GstxFormat f;
  gboolean ok;

  x->n_wait = 0;                /* for frames of the format before */
  x->have_vinfo = gstx_format_from_caps (caps, &f, &x->vinfo);
  if (x->info->prepare_format)
    g_signal_emit_by_name (src, "prepare-format", x->fd, caps);
  ok = x->have_vinfo && goSetCaps (x->handle, &f);
  gstx_format_clear (&f);
  return ok;
}

/* Has a pool of downstream's ready for the caps, or is NULL: where it cannot be. */
static GstBufferPool *
activate (GstBufferPool * pool, GstCaps * caps, guint size, guint min, guint max, gboolean video_meta)
{
  GstStructure *config = gst_buffer_pool_get_config (pool);

  gst_buffer_pool_config_set_params (config, caps, size, min, max);
  if (video_meta)
    gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (gst_buffer_pool_set_config (pool, config) && gst_buffer_pool_set_active (pool, TRUE))
    return pool;
  gst_object_unref (pool);
  return NULL;
}

/* The frames are the device's, and no pool or allocator of downstream's is taken, unless
 * Go wants one to give to the device; the base class shall not make one either. */
static gboolean
src_decide_allocation (GstBaseSrc * src, GstQuery * query)
{
  GstxInstance *x = X (src);
  GstxAllocation a = { 0 };
  GstCaps *caps;
  guint i, n = gst_query_get_n_allocation_pools (query);

  gst_query_parse_allocation (query, &caps, NULL);
  a.video_meta = gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  for (i = 0; i < n; i++) {
    GstBufferPool *pool;
    guint size, min, max;

    gst_query_parse_nth_allocation_pool (query, i, &pool, &size, &min, &max);
    a.buffers = MAX (a.buffers, min);
    if (pool && x->wants_pool && !a.pool)
      a.pool = activate (pool, caps, size, min, max, a.video_meta);
    else if (pool)
      gst_object_unref (pool);
  }
  goDecideAllocation (x->handle, &a);
  while (gst_query_get_n_allocation_pools (query) > 0)
    gst_query_remove_nth_allocation_pool (query, 0);
  return TRUE;
}

static gboolean
src_query (GstBaseSrc * src, GstQuery * query)
{
  guint64 min, max;

  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY &&
      goLatency (X (src)->handle, &min, &max)) {
    gst_query_set_latency (query, gst_base_src_is_live (src), min, max);
    return TRUE;
  }
  return PARENT (src)->query (src, query);
}

/* Not by gst_base_src_set_caps, which would have the element set its format anew. */
void
gstx_update_caps (GstElement * src, const char *colorimetry, const char *mastering,
    const char *light)
{
  GstPad *pad = GST_BASE_SRC_PAD (src);
  GstCaps *old = gst_pad_get_current_caps (pad), *caps;
  const struct {
    const char *name, *value;
  } fields[] = { {"colorimetry", colorimetry}, {"mastering-display-info", mastering},
  {"content-light-level", light} };
  guint i;

  if (!old)
    return;
  caps = gst_caps_copy (old);
  for (i = 0; i < G_N_ELEMENTS (fields); i++) {
    if (fields[i].value)
      gst_caps_set_simple (caps, fields[i].name, G_TYPE_STRING, fields[i].value, NULL);
    else
      gst_structure_remove_field (gst_caps_get_structure (caps, 0), fields[i].name);
  }
  if (!gst_caps_is_equal (old, caps) && gst_pad_peer_query_accept_caps (pad, caps))
    gst_pad_push_event (pad, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  gst_caps_unref (old);
}

static GstFlowReturn
src_create (GstPushSrc * src, GstBuffer ** buf)
{
  GstxInstance *x = X (src);
  gpointer b = NULL;
  GstFlowReturn ret;

  do {
    gstx_wait (x);
    gstx_clocks (x, GST_ELEMENT (src));
    ret = goCreate (x->handle, &b);
    if (ret == GSTX_FLOW_RENEGOTIATE) {
      x->n_wait = 0;            /* what there was to wait for is gone */
      if (gst_base_src_negotiate (GST_BASE_SRC (src)))
        continue;
      return GST_PAD_IS_FLUSHING (GST_BASE_SRC_PAD (src)) ? GST_FLOW_FLUSHING :
          GST_FLOW_NOT_NEGOTIATED;
    }
  } while (ret == GSTX_FLOW_RENEGOTIATE || (ret == GSTX_FLOW_AGAIN && x->n_wait));
  if (ret == GST_FLOW_OK && b == &x->lent)
    b = gstx_pool_acquire (x->lent.pool, x->lent.index, x->lent.stamp);
  if ((ret == GST_FLOW_OK && !b) || ret == GSTX_FLOW_AGAIN)
    return GST_FLOW_ERROR;
  *buf = b;
  return ret;
}

void
gstx_src_class_init (GstPushSrcClass * klass, const GstxClassInfo * info)
{
  GstBaseSrcClass *base = GST_BASE_SRC_CLASS (klass);

  if (info->prepare_format)
    g_signal_new ("prepare-format", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
        NULL, NULL, G_TYPE_NONE, 2, G_TYPE_INT, GST_TYPE_CAPS);
  base->start = src_start;
  base->stop = src_stop;
  base->unlock = src_unlock;
  base->unlock_stop = src_unlock_stop;
  base->is_seekable = src_is_seekable;
  base->get_caps = src_get_caps;
  base->fixate = src_fixate;
  base->set_caps = src_set_caps;
  base->decide_allocation = src_decide_allocation;
  base->query = src_query;
  klass->create = src_create;
}
