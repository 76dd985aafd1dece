package jsonl

import (
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
)

// appendBlock writes the members of a line that come from the HDR block.
func appendBlock(dst []byte, b *meta.Block) []byte {
	dst = appendKey(dst, "formats")
	formats := Formats(b)
	dst = appendList(dst, len(formats), func(dst []byte, i int) []byte { return appendString(dst, formats[i]) })
	if c := b.Color; c != nil {
		dst = append(appendKey(dst, "color"), '{')
		dst = appendText(dst, "primaries", name(meta.PrimariesName, c.Primaries))
		dst = appendText(dst, "transfer", name(meta.TransferName, c.Transfer))
		dst = appendText(dst, "matrix", name(meta.MatrixName, c.Matrix))
		dst = appendBool(dst, "full_range", c.FullRange)
		dst = append(appendText(dst, "chroma_site", name(meta.ChromaSiteName, c.ChromaSite)), '}')
	}
	if m := b.MasteringDisplay; m != nil {
		dst = append(appendKey(dst, "mastering_display"), '{')
		for _, p := range [...]struct {
			key string
			c   meta.Chromaticity
		}{{"red", m.Red}, {"green", m.Green}, {"blue", m.Blue}, {"white", m.White}} {
			dst = appendChromaticity(appendKey(dst, p.key), p.c)
		}
		dst = appendFixed(appendKey(dst, "max_luminance"), uint64(m.MaxLuminance), 4)
		dst = append(appendFixed(appendKey(dst, "min_luminance"), uint64(m.MinLuminance), 4), '}')
	}
	if l := b.ContentLight; l != nil {
		dst = append(appendKey(dst, "content_light"), '{')
		dst = appendUint(dst, "max_cll", uint64(l.MaxCLL))
		dst = append(appendUint(dst, "max_fall", uint64(l.MaxFALL)), '}')
	}
	if a := b.AmbientViewing; a != nil {
		dst = append(appendKey(dst, "ambient_viewing"), '{')
		dst = appendFixed(appendKey(dst, "illuminance"), uint64(a.Illuminance), 4)
		dst = append(appendChromaticity(appendKey(dst, "light"), a.Light), '}')
	}
	if len(b.HDR10Plus) > 0 {
		dst = appendHDR10Plus(appendKey(dst, "hdr10plus"), b.HDR10Plus)
	}
	if len(b.DolbyVision) > 0 {
		dst = appendDolbyVision(appendKey(dst, "dolby_vision"), b.DolbyVision)
	}
	return appendCarried(dst, b)
}

// appendCarried gives what is carried without being understood, with its bytes.
func appendCarried(dst []byte, b *meta.Block) []byte {
	if len(b.T35) > 0 {
		dst = appendList(appendKey(dst, "t35"), len(b.T35), func(dst []byte, i int) []byte {
			p := b.T35[i]
			dst = append(dst, '{')
			if len(p) >= 3 {
				dst = appendText(dst, "country", fmt.Sprintf("%02x", p[0]))
				dst = appendText(dst, "provider", fmt.Sprintf("%04x", p[1:3]))
			}
			return append(appendData(dst, p), '}')
		})
	}
	if g := b.FilmGrain; g != nil {
		kind := strconv.FormatUint(uint64(g.Kind), 10)
		switch g.Kind {
		case meta.GrainH274:
			kind = "h274"
		case meta.GrainAV1:
			kind = "av1"
		}
		dst = appendText(append(appendKey(dst, "film_grain"), '{'), "kind", kind)
		dst = append(appendData(dst, g.Data), '}')
	}
	if len(b.User) > 0 {
		dst = appendList(appendKey(dst, "user"), len(b.User), func(dst []byte, i int) []byte {
			u := &b.User[i]
			dst = appendText(append(dst, '{'), "type", fmt.Sprintf("%08x", uint32(u.Type)))
			x := u.UUID
			dst = appendText(dst, "uuid", fmt.Sprintf("%x-%x-%x-%x-%x", x[:4], x[4:6], x[6:8], x[8:10], x[10:]))
			return append(appendData(dst, u.Data), '}')
		})
	}
	if len(b.Unknown) > 0 {
		dst = appendList(appendKey(dst, "unknown"), len(b.Unknown), func(dst []byte, i int) []byte {
			s := &b.Unknown[i]
			dst = appendUint(append(dst, '{'), "type", uint64(s.Type))
			return append(appendData(dst, s.Data), '}')
		})
	}
	return appendCritical(dst, b)
}

