/* SPDX-License-Identifier: MIT */
/*
 * The two GstMeta types. Nothing here calls Go: these functions run on whatever
 * thread copies, transforms, serialises or frees a buffer.
 */
#include "gstmeta.h"
#include "shmmeta.h"

#include <errno.h>
#include <unistd.h>

GST_DEBUG_CATEGORY_STATIC (shm_meta_debug);
#define GST_CAT_DEFAULT shm_meta_debug

/* Of the serialised form: the bytes of a block. The block has a version of its
 * own, this one would change with what is put around it. */
#define SERIAL_VERSION 1

/* Set once by shm_meta_register(), both or, when an ABI does not fit, none. */
static const GstMetaInfo *infos[SHM_META_N_KINDS];
static GQuark quark_scale, quark_matrix;

static gboolean
shm_meta_init (GstMeta * meta, gpointer params, GstBuffer * buf)
{
  GstShmMeta *m = (GstShmMeta *) meta;

  m->holder = params ? shm_meta_holder_ref (params) : NULL;
  return TRUE;
}

static void
shm_meta_free (GstMeta * meta, GstBuffer * buf)
{
  GstShmMeta *m = (GstShmMeta *) meta;

  if (m->holder)
    shm_meta_holder_unref (m->holder);
}

/* Sets the buffer's only meta of a type. */
static GstMeta *
set_holder (GstBuffer * buf, const GstMetaInfo * info, ShmMetaHolder * holder)
{
  GstShmMeta *m = (GstShmMeta *) gst_buffer_get_meta (buf, info->api);
  ShmMetaHolder *old;

  if (m == NULL)
    return gst_buffer_add_meta (buf, info, holder);
  old = m->holder;
  m->holder = shm_meta_holder_ref (holder);
  if (old)
    shm_meta_holder_unref (old);
  return &m->meta;
}

static gboolean
copy_to (GstBuffer * dest, GstMeta * meta)
{
  GstShmMeta *m = (GstShmMeta *) meta;

  return m->holder && set_holder (dest, meta->info, m->holder) != NULL;
}

/* What the content's metadata says stays true of a part of it, and of the
 * content scaled or turned. */
static gboolean
hdr_transform (GstBuffer * dest, GstMeta * meta, GstBuffer * buf, GQuark type, gpointer data)
{
  if (GST_META_TRANSFORM_IS_COPY (type) || type == quark_scale || type == quark_matrix)
    return copy_to (dest, meta);
  return FALSE;
}

/* A layout describes all of the memory it was made for, and nothing else. */
static gboolean
layers_transform (GstBuffer * dest, GstMeta * meta, GstBuffer * buf, GQuark type, gpointer data)
{
  if (GST_META_TRANSFORM_IS_COPY (type) && !((GstMetaTransformCopy *) data)->region)
    return copy_to (dest, meta);
  return FALSE;
}

static gboolean
shm_meta_serialize (const GstMeta * meta, GstByteArrayInterface * data, guint8 * version)
{
  const ShmMetaHolder *h = ((const GstShmMeta *) meta)->holder;
  guint8 *at;
  gssize n;

  if (h == NULL)
    return FALSE;
  at = gst_byte_array_interface_append (data, h->size);
  if (at == NULL)
    return FALSE;
  do
    n = pread (h->fd, at, h->size, 0);
  while (n < 0 && errno == EINTR);
  *version = SERIAL_VERSION;
  return n == (gssize) h->size;
}

static GstMeta *
shm_meta_deserialize (const GstMetaInfo * info, GstBuffer * buf, const guint8 * data, gsize size,
    guint8 version)
{
  ShmMetaHolder *h;
  GstMeta *meta;

  if (version != SERIAL_VERSION) {
    GST_WARNING ("%s of serialised version %u is not known", g_type_name (info->type), version);
    return NULL;
  }
  h = shm_meta_holder_new_from_bytes (data, size);
  if (h == NULL) {
    GST_WARNING ("%s of %" G_GSIZE_FORMAT " bytes is not a block, or there is no memfd to be had",
        g_type_name (info->type), size);
    return NULL;
  }
  meta = set_holder (buf, info, h);
  shm_meta_holder_unref (h);
  return meta;
}

