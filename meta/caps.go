package meta

import (
	"fmt"
	"strconv"
	"strings"
)

// The forms that GStreamer's caps fields mastering-display-info and
// content-light-level have: decimal numbers joined by colons (gst-video,
// video-hdr.c).

// String gives Rx:Ry:Gx:Gy:Bx:By:Wx:Wy:max:min, in 0.00002 and 0.0001 cd/m².
func (m *MasteringDisplay) String() string {
	return fmt.Sprintf("%d:%d:%d:%d:%d:%d:%d:%d:%d:%d",
		m.Red.X, m.Red.Y, m.Green.X, m.Green.Y, m.Blue.X, m.Blue.Y,
		m.White.X, m.White.Y, m.MaxLuminance, m.MinLuminance)
}

// ParseMasteringDisplay reads what String gives.
func ParseMasteringDisplay(s string) (MasteringDisplay, error) {
	var m MasteringDisplay
	c := [...]*uint16{&m.Red.X, &m.Red.Y, &m.Green.X, &m.Green.Y, &m.Blue.X, &m.Blue.Y, &m.White.X, &m.White.Y}
	l := [...]*uint32{&m.MaxLuminance, &m.MinLuminance}
	rest := s
	for i := range c {
		v, err := number(&rest, false, 16)
		if err != nil {
			return MasteringDisplay{}, capsError("mastering-display-info", s)
		}
		*c[i] = uint16(v)
	}
	for i := range l {
		v, err := number(&rest, i == len(l)-1, 32)
		if err != nil {
			return MasteringDisplay{}, capsError("mastering-display-info", s)
		}
		*l[i] = uint32(v)
	}
	return m, nil
}

// String gives MaxCLL:MaxFALL in cd/m².
func (l *ContentLight) String() string {
	return fmt.Sprintf("%d:%d", l.MaxCLL, l.MaxFALL)
}

// ParseContentLight reads what String gives.
func ParseContentLight(s string) (ContentLight, error) {
	rest := s
	cll, err := number(&rest, false, 16)
	if err != nil {
		return ContentLight{}, capsError("content-light-level", s)
	}
	fall, err := number(&rest, true, 16)
	if err != nil {
		return ContentLight{}, capsError("content-light-level", s)
	}
	return ContentLight{uint16(cll), uint16(fall)}, nil
}

// number takes the number before the next colon off s, or all of s if last.
func number(s *string, last bool, bits int) (uint64, error) {
	head, tail, colon := strings.Cut(*s, ":")
	if colon == last {
		return 0, ErrSyntax
	}
	*s = tail
	return strconv.ParseUint(head, 10, bits)
}

// capsError quotes no more of a hostile string than a person would read.
func capsError(field, s string) error {
	if len(s) > 100 {
		s = s[:100] + "…"
	}
	return fmt.Errorf("%s %q: %w", field, s, ErrSyntax)
}
