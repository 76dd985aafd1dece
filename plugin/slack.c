/* Each call of Go wakes the monitor thread of Go's runtime, which then looks every
 * 20 us whether the thread that called has to lose its share of the scheduler (a
 * "P"), and takes it away as soon as that thread is in a system call. An element is
 * called for every frame: that made some 30 wake-ups a frame, of the monitor and of
 * threads that are handed the P and find nothing to do. When the monitor's timers may
 * be late, a streaming thread keeps its P from frame to frame. See goPluginInit.
 *
 * The runtime's other threads sleep for microseconds too, where the world is stopped
 * among others, and must not be late. So the library's pthread_create is wrapped (by
 * the linker, see main.go). The runtime makes its first thread with no argument and
 * the monitor next, before any other. Threads inherit the slack of the thread that
 * makes them, and those that the monitor makes are given back what there was before.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>

/* The monitor's longest sleep becomes that long. No element uses Go's timers for
 * frames: what waits on a streaming thread waits in poll(2). */
#define MONITOR_SLACK_NS 10000000000UL

int __real_pthread_create (pthread_t * thread, const pthread_attr_t * attr,
    void *(*start) (void *), void *arg);
int __wrap_pthread_create (pthread_t * thread, const pthread_attr_t * attr,
    void *(*start) (void *), void *arg);

typedef struct {
  void *(*start) (void *);
  void *arg;
  unsigned long slack;
} Start;

static unsigned long before;    /* written before the monitor is there to read it */
static int has_monitor;

static void *
begin (void *data)
{
  Start s = *(Start *) data;

  free (data);
  prctl (PR_SET_TIMERSLACK, s.slack);
  return s.start (s.arg);
}

int
__wrap_pthread_create (pthread_t * thread, const pthread_attr_t * attr,
    void *(*start) (void *), void *arg)
{
  unsigned long slack = prctl (PR_GET_TIMERSLACK);
  Start *s;
  int err;

  if (slack == MONITOR_SLACK_NS && before)
    slack = before;
  else if (arg && !__atomic_exchange_n (&has_monitor, 1, __ATOMIC_SEQ_CST)) {
    before = slack;
    slack = MONITOR_SLACK_NS;
  } else
    return __real_pthread_create (thread, attr, start, arg);
  s = malloc (sizeof *s);
  if (!s)
    return __real_pthread_create (thread, attr, start, arg);
  *s = (Start) { start, arg, slack };
  err = __real_pthread_create (thread, attr, begin, s);
  if (err)
    free (s);
  return err;
}
