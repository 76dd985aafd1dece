// Package kmstest plays a DRM card in memory, so that display logic is tested
// without hardware or privilege: properties and blobs, planes and framebuffers,
// atomic tests and commits, flip events, mastership. Quirks make it behave as
// different drivers do, and hooks make it lie.
package kmstest

import (
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Quirks are ways in which drivers differ.
type Quirks struct {
	NoAtomic      bool // refuses the atomic client capability
	NoModifiers   bool // no ADDFB2 modifiers and no IN_FORMATS
	NoImport      bool // refuses every DMA-buf
	NoExport      bool // gives out no DMA-bufs, though it says so
	PreferShadow  bool // wants its dumb buffers written in order and never read
	NoScaling     bool // planes cannot scale
	NoRotation    bool // planes have the property and refuse to turn or mirror
	NoVRR         bool // the display's refresh rate is fixed
	PrimaryCovers bool // the primary plane must cover the CRTC
	NeedsPrimary  bool // an active CRTC needs its primary plane
	NoHDR         bool // the connector has no HDR_OUTPUT_METADATA and Colorspace
	RefuseHDR     bool // has them, and refuses any HDR metadata
	HDRModeset    bool // wants a mode set for a change of HDR metadata
	RefuseBPC     bool // refuses to raise max bpc
	NoOverlay     bool // primary and cursor planes only
	MoreOverlays  int  // beside the one there is
	NoZPos        bool // planes do not say how they are stacked: by type and id
	FixedZPos     bool // planes cannot be stacked otherwise than they are
	NoAlpha       bool // planes have no alpha of their own
	HoldFlips     bool // flips wait for Card.VBlank
	NoNonBlock    bool // refuses nonblocking commits
	WrongFormats  bool // IN_FORMATS lists more than a commit takes, which is XRGB8888

	// After so many commits, tests not counted; 0: never.
	LoseMasterAfter int // somebody else becomes the master
	DisconnectAfter int // the plug of Connector1 is pulled
}

// Card is the device; open it with Open. Its methods may be called at any time.
type Card struct {
	Quirks
	Driver, BusID string

	// Fail, if set, may fail a request before the card sees it.
	Fail func(req uintptr) error
	// Lie, if set, may change what a successful request answers.
	Lie func(req uintptr, arg any)

	// Deny, if set, may refuse what a commit or a test would show on a plane.
	Deny func(Shown) error
	// DenyFlips is Deny of commits and tests that may set no mode.
	DenyFlips func(Shown) error

	mu       sync.Mutex
	master   *File
	unplug   bool
	objects  []*object
	props    []*propDef
	state    []uint64 // value of every property of every object
	next     []uint64 // the same during a commit
	blobs    map[uint64]*blob
	fbs      map[uint64]*framebuffer
	encoders map[uint32]uint32 // possible CRTCs
	files    map[*File]bool
	lastID   uint32

	flips    []flip
	sequence uint32
	commits  []Commit
	modeset  bool  // what the last check found
	torn     int   // planes that went dark because their framebuffer was removed
	done     int   // commits that were carried out
	refuse   int   // commits to come that fail with refusal
	refusal  error // an errno
}

// Commit is one atomic commit that was carried out or tested.
type Commit struct {
	Flags      uint32
	Properties uint32 // how many it sets
	Err        error
	// Modeset tells that mode, activity or connectors of a CRTC change, or what the
	// driver sets a mode for.
	Modeset bool
	// Dark tells that no plane shows anything after it, or on no CRTC that is active.
	Dark bool
}

// Shown is what a plane shows.
type Shown struct {
	Plane, FourCC uint32
	Modifier      uint64
	W, H          uint32 // of the part of the picture that is shown
}

type object struct {
	id, kind  uint32
	props     []prop
	connector *connector
	plane     *plane
}

type prop struct {
	*propDef
	slot int // in Card.state
}

type propDef struct {
	id, flags uint32
	name      string
	values    []uint64
	enums     []sys.DRMModePropertyEnum
}

type connector struct {
	typ, typeID, connection uint32
	modes                   []sys.DRMModeModeInfo
	encoders                []uint32
}

type plane struct {
	crtcs   uint32
	formats []uint32
	lists   []uint32 // what it says to take
}

type blob struct {
	data  []byte
	owner *File
}

type framebuffer struct {
	owner                 *File
	fd                    *sys.FD // keeps the memory of its first plane
	size                  uint64
	width, height, fourcc uint32
	modifier              uint64
}

// The objects of a new card.
const (
	Connector1 = 101 // HDMI-A-1, connected
	Connector2 = 102 // DP-1, disconnected
	CRTC1      = 201
	CRTC2      = 202
	Primary1   = 301
	Overlay1   = 302
	Cursor1    = 303
	Primary2   = 304

	MoreOverlay1 = 311 // the first of Quirks.MoreOverlays

	encoder1 = 401
)

// Formats of a new card's primary and overlay planes.
var Formats = []uint32{sys.DRM_FORMAT_XRGB8888, sys.DRM_FORMAT_ARGB8888, sys.DRM_FORMAT_NV12, sys.DRM_FORMAT_P010}

// Modifier is a made-up tiling that the planes can show besides linear.
const Modifier = 0x0100000000000001 // I915_FORMAT_MOD_X_TILED

// NewCard makes a card with two CRTCs that are off, of which the first may
// drive the one connected display.
func NewCard(q Quirks) *Card {
	c := &Card{
		Quirks: q, Driver: "fake", BusID: "pci:0000:00:02.0",
		blobs: map[uint64]*blob{}, fbs: map[uint64]*framebuffer{},
		encoders: map[uint32]uint32{encoder1: 1}, files: map[*File]bool{},
		lastID:  1000,
		commits: make([]Commit, 0, maxCommits), flips: make([]flip, 0, 8),
	}
	crtc := []string{"ACTIVE", "MODE_ID", "GAMMA_LUT", "OUT_FENCE_PTR", "VRR_ENABLED"}
	c.add(CRTC1, sys.DRM_MODE_OBJECT_CRTC, crtc...)
	c.add(CRTC2, sys.DRM_MODE_OBJECT_CRTC, crtc...)
	conn := []string{"CRTC_ID", "EDID", "max bpc", "link-status", "vrr_capable", "Broadcast RGB", "tint"}
	if !q.NoHDR {
		conn = append(conn, "HDR_OUTPUT_METADATA", "Colorspace")
	}
	c.add(Connector1, sys.DRM_MODE_OBJECT_CONNECTOR, conn...).connector = &connector{
		typ: sys.DRM_MODE_CONNECTOR_HDMIA, typeID: 1, connection: sys.DRM_MODE_CONNECTED,
		modes:    []sys.DRMModeModeInfo{Mode(1920, 1080, 60, true), Mode(1280, 720, 60, false), Mode(1280, 720, 50, false), Mode(640, 480, 60, false)},
		encoders: []uint32{encoder1},
	}
	c.add(Connector2, sys.DRM_MODE_OBJECT_CONNECTOR, conn...).connector = &connector{
		typ: sys.DRM_MODE_CONNECTOR_DisplayPort, typeID: 1, connection: sys.DRM_MODE_DISCONNECTED,
		encoders: []uint32{encoder1},
	}
	c.addPlane(Primary1, 1, sys.DRM_PLANE_TYPE_PRIMARY, Formats)
	if !q.NoOverlay {
		c.addPlane(Overlay1, 3, sys.DRM_PLANE_TYPE_OVERLAY, Formats)
	}
	for i := range q.MoreOverlays {
		c.addPlane(MoreOverlay1+uint32(i), 1, sys.DRM_PLANE_TYPE_OVERLAY, Formats)
	}
	c.addPlane(Cursor1, 1, sys.DRM_PLANE_TYPE_CURSOR, Formats[1:2])
	c.addPlane(Primary2, 2, sys.DRM_PLANE_TYPE_PRIMARY, Formats)
	c.set(Connector1, "max bpc", 8)
	if !q.NoVRR {
		c.set(Connector1, "vrr_capable", 1)
	}
	return c
}

func (c *Card) addPlane(id, crtcs uint32, typ uint64, formats []uint32) {
	props := []string{"type", "FB_ID", "CRTC_ID", "SRC_X", "SRC_Y", "SRC_W", "SRC_H",
		"CRTC_X", "CRTC_Y", "CRTC_W", "CRTC_H", "rotation", "COLOR_ENCODING", "COLOR_RANGE"}
	if !c.NoAlpha {
		props = append(props, "alpha")
	}
	if !c.NoZPos {
		props = append(props, "zpos")
	}
	if !c.NoModifiers {
		props = append(props, "IN_FORMATS")
	}
	c.add(id, sys.DRM_MODE_OBJECT_PLANE, props...).plane = &plane{crtcs, formats, formats}
	c.set(id, "type", typ)
	c.set(id, "rotation", 1)
	if !c.NoAlpha {
		c.set(id, "alpha", 0xffff)
	}
	if c.FixedZPos {
		c.def("zpos").flags |= sys.DRM_MODE_PROP_IMMUTABLE
		if typ != sys.DRM_PLANE_TYPE_PRIMARY { // which are at 0
			c.set(id, "zpos", uint64(id%100))
		}
	}
	if !c.NoModifiers {
		c.set(id, "IN_FORMATS", c.newBlob(InFormats(formats, sys.DRM_FORMAT_MOD_LINEAR, Modifier), nil))
	}
}

// SetFormats replaces the formats of a plane.
func (c *Card) SetFormats(id uint32, formats ...uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.object(id).plane.formats = formats
	c.list(id, formats)
}

// ListFormats has a plane list other formats than it takes.
func (c *Card) ListFormats(id uint32, formats ...uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list(id, formats)
}

func (c *Card) list(id uint32, formats []uint32) {
	c.object(id).plane.lists = formats
	if !c.NoModifiers {
		c.set(id, "IN_FORMATS", c.newBlob(InFormats(formats, sys.DRM_FORMAT_MOD_LINEAR, Modifier), nil))
	}
}

// Disconnect pulls the plug of a connector.
func (c *Card) Disconnect(id uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.disconnect(id)
}

func (c *Card) disconnect(id uint32) {
	conn := c.object(id).connector
	conn.connection, conn.modes = sys.DRM_MODE_DISCONNECTED, nil
}

// Plug connects a display with the given modes.
func (c *Card) Plug(id uint32, modes ...sys.DRMModeModeInfo) {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn := c.object(id).connector
	conn.connection, conn.modes = sys.DRM_MODE_CONNECTED, modes
}

// SetEDID makes the kernel know a monitor by its EDID, nil for none.
func (c *Card) SetEDID(id uint32, edid []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	blob := uint64(0)
	if edid != nil {
		blob = c.newBlob(edid, nil)
	}
	c.set(id, "EDID", blob)
	c.sweep()
}

// Unplug takes the whole card away.
func (c *Card) Unplug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unplug = true
	for f := range c.files {
		f.hangUp()
	}
}

