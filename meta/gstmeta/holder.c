/* SPDX-License-Identifier: MIT */
/* The holder, and the making of one where no Go may run. */
#define _GNU_SOURCE
#include "gstmeta.h"
#include "shmmeta.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL         /* Linux 6.3, glibc 2.38 */
#define MFD_NOEXEC_SEAL 0x0008U
#endif

ShmMetaHolder *
shm_meta_holder_new (gint fd, guint32 size)
{
  ShmMetaHolder *h = g_new (ShmMetaHolder, 1);

  h->abi = SHM_META_ABI;
  h->refs = 1;
  h->fd = fd;
  h->size = size;
  return h;
}

ShmMetaHolder *
shm_meta_holder_ref (ShmMetaHolder * h)
{
  g_atomic_int_inc (&h->refs);
  return h;
}

void
shm_meta_holder_unref (ShmMetaHolder * h)
{
  if (g_atomic_int_dec_and_test (&h->refs)) {
    close (h->fd);
    g_free (h);
  }
}

/* The content id: the one check that shmmeta_check() leaves out. */
static gboolean
content_id_holds (const guint8 * block, gsize size)
{
  const gsize head = sizeof (struct shmmeta_header);
  guint8 digest[32];
  gsize len = sizeof (digest);
  GChecksum *sum = g_checksum_new (G_CHECKSUM_SHA256);

  g_checksum_update (sum, block + head, size - head);
  g_checksum_get_digest (sum, digest, &len);
  g_checksum_free (sum);
  return memcmp (digest, block + offsetof (struct shmmeta_header, content_id), 8) == 0;
}

static gint
new_memfd (void)
{
  const guint flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  gint fd = memfd_create ("shmmeta", flags | MFD_NOEXEC_SEAL);

  if (fd < 0 && errno == EINVAL)
    fd = memfd_create ("shmmeta", flags);
  return fd;
}

ShmMetaHolder *
shm_meta_holder_new_from_bytes (const guint8 * data, gsize size)
{
  gssize n;
  gint fd;

  if (!shmmeta_check (data, size) || !content_id_holds (data, size))
    return NULL;
  fd = new_memfd ();
  if (fd < 0)
    return NULL;
  do
    n = write (fd, data, size);
  while (n < 0 && errno == EINTR);
  if (n != (gssize) size ||
      fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0) {
    close (fd);
    return NULL;
  }
  return shm_meta_holder_new (fd, size);
}