func appendData(dst, p []byte) []byte {
	dst = appendUint(dst, "size", uint64(len(p)))
	dst = append(appendKey(dst, "data"), '"')
	return append(hex.AppendEncode(dst, p), '"')
}

// appendCritical names the sections that a reader has to know.
func appendCritical(dst []byte, b *meta.Block) []byte {
	var names []string
	for t := meta.TypeColor; t <= meta.TypeFilmGrain; t++ {
		if b.Critical.Has(t) {
			names = append(names, t.String())
		}
	}
	if len(names) == 0 {
		return dst
	}
	return appendList(appendKey(dst, "critical"), len(names), func(dst []byte, i int) []byte { return appendString(dst, names[i]) })
}

// Formats names the HDR formats a block has, the base format first.
func Formats(b *meta.Block) (out []string) {
	static := b.MasteringDisplay != nil || b.ContentLight != nil
	dynamic := len(b.HDR10Plus) > 0 || len(b.DolbyVision) > 0
	transfer := uint8(meta.TransferUnspecified)
	if b.Color != nil {
		transfer = b.Color.Transfer
	}
	switch {
	case transfer == meta.TransferHLG:
		out = append(out, "HLG")
	case static && (transfer == meta.TransferPQ || transfer == meta.TransferUnspecified):
		out = append(out, "HDR10")
	case transfer == meta.TransferPQ:
		out = append(out, "PQ")
	case transfer != meta.TransferUnspecified && !dynamic:
		out = append(out, "SDR")
	}
	if len(b.HDR10Plus) > 0 {
		out = append(out, "HDR10+")
	}
	if len(b.DolbyVision) > 0 {
		out = append(out, "DolbyVision")
	}
	return out
}

// appendChromaticity writes CIE x and y: the unit is 0.00002.
func appendChromaticity(dst []byte, c meta.Chromaticity) []byte {
	dst = appendFixed(append(dst, '['), 2*uint64(c.X), 5)
	return append(appendFixed(append(dst, ','), 2*uint64(c.Y), 5), ']')
}

func appendDolbyVision(dst, rpu []byte) []byte {
	dst = appendUint(append(dst, '{'), "size", uint64(len(rpu)))
	h, err := dovi.Parse(rpu)
	if err != nil {
		return append(appendText(dst, "error", err.Error()), '}')
	}
	dst = appendUint(dst, "rpu_type", uint64(h.Type))
	dst = appendUint(dst, "rpu_format", uint64(h.Format))
	dst = appendUint(dst, "vdr_rpu_profile", uint64(h.Profile))
	dst = appendUint(dst, "vdr_rpu_level", uint64(h.Level))
	if p := h.StreamProfile(); p != 0 {
		dst = appendUint(dst, "profile", uint64(p))
	}
	if h.Sequence {
		dst = appendBool(dst, "full_range", h.FullRange)
	}
	if h.BaseDepth != 0 {
		dst = appendInts(dst, "bit_depths", int64(h.BaseDepth), int64(h.EnhancementDepth), int64(h.SignalDepth))
		dst = appendBool(dst, "residual", !h.DisableResidual)
	}
	return append(dst, '}')
}

// name gives a code point without a name as its number.
func name(of func(uint8) string, code uint8) string {
	if s := of(code); s != "" {
		return s
	}
	return strconv.Itoa(int(code))
}
