package kms

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
)

func TestTheUsersPropertiesAreInTheFirstCommitAndGoAtTheEnd(t *testing.T) {
	for _, c := range []struct {
		name   string
		assign Assignment
		object uint32
		prop   string
		want   uint64
	}{
		{"a range", Assignment{"connector-properties", KindConnector, "max-bpc", uint64(10)}, kmstest.Connector1, "max bpc", 10},
		{"by the driver's own spelling", Assignment{"max-bpc", KindConnector, "max bpc", int32(12)}, kmstest.Connector1, "max bpc", 12},
		{"an enum by number", Assignment{"connector-properties", KindConnector, "Broadcast-RGB", int32(1)}, kmstest.Connector1, "Broadcast RGB", 1},
		{"an enum by name", Assignment{"connector-properties", KindConnector, "Broadcast-RGB", "Limited 16:235"}, kmstest.Connector1, "Broadcast RGB", 2},
		{"an enum by a name without spaces", Assignment{"connector-properties", KindConnector, "Broadcast-RGB", "Limited-16-235"}, kmstest.Connector1, "Broadcast RGB", 2},
		{"a negative number", Assignment{"connector-properties", KindConnector, "tint", int32(-50)}, kmstest.Connector1, "tint", 1<<64 - 50},
		{"a bitmask by number", Assignment{"plane-properties", KindPlane, "rotation", int64(4)}, kmstest.Primary1, "rotation", 4},
		{"a bitmask by names", Assignment{"plane-properties", KindPlane, "rotation", "rotate-180+reflect-x"}, kmstest.Primary1, "rotation", 1<<2 | 1<<4},
		{"of the plane", Assignment{"zpos", KindPlane, "zpos", uint32(2)}, kmstest.Primary1, "zpos", 2},
		{"of the CRTC", Assignment{"", KindCRTC, "VRR_ENABLED", true}, kmstest.CRTC1, "VRR_ENABLED", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := kmstest.NewCard(kmstest.Quirks{})
			before := card.Snapshot()
			k := card.Open()
			d, err := New(k)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			o, err := NewOutput(d, Config{Extras: Extras{Assign: []Assignment{c.assign}}, Debugf: t.Logf})
			if err != nil {
				t.Fatal(err)
			}
			fb := play(t, d, o, xr24(640, 480))
			if got := card.Value(c.object, c.prop); got != c.want {
				t.Errorf("%s: got %d, want %d", c.prop, got, c.want)
			}
			if o.Ignored() != nil {
				t.Errorf("ignored: %q", o.Ignored())
			}
			commits := slices.DeleteFunc(card.Commits(), func(c kmstest.Commit) bool { return c.Flags&uint32(Test) != 0 })
			if len(commits) != 1 {
				t.Errorf("%d commits, want 1", len(commits))
			}
			// A change of the signal leaves it alone.
			o.SetSignal(pq(1))
			if err := o.Show(fb); err != nil {
				t.Fatal(err)
			}
			if got := card.Value(c.object, c.prop); got != c.want {
				t.Errorf("%s after a change of the signal: got %d, want %d", c.prop, got, c.want)
			}
			if err := o.Close(); err != nil {
				t.Fatal(err)
			}
			if left := differences(before, card.Snapshot()); len(left) > 0 {
				t.Errorf("not put back: %v", left)
			}
		})
	}
}

