package meta

// Chromaticity is a point of the CIE 1931 diagram, in units of 0.00002.
type Chromaticity struct{ X, Y uint16 }

func (c Chromaticity) appendTo(dst []byte) []byte {
	return le.AppendUint16(le.AppendUint16(dst, c.X), c.Y)
}

// chromaticity reads four bytes that the caller has checked to be there.
func chromaticity(p []byte) Chromaticity {
	return Chromaticity{le.Uint16(p), le.Uint16(p[2:])}
}

// MasteringDisplay is SMPTE ST 2086: the display the picture was graded on.
// Values are kept as found; zeros mean unknown.
type MasteringDisplay struct {
	Red, Green, Blue, White Chromaticity
	MaxLuminance            uint32 // 0.0001 cd/m²
	MinLuminance            uint32 // 0.0001 cd/m²
}

func (m *MasteringDisplay) appendTo(dst []byte) []byte {
	for _, c := range [...]Chromaticity{m.Red, m.Green, m.Blue, m.White} {
		dst = c.appendTo(dst)
	}
	return le.AppendUint32(le.AppendUint32(dst, m.MaxLuminance), m.MinLuminance)
}

func (m *MasteringDisplay) decode(p []byte) error {
	if len(p) != masteringSize {
		return sizeError(TypeMasteringDisplay, len(p))
	}
	*m = MasteringDisplay{
		Red:          chromaticity(p[masteringRed:]),
		Green:        chromaticity(p[masteringGreen:]),
		Blue:         chromaticity(p[masteringBlue:]),
		White:        chromaticity(p[masteringWhite:]),
		MaxLuminance: le.Uint32(p[masteringMax:]),
		MinLuminance: le.Uint32(p[masteringMin:]),
	}
	return nil
}

// ContentLight is CTA-861.3: how bright the content gets. Zero means unknown.
type ContentLight struct {
	MaxCLL  uint16 // brightest pixel, cd/m²
	MaxFALL uint16 // brightest frame average, cd/m²
}

func (l *ContentLight) appendTo(dst []byte) []byte {
	return le.AppendUint16(le.AppendUint16(dst, l.MaxCLL), l.MaxFALL)
}

func (l *ContentLight) decode(p []byte) error {
	if len(p) != lightSize {
		return sizeError(TypeContentLight, len(p))
	}
	*l = ContentLight{le.Uint16(p[lightMaxCLL:]), le.Uint16(p[lightMaxFALL:])}
	return nil
}

// AmbientViewing is the room the picture was graded in (ambient viewing environment, H.265 SEI 148).
type AmbientViewing struct {
	Illuminance uint32 // 0.0001 lx
	Light       Chromaticity
}

func (a *AmbientViewing) appendTo(dst []byte) []byte {
	return a.Light.appendTo(le.AppendUint32(dst, a.Illuminance))
}

func (a *AmbientViewing) decode(p []byte) error {
	if len(p) != ambientSize {
		return sizeError(TypeAmbientViewing, len(p))
	}
	*a = AmbientViewing{le.Uint32(p[ambientIlluminance:]), chromaticity(p[ambientLight:])}
	return nil
}
