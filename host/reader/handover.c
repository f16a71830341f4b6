// SPDX-License-Identifier: GPL-2.0
/* handover.c - whose are the pages that a VM leaves behind? */
#include "lib/clock.h"
#include "lib/log.h"
#include "reader/end_reason.h"
#include "reader/ending.h"
#include "reader/handover.h"

enum session_state handover_begin(struct session *s)
{
	struct attachment *a = &s->att;
	uint32_t why = end_reason_of_left(s);

	if (why != IVR_WHY_VM_GONE || !quiesce_active(&a->quiesce) ||
	    shm_state(&a->shm) == IVR_GUEST_SPILLING)
		return ending_begin(s, why);
	flush_fail(&a->flush, &s->ctl, "the VM is gone");
	return SESSION_HANDOVER;
}

enum session_state handover_step(struct session *s)
{
	if (now_ms() - s->since_ms < HANDOVER_PATIENCE_MS)
		return SESSION_HANDOVER;
	info("VM %s: nobody says that it moved: taking the rest", s->conf->vm);
	return ending_begin(s, IVR_WHY_VM_GONE);
}

enum session_state handover_tick(struct session *s)
{
	struct attachment *a = &s->att;

	if (!a->moved_ms)
		return s->state;
	if (end_said_moved(s))
		return end_is_unplugged(s) ? ending_begin(s, IVR_WHY_MOVED) :
					     s->state;
	warn("VM %s: said to have moved, but it is still here", s->conf->vm);
	a->moved_ms = 0;
	a->quiesce.held = false;
	return s->state;
}

enum session_state handover_moved(struct session *s, const char **why)
{
	struct attachment *a = &s->att;

	*why = NULL;
	switch (s->state) {
	case SESSION_ATTACHED:
		a->moved_ms = now_ms();
		a->quiesce.held = true;
		break;
	case SESSION_HANDOVER:
		return ending_begin(s, IVR_WHY_MOVED);
	case SESSION_ENDING:
		if (a->end_why == IVR_WHY_VM_GONE)
			*why = "too late: the rest is being taken";
		break;
	default:
		*why = "not attached";
	}
	return s->state;
}
