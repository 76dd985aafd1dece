package meta

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// missing skips a test for want of a tool or a file. Where everything is
// promised to be there it fails, but for C++, which no other test needs.
func missing(t *testing.T, what, why string) {
	t.Helper()
	if os.Getenv("REQUIRE_DEVICES") == "1" && what != "g++" {
		t.Fatalf("%s: %s", what, why)
	}
	t.Skipf("%s: %s", what, why)
}

// compile builds a C or C++ program against shmmeta.h and gives its path.
func compile(t *testing.T, compiler, source string, flags ...string) string {
	t.Helper()
	if _, err := exec.LookPath(compiler); err != nil {
		missing(t, compiler, err.Error())
	}
	program := filepath.Join(t.TempDir(), "program")
	args := append([]string{"-Wall", "-Wextra", "-Werror", "-I.", "-o", program}, append(flags, source)...)
	if out, err := exec.Command(compiler, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", compiler, err, out)
	}
	return program
}

type value struct {
	c    string
	want uint64
}

// abi is every size, offset and constant that both files say.
var abi = []value{
	{"SHMMETA_MAJOR", Major}, {"SHMMETA_MINOR", Minor},
	{"SHMMETA_MIN_SIZE", MinSize}, {"SHMMETA_MAX_SIZE", MaxSize},
	{"SHMMETA_MAX_SECTIONS", MaxSections}, {"SHMMETA_MAX_LAYERS", MaxLayers},
	{"SHMMETA_MAX_PLANES", MaxPlanes}, {"SHMMETA_MAX_LAYER_PLANES", MaxLayerPlanes},
	{"SHMMETA_ALIGNMENT", alignment}, {"SHMMETA_CRITICAL", flagCritical},
	{"SHMMETA_SEALS", uint64(SealsRequired)},
	{"(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)", uint64(SealsRequired)},
	{"(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)", uint64(SealsApplied)},
	{"sizeof(SHMMETA_MAGIC) - 1", uint64(len(magic))},

	{"SHMMETA_TYPE_COLOR", uint64(TypeColor)},
	{"SHMMETA_TYPE_MASTERING_DISPLAY", uint64(TypeMasteringDisplay)},
	{"SHMMETA_TYPE_CONTENT_LIGHT", uint64(TypeContentLight)},
	{"SHMMETA_TYPE_HDR10PLUS", uint64(TypeHDR10Plus)},
	{"SHMMETA_TYPE_DOLBY_VISION", uint64(TypeDolbyVision)},
	{"SHMMETA_TYPE_T35", uint64(TypeT35)},
	{"SHMMETA_TYPE_AMBIENT_VIEWING", uint64(TypeAmbientViewing)},
	{"SHMMETA_TYPE_LAYERS", uint64(TypeLayers)},
	{"SHMMETA_TYPE_FILM_GRAIN", uint64(TypeFilmGrain)},
	{"SHMMETA_TYPE_USER", uint64(TypeUser)},
	{"SHMMETA_GRAIN_H274", uint64(GrainH274)}, {"SHMMETA_GRAIN_AV1", uint64(GrainAV1)},
	{"SHMMETA_ROLE_VIDEO", uint64(RoleVideo)}, {"SHMMETA_ROLE_OVERLAY", uint64(RoleOverlay)},
	{"SHMMETA_ROLE_TOP_FIELD", uint64(RoleTopField)}, {"SHMMETA_ROLE_BOTTOM_FIELD", uint64(RoleBottomField)},
	{"SHMMETA_ROLE_LEFT_EYE", uint64(RoleLeftEye)}, {"SHMMETA_ROLE_RIGHT_EYE", uint64(RoleRightEye)},
	{"SHMMETA_ROLE_ALPHA", uint64(RoleAlpha)}, {"SHMMETA_ROLE_AUXILIARY", uint64(RoleAuxiliary)},

	{"sizeof(struct shmmeta_header)", headerSize},
	{"offsetof(struct shmmeta_header, magic)", headerMagic},
	{"offsetof(struct shmmeta_header, major)", headerMajor},
	{"offsetof(struct shmmeta_header, minor)", headerMinor},
	{"offsetof(struct shmmeta_header, size)", headerBytes},
	{"offsetof(struct shmmeta_header, nsections)", headerNSections},
	{"offsetof(struct shmmeta_header, content_id)", headerContentID},
	{"offsetof(struct shmmeta_header, reserved)", headerReserved},

	{"sizeof(struct shmmeta_section)", sectionSize},
	{"offsetof(struct shmmeta_section, type)", sectionType},
	{"offsetof(struct shmmeta_section, flags)", sectionFlags},
	{"offsetof(struct shmmeta_section, offset)", sectionOffset},
	{"offsetof(struct shmmeta_section, size)", sectionBytes},

	{"sizeof(struct shmmeta_color)", colorSize},
	{"offsetof(struct shmmeta_color, primaries)", colorPrimaries},
	{"offsetof(struct shmmeta_color, transfer)", colorTransfer},
	{"offsetof(struct shmmeta_color, matrix)", colorMatrix},
	{"offsetof(struct shmmeta_color, full_range)", colorFullRange},
	{"offsetof(struct shmmeta_color, chroma_site)", colorChromaSite},
	{"offsetof(struct shmmeta_color, reserved)", colorReserved},

	{"sizeof(struct shmmeta_chromaticity)", 4},
	{"offsetof(struct shmmeta_chromaticity, x)", 0},
	{"offsetof(struct shmmeta_chromaticity, y)", 2},
	{"sizeof(struct shmmeta_mastering_display)", masteringSize},
	{"offsetof(struct shmmeta_mastering_display, red)", masteringRed},
	{"offsetof(struct shmmeta_mastering_display, green)", masteringGreen},
	{"offsetof(struct shmmeta_mastering_display, blue)", masteringBlue},
	{"offsetof(struct shmmeta_mastering_display, white)", masteringWhite},
	{"offsetof(struct shmmeta_mastering_display, max_luminance)", masteringMax},
	{"offsetof(struct shmmeta_mastering_display, min_luminance)", masteringMin},

	{"sizeof(struct shmmeta_content_light)", lightSize},
	{"offsetof(struct shmmeta_content_light, max_cll)", lightMaxCLL},
	{"offsetof(struct shmmeta_content_light, max_fall)", lightMaxFALL},
	{"sizeof(struct shmmeta_ambient_viewing)", ambientSize},
	{"offsetof(struct shmmeta_ambient_viewing, illuminance)", ambientIlluminance},
	{"offsetof(struct shmmeta_ambient_viewing, light)", ambientLight},
	{"sizeof(struct shmmeta_film_grain)", grainSize},
	{"offsetof(struct shmmeta_film_grain, kind)", grainKind},
	{"sizeof(struct shmmeta_user)", userSize},
	{"offsetof(struct shmmeta_user, uuid)", userUUID},

	{"sizeof(struct shmmeta_layers)", layersSize},
	{"offsetof(struct shmmeta_layers, nlayers)", layersNLayers},
	{"offsetof(struct shmmeta_layers, nplanes)", layersNPlanes},
	{"sizeof(struct shmmeta_layer)", layerSize},
	{"offsetof(struct shmmeta_layer, fourcc)", layerFourCC},
	{"offsetof(struct shmmeta_layer, role)", layerRole},
	{"offsetof(struct shmmeta_layer, width)", layerWidth},
	{"offsetof(struct shmmeta_layer, height)", layerHeight},
	{"offsetof(struct shmmeta_layer, crop_x)", layerCrop},
	{"offsetof(struct shmmeta_layer, crop_y)", layerCrop + 4},
	{"offsetof(struct shmmeta_layer, crop_w)", layerCrop + 8},
	{"offsetof(struct shmmeta_layer, crop_h)", layerCrop + 12},
	{"offsetof(struct shmmeta_layer, dst_x)", layerDst},
	{"offsetof(struct shmmeta_layer, dst_y)", layerDst + 4},
	{"offsetof(struct shmmeta_layer, dst_w)", layerDst + 8},
	{"offsetof(struct shmmeta_layer, dst_h)", layerDst + 12},
	{"offsetof(struct shmmeta_layer, zpos)", layerZPos},
	{"offsetof(struct shmmeta_layer, alpha)", layerAlpha},
	{"offsetof(struct shmmeta_layer, first_plane)", layerFirstPlane},
	{"offsetof(struct shmmeta_layer, nplanes)", layerNPlanes},
	{"sizeof(struct shmmeta_plane)", planeSize},
	{"offsetof(struct shmmeta_plane, memory)", planeMemory},
	{"offsetof(struct shmmeta_plane, stride)", planeStride},
	{"offsetof(struct shmmeta_plane, offset)", planeOffset},
	{"offsetof(struct shmmeta_plane, size)", planeBytes},
	{"offsetof(struct shmmeta_plane, modifier)", planeModifier},
}

