// SPDX-License-Identifier: GPL-2.0
/* end_reason.c - why does a leg end? */
#include "lib/clock.h"
#include "reader/end_reason.h"

bool end_said_moved(const struct session *s)
{
	return s->att.moved_ms &&
	       now_ms() - s->att.moved_ms < MOVED_PATIENCE_MS;
}

bool end_is_unplugged(const struct session *s)
{
	return s->att.spilling && s->transport->is_silent(s);
}

uint32_t end_reason_of_left(const struct session *s)
{
	if (!attachment_is_ours(&s->att))
		return IVR_WHY_RESET;
	return end_said_moved(s) ? IVR_WHY_MOVED : IVR_WHY_VM_GONE;
}

uint32_t end_reason_refine(const struct session *s, uint32_t why)
{
	const struct attachment *a = &s->att;
	uint32_t state = shm_state(&a->shm);

	switch (why) {
	case IVR_WHY_VM_GONE:
	case IVR_WHY_MOVED:
		if (state == IVR_GUEST_GONE && why == IVR_WHY_VM_GONE)
			return IVR_WHY_GUEST_GONE;
		return state == IVR_GUEST_SPILLING || end_is_unplugged(s) ?
			       IVR_WHY_UNPLUGGED :
			       why;
	case IVR_WHY_READER_STOPPED:
		return end_is_unplugged(s) ? IVR_WHY_UNPLUGGED : why;
	case IVR_WHY_RESET:
		/* The next device, where this one was. */
		return a->spilling && (s->transport->reused ||
				       shm_same_stream(&a->shm, &a->guest)) ?
			       IVR_WHY_UNPLUGGED :
			       why;
	default:
		return why;
	}
}
