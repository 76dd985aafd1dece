/* gstx: the C half of the element classes.
 *
 * One GObject type is registered per Go class, derived from GstPushSrc,
 * GstVideoSink, GstBaseTransform or GstVideoDecoder. Their virtual functions are
 * the static functions of source.c, sink.c, filter.c and decoder.c, which call
 * exported Go functions. Everything here is prefixed gstx_ and nothing is exported
 * from the shared library.
 */
#ifndef GSTX_H
#define GSTX_H

#include <gst/gst.h>
#include <gst/base/gstbasetransform.h>
#include <gst/base/gstpushsrc.h>
#include <gst/video/gstvideodecoder.h>
#include <gst/video/gstvideosink.h>
#include <gst/video/videooverlay.h>
#include <gst/video/video.h>
#include <poll.h>

#include "../../../meta/gstmeta/gstmeta.h"

/* ---- description of a class, made by Go once and kept for ever ---- */

typedef enum { GSTX_PUSH_SRC, GSTX_VIDEO_SINK, GSTX_FILTER, GSTX_DECODER } GstxParent;

typedef enum {
  GSTX_BOOL, GSTX_INT, GSTX_UINT, GSTX_INT64, GSTX_UINT64, GSTX_DOUBLE,
  GSTX_STRING, GSTX_FRACTION, GSTX_ENUM, GSTX_STRUCTURE, GSTX_INTS, GSTX_ORIENTATION, GSTX_FLAGS,
  GSTX_OTHER                    /* a field of no kind above */
} GstxKind;

/* One property value on its way between GValue and Go. A string belongs to the
 * receiver when it goes from Go to C, to the sender otherwise. */
#define GSTX_MAX_INTS 4
typedef struct {
  gint32 kind;
  gint32 num, den;              /* GSTX_FRACTION */
  gint32 n_ints;                /* GSTX_INTS; the first ones are in ints */
  gint64 i;                     /* every integer kind, GSTX_BOOL, GSTX_ENUM, GSTX_ORIENTATION */
  gdouble d;
  char *s;                      /* GSTX_STRING, GSTX_STRUCTURE; may be NULL */
  gint32 ints[GSTX_MAX_INTS];
  /* GSTX_STRUCTURE, to Go only: the fields, taken apart. */
  struct _GstxField *fields;
  guint64 n_fields;
} GstxValue;

typedef struct _GstxField {
  const char *name;
  GstxValue value;
} GstxField;

typedef struct {
  const char *name, *nick, *blurb;
  GstxValue def, min, max;
  const GEnumValue *values;     /* GSTX_ENUM, GSTX_FLAGS, ends with a zero entry */
  gint32 read_only;
  gint32 while_playing;
} GstxProp;

typedef struct {
  const char *name, *caps;
  gint32 direction;             /* GstPadDirection */
  gint32 pad;
} GstxPadTemplate;

typedef struct {
  guint64 index;                /* of the Go class */
  const char *name, *type_name, *long_name, *klass, *description, *author;
  gint32 parent;                /* GstxParent */
  gint32 in_place;              /* filter: wants writable buffers */
  gint32 bytes;                 /* filter: wants buffers mapped for reading */
  gint32 static_caps;           /* filter: adds fields to caps, gstx_set_static_caps */
  gint32 overlay;               /* sink: implements GstVideoOverlay */
  gint32 graphics;              /* sink: takes GstVideoOverlayComposition */
  gint32 prepare_format;        /* source: has v4l2src's signal */
  guint32 n_pads, n_props;
  GstxPadTemplate *pads;
  GstxProp *props;
  GstDebugCategory *category;   /* set at registration */
  gpointer parent_class;        /* set at class init */
} GstxClassInfo;

gboolean gstx_register (GstPlugin * plugin, GstxClassInfo * info);

/* ---- an instance ---- */

/* What a buffer looks like to Go; gstx.Frame in frame.go is the same struct. */
#define GSTX_MAX_MEM 8
#define GSTX_MAX_PLANES 4
typedef struct {
  gpointer id;                  /* the GstMemory, as an identity */
  guint64 offset, size;
  gint32 fd;                    /* borrowed, -1 when not fd-backed */
  gint32 dmabuf;
  guint64 key;                  /* sink with a memory cache: what it has of this memory */
  guint32 cached, pad;
} GstxMem;

