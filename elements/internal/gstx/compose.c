/* Layers that find no plane of the display are drawn here, by gst-video's
 * converter and blender. Nothing of Go runs meanwhile.
 *
 * One compositor is used by one thread at a time. It keeps converters, since
 * making one takes longer than to draw a frame with it. */
#include "gstx.h"

#define N_CONVERTERS 8
#define MAX_SIDE 16384

typedef struct {
  GstVideoFormat in, out;
  gint in_w, in_h, out_w, out_h, matrix, range, crop[4];
} Key;

struct _GstxCompositor {
  struct {
    Key key;
    GstVideoConverter *converter;
    guint64 used;
  } slot[N_CONVERTERS];
  guint64 clock;
  /* A layer as it is blended, and in 16 bits on the way there, which is more
   * exact. Premultiplied. */
  struct {
    GstVideoFrame frame;
    guint8 *pixels;
    gsize room;
  } layer, deep;
};

GstxCompositor *gstx_compositor_new (void) { return g_new0 (GstxCompositor, 1); }

void
gstx_compositor_free (GstxCompositor * c)
{
  guint i;

  for (i = 0; i < N_CONVERTERS; i++)
    if (c->slot[i].converter)
      gst_video_converter_free (c->slot[i].converter);
  g_free (c->layer.pixels);
  g_free (c->deep.pixels);
  g_free (c);
}

static gboolean
convert_once (GstxCompositor * c, GstVideoFrame * in, const gint32 * crop, GstVideoFrame * out)
{
  GstVideoConverter *converter;
  Key key_room, *key = &key_room;
  guint i, oldest = 0;

  memset (key, 0, sizeof *key);
  key->in = GST_VIDEO_INFO_FORMAT (&in->info);
  key->in_w = in->info.width;
  key->in_h = in->info.height;
  key->matrix = in->info.colorimetry.matrix;
  key->range = in->info.colorimetry.range;
  key->out = GST_VIDEO_INFO_FORMAT (&out->info);
  key->out_w = out->info.width;
  key->out_h = out->info.height;
  memcpy (key->crop, crop, sizeof key->crop);

  for (i = 0; i < N_CONVERTERS; i++) {
    if (c->slot[i].converter && !memcmp (&c->slot[i].key, key, sizeof *key)) {
      c->slot[i].used = ++c->clock;
      gst_video_converter_frame (c->slot[i].converter, in, out);
      return TRUE;
    }
    if (c->slot[i].used < c->slot[oldest].used)
      oldest = i;
  }
  if (c->slot[oldest].converter)
    gst_video_converter_free (c->slot[oldest].converter);
  /* Linear: a resampler that overshoots would make colours that are more than
   * their alpha, and rims around what is transparent. */
  converter = c->slot[oldest].converter = gst_video_converter_new (&in->info, &out->info,
      gst_structure_new ("options",
          GST_VIDEO_CONVERTER_OPT_SRC_X, G_TYPE_INT, key->crop[0],
          GST_VIDEO_CONVERTER_OPT_SRC_Y, G_TYPE_INT, key->crop[1],
          GST_VIDEO_CONVERTER_OPT_SRC_WIDTH, G_TYPE_INT, key->crop[2],
          GST_VIDEO_CONVERTER_OPT_SRC_HEIGHT, G_TYPE_INT, key->crop[3],
          GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD, GST_TYPE_VIDEO_RESAMPLER_METHOD,
          GST_VIDEO_RESAMPLER_METHOD_LINEAR, NULL));
  c->slot[oldest].key = *key;
  c->slot[oldest].used = converter ? ++c->clock : 0;
  if (converter)
    gst_video_converter_frame (converter, in, out);
  return converter != NULL;
}

/* A picture in plain memory of one plane. */
static gboolean
plain_frame (GstVideoFrame * f, const char *format, guint w, guint h, guint stride, guint8 * data)
{
  memset (f, 0, sizeof *f);
  if (!gst_video_info_set_format (&f->info, gst_video_format_from_string (format), w, h) ||
      GST_VIDEO_INFO_N_PLANES (&f->info) != 1)
    return FALSE;
  f->info.stride[0] = stride;
  if (GST_VIDEO_FORMAT_INFO_HAS_ALPHA (f->info.finfo))
    f->info.flags |= GST_VIDEO_FLAG_PREMULTIPLIED_ALPHA;
  f->data[0] = data;
  return TRUE;
}

