/* SPDX-License-Identifier: MIT */
/*
 * GstShmHdrMeta and GstShmLayersMeta: a sealed block (shmmeta.h) on a buffer.
 *
 * The types are found by name in GStreamer's own registry, so C code in any
 * other object – another cgo package, another plugin – can use the inline
 * functions at the end without linking against anything of this project, as
 * long as something in the process has registered them.
 */
#ifndef SHM_GSTMETA_H
#define SHM_GSTMETA_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* Counts changes of the two structures below and of what their functions mean.
 * A process can hold several copies of this code, a program's and the
 * plugin's; the first one registers the types, the others compare this. */
#define SHM_META_ABI 1

typedef enum {
  SHM_META_HDR,                 /* content: survives conversion and scaling */
  SHM_META_LAYERS               /* memory layout: dies with it */
} ShmMetaKind;

#define SHM_META_N_KINDS 2

#define SHM_HDR_META_NAME "GstShmHdrMeta"
#define SHM_HDR_META_API_NAME "GstShmHdrMetaAPI"
#define SHM_LAYERS_META_NAME "GstShmLayersMeta"
#define SHM_LAYERS_META_API_NAME "GstShmLayersMetaAPI"

/* One sealed memfd, shared by all buffers that carry it. Everything but refs
 * is constant. The first member stays the first for ever. */
typedef struct {
  guint32 abi;                  /* SHM_META_ABI */
  gint refs;                    /* atomic */
  gint fd;                      /* closed with the last reference */
  guint32 size;                 /* of the block, in bytes */
} ShmMetaHolder;

/* Both metas. gst_buffer_add_meta() takes the ShmMetaHolder as params and
 * takes a reference on it; a meta without one carries nothing. */
typedef struct {
  GstMeta meta;
  ShmMetaHolder *holder;
} GstShmMeta;

/* ---- for the Go package beside this file ---- */

/* Registers the types or finds them registered. FALSE: by a copy of this code
 * with another ABI; then nothing can be attached and nothing is found. */
gboolean shm_meta_register (void);
/* Lets the plugin registry load the plugin when one of the metas arrives from
 * another process; nothing to do before GStreamer 1.28. */
gboolean shm_meta_register_factory (GstPlugin * plugin);

/* Takes fd, which must be a sealed block of size bytes. */
ShmMetaHolder *shm_meta_holder_new (gint fd, guint32 size);
ShmMetaHolder *shm_meta_holder_ref (ShmMetaHolder * holder);
void shm_meta_holder_unref (ShmMetaHolder * holder);
/* Makes a holder of a block's bytes: checks and seals them. NULL: not a block,
 * or no memfd to be had. */
ShmMetaHolder *shm_meta_holder_new_from_bytes (const guint8 * data, gsize size);

typedef enum {
  SHM_META_OK,
  SHM_META_NOT_WRITABLE,        /* others hold the buffer too */
  SHM_META_NO_TYPE              /* shm_meta_register() failed */
} ShmMetaResult;

/* Sets the buffer's only meta of that kind; takes a reference on holder. */
ShmMetaResult shm_meta_attach (GstBuffer * buf, ShmMetaKind kind, ShmMetaHolder * holder);
/* Borrowed: lives while the caller holds the buffer. NULL if there is none. */
ShmMetaHolder *shm_meta_get (GstBuffer * buf, ShmMetaKind kind);
/* FALSE if there was none, or the buffer is not writable. */
gboolean shm_meta_remove (GstBuffer * buf, ShmMetaKind kind);
/* Adds both to an ALLOCATION query, once. */
void shm_meta_add_to_query (GstQuery * query);

/* ---- for C code of any object ---- */

static inline const gchar *
shm_meta_name (ShmMetaKind kind)
{
  return kind == SHM_META_HDR ? SHM_HDR_META_NAME : SHM_LAYERS_META_NAME;
}

static inline const gchar *
shm_meta_api_name (ShmMetaKind kind)
{
  return kind == SHM_META_HDR ? SHM_HDR_META_API_NAME : SHM_LAYERS_META_API_NAME;
}

/* The registered type, NULL if there is none of this ABI. Worth keeping: it
 * never changes once it is there. */
static inline const GstMetaInfo *
shm_meta_lookup (ShmMetaKind kind)
{
  const GstMetaInfo *info = gst_meta_get_info (shm_meta_name (kind));
  GQuark abi = g_quark_from_static_string ("shm-meta-abi");

  if (info == NULL || info->size != sizeof (GstShmMeta) ||
      GPOINTER_TO_UINT (g_type_get_qdata (info->type, abi)) != SHM_META_ABI)
    return NULL;
  return info;
}

/* The holder of a meta, borrowed, NULL if there is none. */
static inline ShmMetaHolder *
shm_meta_holder (const GstShmMeta * m)
{
  return m && m->holder && m->holder->abi == SHM_META_ABI ? m->holder : NULL;
}

/* That on a buffer. info is of shm_meta_lookup(). */
static inline ShmMetaHolder *
shm_meta_peek (GstBuffer * buf, const GstMetaInfo * info)
{
  return shm_meta_holder ((GstShmMeta *) gst_buffer_get_meta (buf, info->api));
}

G_END_DECLS
#endif