typedef struct {
  gpointer buffer;
  ShmMetaHolder *block[SHM_META_N_KINDS];       /* borrowed from the buffer's metas */
  guint64 pts, dts, duration, offset;
  guint32 flags, n_mem;
  GstxMem mem[GSTX_MAX_MEM];
  guint32 n_planes, width, height, has_crop;
  guint32 plane_mem[GSTX_MAX_PLANES];
  guint64 plane_offset[GSTX_MAX_PLANES];        /* within that memory */
  gint32 stride[GSTX_MAX_PLANES];
  guint32 crop_x, crop_y, crop_w, crop_h;
  guint32 preroll;
  guint32 spare;                /* sink: a reference on the buffer that Go may take */
  gpointer drop;                /* sink: a buffer of Go's to be dropped after the call */
  guint64 stream_time;          /* filter; GST_CLOCK_TIME_NONE when unknown */
  guint64 due;                  /* sink; gstx_frame_due */
  gconstpointer data;           /* filter with bytes: the content, mapped */
  guint64 size;
  guint64 graphics;             /* sink with graphics, see gstx_graphics_fill */
  gint32 graphics_x, graphics_y;
  guint32 graphics_w, graphics_h;
} GstxFrame;

/* Negotiated caps, taken apart; gstx.VideoFormat in format.go is made of it. */
typedef struct {
  char *caps;                   /* serialised */
  const char *media, *stream_format;
  GstBuffer *codec_data;        /* borrowed, and mapped in codec_map */
  GstMapInfo codec_map;
  const char *format;           /* GStreamer's name, NULL when it has none */
  const char *mastering, *light, *interlace_mode;       /* NULL when absent */
  guint64 modifier, size;
  guint64 plane_offset[GSTX_MAX_PLANES];
  guint32 fourcc;               /* DRM's, 0 when it has none */
  gint32 width, height, fps_n, fps_d, par_n, par_d;
  gint32 raw, dmabuf, dma_drm, n_planes;
  gint32 stride[GSTX_MAX_PLANES];
  gint32 primaries, transfer, matrix, full_range;       /* H.273 */
  gint32 chroma_site;           /* H.273 chroma_sample_loc_type + 1, 0 unknown */
} GstxFormat;

#define GSTX_MAX_WAIT 4
/* From goCreate: nothing yet, call again after the next wait. */
#define GSTX_FLOW_AGAIN GST_FLOW_CUSTOM_ERROR_2
/* From goCreate: negotiate again, then call again. */
#define GSTX_FLOW_RENEGOTIATE GST_FLOW_CUSTOM_ERROR_1
/* decoder.c: downstream wants no more; a plain EOS is the device's. */
#define GSTX_FLOW_DOWNSTREAM_EOS GST_FLOW_CUSTOM_SUCCESS_1

/* What a source says of a frame. */
typedef struct {
  guint64 pts, duration, offset;
  guint64 captured;             /* CLOCK_MONOTONIC; 0 for unknown */
  guint32 flags;                /* to be set */
  guint32 crop_x, crop_y, crop_w, crop_h;       /* the part with the picture; no width: all */
  ShmMetaHolder *hdr, *layers;  /* may be NULL */
} GstxStamp;
typedef struct _GstxPool GstxPool;

/* Of a wait: ended by unlock, by what was waited for, by the time. */
typedef enum { GSTX_NOT_WAITED, GSTX_WAITED, GSTX_WAITED_OUT } GstxWaited;

typedef struct {
  GstxClassInfo *info;
  guint64 handle;               /* of the *gstx.Element */
  GstVideoInfo vinfo;           /* negotiated, for planes without GstVideoMeta */
  gboolean have_vinfo;
  GstxFrame frame;              /* reused for every buffer */
  gboolean wants_pool;          /* source: one of downstream's, for goDecideAllocation */
  struct _GstxMemCache *cache;  /* sink: borrowed; Go sets it on the streaming thread */
  gint32 fd;                    /* source with prepare-format: of the device */
  guint64 running;              /* by gstx_clocks; in a source before each goCreate */
  gint64 monotonic;
  gint64 ahead;                 /* the second minus the first, */
  gpointer clock;               /* of this clock (an identity only) */
  guint64 base;                 /* with this base time, */
  gint64 alike_until;           /* taken to stay so until this CLOCK_MONOTONIC */
  struct {
    GstxPool *pool;
    guint32 index;
    GstxStamp stamp;
  } lent;                       /* source: goCreate's buffer, to be acquired, when it gives this */
  /* What to wait for before the next frame, see gstx_wait. Go writes it on the
   * streaming thread, in its calls. */
  struct pollfd wait[GSTX_MAX_WAIT];
  guint32 n_wait;
  gint32 wait_ms;
  gint window_width, window_height;     /* sink with graphics: what it shows on; 0 unknown */
  GstPadChainFunction chain;    /* sink: the base class' */
  GstxWaited waited;            /* sink: for the next frame */
  gint delay_is_users;          /* sink: render-delay; atomic */
  guint64 delay;                /* sink: that gstx_set_render_delay has set */
  gint32 held;                  /* sink with memory to share: buffers it holds; else -1 */
  char *mastering, *light;      /* fields added to a filter's caps; object lock */
} GstxInstance;

