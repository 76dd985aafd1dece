package kms

import "time"

var began = time.Now()

// clock is the time since the program began, which costs less to read than time.Now.
func clock() time.Duration { return time.Since(began) }