static gboolean
canvas_frame (GstVideoFrame * f, const GstxCanvas * on)
{
  return on->width && on->height && on->width <= MAX_SIDE && on->height <= MAX_SIDE &&
      (guint64) on->stride * on->height <= on->size &&
      plain_frame (f, on->format, on->width, on->height, on->stride, on->pixels) &&
      on->stride >= (guint64) on->width * GST_VIDEO_FORMAT_INFO_PSTRIDE (f->info.finfo, 0);
}

/* Room for a picture of w × h. */
#define ROOM(c, which, format, bytes, w, h) \
    (make_room (&(c)->which.pixels, &(c)->which.room, w, h, bytes) && \
    plain_frame (&(c)->which.frame, format, w, h, (w) * bytes, (c)->which.pixels))

static gboolean
make_room (guint8 ** pixels, gsize * room, guint w, guint h, guint bytes)
{
  gsize need = (gsize) w * bytes * h;

  if (!w || !h || w > MAX_SIDE || h > MAX_SIDE)
    return FALSE;
  if (*room < need) {
    g_free (*pixels);
    *pixels = g_try_malloc (need);
    *room = *pixels ? need : 0;
  }
  return *pixels != NULL;
}

/* The part crop of in becomes all of out. With 8 bits on both sides the converter
 * is several levels off when it makes RGB of YCbCr; by way of 16 it is not. */
static gboolean
convert (GstxCompositor * c, GstVideoFrame * in, const gint32 * crop, GstVideoFrame * out)
{
  gint32 all[4] = { 0, 0, out->info.width, out->info.height };

  if (GST_VIDEO_INFO_IS_RGB (&in->info) || GST_VIDEO_FORMAT_INFO_BITS (in->info.finfo) > 8)
    return convert_once (c, in, crop, out);
  return ROOM (c, deep, "BGRA64_LE", 8, all[2], all[3]) &&
      convert_once (c, in, crop, &c->deep.frame) && convert_once (c, &c->deep.frame, all, out);
}

/* Bytes that a plane has from the first pixel to the last. */
static guint64
plane_bytes (const GstVideoInfo * info, guint plane, guint64 stride)
{
  const GstVideoFormatInfo *f = info->finfo;
  guint64 row = 0;
  guint i, rows = 0;

  for (i = 0; i < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (f); i++) {
    gint p = GST_VIDEO_FORMAT_INFO_PSTRIDE (f, i);

    if (GST_VIDEO_FORMAT_INFO_PLANE (f, i) != plane)
      continue;
    /* Formats that pack pixels across bytes have no pixel stride. */
    row = MAX (row, p > 0 ? (guint64) p * GST_VIDEO_FORMAT_INFO_SCALE_WIDTH (f, i, info->width) :
        (guint64) info->stride[plane]);
    rows = MAX (rows, GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (f, i, info->height));
  }
  if (!rows || stride < row)
    return G_MAXUINT64;
  return (rows - 1) * stride + row;
}

typedef struct {
  GstVideoFrame frame;
  guint n;
  GstMemory *mem[GST_VIDEO_MAX_PLANES];
  GstMapInfo map[GST_VIDEO_MAX_PLANES];
} Mapped;

static void
unmap_source (Mapped * m)
{
  while (m->n > 0) {
    m->n--;
    gst_memory_unmap (m->mem[m->n], &m->map[m->n]);
  }
}