// kernelABI is the same for the kernel's structures that the conversions write
// and read.
var kernelABI = []value{
	{"sizeof(struct hdr_output_metadata)", HDROutputMetadataSize},
	{"sizeof(struct v4l2_ctrl_hdr10_mastering_display)", V4L2MasteringSize},
	{"sizeof(struct v4l2_ctrl_hdr10_cll_info)", V4L2LightSize},
	{"offsetof(struct v4l2_ctrl_hdr10_mastering_display, display_primaries_x)", v4l2X},
	{"offsetof(struct v4l2_ctrl_hdr10_mastering_display, display_primaries_y)", v4l2Y},
	{"offsetof(struct v4l2_ctrl_hdr10_mastering_display, white_point_x)", v4l2White},
	{"offsetof(struct v4l2_ctrl_hdr10_mastering_display, white_point_y)", v4l2White + 2},
	{"offsetof(struct v4l2_ctrl_hdr10_mastering_display, max_display_mastering_luminance)", v4l2Max},
	{"offsetof(struct v4l2_ctrl_hdr10_mastering_display, min_display_mastering_luminance)", v4l2Min},
	{"V4L2_HDR10_MASTERING_PRIMARIES_X_LOW", v4l2XLow}, {"V4L2_HDR10_MASTERING_PRIMARIES_X_HIGH", v4l2XHigh},
	{"V4L2_HDR10_MASTERING_PRIMARIES_Y_LOW", v4l2YLow}, {"V4L2_HDR10_MASTERING_PRIMARIES_Y_HIGH", v4l2YHigh},
	{"V4L2_HDR10_MASTERING_WHITE_POINT_X_LOW", v4l2XLow}, {"V4L2_HDR10_MASTERING_WHITE_POINT_X_HIGH", v4l2XHigh},
	{"V4L2_HDR10_MASTERING_WHITE_POINT_Y_LOW", v4l2YLow}, {"V4L2_HDR10_MASTERING_WHITE_POINT_Y_HIGH", v4l2YHigh},
	{"V4L2_HDR10_MASTERING_MAX_LUMA_LOW", v4l2MaxLumaLow}, {"V4L2_HDR10_MASTERING_MAX_LUMA_HIGH", v4l2MaxLumaHigh},
	{"V4L2_HDR10_MASTERING_MIN_LUMA_LOW", v4l2MinLumaLow}, {"V4L2_HDR10_MASTERING_MIN_LUMA_HIGH", v4l2MinLumaHigh},
}

