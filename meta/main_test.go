package meta

import (
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/test/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }
