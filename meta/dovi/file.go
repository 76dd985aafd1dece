package dovi

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Reader reads an RPU file, as dovi_tool extracts it and x265 takes it: for
// each picture, in presentation order, a start code 00 00 00 01 and the escaped
// RPU without a NAL header. Start codes of three bytes, zeros before a start
// code and NAL headers (7C 01) are read too, so that a byte stream of type-62
// NAL units is an RPU file as well.
//
// It holds one RPU at a time, whatever the file is.
type Reader struct {
	in      *bufio.Reader
	escaped []byte
	rpu     []byte
	index   int
	offset  int64 // of the next byte of the file
	err     error // ends the file
}

// NewReader reads an RPU file from in.
func NewReader(in io.Reader) *Reader {
	return &Reader{in: bufio.NewReaderSize(in, 64<<10)}
}

// Next gives the next RPU, checked as by Parse, on loan until the following
// call, and io.EOF behind the last one. An RPU that is broken is told with an
// error, which says where it is and wraps Parse's, and takes its place in the
// count: Next may be called again for what follows. After ErrFile and an error
// of the underlying reader it only repeats that.
func (r *Reader) Next() ([]byte, error) {
	if r.err == nil && r.offset == 0 {
		r.err = r.start()
	}
	if r.err != nil {
		return nil, r.err
	}
	at := r.offset
	r.err = r.readUnit()
	if r.err != nil && r.err != io.EOF {
		return nil, r.err
	}
	unit := r.escaped
	if len(unit) >= 2 && unit[0] == hevcType<<1 && unit[1] == 1 {
		unit = unit[2:]
	}
	rpu, err := fromEscaped(r.rpu[:0], unit)
	r.rpu = rpu
	index := r.index
	r.index++
	if err != nil {
		return nil, fmt.Errorf("RPU %d, at byte %d: %w", index, at, err)
	}
	return rpu, nil
}

// start reads up to and with the first start code.
func (r *Reader) start() error {
	for zeros := 0; ; {
		b, err := r.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF) && r.offset == 0:
			return io.EOF // an empty file has no RPU
		case errors.Is(err, io.EOF):
			return fmt.Errorf("%w: no start code", ErrFile)
		case err != nil:
			return err
		}
		r.offset++
		switch {
		case b == 0:
			zeros++
		case b == 1 && zeros >= 2:
			return nil
		default:
			return fmt.Errorf("%w: byte %#02x at %d, before a start code", ErrFile, b, r.offset-1)
		}
	}
}

// readUnit reads up to and with the next start code, which is io.EOF if there
// is none. No escaped byte string has three zeros, or two and a 1, in it.
func (r *Reader) readUnit() error {
	r.escaped = r.escaped[:0]
	zeros := 0
	for {
		b, err := r.in.ReadByte()
		if err != nil {
			return err
		}
		r.offset++
		if b == 1 && zeros >= 2 {
			// Zeros of the start code; more of them are padding.
			r.escaped = r.escaped[:max(len(r.escaped)-zeros, 0)]
			return nil
		}
		// One byte more than an RPU can have is kept, which makes it an error.
		if len(r.escaped) <= MaxNALSize {
			r.escaped = append(r.escaped, b)
		}
		if b == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
}

// Writer writes an RPU file.
type Writer struct {
	out io.Writer
	buf []byte
}

// NewWriter writes an RPU file to out, with one call of out.Write for each RPU.
func NewWriter(out io.Writer) *Writer { return &Writer{out: out} }

// Write appends rpu, which is lent for the call, to the file. What follows its
// end is left out. What is not an RPU is not written; the error is Parse's.
func (w *Writer) Write(rpu []byte) error {
	h, err := Parse(rpu)
	if err != nil {
		return err
	}
	w.buf = Escape(append(w.buf[:0], 0, 0, 0, 1), rpu[:h.Size])
	_, err = w.out.Write(w.buf)
	return err
}
