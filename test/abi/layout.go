package abi

import (
	"fmt"
	"reflect"
	"strings"
)

// Struct gives the rows of one structure: its size, and place and size of each
// member. members are the C names, separated by spaces, in the order of T's
// fields; blank fields of T have no name. It panics when the lists differ in
// length, for then the test itself is wrong.
func Struct[T any](name, members string) []Row {
	typ := reflect.TypeFor[T]()
	rows := []Row{Size(name, typ.Size())}
	names := strings.Fields(members)
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Name == "_" {
			continue
		}
		if len(names) == 0 {
			panic(fmt.Sprintf("struct %s: no C name for field %s", name, f.Name))
		}
		rows = append(rows,
			Offset(name, names[0], f.Offset),
			Row{fmt.Sprintf("sizeof(((struct %s *)0)->%s)", name, names[0]), uint64(f.Type.Size())})
		names = names[1:]
	}
	if len(names) != 0 {
		panic(fmt.Sprintf("struct %s: no field for C names %v", name, names))
	}
	return rows
}
