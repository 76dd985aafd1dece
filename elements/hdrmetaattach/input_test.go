package hdrmetaattach

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

func TestFilesThatCannotBeUsedAreErrorsAtTheStart(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	loop := filepath.Join(t.TempDir(), "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	good := string(hdr10plusFile(20, 5))
	rpus := streams.RPUFile(3)
	flipped := bytes.Clone(rpus)
	for i := 40; i < len(flipped); i += 60 {
		flipped[i] ^= 0x40
	}
	for _, c := range []struct {
		name, property, location, text, cause string
	}{
		{"missing", "hdr10plus-location", "/nonexistent/a.json", "There is no file /nonexistent/a.json", "no such file"},
		{"missing", "rpu-location", "/nonexistent/a.bin", "There is no file /nonexistent/a.bin", "no such file"},
		{"folder", "hdr10plus-location", t.TempDir(), "not a regular file", "folder"},
		{"pipe without a writer", "rpu-location", fifo, "not a regular file", "pipe"},
		{"device", "rpu-location", "/dev/zero", "not a regular file", "device"},
		{"link to itself", "rpu-location", loop, "cannot be used", "too many levels"},
		{"no JSON", "hdr10plus-location", write(t, "x", []byte("MZ\x00\x01 binary")), "cannot be used", "invalid character"},
		{"other JSON", "hdr10plus-location", write(t, "x", []byte(`{"a": 1}`)), "cannot be used", "SceneInfo"},
		{"no entries", "hdr10plus-location", write(t, "x", hdr10plusFile(0, 1)), "cannot be used", "no entry"},
		{"empty", "hdr10plus-location", write(t, "x", nil), "cannot be used", "ends at byte 0"},
		{"cut off", "hdr10plus-location", write(t, "x", []byte(good[:len(good)/2])), "cannot be used", "SceneInfo[10]"},
		{"value out of range", "hdr10plus-location", write(t, "x", []byte(strings.Replace(good, "17830", "4000000000", 1))), "cannot be used", "4000000000"},
		{"negative value", "hdr10plus-location", write(t, "x", []byte(strings.Replace(good, "14252", "-1", 1))), "cannot be used", "-1"},
		{"value of another type", "hdr10plus-location", write(t, "x", []byte(strings.Replace(good, "14252", `"14252"`, 1))), "cannot be used", "MaxScl"},
		{"empty", "rpu-location", write(t, "x", nil), "cannot be used", "no entry"},
		{"no RPU file", "rpu-location", write(t, "x", []byte("something else")), "cannot be used", "not an RPU file"},
		{"all broken", "rpu-location", write(t, "x", flipped), "cannot be used", "all 3 RPUs are broken"},
	} {
		t.Run(c.property+" "+c.name, func(t *testing.T) {
			p := pipe.Play(t, fmt.Sprintf(video+"hdrmetaattach name=a %s=%s ! fakesink", 5, c.property, c.location))
			m := p.Error(10 * time.Second)
			if m.From != "a" || !strings.Contains(m.Text, c.location) || !strings.Contains(m.Text, c.text) || !strings.Contains(m.Debug, c.cause) {
				t.Errorf("error of %s: %q (%q); want %q of %s (%q)", m.From, m.Text, m.Debug, c.text, c.location, c.cause)
			}
		})
	}
}

func TestBrokenRPUsLeaveTheOthersInTheirPlaces(t *testing.T) {
	whole := streams.RPUFile(20)
	at := make([]int, 21) // where each one starts
	for i := range at {
		at[i] = len(streams.RPUFile(i))
	}
	cut := whole[:at[19]+40]
	wrong := bytes.Clone(whole)
	wrong[at[3]+30] ^= 1
	wrong[at[11]+4] = 0x18
	for name, c := range map[string]struct {
		file   []byte
		broken []int
		text   string
	}{
		"cut off": {cut, []int{19}, "1 of the 20 RPUs"},
		"damaged": {wrong, []int{3, 11}, "2 of the 20 RPUs"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, "a.bin", c.file)
			p := pipe.Play(t, fmt.Sprintf(video+"hdrmetaattach name=a rpu-location=%s past-end=stop ! metarecorder name=out ! fakesink", 20, path))
			m := p.Next("warning", 10*time.Second, warning)
			if m.From != "a" || !strings.Contains(m.Text, c.text) || !strings.Contains(m.Text, path) || !strings.Contains(m.Debug, fmt.Sprint("RPU ", c.broken[0])) {
				t.Errorf("warning of %s: %q (%q), want %q", m.From, m.Text, m.Debug, c.text)
			}
			p.EOS(10 * time.Second)
			p.Stop()
			for i, f := range recorded(t) {
				want := i
				for _, b := range c.broken {
					if i == b {
						want = -1
					}
				}
				if r := rpuOf(t, f.Block); r != want {
					t.Errorf("frame %d has RPU %d, want %d", i, r, want)
				}
			}
		})
	}
}

func TestPropertiesKeepTheirValueAndRefuseABadOne(t *testing.T) {
	p := pipe.New(t, "videotestsrc ! hdrmetaattach name=a ! fakesink")
	a := p.Element("a")
	for name, c := range map[string]struct{ good, bad string }{
		"hdr10plus-location":     {"/tmp/a b.json", ""},
		"rpu-location":           {"/tmp/a.bin", ""},
		"colorimetry":            {"bt2100-pq", "bt2100-qp"},
		"content-light-level":    {"1000:400", "1000"},
		"mastering-display-info": {"35400:14600:8500:39850:6550:2300:15635:16450:10000000:1", "1:2:3"},
	} {
		a.SetObjectProperty(name, c.good)
		if c.bad != "" {
			a.SetObjectProperty(name, c.bad)
			m := p.Next("warning", 5*time.Second, warning)
			if !strings.Contains(m.Text, c.bad) || !strings.Contains(m.Text, name) {
				t.Errorf("warning %q does not say what was wrong", m.Text)
			}
		}
		if v := a.ObjectProperty(name); v != c.good {
			t.Errorf("%s is %v, want %s", name, v, c.good)
		}
		a.SetObjectProperty(name, "")
		if v := a.ObjectProperty(name); v != "" {
			t.Errorf("%s is %v after it was emptied", name, v)
		}
	}
}
