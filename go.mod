module github.com/gst-shmmeta/gst-shmmeta

go 1.25.0

require golang.org/x/sys v0.46.0

require (
	github.com/go-gst/go-glib v0.0.2 // indirect
	github.com/go-gst/go-gst v0.0.2 // indirect
)
