// Package hdr10plus reads and writes HDR10+ metadata: SMPTE ST 2094-40 as it
// travels in an ITU-T T.35 message, in the SEI of HEVC, the metadata OBU of AV1
// and section HDR10PLUS of the sealed block, and as the HDR10+ tools exchange it,
// in JSON.
//
// Metadata holds the raw code values, so that decoding and encoding lose
// nothing; methods give them in physical units. All its storage is fixed-size:
// a value is reused from frame to frame without allocation, and two values are
// compared with ==, which is how a change of scene is found.
package hdr10plus

import "errors"

// Limits of the syntax. Every array below has room for the largest count its
// field can express, so that no decoded value is cut.
const (
	MaxWindows     = 3
	MaxPercentiles = 15
	MaxAnchors     = 15
	MaxGrid        = 25
	// MaxSize is the longest payload the syntax allows: 3 windows, both 25 × 25
	// grids, all percentiles and anchors, 7297 bits.
	MaxSize = 913
)

// Sentinels, to be tested with errors.Is.
var (
	// ErrNotHDR10Plus is a T.35 message of someone else.
	ErrNotHDR10Plus = errors.New("hdr10plus: not a ST 2094-40 message")
	// ErrVersion is an application version whose syntax is not known here.
	ErrVersion = errors.New("hdr10plus: application version not supported")
	// ErrTruncated is a payload that ends inside a field.
	ErrTruncated = errors.New("hdr10plus: payload is truncated")
	// ErrInvalid is a value that the specification does not allow.
	ErrInvalid = errors.New("hdr10plus: invalid value")
)

// Metadata is one ST 2094-40 message. Entries of its arrays beyond their counts
// are zero after Decode; who builds a value by hand keeps them so if it is to
// be compared.
type Metadata struct {
	// Version is application_version: 0, or 1 as the HDR10+ programme uses it.
	Version uint8
	// NumWindows is 1..3. Windows[0] is the whole picture and has no Region.
	NumWindows uint8
	Windows    [MaxWindows]Window
	// TargetMaxLuminance is the nominal peak of the targeted display in
	// 1 cd/m², 0..10000; 0 in profile A.
	TargetMaxLuminance uint32
	// TargetPeak and MasteringPeak are the local peak luminances of the
	// targeted and of the mastering display; version 0 only.
	TargetPeak    PeakGrid
	MasteringPeak PeakGrid
}

// Window is what the message says of one processing window.
type Window struct {
	Region Region
	// MaxSCL is the brightest linear R, G and B in 0.1 cd/m², 0..100000.
	MaxSCL [3]uint32
	// AverageMaxRGB is the mean over the pixels of max(R,G,B) in 0.1 cd/m².
	AverageMaxRGB uint32
	// Percentiles[:NumPercentiles] is the distribution of max(R,G,B).
	NumPercentiles uint8
	Percentiles    [MaxPercentiles]Percentile
	// FractionBright is the share of bright pixels in 1/1000.
	FractionBright uint16

	ToneMapping bool
	// Knee is the end of the curve's linear part, in 1/4095 of both axes.
	Knee struct{ X, Y uint16 }
	// Anchors[:NumAnchors] are the Bézier curve's inner points in 1/1023;
	// valid are up to 9.
	NumAnchors uint8
	Anchors    [MaxAnchors]uint16

	SaturationMapping bool
	SaturationWeight  uint8 // in 1/8, 0..63
}

// Region says where a window other than the first lies: a rectangle in pixels
// of the picture and, in it, an ellipse pair that fades the window out.
type Region struct {
	Left, Top, Right, Bottom uint16 // corners inclusive
	CenterX, CenterY         uint16
	Rotation                 uint8 // degrees clockwise from the x axis, 0..180
	SemimajorInternal        uint16
	SemimajorExternal        uint16
	SemiminorExternal        uint16
	Layering                 bool // overlap_process_option: false is weighted averaging
}

// Percentile says that Percentage of the pixels are not brighter than Value.
//
// Two entries of the version-1 list do not: percentage 5 carries the 99.98 %
// value (DistributionY99) and percentage 10 the share of pixels below 100 cd/m²
// (DistributionY100nit), so a list is not ascending.
type Percentile struct {
	Percentage uint8
	Value      uint32 // 0.1 cd/m², 0..100000
}

// PeakGrid is a grid of local peak luminances, each in 1/15 of the display's
// nominal peak. Rows and Cols are 2..25 when Present.
type PeakGrid struct {
	Present    bool
	Rows, Cols uint8
	Values     [MaxGrid][MaxGrid]uint8 // [row][column]
}

// Profile is the HDR10+ profile of a message.
type Profile uint8

// Profiles. ProfileNone is a message that is neither, all of version 0 with
// more than one window for instance.
const (
	ProfileNone Profile = iota
	// ProfileA has no tone curve and no targeted display.
	ProfileA
	// ProfileB has a tone curve with anchors and the display it was made for.
	ProfileB
)

// String gives "A", "B" or "none".
func (p Profile) String() string {
	switch p {
	case ProfileA:
		return "A"
	case ProfileB:
		return "B"
	}
	return "none"
}

// Profile tells which profile the message has, by its first window.
func (m *Metadata) Profile() Profile {
	w := &m.Windows[0]
	switch {
	case m.NumWindows != 1:
		return ProfileNone
	case !w.ToneMapping && m.TargetMaxLuminance == 0:
		return ProfileA
	case w.ToneMapping && m.TargetMaxLuminance != 0 && w.NumAnchors > 0:
		return ProfileB
	}
	return ProfileNone
}

// MaxRGB is the largest of the three MaxSCL values in cd/m²: what the scene
// would have as MaxCLL.
func (w *Window) MaxRGB() float64 {
	return float64(max(w.MaxSCL[0], w.MaxSCL[1], w.MaxSCL[2])) / 10
}

// Average is AverageMaxRGB in cd/m²: what a picture would have as its frame
// average light level.
func (w *Window) Average() float64 { return float64(w.AverageMaxRGB) / 10 }
