package sys

import "structs"

// udmabuf (linux/udmabuf.h, Linux 4.20) turns pages of a memfd into a DMA-buf;
// DMA_BUF_IOCTL_SYNC (linux/dma-buf.h) frames the CPU's access to one.

const UDMABUF_FLAGS_CLOEXEC = 0x01

const (
	DMA_BUF_SYNC_READ  = 1 << 0
	DMA_BUF_SYNC_WRITE = 2 << 0
	DMA_BUF_SYNC_START = 0 << 2
	DMA_BUF_SYNC_END   = 1 << 2
)

// UdmabufCreate is struct udmabuf_create. Offset and Size are multiples of the
// page size.
type UdmabufCreate struct {
	_      structs.HostLayout
	Memfd  uint32
	Flags  uint32
	Offset uint64
	Size   uint64
}

// DmaBufSync is struct dma_buf_sync.
type DmaBufSync struct {
	_     structs.HostLayout
	Flags uint64
}

var (
	// UDMABUF_CREATE is answered with the DMA-buf's file descriptor as the
	// ioctl's return value.
	UDMABUF_CREATE     = IOW[UdmabufCreate]('u', 0x42)
	DMA_BUF_IOCTL_SYNC = IOW[DmaBufSync]('b', 0)
)
