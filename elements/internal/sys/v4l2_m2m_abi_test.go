package sys_test

import (
	"slices"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/test/abi"
)

func TestV4L2MemoryToMemoryMatchesTheKernelHeader(t *testing.T) {
	rows := slices.Concat(
		abi.Struct[sys.V4L2DecoderCmd]("v4l2_decoder_cmd", "cmd flags raw"),
		[]abi.Row{
			abi.Const("VIDIOC_DECODER_CMD", sys.VIDIOC_DECODER_CMD),
			abi.Const("V4L2_BUF_TYPE_VIDEO_OUTPUT", uint64(sys.V4L2_BUF_TYPE_VIDEO_OUTPUT)),
			abi.Const("V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE", uint64(sys.V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE)),
			abi.Const("V4L2_BUF_FLAG_TIMESTAMP_COPY", uint64(sys.V4L2_BUF_FLAG_TIMESTAMP_COPY)),
			abi.Const("V4L2_DEC_CMD_START", uint64(sys.V4L2_DEC_CMD_START)),
			abi.Const("V4L2_DEC_CMD_STOP", uint64(sys.V4L2_DEC_CMD_STOP)),
			abi.Const("V4L2_SEL_TGT_COMPOSE", uint64(sys.V4L2_SEL_TGT_COMPOSE)),
			abi.Const("V4L2_CID_MIN_BUFFERS_FOR_CAPTURE", uint64(sys.V4L2_CID_MIN_BUFFERS_FOR_CAPTURE)),
		},
	)
	abi.Compare(t, []string{"sys/time.h", "linux/videodev2.h"}, rows)
}
