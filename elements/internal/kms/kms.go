// Package kms shows framebuffers on a display through the atomic mode-setting
// interface of DRM, and nothing but the atomic interface.
//
// A Device is an open card: what it has (Resources), framebuffers made from
// DMA-bufs (Import) or plain memory (CreateDumb), and atomic requests. An
// Output drives one connector: it picks connector, CRTC, mode and planes, shows
// one framebuffer per frame together with the signal's HDR state, and puts
// everything back when it is closed. What a driver can do is found out by
// TEST_ONLY commits, never from its name.
//
// All kernel contact goes through the Kernel interface; package kmstest has
// one for tests. Devices and Outputs are not safe for concurrent use, except
// Output.Unlock and Output.UnlockStop, which end a wait from any goroutine.
package kms