func TestHeaderSaysTheSameAsLayout(t *testing.T) {
	compare(t, abi, "<fcntl.h>", `"shmmeta.h"`)
}

func TestKernelHeadersSayTheSameAsConversions(t *testing.T) {
	for _, h := range []string{"/usr/include/linux/videodev2.h", "/usr/include/drm/drm_mode.h"} {
		if _, err := os.Stat(h); err != nil {
			missing(t, "kernel headers", err.Error())
		}
	}
	compare(t, kernelABI, "<linux/videodev2.h>", "<drm/drm_mode.h>")
}

// compare has a C program print the values and holds them against Go's.
func compare(t *testing.T, values []value, headers ...string) {
	t.Helper()
	var c strings.Builder
	c.WriteString("#define _GNU_SOURCE\n#include <stddef.h>\n#include <stdio.h>\n")
	for _, h := range headers {
		fmt.Fprintf(&c, "#include %s\n", h)
	}
	c.WriteString("int main(void) {\n")
	for _, v := range values {
		fmt.Fprintf(&c, "\tprintf(\"%%llu\\n\", (unsigned long long)(%s));\n", v.c)
	}
	c.WriteString("\treturn 0;\n}\n")
	source := filepath.Join(t.TempDir(), "abi.c")
	if err := os.WriteFile(source, []byte(c.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(compile(t, "gcc", source)).Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(string(out))
	if len(got) != len(values) {
		t.Fatalf("%d values for %d", len(got), len(values))
	}
	for i, v := range values {
		if want := fmt.Sprint(v.want); got[i] != want {
			t.Errorf("%s is %s in C, %s in Go", v.c, got[i], want)
		}
	}
}

// A structure or constant that is added to the header cannot be forgotten in
// the table.
func TestHeaderIsListedWhole(t *testing.T) {
	text, err := os.ReadFile("shmmeta.h")
	if err != nil {
		t.Fatal(err)
	}
	listed := fmt.Sprint(abi)
	for _, line := range strings.Split(string(text), "\n") {
		if name, ok := strings.CutPrefix(line, "struct "); ok && strings.HasSuffix(line, "{") {
			if s := "sizeof(struct " + strings.TrimSuffix(name, " {") + ")"; !strings.Contains(listed, s) {
				t.Errorf("%s is not compared", s)
			}
		}
		if f := strings.Fields(line); len(f) > 2 && f[0] == "#define" && strings.HasPrefix(f[1], "SHMMETA_") &&
			!strings.Contains(listed, f[1]) {
			t.Errorf("%s is not compared", f[1])
		}
	}
}

func TestACProgramReadsGoldenBlocks(t *testing.T) {
	for _, lang := range [][]string{{"gcc", "-std=c99", "-pedantic"}, {"g++", "-x", "c++", "-std=c++11", "-pedantic"}} {
		t.Run(lang[0], func(t *testing.T) {
			program := compile(t, lang[0], "testdata/reader.c", lang[1:]...)
			for name := range golden {
				data := goldenFile(t, name)
				out, err := exec.Command(program, filepath.Join(goldenDir, name+".bin")).Output()
				if err != nil {
					t.Fatalf("%s: %v\n%s", name, err, out)
				}
				if want := listing(data); string(out) != want {
					t.Errorf("%s: C says\n%s\nwant\n%s", name, out, want)
				}
			}
		})
	}
}

// listing is what reader.c should print, from the second decoder's tables.
func listing(data []byte) string {
	var s strings.Builder
	fmt.Fprintf(&s, "id %016x\n", le.Uint64(data[16:]))
	light := ""
	for i := range le.Uint32(data[12:]) {
		e := data[32+16*i:]
		p := data[le.Uint32(e[8:]):][:le.Uint32(e[12:])]
		fmt.Fprintf(&s, "type %d flags %d payload %x\n", le.Uint32(e), le.Uint32(e[4:]), p)
		if le.Uint32(e) == 3 {
			light = fmt.Sprintf("light %d:%d\n", le.Uint16(p), le.Uint16(p[2:]))
		}
	}
	return s.String() + light
}

// What the header's check refuses, the Go decoder refuses too; the reverse
// does not hold, as the check knows neither hash nor payloads.
func TestCCheckRefusesBrokenTables(t *testing.T) {
	program := compile(t, "gcc", "testdata/reader.c")
	good := goldenFile(t, "foreign")
	file := filepath.Join(t.TempDir(), "block")
	for name, bad := range map[string][]byte{
		"empty":       {},
		"truncated":   good[:len(good)-1],
		"magic":       change(good, headerMagic, 0),
		"version":     change(good, headerMajor, 2),
		"minor":       change(good, headerMajor, 1|1<<16),
		"size":        change(good, headerBytes, uint32(len(good)+8)),
		"reserved":    change(good, headerReserved+4, 1),
		"sections":    change(good, headerNSections, 1<<28),
		"type 0":      change(good, headerSize+sectionType, 0),
		"flags":       change(good, headerSize+sectionFlags, 4),
		"critical":    change(good, headerSize+sectionFlags, 1),
		"offset":      change(good, headerSize+sectionOffset, 0xfffffff8),
		"unaligned":   change(good, headerSize+sectionOffset, 97),
		"length":      change(good, headerSize+sectionBytes, 0xffffffff),
		"overlap":     change(good, headerSize+sectionBytes, 9),
		"gap not 0":   change(good, headerSize+4*sectionSize, 0x04030201),
		"over 64 KiB": append(bytes.Clone(good), make([]byte, MaxSize)...),
	} {
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(program, file).Output()
		if err == nil || string(out) != "refused\n" {
			t.Errorf("%s: C says %v %q", name, err, out)
		}
		if err := new(Block).Decode(bad); err == nil {
			t.Errorf("%s: Go accepts it", name)
		}
	}
}
