// Command bench runs the benchmarks behind every speed promise of the project
// and prints one table: floor (what cannot be avoided), peer (the usual way) and
// ours, all measured in this run. It writes out/bench.json, a list of
// {name, unit, floor, peer, ours, ratio, budget, ok}.
//
//	go run ./test/bench [-benchtime 1s] [-count 3] [-vm=false]
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

func main() {
	benchtime := flag.String("benchtime", "1s", "as of go test; 1x only proves that the benchmarks work")
	count := flag.Int("count", 3, "runs of each; the best counts, since the machine may be shared")
	vm := flag.Bool("vm", true, "also the rows that need devices, in the virtual machine")
	out := flag.String("out", "out/bench.json", "where the machine-readable table goes")
	flag.Parse()
	if *benchtime == "1x" {
		*count = 1
	}
	if err := run(*benchtime, *count, *vm, *out); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(benchtime string, count int, vm bool, out string) error {
	got := results{}
	for _, group := range groups {
		if group.vm && !vm {
			continue
		}
		args := append(group.command(), "-run", "^$", "-bench", group.bench)
		if !group.vm {
			// A run in the virtual machine has its own length, frames and not seconds,
			// and gives the same figures each time.
			args = append(args, "-count", fmt.Sprint(count), "-benchtime", benchtime)
		}
		args = append(args, group.pkg)
		fmt.Fprintf(os.Stderr, "bench: %s\n", strings.Join(args, " "))
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stderr = os.Stderr
		text, err := cmd.Output()
		if err != nil {
			os.Stderr.Write(text)
			return fmt.Errorf("%s: %w", group.pkg, err)
		}
		got.parse(string(text))
	}
	var table []result
	for _, r := range rows {
		if r.vm && !vm {
			continue
		}
		x, err := r.evaluate(got)
		if err != nil {
			return err
		}
		table = append(table, x)
	}
	show(os.Stdout, table, benchtime)
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(table, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(out, append(text, '\n'), 0o644)
}

func show(w io.Writer, table []result, benchtime string) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "work\tunit\tfloor\tpeer\tours\tratio\t\tbudget\t")
	missed := 0
	for _, r := range table {
		mark := "met"
		if !r.OK {
			mark, missed = "MISSED", missed+1
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n",
			r.Name, r.Unit, number(r.Floor), number(r.Peer), number(r.Ours), number(r.Ratio), mark, r.Budget)
	}
	tw.Flush()
	switch {
	case benchtime == "1x":
		fmt.Fprintln(w, "one iteration each: the benchmarks work, the figures say nothing")
	case missed > 0:
		fmt.Fprintf(w, "%d of %d budgets missed\n", missed, len(table))
	}
}

func number(v float64) string {
	if v >= 1000 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
