/*
 * A second copy of the metas' code, as a Go program has that links this package
 * and loads the plugin: same names towards GStreamer, other symbols.
 */
#define shm_meta_register copy_register
#define shm_meta_register_factory copy_register_factory
#define shm_meta_holder_new copy_holder_new
#define shm_meta_holder_ref copy_holder_ref
#define shm_meta_holder_unref copy_holder_unref
#define shm_meta_holder_new_from_bytes copy_holder_new_from_bytes
#define shm_meta_attach copy_attach
#define shm_meta_get copy_get
#define shm_meta_remove copy_remove
#define shm_meta_add_to_query copy_add_to_query

#include "../../holder.c"
#include "../../gstmeta.c"
#include "gsttest.h"

gboolean
other_register (void)
{
  return shm_meta_register ();
}

gboolean
other_attach (GstBuffer * buf, ShmMetaKind kind, ShmMetaHolder * holder)
{
  return shm_meta_attach (buf, kind, holder) == SHM_META_OK;
}

ShmMetaHolder *
other_get (GstBuffer * buf, ShmMetaKind kind)
{
  return shm_meta_get (buf, kind);
}

void
gsttest_register_foreign (guint abi)
{
  static const gchar *tags[] = { "video", NULL };
  GstMetaInfo *info = gst_meta_info_new (gst_meta_api_type_register (SHM_HDR_META_API_NAME, tags),
      SHM_HDR_META_NAME, sizeof (GstShmMeta));

  g_type_set_qdata (info->type, g_quark_from_static_string ("shm-meta-abi"),
      GUINT_TO_POINTER (abi));
  gst_meta_info_register (info);
}
