// Package sys is the only place that talks to the kernel: the file descriptor
// type, the one ioctl function, waiting, and the ABI structures of V4L2, DRM
// and udmabuf. Names of kernel constants keep their kernel spelling here.
package sys