// TakeMaster makes somebody else the master, as a switch of the virtual
// terminal does.
func (c *Card) TakeMaster() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.master = &File{}
}

// GiveMaster makes f the master, as a session manager does when its virtual
// terminal comes back; nil, or a file that is closed, makes it nobody.
func (c *Card) GiveMaster(f *File) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f != nil && (f.c != c || f.closed) {
		f = nil
	}
	c.master = f
}

// Refuse makes the next n commits fail with an errno; tests go well.
func (c *Card) Refuse(n int, errno error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuse, c.refusal = n, errno
}

// ForgetState is what a driver does that comes back from a suspend or a reset without
// its state: everything is off, until a mode is set.
func (c *Card) ForgetState() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sendFlips()
	for _, o := range c.objects {
		for _, name := range []string{"ACTIVE", "MODE_ID", "CRTC_ID", "FB_ID", "HDR_OUTPUT_METADATA"} {
			if p := o.find(name); p != nil {
				c.state[p.slot] = 0
			}
		}
	}
	c.sweep()
}

// Remove takes a connector away, as a DisplayPort hub does that is pulled; Rename
// brings it back with another id.
func (c *Card) Remove(id uint32) { c.Rename(id, id|removed) }

// Rename gives a connector another id.
func (c *Card) Rename(id, to uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.object(id).id = to
}