static const GstMetaInfo *
register_kind (ShmMetaKind kind)
{
  static const gchar *tags[SHM_META_N_KINDS][3] = {
    [SHM_META_HDR] = {"video", NULL},
    [SHM_META_LAYERS] = {"video", GST_META_TAG_MEMORY_STR, NULL},
  };
  const gchar *name = shm_meta_name (kind);
  const GstMetaInfo *found;

  /* Another copy of this code in the process may have come first. */
  if (g_type_from_name (name) == 0) {
    GType api = gst_meta_api_type_register (shm_meta_api_name (kind), tags[kind]);
    GstMetaInfo *info = api ? gst_meta_info_new (api, name, sizeof (GstShmMeta)) : NULL;

    if (info && info->type) {
      info->init_func = shm_meta_init;
      info->free_func = shm_meta_free;
      info->transform_func = kind == SHM_META_HDR ? hdr_transform : layers_transform;
      info->serialize_func = shm_meta_serialize;
      info->deserialize_func = shm_meta_deserialize;
      g_type_set_qdata (info->type, g_quark_from_static_string ("shm-meta-abi"),
          GUINT_TO_POINTER (SHM_META_ABI));
    }
    if (info)
      gst_meta_info_register (info);
  }
  found = shm_meta_lookup (kind);
  if (found == NULL)
    GST_ERROR ("%s is registered by something else, or by another version of this plugin", name);
  return found;
}

gboolean
shm_meta_register (void)
{
  static gsize done = 0;
  const GstMetaInfo *hdr, *layers;

  if (g_once_init_enter (&done)) {
    GST_DEBUG_CATEGORY_INIT (shm_meta_debug, "shmmeta", 0, "sealed metadata on buffers");
    quark_scale = g_quark_from_static_string ("gst-video-scale");
    quark_matrix = g_quark_from_static_string ("gst-video-matrix");
    hdr = register_kind (SHM_META_HDR);
    layers = register_kind (SHM_META_LAYERS);
    if (hdr && layers) {
      g_atomic_pointer_set (&infos[SHM_META_HDR], hdr);
      g_atomic_pointer_set (&infos[SHM_META_LAYERS], layers);
    }
    g_once_init_leave (&done, 1);
  }
  return infos[SHM_META_HDR] != NULL;
}

gboolean
shm_meta_register_factory (GstPlugin * plugin)
{
  if (!shm_meta_register ())
    return FALSE;
#if GST_CHECK_VERSION (1, 28, 0)
  return gst_meta_factory_register (plugin, infos[SHM_META_HDR]) &&
      gst_meta_factory_register (plugin, infos[SHM_META_LAYERS]);
#else
  return TRUE;
#endif
}

/* The type, registered at first use: one load afterwards. */
static inline const GstMetaInfo *
info_of (ShmMetaKind kind)
{
  const GstMetaInfo *info = g_atomic_pointer_get (&infos[kind]);

  if (G_UNLIKELY (info == NULL)) {
    shm_meta_register ();
    info = infos[kind];
  }
  return info;
}

ShmMetaResult
shm_meta_attach (GstBuffer * buf, ShmMetaKind kind, ShmMetaHolder * holder)
{
  const GstMetaInfo *info = info_of (kind);

  if (info == NULL)
    return SHM_META_NO_TYPE;
  if (!gst_buffer_is_writable (buf) || !set_holder (buf, info, holder))
    return SHM_META_NOT_WRITABLE;
  return SHM_META_OK;
}

ShmMetaHolder *
shm_meta_get (GstBuffer * buf, ShmMetaKind kind)
{
  const GstMetaInfo *info = info_of (kind);

  return info ? shm_meta_peek (buf, info) : NULL;
}

gboolean
shm_meta_remove (GstBuffer * buf, ShmMetaKind kind)
{
  const GstMetaInfo *info = info_of (kind);
  GstMeta *m;

  if (info == NULL || !gst_buffer_is_writable (buf))
    return FALSE;
  m = gst_buffer_get_meta (buf, info->api);
  return m && gst_buffer_remove_meta (buf, m);
}

void
shm_meta_add_to_query (GstQuery * query)
{
  ShmMetaKind kind;

  for (kind = SHM_META_HDR; kind < SHM_META_N_KINDS; kind++) {
    const GstMetaInfo *info = info_of (kind);

    if (info && !gst_query_find_allocation_meta (query, info->api, NULL))
      gst_query_add_allocation_meta (query, info->api, NULL);
  }
}
