// Package v4l2 captures video from V4L2 devices into memory that others can
// import: it negotiates a format, has the driver allocate buffers, exports them
// as DMA-bufs and moves them between driver and caller. The single- and the
// multi-planar API look the same through it.
//
// Nothing a driver answers is trusted: an index, count, length or size that
// cannot be is reported as [ErrReply] and never used.
//
// A [Device] is used by one goroutine at a time. Only [Device.Name],
// [Device.FD] and [Device.Close] may be called from others, and a wait is ended
// from anywhere by its [sys.Wake].
package v4l2
