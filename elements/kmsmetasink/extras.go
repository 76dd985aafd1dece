package kmsmetasink

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
)

// extras are the properties that the user sets beyond the picture. What is named
// one by one goes before what an element property of its own says.
func (s *settings) extras() kms.Extras {
	e := kms.Extras{VRR: s.vrr}
	if s.maxBPC > 0 {
		e.Assign = append(e.Assign, kms.Assignment{From: "max-bpc", Kind: kms.KindConnector, Name: "max bpc", Value: s.maxBPC})
	}
	if s.zpos >= 0 {
		e.Assign = append(e.Assign, kms.Assignment{From: "zpos", Kind: kms.KindPlane, Name: "zpos", Value: s.zpos})
	}
	add := func(from string, kind kms.Kind, fields gstx.Fields) {
		for _, f := range fields.List {
			e.Assign = append(e.Assign, kms.Assignment{From: from, Kind: kind, Name: f.Name, Value: f.Value})
		}
	}
	add("connector-properties", kms.KindConnector, s.connectorProps)
	add("plane-properties", kms.KindPlane, s.planeProps)
	return e
}