// Set changes a property behind everybody's back, as the driver itself or
// another program does.
func (c *Card) Set(id uint32, name string, v uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(id, name, v)
}

// Value reads a property of an object.
func (c *Card) Value(id uint32, name string) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state[c.slot(id, name)]
}

// Enum reads an enum property by the name of its value.
func (c *Card) Enum(id uint32, name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.object(id).find(name)
	for _, e := range p.enums {
		if e.Value == c.state[p.slot] {
			return str(e.Name[:])
		}
	}
	return fmt.Sprint("no name for ", c.state[p.slot])
}

// Blob reads the content of a blob property; nil when it has none.
func (c *Card) Blob(id uint32, name string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b := c.blobs[c.state[c.slot(id, name)]]; b != nil {
		return b.data
	}
	return nil
}

// Pixels is a copy of the memory that a plane shows, from its start on; nil when
// it shows nothing.
func (c *Card) Pixels(plane uint32) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	fb := c.fbs[c.state[c.slot(plane, "FB_ID")]]
	if fb == nil {
		return nil
	}
	b := make([]byte, fb.size)
	if n, err := unix.Pread(fb.fd.Int(), b, 0); err != nil || n != len(b) {
		return nil
	}
	return b
}

// Stack lists the planes that are lit on a CRTC from the lowest to the highest.
func (c *Card) Stack(crtc uint32) (planes []uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := func(o *object) [3]uint64 {
		kind := c.state[o.find("type").slot] // overlay, primary, cursor
		if kind < sys.DRM_PLANE_TYPE_CURSOR {
			kind ^= 1
		}
		z := uint64(0)
		if p := o.find("zpos"); p != nil {
			z = c.state[p.slot]
		}
		return [3]uint64{z, kind, uint64(o.id)}
	}
	var lit []*object
	for _, o := range c.objects {
		if o.plane != nil && c.state[o.find("FB_ID").slot] != 0 && c.state[o.find("CRTC_ID").slot] == uint64(crtc) {
			lit = append(lit, o)
		}
	}
	slices.SortFunc(lit, func(a, b *object) int {
		x, y := at(a), at(b)
		return slices.Compare(x[:], y[:])
	})
	for _, o := range lit {
		planes = append(planes, o.id)
	}
	return planes
}

