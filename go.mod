module github.com/gst-shmmeta/gst-shmmeta

go 1.25.0

require (
	github.com/go-gst/go-gst v0.0.2
	golang.org/x/sys v0.46.0
	golang.org/x/term v0.43.0
)

require github.com/go-gst/go-glib v0.0.2 // indirect
