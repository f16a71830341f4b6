// SPDX-License-Identifier: GPL-2.0
/*
 * handover.c - whose are the pages that a VM leaves behind?
 *
 * After a migration they are the destination's: taking them would only make
 * copies. After anything else they are ours, and nobody else will ever have
 * them. QEMU closes its socket either way, so somebody who knows must say
 * `moved`: before, or soon after.
 */
#include "lib/clock.h"
#include "lib/log.h"
#include "reader/session_parts.h"
#include "reader/waiters.h"

static bool said(const struct session *s)
{
	return s->moved_ms && now_ms() - s->moved_ms < MOVED_PATIENCE_MS;
}

uint32_t handover_reason(struct session *s)
{
	if (!shm_is_ours(&s->shm, &s->guest, s->epoch))
		return IVR_WHY_RESET;
	return said(s) ? IVR_WHY_MOVED : IVR_WHY_VM_GONE;
}

void handover_begin(struct session *s)
{
	uint32_t why = handover_reason(s);

	if (why != IVR_WHY_VM_GONE || !quiesce_active(&s->quiesce) ||
	    shm_state(&s->shm) == IVR_GUEST_SPILLING) {
		session_end(s, why);
		return;
	}
	flush_fail(&s->flush, &s->ctl, "the VM is gone");
	session_set(s, SESSION_HANDOVER);
}

void handover_step(struct session *s)
{
	if (now_ms() - s->since_ms < HANDOVER_PATIENCE_MS)
		return;
	info("VM %s: nobody says that it moved: taking the rest", s->conf->vm);
	session_end(s, IVR_WHY_VM_GONE);
}

/* Parked, and the device does not live any more: then it was unplugged */
static bool is_unplugged(const struct session *s)
{
	return s->spilling && s->transport->is_still(s);
}

void handover_tick(struct session *s)
{
	if (!s->moved_ms)
		return;
	if (said(s)) {
		if (is_unplugged(s))
			session_end(s, IVR_WHY_MOVED);
		return;
	}
	warn("VM %s: said to have moved, but it is still here", s->conf->vm);
	s->moved_ms = 0;
	s->quiesce.held = false;
}

void handover_moved(struct session *s, struct ctl_client *c)
{
	switch (s->state) {
	case SESSION_ATTACHED:
		s->moved_ms = now_ms();
		s->quiesce.held = true;
		break;
	case SESSION_HANDOVER:
		session_end(s, IVR_WHY_MOVED);
		break;
	case SESSION_ENDING:
		if (s->end_why == IVR_WHY_VM_GONE) {
			waiters_reply(c, "moved",
				      "too late: the rest is being taken");
			return;
		}
		break;
	default:
		waiters_reply(c, "moved", "not attached");
		return;
	}
	waiters_reply(c, "moved", NULL);
}

uint32_t handover_refine(struct session *s, uint32_t why)
{
	uint32_t state = shm_state(&s->shm);

	switch (why) {
	case IVR_WHY_VM_GONE:
	case IVR_WHY_MOVED:
		if (state == IVR_GUEST_GONE && why == IVR_WHY_VM_GONE)
			return IVR_WHY_GUEST_GONE;
		return state == IVR_GUEST_SPILLING || is_unplugged(s) ?
		       IVR_WHY_UNPLUGGED : why;
	case IVR_WHY_READER_STOPPED:
		return is_unplugged(s) ? IVR_WHY_UNPLUGGED : why;
	case IVR_WHY_RESET:
		/* The next device, where this one was. */
		return s->spilling &&
		       (s->transport->reused ||
			shm_same_stream(&s->shm, &s->guest)) ?
		       IVR_WHY_UNPLUGGED : why;
	default:
		return why;
	}
}
