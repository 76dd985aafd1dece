package gstx

// #include "gstx.h"
import "C"

import "time"

// SetRenderDelay says how long a sink's frames take, on average, from Frame to the
// viewer. The pipeline's latency grows by it, and the sink gets each frame that much
// ahead of its time, so that it is seen with the sound that belongs to it. A delay
// that the user has set, by the property render-delay, stays. The pipeline hears of a
// change by the message LATENCY.
func (e *Element) SetRenderDelay(d time.Duration) {
	C.gstx_set_render_delay(e.p, C.guint64(max(d, 0)))
}
