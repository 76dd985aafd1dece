package kms

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
)

// lease makes a player on a lease of the first pipe.
func lease(t *testing.T, card *kmstest.Card) (lessor, lessee *kmstest.File, p *player) {
	t.Helper()
	lessor = card.Open()
	t.Cleanup(func() { lessor.Close() })
	lessee = lessor.Lease(kmstest.Connector1, kmstest.CRTC1, kmstest.Primary1)
	return lessor, lessee, playOn(t, card, lessee, true)
}

func TestLeaseIsPlayedOnAndNothingElse(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	card.Plug(kmstest.Connector2, kmstest.Mode(1280, 720, 60, true))
	unleased := func() map[string]string {
		all := card.Snapshot()
		maps.DeleteFunc(all, func(k, _ string) bool {
			return strings.HasPrefix(k, "101 ") || strings.HasPrefix(k, "201 ") || strings.HasPrefix(k, "301 ")
		})
		return all
	}
	before := unleased()
	_, _, p := lease(t, card)
	if got := len(p.o.planes); got != 1 {
		t.Errorf("%d planes to choose from, want the leased one", got)
	}
	p.shows(10)
	p.whole()
	p.close(nil)
	if after := unleased(); !maps.Equal(before, after) {
		t.Errorf("not leased, and changed: %v", differences(before, after))
	}
	if card.Value(kmstest.CRTC1, "ACTIVE") != 0 {
		t.Error("the leased display was left on")
	}
}

func TestLessorsMastershipIsTheLessees(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	lessor, _, p := lease(t, card)
	p.shows(3)
	card.TakeMaster()
	p.loses(ErrNotMaster)
	card.GiveMaster(lessor)
	p.later()
	p.shows(3)
	p.whole()
	p.close(nil)
}

func TestRevokedLeaseIsAnError(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	for name, later := range map[string]bool{"seen by a look": true, "seen by a refused flip": false} {
		t.Run(name, func(t *testing.T) {
			_, lessee, p := lease(t, card)
			p.shows(3)
			lessee.Revoke()
			if later {
				p.later()
			}
			if err := p.show(); !errors.Is(err, ErrRevoked) || errors.Is(err, ErrLost) {
				t.Errorf("got %v, want ErrRevoked", err)
			}
			if err := p.o.Close(); err == nil {
				t.Error("close: what was leased cannot be put back, and no error says so")
			}
		})
	}
}
