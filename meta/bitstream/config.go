package bitstream

import "fmt"

// Config is what codec data tells before the first access unit.
type Config struct {
	Format Format
	// Units are the parameter sets and SEI NAL units, or the OBUs, one by one and
	// without what framed them. They lie in the codec data.
	Units [][]byte
}

// ParseConfig reads the codec data that files and caps carry: hvcC and avcC (ISO/IEC
// 14496-15), av1C (AV1 in ISOBMFF 2.3). An error wraps ErrConfig
// or ErrTruncated; the Format and the Units before the damage are still given.
func ParseConfig(codec Codec, codecData []byte) (Config, error) {
	switch codec {
	case HEVC:
		return parseHVCC(codecData)
	case AVC:
		return parseAVCC(codecData)
	case AV1:
		return parseAV1C(codecData)
	}
	return Config{}, fmt.Errorf("%w: %v", ErrFormat, codec)
}

// lengthSize reads lengthSizeMinusOne, of which 2 is reserved.
func lengthSize(codec Codec, b byte) (Format, error) {
	f := Format{Codec: codec, LengthSize: int(b&3) + 1}
	if f.LengthSize == 3 {
		return Format{}, fmt.Errorf("%w: length fields of 3 bytes", ErrConfig)
	}
	return f, nil
}

func parseHVCC(p []byte) (Config, error) {
	const head = 23
	if len(p) < head {
		return Config{}, fmt.Errorf("%w: hvcC of %d bytes, not %d", ErrTruncated, len(p), head)
	}
	// Version 0 was written before the format was published.
	if p[0] > 1 {
		return Config{}, fmt.Errorf("%w: hvcC version %d", ErrConfig, p[0])
	}
	f, err := lengthSize(HEVC, p[21])
	if err != nil {
		return Config{}, err
	}
	c := Config{Format: f}
	arrays := int(p[22])
	p = p[head:]
	for i := range arrays {
		if len(p) < 3 {
			return c, fmt.Errorf("%w: hvcC ends before array %d of %d", ErrTruncated, i+1, arrays)
		}
		n := int(be.Uint16(p[1:]))
		if p, err = c.take(p[3:], n); err != nil {
			return c, fmt.Errorf("hvcC array %d: %w", i+1, err)
		}
	}
	return c, nil
}

func parseAVCC(p []byte) (Config, error) {
	const head = 6
	if len(p) < head {
		return Config{}, fmt.Errorf("%w: avcC of %d bytes, not %d", ErrTruncated, len(p), head)
	}
	if p[0] != 1 {
		return Config{}, fmt.Errorf("%w: avcC version %d", ErrConfig, p[0])
	}
	f, err := lengthSize(AVC, p[4])
	if err != nil {
		return Config{}, err
	}
	c := Config{Format: f}
	if p, err = c.take(p[head:], int(p[5]&0x1f)); err != nil {
		return c, fmt.Errorf("avcC sequence parameter sets: %w", err)
	}
	if len(p) == 0 {
		return c, fmt.Errorf("%w: avcC ends before the picture parameter sets", ErrTruncated)
	}
	// What may follow, the extensions of high profiles, repeats the SPS.
	if _, err = c.take(p[1:], int(p[0])); err != nil {
		return c, fmt.Errorf("avcC picture parameter sets: %w", err)
	}
	return c, nil
}

// take moves n NAL units, with 16 bits of length each, from the front of p to c.
func (c *Config) take(p []byte, n int) ([]byte, error) {
	for i := range n {
		if len(p) < 2 {
			return nil, fmt.Errorf("%w: ends before NAL unit %d of %d", ErrTruncated, i+1, n)
		}
		size := int(be.Uint16(p))
		if p = p[2:]; size > len(p) {
			return nil, fmt.Errorf("%w: NAL unit %d of %d has %d bytes, %d left", ErrTruncated, i+1, n, size, len(p))
		}
		c.Units = append(c.Units, p[:size:size])
		p = p[size:]
	}
	return p, nil
}

func parseAV1C(p []byte) (Config, error) {
	const head = 4
	if len(p) < head {
		return Config{}, fmt.Errorf("%w: av1C of %d bytes, not %d", ErrTruncated, len(p), head)
	}
	if p[0] != 0x81 { // marker and version
		return Config{}, fmt.Errorf("%w: av1C marker and version %#x, not 0x81", ErrConfig, p[0])
	}
	c := Config{Format: Format{Codec: AV1}}
	w := walk(c.Format, p[head:])
	for w.next() {
		c.Units = append(c.Units, w.bytes())
	}
	if err := w.damage.err(); err != nil {
		return c, fmt.Errorf("av1C: %w", err)
	}
	return c, nil
}