typedef struct { GstPushSrc parent; GstxInstance x; } GstxSrc;
typedef struct { GstVideoSink parent; GstxInstance x; } GstxSink;
typedef struct { GstBaseTransform parent; GstxInstance x; } GstxFilter;
typedef struct {
  GstVideoDecoder parent;
  GstxInstance x;
  /* Under the stream lock. */
  GstVideoCodecState *input;    /* of the caps; NULL before them */
  GstFlowReturn flow;           /* what the task ended with */
  struct pollfd polled[GSTX_MAX_WAIT];  /* what the task waits for */
  gint kick;                    /* eventfd that ends the task's wait; -1 while stopped */
} GstxDec;

GstxInstance *gstx_instance (gpointer element);
GstxWaited gstx_wait (GstxInstance * x);
GstCaps *gstx_get_caps (GstxInstance * x, GstPad * pad, GstCaps * filter);
void gstx_src_class_init (GstPushSrcClass * klass, const GstxClassInfo * info);
void gstx_sink_class_init (GstVideoSinkClass * klass);
void gstx_sink_instance_init (GstBaseSink * sink);
void gstx_filter_class_init (GstBaseTransformClass * klass, const GstxClassInfo * info);
/* Adds mastering-display-info and content-light-level, NULL for none, to the
 * caps downstream where upstream's have no such field. */
gboolean gstx_set_static_caps (GstxInstance * x, const char *mastering, const char *light);

/* decoder.c */
typedef struct {
  GstBuffer *buffer;            /* NULL when there is nothing to see */
  ShmMetaHolder *hdr;           /* lent: for a frame that brought none */
  guint32 number;               /* of the frame it is of */
  gint32 damaged;
} GstxPicture;
typedef struct {
  const char *format;           /* GStreamer's name */
  const char *interlace_mode;   /* caps value, "" while it is not known */
  guint32 width, height, fourcc;
  gint32 dma_drm, field_order;
  guint64 modifier;
  guint32 primaries, transfer, matrix;  /* H.273 */
  gint32 full_range;
  /* Set by gstx_set_output: the layout that the caps imply. */
  gint32 stride[GSTX_MAX_PLANES];
  guint64 offset[GSTX_MAX_PLANES];
} GstxOutput;
void gstx_decoder_class_init (GstVideoDecoderClass * klass);
void gstx_decoder_instance_init (GstVideoDecoder * dec);
gboolean gstx_output_fits (GstElement * e, const GstxOutput * o);
gboolean gstx_set_output (GstElement * e, GstxOutput * o);
void gstx_set_decoder_latency (GstElement * e, guint64 ns);

/* value.c: property values between GObject and Go. */
void gstx_value_load (GstxValue * v, gint32 kind, const GValue * value);
void gstx_value_clear (GstxValue * v);
void gstx_value_store (const GstxValue * v, GValue * value);

/* overlay.c */
void gstx_overlay_add (GType type);
/* navigation.c */
void gstx_navigation_add (GType type);
/* Tells Go of a tag that says how the picture is turned. */
void gstx_orientation_tag (GstxInstance * x, GstEvent * event);

/* format.c, frame.c */
/* Takes caps apart; f is to be cleared. TRUE for raw video, whose layout is in
 * vinfo then. */
