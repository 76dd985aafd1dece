// Package meta is the sealed block: what belongs to a video frame's pixels but
// not into them – colour, HDR10, HDR10+, Dolby Vision, the layout of planes
// beyond the fourth – in a memfd that nobody can change any more.
//
// A [Block] is built from its fields, encoded by [Block.AppendTo], put into a
// sealed memfd by [Seal], and read back from one by [Block.Open], which trusts
// nothing it is given. A [Writer] does encode and seal for a stream and hands
// the same descriptor out for as long as the content stays the same.
//
// The layout is in layout.go and, for C and kernel readers, in shmmeta.h. A
// block holds content only, no time and no counter: equal content has equal
// bytes and an equal content id.
//
// The package is pure Go and imports nothing else of this project.
package meta