static gboolean
map_source (Mapped * m, GstBuffer * buf, const GstxLayerSource * s)
{
  GstVideoInfo *info = &m->frame.info;
  GstVideoFormat format = gst_video_format_from_string (s->format);
  guint i;

  memset (m, 0, sizeof *m);
  if (!s->width || !s->height || s->width > MAX_SIDE || s->height > MAX_SIDE ||
      format == GST_VIDEO_FORMAT_UNKNOWN || format == GST_VIDEO_FORMAT_ENCODED ||
      format == GST_VIDEO_FORMAT_DMA_DRM ||
      !gst_video_info_set_format (info, format, s->width, s->height) ||
      GST_VIDEO_INFO_N_PLANES (info) != s->n_planes || s->n_planes > GSTX_MAX_PLANES)
    return FALSE;
  if (GST_VIDEO_INFO_IS_YUV (info)) {
    info->colorimetry.matrix = gst_video_color_matrix_from_iso (s->matrix);
    if (info->colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_UNKNOWN ||
        info->colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_RGB)
      info->colorimetry.matrix = s->height > 576 ? GST_VIDEO_COLOR_MATRIX_BT709 : GST_VIDEO_COLOR_MATRIX_BT601;
    info->colorimetry.range = s->full_range ? GST_VIDEO_COLOR_RANGE_0_255 : GST_VIDEO_COLOR_RANGE_16_235;
  }
  for (i = 0; i < s->n_planes; i++) {
    GstMemory *mem;
    guint64 bytes = plane_bytes (info, i, s->stride[i]), at;

    if (s->mem[i] >= gst_buffer_n_memory (buf) || s->stride[i] > G_MAXINT || bytes == G_MAXUINT64)
      goto bad;
    mem = gst_buffer_peek_memory (buf, s->mem[i]);
    if (!gst_memory_map (mem, &m->map[m->n], GST_MAP_READ))
      goto bad;
    m->mem[m->n++] = mem;
    if (s->offset[i] < mem->offset)
      goto bad;
    at = s->offset[i] - mem->offset;
    if (at > m->map[i].size || bytes > m->map[i].size - at)
      goto bad;
    m->frame.data[i] = m->map[i].data + at;
  }
  for (i = 0; i < s->n_planes; i++)
    info->stride[i] = s->stride[i];
  return TRUE;

bad:
  unmap_source (m);
  return FALSE;
}

gboolean
gstx_compositor_draw (GstxCompositor * c, GstBuffer * buf, const GstxCanvas * on,
    const GstxLayerSource * s, const gint32 * crop, const gint32 * dst, guint16 alpha)
{
  GstVideoFrame canvas;
  Mapped m;
  gboolean ok;
  guint i;

  for (i = 0; i < 2; i++)
    if (crop[i] < 0 || crop[i + 2] <= 0 || dst[i] < 0 || dst[i + 2] <= 0)
      return FALSE;
  if ((gint64) crop[0] + crop[2] > s->width || (gint64) crop[1] + crop[3] > s->height ||
      (gint64) dst[0] + dst[2] > on->width || (gint64) dst[1] + dst[3] > on->height ||
      !canvas_frame (&canvas, on) || !map_source (&m, buf, s))
    return FALSE;
  if (alpha == 0xffff && !GST_VIDEO_INFO_HAS_ALPHA (&m.frame.info)) {
    /* It covers all that is beneath it: straight to its place. */
    canvas.data[0] = (guint8 *) canvas.data[0] + (gsize) dst[1] * on->stride +
        (gsize) dst[0] * GST_VIDEO_FORMAT_INFO_PSTRIDE (canvas.info.finfo, 0);
    canvas.info.width = dst[2];
    canvas.info.height = dst[3];
    ok = convert (c, &m.frame, crop, &canvas);
  } else
    ok = ROOM (c, layer, "BGRA", 4, dst[2], dst[3]) && convert (c, &m.frame, crop, &c->layer.frame) &&
        gst_video_blend (&canvas, &c->layer.frame, dst[0], dst[1], alpha / 65535.f);
  unmap_source (&m);
  return ok;
}

/* ---- graphics: GstVideoOverlayComposition ---- */

static GstVideoOverlayRectangle *
rectangle_at (GstBuffer * buf, guint n)
{
  GstVideoOverlayCompositionMeta *meta;
  gpointer state = NULL;

  while ((meta = (GstVideoOverlayCompositionMeta *) gst_buffer_iterate_meta_filtered (buf, &state,
              GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE))) {
    guint i = meta->overlay ? gst_video_overlay_composition_n_rectangles (meta->overlay) : 0;

    if (n < i)
      return gst_video_overlay_composition_get_rectangle (meta->overlay, n);
    n -= i;
  }
  return NULL;
}

