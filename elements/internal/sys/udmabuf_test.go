package sys_test

import (
	"slices"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/test/abi"
)

func TestUdmabufNumbersAreTheKernels(t *testing.T) {
	if sys.UDMABUF_CREATE != 0x40187542 || sys.DMA_BUF_IOCTL_SYNC != 0x40086200 {
		t.Errorf("UDMABUF_CREATE %#x, DMA_BUF_IOCTL_SYNC %#x; want 0x40187542 and 0x40086200",
			sys.UDMABUF_CREATE, sys.DMA_BUF_IOCTL_SYNC)
	}
}

func TestUdmabufMatchesTheKernelHeaders(t *testing.T) {
	abi.Compare(t, []string{"linux/udmabuf.h", "linux/dma-buf.h"}, slices.Concat(
		abi.Struct[sys.UdmabufCreate]("udmabuf_create", "memfd flags offset size"),
		abi.Struct[sys.DmaBufSync]("dma_buf_sync", "flags"),
		[]abi.Row{
			abi.Const("UDMABUF_CREATE", sys.UDMABUF_CREATE),
			abi.Const("UDMABUF_FLAGS_CLOEXEC", sys.UDMABUF_FLAGS_CLOEXEC),
			abi.Const("DMA_BUF_IOCTL_SYNC", sys.DMA_BUF_IOCTL_SYNC),
			abi.Const("DMA_BUF_SYNC_READ", sys.DMA_BUF_SYNC_READ),
			abi.Const("DMA_BUF_SYNC_WRITE", sys.DMA_BUF_SYNC_WRITE),
			abi.Const("DMA_BUF_SYNC_START", sys.DMA_BUF_SYNC_START),
			abi.Const("DMA_BUF_SYNC_END", sys.DMA_BUF_SYNC_END),
		}))
}