func TestWhatCannotBeAssignedIsToldAndTheVideoGoesOn(t *testing.T) {
	for _, c := range []struct {
		name   string
		quirks kmstest.Quirks
		extras Extras
		words  []string
	}{
		{"no such property", kmstest.Quirks{}, Extras{Assign: []Assignment{{"connector-properties", KindConnector, "brightness", 1}}},
			[]string{"connector-properties", "brightness", "HDMI-A-1", "does not exist", "max-bpc", "Broadcast-RGB"}},
		{"no such plane property", kmstest.Quirks{}, Extras{Assign: []Assignment{{"plane-properties", KindPlane, "sharpness", 1}}},
			[]string{"plane-properties", "sharpness", "plane 301", "does not exist", "zpos", "alpha"}},
		{"above the range", kmstest.Quirks{}, Extras{Assign: []Assignment{{"max-bpc", KindConnector, "max bpc", uint32(16)}}},
			[]string{"max bpc=16", "6…12"}},
		{"negative", kmstest.Quirks{}, Extras{Assign: []Assignment{{"plane-properties", KindPlane, "zpos", int32(-1)}}},
			[]string{"zpos=-1", "0…3"}},
		{"below a signed range", kmstest.Quirks{}, Extras{Assign: []Assignment{{"connector-properties", KindConnector, "tint", int64(-51)}}},
			[]string{"tint=-51", "-50…50"}},
		{"above a signed range", kmstest.Quirks{}, Extras{Assign: []Assignment{{"connector-properties", KindConnector, "tint", uint64(1<<64 - 10)}}},
			[]string{"tint", "-50…50"}},
		{"no value of the enum", kmstest.Quirks{}, Extras{Assign: []Assignment{{"connector-properties", KindConnector, "Broadcast-RGB", int32(7)}}},
			[]string{"Broadcast-RGB=7", "Full (1)"}},
		{"no name of the enum", kmstest.Quirks{}, Extras{Assign: []Assignment{{"connector-properties", KindConnector, "Broadcast-RGB", "Half"}}},
			[]string{"Half", "Full (1)"}},
		{"no bit of the mask", kmstest.Quirks{}, Extras{Assign: []Assignment{{"plane-properties", KindPlane, "rotation", int32(64)}}},
			[]string{"rotation=64", "rotate-180 (4)"}},
		{"no bit's name", kmstest.Quirks{}, Extras{Assign: []Assignment{{"plane-properties", KindPlane, "rotation", "rotate-45"}}},
			[]string{"rotate-45", "rotate-90 (2)"}},
		{"no number at all", kmstest.Quirks{}, Extras{Assign: []Assignment{{"plane-properties", KindPlane, "zpos", 1.5}}}, []string{"zpos=1.5"}},
		{"what makes the picture appear", kmstest.Quirks{}, Extras{Assign: []Assignment{{"plane-properties", KindPlane, "CRTC_X", int32(10)}}},
			[]string{"CRTC_X", "cannot be set"}},
		{"an object", kmstest.Quirks{}, Extras{Assign: []Assignment{{"plane-properties", KindPlane, "FB_ID", int32(0)}}}, []string{"FB_ID", "cannot be set"}},
		{"a blob", kmstest.Quirks{}, Extras{Assign: []Assignment{{"connector-properties", KindConnector, "HDR_OUTPUT_METADATA", int32(0)}}}, []string{"cannot be set"}},
		{"what the driver alone sets", kmstest.Quirks{}, Extras{Assign: []Assignment{{"plane-properties", KindPlane, "type", int32(0)}}}, []string{"type", "cannot be set"}},
		{"what the driver refuses", kmstest.Quirks{RefuseBPC: true}, Extras{Assign: []Assignment{{"max-bpc", KindConnector, "max bpc", uint32(12)}}},
			[]string{"driver refused max bpc=12", "HDMI-A-1", "invalid argument"}},
		{"a fixed refresh rate", kmstest.Quirks{NoVRR: true}, Extras{VRR: true}, []string{"vrr", "HDMI-A-1", "vrr_capable"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := kmstest.NewCard(c.quirks)
			d := openFake(t, card)
			// One that is right is taken all the same.
			c.extras.Assign = append(c.extras.Assign, Assignment{"connector-properties", KindConnector, "Broadcast-RGB", "Full"})
			o := output(t, d, Config{Extras: c.extras})
			fb := play(t, d, o, xr24(640, 480))
			if card.Value(kmstest.Primary1, "FB_ID") != uint64(fb.ID) {
				t.Error("the picture is not shown")
			}
			if len(o.Ignored()) != 1 {
				t.Fatalf("told %q", o.Ignored())
			}
			for _, w := range c.words {
				if !strings.Contains(o.Ignored()[0], w) {
					t.Errorf("%q does not say %q", o.Ignored()[0], w)
				}
			}
			if got := card.Enum(kmstest.Connector1, "Broadcast RGB"); got != "Full" {
				t.Errorf("Broadcast RGB: got %s", got)
			}
		})
	}
}

func TestVariableRefreshRate(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	d := openFake(t, card)
	o, err := NewOutput(d, Config{Extras: Extras{VRR: true}})
	if err != nil {
		t.Fatal(err)
	}
	play(t, d, o, xr24(640, 480))
	if card.Value(kmstest.CRTC1, "VRR_ENABLED") != 1 {
		t.Error("not enabled")
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if card.Value(kmstest.CRTC1, "VRR_ENABLED") != 0 {
		t.Error("left enabled")
	}
}

func TestChoicesThatDoNotExistSayWhatDoes(t *testing.T) {
	wish := func(s string) ModeWish {
		w, err := ParseModeWish(s)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	for _, c := range []struct {
		name  string
		cfg   Config
		kind  error
		words []string
	}{
		{"connector by name", Config{ConnectorName: "HDMI-A-9"}, ErrNoConnector, []string{"connector HDMI-A-9 does not exist", "HDMI-A-1 (id 101, connected)", "DP-1 (id 102, disconnected)"}},
		{"connector by id", Config{Connector: 7}, ErrNoConnector, []string{"connector 7 does not exist", "HDMI-A-1"}},
		{"connector by id as a name", Config{ConnectorName: "7"}, ErrNoConnector, []string{"connector 7 does not exist", "HDMI-A-1"}},
		{"connector without a display", Config{ConnectorName: "DP-1"}, ErrNoConnector, []string{"DP-1 (connector 102) has no display", "HDMI-A-1"}},
		{"plane", Config{Plane: 7}, ErrNoPlane, []string{"plane 7 does not exist", "plane 301 (primary)", "plane 302 (overlay)"}},
		{"plane of another CRTC", Config{Plane: kmstest.Primary2}, ErrNoPlane, []string{"plane 304 cannot be used with CRTC 201, which shows HDMI-A-1", "plane 301"}},
		{"size", Config{Mode: wish("1x1")}, ErrNoMode, []string{"mode 1x1", "HDMI-A-1", "1920x1080@60.", "1280x720@50."}},
		{"rate", Config{Mode: wish("1920x1080@50")}, ErrNoMode, []string{"mode 1920x1080@50.000", "1920x1080@60."}},
		{"interlaced", Config{Mode: wish("1920x1080i")}, ErrNoMode, []string{"mode 1920x1080i", "1920x1080@60."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewOutput(openFake(t, kmstest.NewCard(kmstest.Quirks{})), c.cfg)
			var choice *ChoiceError
			if !errors.Is(err, c.kind) || !errors.As(err, &choice) {
				t.Fatalf("got %v", err)
			}
			for _, w := range c.words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
		})
	}
	for _, name := range []string{"HDMI-A-1", "101"} {
		o := output(t, openFake(t, kmstest.NewCard(kmstest.Quirks{})), Config{ConnectorName: name})
		if o.Connector.ID != kmstest.Connector1 {
			t.Errorf("%s: got %v", name, o.Connector)
		}
	}
}
