package main

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"sync"
)

// tail keeps the last 64 KiB written to it.
type tail struct {
	mu   sync.Mutex // guards buf
	buf  []byte
	echo io.Writer // gets everything too, when set
}

const tailSize = 64 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	t.buf = append(t.buf, p...)
	if n := len(t.buf) - tailSize; n > 0 {
		t.buf = append(t.buf[:0], t.buf[n:]...)
	}
	t.mu.Unlock()
	if t.echo != nil {
		t.echo.Write(p)
	}
	return len(p), nil
}

func (t *tail) contains(s string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Contains(t.buf, []byte(s))
}

// last gives up to n lines, without the carriage returns of a serial line.
func (t *tail) last(n int) []string {
	lines := t.lines()
	return lines[max(0, len(lines)-n):]
}

// matching gives the first n lines that match.
func (t *tail) matching(re *regexp.Regexp, n int) []string {
	var found []string
	for _, line := range t.lines() {
		if len(found) < n && re.MatchString(line) {
			found = append(found, line)
		}
	}
	return found
}

func (t *tail) lines() []string {
	t.mu.Lock()
	text := strings.TrimRight(strings.ReplaceAll(string(t.buf), "\r", ""), "\n")
	t.mu.Unlock()
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
