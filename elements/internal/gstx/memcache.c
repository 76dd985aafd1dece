/* What a sink remembers about a GstMemory: the framebuffer it made of it, and its fd,
 * which takes some calls to ask for.
 *
 * The entry hangs on the memory as qdata. When the memory dies, on whatever
 * thread, the id is queued for the sink to remove; nothing here calls Go. Each
 * live cache has a quark of its own, so that two sinks behind a tee do not throw
 * out each other's framebuffers; quarks are never freed by GLib, so the numbers
 * are used again.
 */
#include "gstx.h"

#define MAX_CACHES 64

typedef struct _Entry Entry;
struct _Entry {
  GstxMemCache *cache;
  guint64 key;
  guint32 id;
  gint32 fd, dmabuf;
  Entry *prev, *next;           /* in cache->live */
};

struct _GstxMemCache {
  gint refs;                    /* one for the sink, one per entry */
  guint number;
  GQuark quark;
  GMutex lock;                  /* guards all below */
  gboolean closed;
  Entry *live;
  GArray *dead;                 /* guint32 */
  guint32 n_dead;               /* its length, for who does not take the lock */
};

static GMutex numbers_lock;
static guint64 numbers;         /* bit n: quark n is in use */

static void
cache_unref (GstxMemCache * c)
{
  if (!g_atomic_int_dec_and_test (&c->refs))
    return;
  g_mutex_lock (&numbers_lock);
  numbers &= ~(G_GUINT64_CONSTANT (1) << c->number);
  g_mutex_unlock (&numbers_lock);
  g_array_free (c->dead, TRUE);
  g_mutex_clear (&c->lock);
  g_free (c);
}

GstxMemCache *
gstx_memcache_new (void)
{
  GstxMemCache *c;
  char name[40];
  guint n;

  g_mutex_lock (&numbers_lock);
  for (n = 0; n < MAX_CACHES && (numbers & (G_GUINT64_CONSTANT (1) << n)); n++);
  if (n < MAX_CACHES)
    numbers |= G_GUINT64_CONSTANT (1) << n;
  g_mutex_unlock (&numbers_lock);
  if (n == MAX_CACHES)
    return NULL;
  c = g_new0 (GstxMemCache, 1);
  c->refs = 1;
  c->number = n;
  /* The address sets two copies of this library in one process apart. */
  g_snprintf (name, sizeof name, "gstx-mem-%u-%p", n, (gpointer) & numbers);
  c->quark = g_quark_from_string (name);
  g_mutex_init (&c->lock);
  c->dead = g_array_sized_new (FALSE, FALSE, sizeof (guint32), 64);
  return c;
}

/* Under the lock. */
static void
bury (GstxMemCache * c, guint32 id)
{
  g_array_append_val (c->dead, id);
  g_atomic_int_set (&c->n_dead, c->dead->len);
}

static void
entry_free (gpointer data)
{
  Entry *e = data;
  GstxMemCache *c = e->cache;

  g_mutex_lock (&c->lock);
  if (!c->closed) {
    bury (c, e->id);
    if (e->prev)
      e->prev->next = e->next;
    else
      c->live = e->next;
    if (e->next)
      e->next->prev = e->prev;
  }
  g_mutex_unlock (&c->lock);
  g_free (e);
  cache_unref (c);
}

gboolean
gstx_memcache_get (GstxMemCache * c, gpointer mem, GstxMem * out)
{
  Entry *e = gst_mini_object_get_qdata (mem, c->quark);

  if (!e)
    return FALSE;
  out->fd = e->fd;
  out->dmabuf = e->dmabuf;
  out->key = e->key;
  out->cached = e->id;
  return TRUE;
}

/* key tells layouts apart (offsets, strides, size): the same memory in another
 * layout needs another framebuffer. To put the same again does nothing. */
void
gstx_memcache_put (GstxMemCache * c, gpointer mem, guint64 key, guint32 id)
{
  Entry *e = gst_mini_object_get_qdata (mem, c->quark);

  if (e && e->key == key && e->id == id)
    return;
  e = g_new0 (Entry, 1);
  e->cache = c;
  gstx_mem_fd (mem, &e->fd, &e->dmabuf);
  e->key = key;
  e->id = id;
  g_atomic_int_inc (&c->refs);
  g_mutex_lock (&c->lock);
  e->next = c->live;
  if (e->next)
    e->next->prev = e;
  c->live = e;
  g_mutex_unlock (&c->lock);
  /* An older entry of this memory is freed by this, and so queued. */
  gst_mini_object_set_qdata (mem, c->quark, e, entry_free);
}

guint32 *
gstx_memcache_dead (GstxMemCache * c)
{
  return &c->n_dead;
}

guint
gstx_memcache_drain (GstxMemCache * c, guint32 * ids, guint max)
{
  guint n;

  g_mutex_lock (&c->lock);
  n = MIN (c->dead->len, max);
  if (n) {
    memcpy (ids, c->dead->data, n * sizeof *ids);
    g_array_remove_range (c->dead, 0, n);
    g_atomic_int_set (&c->n_dead, c->dead->len);
  }
  g_mutex_unlock (&c->lock);
  return n;
}

/* Queues every id for a last drain, and forgets the entries; the memories may
 * live on. */
void
gstx_memcache_retire (GstxMemCache * c)
{
  Entry *e;

  g_mutex_lock (&c->lock);
  c->closed = TRUE;
  for (e = c->live; e; e = e->next)
    bury (c, e->id);
  c->live = NULL;
  g_mutex_unlock (&c->lock);
}

void
gstx_memcache_close (GstxMemCache * c)
{
  gstx_memcache_retire (c);
  cache_unref (c);
}
