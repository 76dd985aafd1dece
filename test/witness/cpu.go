package witness

import (
	"time"

	"golang.org/x/sys/unix"
)

// CPUTime is the processor time of all of a process's threads so far, to the
// nanosecond: clock_getcpuclockid(3).
func CPUTime(pid int) (time.Duration, error) {
	const scheduled = 2 // CPUCLOCK_SCHED
	var t unix.Timespec
	err := unix.ClockGettime(int32(^pid<<3|scheduled), &t)
	return time.Duration(t.Nano()), err
}
