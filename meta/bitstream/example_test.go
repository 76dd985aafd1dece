package bitstream_test

import (
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/meta/bitstream"
)

// The content light level stands before the first of two pictures and holds for
// the second.
func ExampleTracker() {
	units := [][]byte{
		{0, 0, 0, 1, 0x4e, 1, 144, 4, 0x03, 0xe8, 0x01, 0x90, 0x80, 0, 0, 1, 0x26, 1, 0xac},
		{0, 0, 0, 1, 0x02, 1, 0xd0},
	}
	tracker, err := bitstream.NewTracker(bitstream.Format{Codec: bitstream.HEVC})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, au := range units {
		block, changed, err := tracker.Next(au)
		fmt.Println(block.ContentLight, changed, tracker.Picture().IDR, err)
	}
	// Output:
	// 1000:400 true true <nil>
	// 1000:400 false false <nil>
}