/* The content's identity, 0 for none, and the box around it. */
void
gstx_graphics_fill (GstxFrame * f, GstBuffer * buf)
{
  GstVideoOverlayCompositionMeta *meta;
  gpointer state = NULL;
  gint64 x0 = G_MAXINT64, y0 = G_MAXINT64, x1 = G_MININT64, y1 = G_MININT64;
  guint i;

  f->graphics = 0;
  while ((meta = (GstVideoOverlayCompositionMeta *) gst_buffer_iterate_meta_filtered (buf, &state,
              GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE))) {
    guint n = meta->overlay ? gst_video_overlay_composition_n_rectangles (meta->overlay) : 0;

    for (i = 0; i < n; i++) {
      gint x, y;
      guint w, h;

      if (!gst_video_overlay_rectangle_get_render_rectangle (
              gst_video_overlay_composition_get_rectangle (meta->overlay, i), &x, &y, &w, &h))
        continue;
      x0 = MIN (x0, x);
      y0 = MIN (y0, y);
      x1 = MAX (x1, (gint64) x + w);
      y1 = MAX (y1, (gint64) y + h);
    }
    if (n)
      f->graphics = f->graphics * 1000003 + gst_video_overlay_composition_get_seqnum (meta->overlay) + ((guint64) 1 << 63);
  }
  /* Far outside of any picture, and in place of what no gint32 can say. */
  f->graphics_x = CLAMP (x0, -(1 << 24), 1 << 24);
  f->graphics_y = CLAMP (y0, -(1 << 24), 1 << 24);
  if (x1 <= x0 || y1 <= y0)
    f->graphics = 0;
  f->graphics_w = f->graphics ? CLAMP (x1, -(1 << 24), 1 << 24) - f->graphics_x : 0;
  f->graphics_h = f->graphics ? CLAMP (y1, -(1 << 24), 1 << 24) - f->graphics_y : 0;
}

static gint64
scaled (gint64 at, gint64 from, gint64 to)
{
  gint64 n = 2 * at * to + from, d = 2 * from;

  return n >= 0 ? n / d : -((d - 1 - n) / d);
}

/* Prepares rectangle n of a buffer to be blended: scaled as from is to dst,
 * premultiplied. Returns FALSE after the last; where there is nothing to be seen
 * of one, layer->pixels is NULL. */
gboolean
gstx_compositor_rectangle (GstxCompositor * c, GstBuffer * buf, guint n, const gint32 * from,
    const gint32 * dst, GstxLayerPixels * layer)
{
  GstVideoOverlayRectangle *r = rectangle_at (buf, n);
  GstVideoFrame pixels;
  GstVideoMeta *vm;
  GstVideoInfo info;
  GstBuffer *b;
  gint x, y;
  guint w, h;
  gint64 x0, y0, x1, y1;
  gint32 all[4] = { 0 };

  memset (layer, 0, sizeof *layer);
  if (!r)
    return FALSE;
  if (from[2] <= 0 || from[3] <= 0 || !gst_video_overlay_rectangle_get_render_rectangle (r, &x, &y, &w, &h))
    return TRUE;
  x0 = dst[0] + scaled ((gint64) x - from[0], from[2], dst[2]);
  x1 = dst[0] + scaled ((gint64) x + w - from[0], from[2], dst[2]);
  y0 = dst[1] + scaled ((gint64) y - from[1], from[3], dst[3]);
  y1 = dst[1] + scaled ((gint64) y + h - from[1], from[3], dst[3]);
  if (x0 < -MAX_SIDE || y0 < -MAX_SIDE || x1 > 2 * MAX_SIDE || y1 > 2 * MAX_SIDE || x1 <= x0 || y1 <= y0 ||
      !ROOM (c, layer, "BGRA", 4, x1 - x0, y1 - y0))
    return TRUE;
  b = gst_video_overlay_rectangle_get_pixels_unscaled_argb (r,
      GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
  vm = b ? gst_buffer_get_video_meta (b) : NULL;
  if (!vm || !vm->width || !vm->height || vm->width > MAX_SIDE || vm->height > MAX_SIDE ||
      !gst_video_info_set_format (&info, vm->format, vm->width, vm->height) ||
      !gst_video_frame_map (&pixels, &info, b, GST_MAP_READ))
    return TRUE;
  all[2] = vm->width;
  all[3] = vm->height;
  if (convert (c, &pixels, all, &c->layer.frame)) {
    layer->x = x0;
    layer->y = y0;
    layer->pixels = c->layer.pixels;
    layer->size = (guint64) (x1 - x0) * 4 * (y1 - y0);
  }
  gst_video_frame_unmap (&pixels);
  return TRUE;
}

/* Blends what was prepared. */
gboolean
gstx_compositor_blend (GstxCompositor * c, const GstxCanvas * on, const GstxLayerPixels * layer)
{
  GstVideoFrame canvas;

  return canvas_frame (&canvas, on) && gst_video_blend (&canvas, &c->layer.frame, layer->x, layer->y, 1.f);
}
