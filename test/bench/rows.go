package main

import "fmt"

// group is one package whose benchmarks are run together.
type group struct {
	pkg, bench string
	vm         bool
}

func (g group) command() []string {
	if g.vm {
		return []string{"test/vm/gotest", "--steady"}
	}
	return []string{"go", "test"}
}

var groups = []group{
	{pkg: "./meta", bench: "^Benchmark(Seal|Open)$"},
	{pkg: "./meta/gstmeta", bench: "^BenchmarkAttach$"},
	{pkg: "./meta/bitstream", bench: "^BenchmarkFind$"},
	{pkg: "./meta/hdr10plus", bench: "^BenchmarkDecode$"},
	{pkg: "./elements/internal/gstx", bench: "^BenchmarkElement$"},
	{pkg: "./elements/hdrmetaparse", bench: "^BenchmarkParse$"},
	{pkg: "./test/e2e", bench: "^Benchmark(Display|Capture)$", vm: true},
}

// row is one promise. Each benchmark has sub-benchmarks floor, peer and ours.
type row struct {
	name, bench, metric, unit string
	budget                    string
	vm                        bool
	// judge gets floor, peer and ours and tells the ratio that is quoted and
	// whether the budget is met.
	judge func(floor, peer, ours float64) (ratio float64, ok bool)
	// zero names a metric of ours that must be 0.
	zero string
}

var rows = []row{
	{
		name: "attach a reused block, read it back", bench: "Attach", metric: "ns/op", unit: "ns",
		budget: "<= 125 ns and <= 0.5 x peer (GstCustomMeta), no allocation", zero: "allocs/op",
		judge: func(_, peer, ours float64) (float64, bool) { return ours / peer, ours <= 125 && ours <= 0.5*peer },
	}, {
		name: "one element, over identity", bench: "Element", metric: "ns/op", unit: "ns",
		budget: "ours - floor (identity) <= 200 ns, no allocation", zero: "allocs/op",
		judge: func(floor, peer, ours float64) (float64, bool) {
			return (ours - floor) / (peer - floor), ours-floor <= 200
		},
	}, {
		name: "a new sealed block", bench: "Seal", metric: "ns/op", unit: "ns",
		budget: "<= 1.25 x floor (the syscalls alone)",
		judge:  func(floor, _, ours float64) (float64, bool) { return ours / floor, ours <= 1.25*floor },
	}, {
		name: "accept and decode a block", bench: "Open", metric: "ns/op", unit: "ns",
		budget: "<= 2 x floor (the syscalls alone), no allocation", zero: "allocs/op",
		judge: func(floor, _, ours float64) (float64, bool) { return ours / floor, ours <= 2*floor },
	}, {
		name: "decode a HDR10+ message", bench: "Decode", metric: "ns/op", unit: "ns",
		budget: "<= 1 us, no allocation; peer is the message as JSON", zero: "allocs/op",
		judge: func(_, peer, ours float64) (float64, bool) { return ours / peer, ours <= 1000 },
	}, {
		name: "find metadata in 1 MB of HEVC", bench: "Find", metric: "MB/s", unit: "MB/s",
		budget: ">= 2000 MB/s, no allocation; floor is a copy, peer unescapes every NAL unit", zero: "allocs/op",
		judge: func(_, peer, ours float64) (float64, bool) { return ours / peer, ours >= 2000 },
	}, {
		name: "CPU of hdrmetaparse, 1080p", bench: "Parse", metric: "cpu-us/frame", unit: "us",
		budget: "ours - floor (identity) <= 2 % of peer (avdec_h265)",
		judge: func(floor, peer, ours float64) (float64, bool) {
			return (ours - floor) / peer, ours-floor <= 0.02*peer
		},
	}, {
		name: "600 frames on vkms, 60 Hz", bench: "Display", metric: "frames/vblank", unit: "per vblank", vm: true,
		budget: "1; floor is kmssink's own plane path, peer its modesetting path",
		judge:  func(_, peer, ours float64) (float64, bool) { return ours / peer, ours >= 1 },
	}, {
		name: "CPU per frame, vivid to vkms", bench: "Display", metric: "cpu-us/frame", unit: "us", vm: true,
		budget: "<= floor and <= peer (kmssink's two paths)",
		judge: func(floor, peer, ours float64) (float64, bool) {
			return ours / min(floor, peer), ours <= floor && ours <= peer
		},
	}, {
		name: "CPU per frame, vivid 1080p60", bench: "Capture", metric: "cpu-us/frame", unit: "us", vm: true,
		budget: "<= peer (v4l2src); floor is v4l2-ctl",
		judge:  func(_, peer, ours float64) (float64, bool) { return ours / peer, ours <= peer },
	}, {
		name: "of 600 frames lost, 1080p60", bench: "Capture", metric: "lost", unit: "frames", vm: true,
		budget: "<= peer (v4l2src)",
		judge:  func(_, peer, ours float64) (float64, bool) { return ours / max(peer, 1), ours <= peer },
	},
}

// result is a line of out/bench.json.
type result struct {
	Name   string  `json:"name"`
	Unit   string  `json:"unit"`
	Floor  float64 `json:"floor"`
	Peer   float64 `json:"peer"`
	Ours   float64 `json:"ours"`
	Ratio  float64 `json:"ratio"`
	Budget string  `json:"budget"`
	OK     bool    `json:"ok"`
}

func (r row) evaluate(got results) (result, error) {
	var v [3]float64
	for i, who := range []string{"floor", "peer", "ours"} {
		x, ok := got[r.bench+"/"+who][r.metric]
		if !ok {
			return result{}, fmt.Errorf("benchmark %s/%s gave no %s", r.bench, who, r.metric)
		}
		v[i] = x
	}
	out := result{Name: r.name, Unit: r.unit, Floor: v[0], Peer: v[1], Ours: v[2], Budget: r.budget}
	out.Ratio, out.OK = r.judge(v[0], v[1], v[2])
	if r.zero != "" {
		n, ok := got[r.bench+"/ours"][r.zero]
		if !ok {
			return result{}, fmt.Errorf("benchmark %s/ours gave no %s", r.bench, r.zero)
		}
		out.OK = out.OK && n == 0
	}
	return out, nil
}