gboolean gstx_format_from_caps (GstCaps * caps, GstxFormat * f, GstVideoInfo * vinfo);
void gstx_format_clear (GstxFormat * f);
/* -1 for memory without one. */
void gstx_mem_fd (GstMemory * m, gint32 * fd, gint32 * dmabuf);
void gstx_frame_fill (GstxInstance * x, GstBuffer * buf);
const GstMetaInfo *gstx_meta_info (ShmMetaKind kind);
/* Puts a block on a buffer that has none of its kind; of NULL it does nothing. */
GstShmMeta *gstx_add_block (GstBuffer * buf, ShmMetaKind kind, ShmMetaHolder * holder);
/* The metas of a stamp that a buffer has; NULL: none. */
typedef struct {
  GstReferenceTimestampMeta *captured;
  GstVideoCropMeta *crop;
  GstShmMeta *block[SHM_META_N_KINDS];
} GstxStamped;
void gstx_stamp (GstBuffer * buf, GstxStamped * has, const GstxStamp * stamp);
/* Copies the pixels of a buffer in the negotiated format to planes at offsets of
 * dst, size bytes long. FALSE when that cannot be: a layout the CPU cannot read,
 * a buffer too small, planes that dst has no room for. */
gboolean gstx_frame_copy (GstxInstance * x, GstBuffer * buf, gpointer dst, guint64 size,
    const guint32 * offset, const guint32 * stride);
/* Gives a writable buffer new content; the metas stay. */
gboolean gstx_buffer_replace (GstBuffer * buf, gconstpointer data, gsize size);
/* Adds our two metas to an ALLOCATION query and, for who reads the pixels by
 * them, GstVideoMeta and GstVideoCropMeta. */
void gstx_query_add_metas (GstQuery * query, gboolean layout);
/* Adds GstVideoOverlayComposition, to be rendered for a window of this size. */
void gstx_query_add_graphics (GstQuery * query, guint width, guint height);

/* message.c */
void gstx_post_message (GstElement * e, GstMessageType type, gint domain, gint code,
    const char *text, const char *debug);
void gstx_post_qos (GstElement * e, guint64 timestamp, guint64 duration, guint64 processed,
    guint64 dropped);
GstStructure *gstx_structure_new (const char *name);
void gstx_structure_set (GstStructure * s, const char *name, const GstxValue * v);
void gstx_post_structure (GstElement * e, GstStructure * s);
void gstx_log (GstxClassInfo * info, GstElement * e, gint level, const char *text);
gint gstx_log_threshold (GstxClassInfo * info);
guint64 gstx_running_time (GstElement * e);
char *gstx_object_name (gpointer object);
gboolean gstx_playing (GstElement * e);
void gstx_reconfigure (GstElement * sink);
void gstx_post_latency (GstElement * e);
void gstx_update_caps (GstElement * src, const char *colorimetry, const char *mastering,
    const char *light);

/* clocks.c */
/* Tells the element's running time and, at the same moment, CLOCK_MONOTONIC. On the
 * streaming thread. */
void gstx_clocks (GstxInstance * x, GstElement * e);

/* sinktime.c */
/* GObjectClass.notify of a sink. */
void gstx_sink_notify (GObject * object, GParamSpec * pspec);
void gstx_set_render_delay (GstElement * sink, guint64 ns);
/* When the buffer is to be seen, in ns of CLOCK_MONOTONIC: at its running time and
 * the pipeline's latency. GST_CLOCK_TIME_NONE without a clock or a time, and when the
 * sink does not go by it. On the streaming thread. */
guint64 gstx_frame_due (GstBaseSink * sink, GstBuffer * buf);

/* pool.c: a source's fixed set of fd-backed frames */
typedef struct {
  gint32 fd;                    /* duplicated */
  gint32 dmabuf;
  guint64 size;
} GstxPoolMem;
typedef struct {
  const char *format;
  guint32 width, height, n_planes;
  guint64 offset[GSTX_MAX_PLANES];
  gint32 stride[GSTX_MAX_PLANES];
} GstxPoolLayout;
GstxPool *gstx_pool_new (guint n, const GstxPoolLayout * layout);
gboolean gstx_pool_set (GstxPool * p, guint i, const GstxPoolMem * mem, guint n_mem);
GstBuffer *gstx_pool_acquire (GstxPool * p, guint i, GstxStamp stamp);
/* The frames that are free again, in the order in which they came back. The reader has
 * its own head, of which it tells; up to tail, to be read atomically, frames are there. */
#define GSTX_MAX_FRAMES 64
typedef struct {
  guint32 tail;
  guint8 frame[GSTX_MAX_FRAMES];
} GstxRing;
const GstxRing *gstx_pool_ring (GstxPool * p);
gint gstx_pool_wake_fd (GstxPool * p, guint32 head);
/* Has the wake fd not readable when nothing is there. FALSE: nor will it be before
 * the next gstx_pool_wake_fd. */
