package pipe

// #cgo pkg-config: gstreamer-1.0 gstreamer-video-1.0
// #include <gst/gst.h>
// #include <gst/video/gstvideometa.h>
//
// static guint64 captured (gpointer buf)
// {
//   GstReferenceTimestampMeta *m = gst_buffer_get_reference_timestamp_meta (buf, NULL);
//
//   return m ? m->timestamp : 0;
// }
//
// static GstVideoCropMeta *crop (gpointer buf)
// {
//   return gst_buffer_get_video_crop_meta (buf);
// }
//
// static void set_crop (gpointer buf, guint x, guint y, guint w, guint h)
// {
//   GstVideoCropMeta *m = crop (buf);
//
//   if (!m)
//     m = gst_buffer_add_video_crop_meta (buf);
//   m->x = x;
//   m->y = y;
//   m->width = w;
//   m->height = h;
// }
//
// static gboolean count (GstBuffer * buf, GstMeta ** meta, gpointer n)
// {
//   ++*(guint *) n;
//   return TRUE;
// }
//
// static guint metas (gpointer buf)
// {
//   guint n = 0;
//
//   gst_buffer_foreach_meta (buf, count, &n);
//   return n;
// }
//
// static gboolean drop (GstBuffer * buf, GstMeta ** meta, gpointer unused)
// {
//   *meta = NULL;
//   return TRUE;
// }
//
// static void drop_metas (gpointer buf)
// {
//   gst_buffer_foreach_meta (buf, drop, NULL);
// }
//
// static void hold (gpointer buf, gpointer other)
// {
//   gst_buffer_add_parent_buffer_meta (buf, other);
// }
import "C"

import "unsafe"

// What the bindings cannot do to a buffer, for its metas are not theirs to free.

// Captured is the time of the first GstReferenceTimestampMeta of a buffer, 0 for none.
func Captured(buffer unsafe.Pointer) uint64 { return uint64(C.captured(C.gpointer(buffer))) }

// Crop is x, y, width and height of a buffer's GstVideoCropMeta; zero for none.
func Crop(buffer unsafe.Pointer) (r [4]uint32) {
	if m := C.crop(C.gpointer(buffer)); m != nil {
		r = [4]uint32{uint32(m.x), uint32(m.y), uint32(m.width), uint32(m.height)}
	}
	return r
}

// SetCrop sets it, as videocrop does.
func SetCrop(buffer unsafe.Pointer, r [4]uint32) {
	C.set_crop(C.gpointer(buffer), C.guint(r[0]), C.guint(r[1]), C.guint(r[2]), C.guint(r[3]))
}

// Metas is how many a buffer has.
func Metas(buffer unsafe.Pointer) int { return int(C.metas(C.gpointer(buffer))) }

// DropMetas removes all of them.
func DropMetas(buffer unsafe.Pointer) { C.drop_metas(C.gpointer(buffer)) }

// Hold has a buffer keep another one, by a GstParentBufferMeta.
func Hold(buffer, other unsafe.Pointer) { C.hold(C.gpointer(buffer), C.gpointer(other)) }
