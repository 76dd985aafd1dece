/* What attach and read back are measured against, in C alone. */
#include "gsttest.h"

/* The floor: the meta itself, no binding around it. */
void
gsttest_bench_holder (GstBuffer ** bufs, gsize n, ShmMetaHolder * holder)
{
  const GstMetaInfo *info = shm_meta_lookup (SHM_META_HDR);
  volatile gint fd;
  gsize i;

  for (i = 0; i < n; i++) {
    gst_buffer_add_meta (bufs[i], info, holder);
    fd = shm_meta_peek (bufs[i], info)->fd;
  }
  (void) fd;
}

GBytes *
gsttest_bench_bytes (const void *data, gsize size)
{
  static gsize once = 0;

  if (g_once_init_enter (&once)) {
    gst_meta_register_custom_simple ("GsttestBlock");
    g_once_init_leave (&once, 1);
  }
  return g_bytes_new (data, size);
}

/* The peer: GStreamer's own way to put bytes on a buffer without a new type. */
void
gsttest_custom_attach (GstBuffer * buf, GBytes * bytes)
{
  GstCustomMeta *m = gst_buffer_add_custom_meta (buf, "GsttestBlock");

  gst_structure_set (gst_custom_meta_get_structure (m), "block", G_TYPE_BYTES, bytes, NULL);
}

gconstpointer
gsttest_custom_get (GstBuffer * buf)
{
  GstCustomMeta *m = gst_buffer_get_custom_meta (buf, "GsttestBlock");
  GBytes *bytes = NULL;
  gconstpointer data;

  gst_structure_get (gst_custom_meta_get_structure (m), "block", G_TYPE_BYTES, &bytes, NULL);
  data = g_bytes_get_data (bytes, NULL);
  g_bytes_unref (bytes);        /* the buffer keeps it */
  return data;
}

static gboolean
drop (GstBuffer * buf, GstMeta ** meta, gpointer data)
{
  *meta = NULL;
  return TRUE;
}

void
gsttest_drop_metas (GstBuffer ** bufs, gsize n)
{
  gsize i;

  for (i = 0; i < n; i++)
    gst_buffer_foreach_meta (bufs[i], drop, NULL);
}
