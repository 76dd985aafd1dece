package meta

import "errors"

// Why a descriptor or a block was refused. Errors of this package wrap one of
// these or a unix.Errno, and say which fd, section and value it was.
var (
	ErrNotSealed = errors.New("not a memfd sealed against shrinking, growing and writing")
	ErrTruncated = errors.New("block is truncated")
	ErrTooLarge  = errors.New("block is too large")
	ErrMagic     = errors.New("not a block")
	ErrVersion   = errors.New("unknown block version")
	ErrContentID = errors.New("content does not match its id")
	ErrCritical  = errors.New("unknown critical section")
	ErrSection   = errors.New("invalid section")
	ErrSyntax    = errors.New("invalid caps field")
)