gboolean gstx_pool_calm (GstxPool * p, guint32 head);
void gstx_pool_close (GstxPool * p);

/* What a source learns from an ALLOCATION query. */
typedef struct {
  gboolean video_meta;
  guint32 buffers;              /* that downstream keeps */
  GstBufferPool *pool;          /* source with wants_pool: active, the receiver's; or NULL */
} GstxAllocation;
/* A buffer of the pool; NULL when there is none without a wait. x->frame is filled. */
GstBuffer *gstx_borrow (GstBufferPool * pool, GstxInstance * x);
/* Says where in a buffer's memories the device has put the content. */
void gstx_content (GstBuffer * buf, const guint32 * start, const guint32 * size, guint n_mem);

/* sinkpool.c: a sink's own memory, offered upstream */
typedef struct {
  gint32 fd;                    /* a DMA-buf, the receiver's; then -1 */
  guint32 n_planes, width, height;
  guint64 size;
  guint64 offset[GSTX_MAX_PLANES];
  gint32 stride[GSTX_MAX_PLANES];
} GstxShared;
/* Adds a pool to an ALLOCATION query if the sink has memory for its caps; held is
 * how many buffers the sink keeps while it shows them. */
void gstx_propose_pool (GstElement * sink, GstQuery * query, guint held);

/* compose.c: layers drawn by software */
typedef struct _GstxCompositor GstxCompositor;
typedef struct {
  const char *format;
  guint32 width, height, stride;
  guint64 size;
  guint8 *pixels;
} GstxCanvas;
typedef struct {
  const char *format;
  guint32 width, height, n_planes, matrix;
  gint32 full_range;
  guint32 mem[GSTX_MAX_PLANES], stride[GSTX_MAX_PLANES];
  guint64 offset[GSTX_MAX_PLANES];      /* from the start of the memory's fd */
} GstxLayerSource;
typedef struct {
  gint32 x, y;
  guint64 size;
  guint8 *pixels;               /* BGRA, premultiplied */
} GstxLayerPixels;
GstxCompositor *gstx_compositor_new (void);
void gstx_compositor_free (GstxCompositor * c);
/* Rectangles are x, y, width, height. */
gboolean gstx_compositor_draw (GstxCompositor * c, GstBuffer * buf, const GstxCanvas * on,
    const GstxLayerSource * s, const gint32 * crop, const gint32 * dst, guint16 alpha);
gboolean gstx_compositor_rectangle (GstxCompositor * c, GstBuffer * buf, guint n, const gint32 * from,
    const gint32 * dst, GstxLayerPixels * layer);
gboolean gstx_compositor_blend (GstxCompositor * c, const GstxCanvas * on, const GstxLayerPixels * layer);
void gstx_graphics_fill (GstxFrame * f, GstBuffer * buf);

/* memcache.c: what a sink remembers about a memory */
typedef struct _GstxMemCache GstxMemCache;
GstxMemCache *gstx_memcache_new (void);
/* What was put last, and the memory's fd; FALSE for nothing. */
gboolean gstx_memcache_get (GstxMemCache * c, gpointer mem, GstxMem * out);
void gstx_memcache_put (GstxMemCache * c, gpointer mem, guint64 key, guint32 id);
guint gstx_memcache_drain (GstxMemCache * c, guint32 * ids, guint max);
/* How many ids wait to be drained; to be read atomically. */
guint32 *gstx_memcache_dead (GstxMemCache * c);
void gstx_memcache_retire (GstxMemCache * c);
void gstx_memcache_close (GstxMemCache * c);

/* provider.c: lists an element's devices. Made by Go once and kept for ever. */
typedef struct {
  guint64 index;                /* of the Go description */
  const char *name, *type_name, *device_type_name;
  const char *long_name, *klass, *description, *author;
  const char *element, *property;       /* factory to make, what gets the path */
  gint32 rank;                  /* GstRank */
  gint32 pad;
  GstDebugCategory *category;   /* set at registration, */
  GType device_type;            /* this one too */
} GstxProviderInfo;

gboolean gstx_provider_register (GstPlugin * plugin, GstxProviderInfo * info);
/* A floating device; takes props. NULL for caps that cannot be read. */
GstDevice *gstx_device_new (const GstxProviderInfo * info, const char *path,
    const char *display_name, const char *klass, const char *caps, GstStructure * props);
gint gstx_provider_log_threshold (const GstxProviderInfo * info);
void gstx_provider_log (const GstxProviderInfo * info, gint level, const char *text);

#endif
