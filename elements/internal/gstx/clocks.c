/* The pipeline's clock beside CLOCK_MONOTONIC, which devices tell their times in. */
#include "gstx.h"
#include <time.h>

/* Whatever the pipeline's clock is, the two are taken to go alike for that long: then
 * one of them is read for a frame, not both. An audio device's clock, one of the
 * worst, is off by some 10 us after it. */
#define ALIKE_NS G_GINT64_CONSTANT (100000000)

/* The two were read by a thread that was put aside in between, if they are this far
 * from what they were. */
#define APART_NS 200000

static gint64
monotonic (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);        /* no system call, as from Go */
  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

void
gstx_clocks (GstxInstance * x, GstElement * e)
{
  gint tries = 4;
  gint64 before;

  /* Another clock or base time, which a pipeline sets in a pause, counts at once. */
  if (x->clock == GST_ELEMENT_CLOCK (e) && x->base == e->base_time) {
    x->monotonic = monotonic ();
    if (x->monotonic < x->alike_until) {
      x->running = (guint64) (x->monotonic - x->ahead);
      return;
    }
  }
  x->clock = GST_ELEMENT_CLOCK (e);
  x->base = e->base_time;
  do {
    before = x->ahead;
    x->running = gst_element_get_current_running_time (e);
    x->monotonic = monotonic ();
    x->ahead = x->monotonic - (gint64) x->running;
  } while (ABS (x->ahead - before) >= APART_NS && --tries);
  x->alike_until = x->running == GST_CLOCK_TIME_NONE ? 0 : x->monotonic + ALIKE_NS;
}