// Snapshot is the state of every property, blobs by content, for comparison.
func (c *Card) Snapshot() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]string{}
	for _, o := range c.objects {
		for _, p := range o.props {
			v := c.state[p.slot]
			s := fmt.Sprint(v)
			if p.flags&sys.DRM_MODE_PROP_BLOB != 0 && c.blobs[v] != nil {
				s = fmt.Sprintf("%x", c.blobs[v].data)
			}
			all[fmt.Sprintf("%d %s", o.id, p.name)] = s
		}
	}
	return all
}

// Commits lists the atomic commits so far.
func (c *Card) Commits() []Commit {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Commit(nil), c.commits...)
}

// Torn counts the planes that went dark because the framebuffer they showed was
// removed.
func (c *Card) Torn() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.torn
}

// ForgetCommits empties the list, which stops growing at its capacity.
func (c *Card) ForgetCommits() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.commits = c.commits[:0]
}

// VBlank completes the flips that wait (see HoldFlips).
func (c *Card) VBlank() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sendFlips()
}

// Mode makes a mode of plausible timing.
func Mode(w, h, hz uint32, preferred bool) sys.DRMModeModeInfo {
	m := sys.DRMModeModeInfo{
		HDisplay: uint16(w), HSyncStart: uint16(w + 40), HSyncEnd: uint16(w + 80), HTotal: uint16(w + 160),
		VDisplay: uint16(h), VSyncStart: uint16(h + 3), VSyncEnd: uint16(h + 8), VTotal: uint16(h + 30),
		VRefresh: hz,
	}
	m.Clock = uint32(m.HTotal) * uint32(m.VTotal) * hz / 1000
	if preferred {
		m.Type = sys.DRM_MODE_TYPE_PREFERRED
	}
	copy(m.Name[:], fmt.Sprintf("%dx%d", w, h))
	return m
}

// removed marks the id of a connector that is away.
const removed = 1 << 31

func (c *Card) object(id uint32) *object {
	for _, o := range c.objects {
		if o.id == id {
			return o
		}
	}
	return nil
}

func (c *Card) slot(id uint32, name string) int {
	p := c.object(id).find(name)
	if p == nil {
		panic(fmt.Sprintf("kmstest: object %d has no %s", id, name))
	}
	return p.slot
}

func (c *Card) set(id uint32, name string, v uint64) { c.state[c.slot(id, name)] = v }

func (o *object) find(name string) *prop {
	for i := range o.props {
		if o.props[i].name == name {
			return &o.props[i]
		}
	}
	return nil
}

func (c *Card) id() uint32 { c.lastID++; return c.lastID }

func (c *Card) newBlob(data []byte, owner *File) uint64 {
	id := uint64(c.id())
	c.blobs[id] = &blob{append([]byte(nil), data...), owner}
	return id
}

// inUse tells whether any property refers to a blob.
func (c *Card) inUse(id uint64) bool {
	for _, o := range c.objects {
		for _, p := range o.props {
			if p.flags&sys.DRM_MODE_PROP_BLOB != 0 && c.state[p.slot] == id {
				return true
			}
		}
	}
	return false
}

// sweep forgets blobs that neither a file nor a property holds.
func (c *Card) sweep() {
	for id, b := range c.blobs {
		if b.owner == nil && !c.inUse(id) {
			delete(c.blobs, id)
		}
	}
}

func str(b []byte) string {
	for i, ch := range b {
		if ch == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
