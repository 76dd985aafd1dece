package sys

import "structs"

// enum v4l2_buf_type of a memory-to-memory device's other queue.
const (
	V4L2_BUF_TYPE_VIDEO_OUTPUT        = 2
	V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE = 10
)

// What a buffer that is queued says of its timestamp.
const V4L2_BUF_FLAG_TIMESTAMP_COPY = 0x00004000

// Commands of v4l2_decoder_cmd.
const (
	V4L2_DEC_CMD_START = 0
	V4L2_DEC_CMD_STOP  = 1
)

// V4L2_SEL_TGT_COMPOSE is the selection target of what is to be seen of a picture.
const V4L2_SEL_TGT_COMPOSE = 0x0100

// V4L2_CID_MIN_BUFFERS_FOR_CAPTURE is how many buffers a decoder keeps to itself.
const V4L2_CID_MIN_BUFFERS_FOR_CAPTURE = 0x00980927

// V4L2DecoderCmd is struct v4l2_decoder_cmd. Its union holds 64-bit numbers.
type V4L2DecoderCmd struct {
	_     structs.HostLayout
	Cmd   uint32
	Flags uint32
	_     [0]uint64
	Raw   [16]uint32
}

// VIDIOC_DECODER_CMD is the request number, named by its C macro.
var VIDIOC_DECODER_CMD = IOWR[V4L2DecoderCmd]('V', 96)
