package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

// monitor speaks QMP, QEMU's machine protocol.
type monitor struct {
	mu sync.Mutex // one command at a time
	w  *json.Encoder
	r  *json.Decoder

	ready bool // capabilities are negotiated
}

func newMonitor(f *os.File) *monitor {
	return &monitor{w: json.NewEncoder(f), r: json.NewDecoder(f)}
}

func (q *monitor) do(command string, arguments map[string]any) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.ready {
		if err := q.exchange("qmp_capabilities", nil); err != nil {
			return err
		}
		q.ready = true
	}
	return q.exchange(command, arguments)
}

func (q *monitor) exchange(command string, arguments map[string]any) error {
	request := map[string]any{"execute": command}
	if arguments != nil {
		request["arguments"] = arguments
	}
	if err := q.w.Encode(request); err != nil {
		return fmt.Errorf("qmp %s: %w", command, err)
	}
	for { // the greeting and events come in between
		var answer struct {
			Return json.RawMessage
			Error  *struct{ Desc string }
		}
		if err := q.r.Decode(&answer); err != nil {
			return fmt.Errorf("qmp %s: %w", command, err)
		}
		switch {
		case answer.Error != nil:
			return fmt.Errorf("qmp %s: %s", command, answer.Error.Desc)
		case answer.Return != nil:
			return nil
		}
	}
}

func (q *monitor) screendump(file string) error {
	return q.do("screendump", map[string]any{"filename": file, "format": "png", "device": "visible"})
}

func (q *monitor) sendBreak(chardev string) error {
	return q.do("chardev-send-break", map[string]any{"id": chardev})
}
