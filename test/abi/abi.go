// Package abi holds Go's view of a C interface against the C headers
// themselves: a C compiler prints sizes, offsets and numbers, and a test
// compares them with what Go computed.
package abi

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Row is one fact: a C integer expression and the value Go has for it.
// Expressions are anything the included headers allow: a macro, sizeof, or
// Offset.
type Row struct {
	C  string
	Go uint64
}

// Size is the row for sizeof(struct name).
func Size(name string, size uintptr) Row {
	return Row{"sizeof(struct " + name + ")", uint64(size)}
}

// Offset is the row for offsetof(struct name, field).
func Offset(name, field string, offset uintptr) Row {
	return Row{"offsetof(struct " + name + ", " + field + ")", uint64(offset)}
}

// Const is the row for a macro or enumerator.
func Const[T ~int | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr](name string, value T) Row {
	return Row{name, uint64(value)}
}

// Compare compiles a C program that prints every row's expression, runs it and
// reports each row in which Go and the headers differ. includes are header
// names ("linux/videodev2.h"); cflags go to the compiler. Without a C compiler
// or a header the test is skipped, and says which.
func Compare(t testing.TB, includes []string, rows []Row, cflags ...string) {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler (cc): install gcc, or run through test/env/run")
	}
	dir := t.TempDir()
	src, bin := filepath.Join(dir, "abi.c"), filepath.Join(dir, "abi")

	var c strings.Builder
	c.WriteString("#include <stddef.h>\n#include <stdio.h>\n")
	for _, h := range includes {
		c.WriteString("#include <" + h + ">\n")
	}
	if err := os.WriteFile(src, []byte(c.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(cc, append([]string{"-fsyntax-only", src}, cflags...)...).CombinedOutput(); err != nil {
		t.Skipf("headers missing (%s): run through test/env/run\n%s", strings.Join(includes, ", "), out)
	}

	c.WriteString("#define P(x) printf(\"%llu\\n\", (unsigned long long)(x));\nint main(void)\n{\n")
	for _, r := range rows {
		c.WriteString("\tP(" + r.C + ")\n")
	}
	c.WriteString("\treturn 0;\n}\n")
	if err := os.WriteFile(src, []byte(c.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(cc, append([]string{"-o", bin, src}, cflags...)...).CombinedOutput(); err != nil {
		t.Fatalf("compile: %v\n%s", err, out)
	}
	out, err := exec.Command(bin).Output()
	if err != nil {
		t.Fatalf("run: %v", err)
	}
	lines := strings.Fields(string(out))
	if len(lines) != len(rows) {
		t.Fatalf("got %d values for %d rows", len(lines), len(rows))
	}
	for i, r := range rows {
		want, err := strconv.ParseUint(lines[i], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if r.Go != want {
			t.Error(mismatch(r, want))
		}
	}
}

func mismatch(r Row, want uint64) string {
	return fmt.Sprintf("%s: Go has %d (%#x), the headers %d (%#x)", r.C, r.Go, r.Go, want, want)
}
