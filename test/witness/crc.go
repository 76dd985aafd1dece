package witness

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// CRC waits until the card's first CRTC shows a picture that stays the same for
// ten frames, and gives the kernel's check sum of it. The CRTC must be lit.
func CRC(card string) (string, error) {
	if err := os.WriteFile(Debugfs(card, "crtc-0/crc/control"), []byte("auto"), 0); err != nil {
		return "", err
	}
	file := Debugfs(card, "crtc-0/crc/data")
	fd, err := syscall.Open(file, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	defer syscall.Close(fd)
	lines := bufio.NewReader(patient{fd, time.Now().Add(15 * time.Second)})
	last, same := "", 0
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return "", fmt.Errorf("%s: no picture that stays, the last one %q for %d frames: %w", file, last, same, err)
		}
		// "0x00001234 0x89abcdef": frame number, check sum
		_, sum, _ := strings.Cut(strings.TrimSpace(line), " ")
		if sum != last {
			last, same = sum, 0
		}
		if same++; same == 10 {
			return sum, nil
		}
	}
}

// patient reads a non-blocking file until a deadline: debugfs files wake no poll.
type patient struct {
	fd       int
	deadline time.Time
}

func (p patient) Read(b []byte) (int, error) {
	for {
		n, err := syscall.Read(p.fd, b)
		switch {
		case err == nil:
			return n, nil
		case !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR):
			return 0, err
		case time.Now().After(p.deadline):
			return 0, os.ErrDeadlineExceeded
		}
		time.Sleep(2 * time.Millisecond)
	}
}
