/* What the tests of meta/gstmeta need of GStreamer: cgo is not for _test.go. */
#ifndef GSTTEST_H
#define GSTTEST_H

#include <gst/gst.h>
#include "gstmeta.h"

void gsttest_init (void);

GstBuffer *gsttest_buffer (gsize size, guint64 pts, gboolean fd);
void gsttest_unref_on_thread (GstBuffer * buf);
GstBuffer *gsttest_scaled (GstBuffer * buf, const char *quark);
gsize gsttest_serialize (GstBuffer * buf, const char *api, guint8 * out, gsize max);
gboolean gsttest_deserialize (GstBuffer * buf, guint8 * data, gsize size);
gboolean gsttest_has_memory_tag (const char *api);

/* What GStreamer reads from a caps field, written again; NULL: refused. */
char *gsttest_mastering_display (const char *s);
char *gsttest_content_light (const char *s);

GstElement *gsttest_launch (const char *description, char **error);
gboolean gsttest_push (GstElement * pipeline, GstBuffer * buf);
void gsttest_eos (GstElement * pipeline);
GstBuffer *gsttest_pull (GstElement * pipeline, const char *sink, guint64 timeout_ns);
char *gsttest_bus_error (GstElement * pipeline);
void gsttest_stop (GstElement * pipeline);

/* other.c: a second copy of gstmeta.c in this process */
gboolean other_register (void);
gboolean other_attach (GstBuffer * buf, ShmMetaKind kind, ShmMetaHolder * holder);
ShmMetaHolder *other_get (GstBuffer * buf, ShmMetaKind kind);
/* A registration by a copy with another ABI. */
void gsttest_register_foreign (guint abi);

/* bench.c */
void gsttest_bench_holder (GstBuffer ** bufs, gsize n, ShmMetaHolder * holder);
void gsttest_custom_attach (GstBuffer * buf, GBytes * bytes);
gconstpointer gsttest_custom_get (GstBuffer * buf);
GBytes *gsttest_bench_bytes (const void *data, gsize size);
void gsttest_drop_metas (GstBuffer ** bufs, gsize n);

#endif
