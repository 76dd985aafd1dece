/* Each call of Go wakes the monitor thread of Go's runtime, which then looks every
 * 20 us whether the thread that called has to lose its share of the scheduler (a
 * "P"), and takes it away as soon as that thread is in a system call. An element is
 * called for every frame: that made some 30 wake-ups a frame, of the monitor and of
 * threads that are handed the P and find nothing to do. When the timers of the
 * runtime's threads may be late, a streaming thread keeps its P from frame to
 * frame, and the monitor looks once a second. See goPluginInit.
 *
 * Threads inherit the slack of the thread that makes them, and the runtime starts
 * in a constructor of this file's library: before it the slack is set, and
 * plugin_init, which the same thread calls next, sets it back.
 */
#include "slack.h"
#include <sys/prctl.h>

/* The monitor's longest sleep becomes that long. No element uses Go's timers: what
 * waits on a streaming thread waits in poll(2). */
#define SLACK_NS 1000000000UL

static int before = -1;

__attribute__ ((constructor (101))) static void
slack_begin (void)
{
  before = prctl (PR_GET_TIMERSLACK);
  if (before > 0)
    prctl (PR_SET_TIMERSLACK, SLACK_NS);
}

void
slack_end (void)
{
  if (before > 0)
    prctl (PR_SET_TIMERSLACK, (unsigned long) before);
  before = -1;
}
