package kmsmetasink

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
)

// scene turns HDR10+ metadata, which may differ from frame to frame, into light
// levels that change from scene to scene: a display takes some frames to follow
// new static metadata, and one that follows every frame pumps.
//
// The first levels are sent at once. Later ones are sent with the frame they
// belong to where one of the two differs from the level sent last
//
//   - by a factor of two or more, as at a cut, and that is 3 frames ago or more;
//   - by more than a tenth, and that is 12 frames ago or more, half a second of
//     film.
//
// What comes too early waits, and is sent when its time has come if it still
// differs. A difference of a tenth or less is not sent: nobody sees it.
type scene struct {
	on       bool // there are levels to send
	metadata hdr10plus.Metadata

	wanted meta.ContentLight // of the latest metadata
	sent   meta.ContentLight // zero before the first
	age    int               // frames since it was sent, the first included
}

const (
	cutFrames    = 3
	settleFrames = 12
)

// off forgets everything: the static levels count.
func (c *scene) off() { c.on, c.sent, c.age = false, meta.ContentLight{}, 0 }

// take reads the metadata of a frame that has others than the one before. It
// allocates nothing but an error.
func (c *scene) take(payload []byte) error {
	if _, err := c.metadata.Decode(payload); err != nil {
		c.off()
		return err
	}
	c.on, c.wanted = true, lightOf(&c.metadata.Windows[0])
	return nil
}

// next puts the levels to send with the next frame into its signal.
func (c *scene) next(s *kms.Signal) {
	if !c.on {
		return
	}
	c.age++
	if c.due() {
		c.sent, c.age = c.wanted, 1
	}
	meta.PutContentLight(&s.Metadata, c.sent)
}

func (c *scene) due() bool {
	differ := func(factor func(a, b uint16) bool) bool {
		return factor(c.wanted.MaxCLL, c.sent.MaxCLL) || factor(c.wanted.MaxFALL, c.sent.MaxFALL)
	}
	switch {
	case c.sent == meta.ContentLight{}: // lightOf is never zero
		return true
	case c.age > settleFrames:
		return differ(apart)
	case c.age > cutFrames:
		return differ(farApart)
	}
	return false
}

// apart is a difference of more than a tenth of the greater.
func apart(a, b uint16) bool {
	return 10*(int(max(a, b))-int(min(a, b))) > int(max(a, b))
}

func farApart(a, b uint16) bool { return int(max(a, b)) >= 2*int(min(a, b)) }

// lightOf makes the static levels of the first window, which is the whole
// picture. Levels begin at 1, for 0 says that the level is unknown, which of a
// black scene is not so.
func lightOf(w *hdr10plus.Window) meta.ContentLight {
	brightest := w.MaxRGB()
	if brightest == 0 { // some makers fill in the distribution only
		for _, p := range w.Percentiles[:w.NumPercentiles] {
			if p.Percentage >= 90 {
				brightest = max(brightest, float64(p.Value)/10)
			}
		}
	}
	level := func(v float64) uint16 {
		const most = 10000 // of PQ
		return uint16(min(max(v+0.5, 1), most))
	}
	cll := level(brightest)
	return meta.ContentLight{MaxCLL: cll, MaxFALL: min(level(w.Average()), cll)}
}
