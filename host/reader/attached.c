// SPDX-License-Identifier: GPL-2.0
/* attached.c - pages, requests and clocks of a guest that is there */
#include <errno.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "reader/attached.h"
#include "reader/end_reason.h"
#include "reader/ending.h"
#include "reader/handover.h"
#include "reader/store_state.h"

static enum session_state drain_step(struct session *s)
{
	struct attachment *a = &s->att;
	int ret;

	if (!a->work || store_rests(s))
		return SESSION_ATTACHED;
	a->work = false;
	/* Said to have moved: what is left is the destination's. */
	if (a->quiesce.held)
		return SESSION_ATTACHED;
	ret = drain_turn(&a->drain, TURN_PAGES, now_ms() + TURN_MS);
	if (ret == -ECANCELED)
		return ending_begin(s, IVR_WHY_RESET);
	if (ret < 0)
		return store_trouble(s, ret);
	store_fine(s);
	a->work = ret > 0 || drain_arm(&a->drain);
	return SESSION_ATTACHED;
}

static void talk_step(struct session *s)
{
	struct attachment *a = &s->att;
	uint64_t now = now_ms();
	bool ring = false;

	if (guest_clock_step(&a->clock, &a->shm, now, &ring) &&
	    leg_writer_clock(&a->leg, &a->clock.last))
		debug("a clock leg could not be stored");
	flush_step(&a->flush, &a->request, &s->ctl, &a->drain, now,
		   quiesce_active(&a->quiesce), &ring);
	if (quiesce_step(&a->quiesce, now, &ring))
		a->work = true;
	if (ring)
		s->transport->ring(s);
}

/* What happened while the leg could not be opened */
static uint32_t overtaken_by(const struct session *s)
{
	if (s->att.end_why)
		return s->att.end_why;
	if (s->vm.left)
		return end_reason_of_left(s);
	return s->stopping ? IVR_WHY_READER_STOPPED : IVR_WHY_NONE;
}

enum session_state attached_check(struct session *s)
{
	return attachment_is_ours(&s->att) ? SESSION_ATTACHED :
					     ending_begin(s, IVR_WHY_RESET);
}

enum session_state attached_step(struct session *s)
{
	struct attachment *a = &s->att;
	uint32_t why = overtaken_by(s), guest;
	enum session_state next;

	if (why)
		return ending_begin(s, why);
	if (!attachment_is_ours(a))
		return ending_begin(s, IVR_WHY_RESET);
	guest = shm_state(&a->shm);
	a->spilling = guest == IVR_GUEST_SPILLING;
	if (guest == IVR_GUEST_GONE)
		return ending_begin(s, IVR_WHY_GUEST_GONE);
	next = drain_step(s);
	if (next == SESSION_ATTACHED)
		talk_step(s);
	return next;
}

enum session_state attached_tick(struct session *s)
{
	struct attachment *a = &s->att;
	enum session_state next;

	if (!leg_writer_is_there(&a->leg))
		return store_trouble(s, -ESTALE);
	if (a->flush.phase == FLUSH_ASKED || quiesce_rings(&a->quiesce))
		s->transport->ring(s);
	next = handover_tick(s);
	drain_tick(&a->drain);
	a->work = true;
	return next;
}

enum session_state attached_stop(struct session *s)
{
	quiesce_farewell(&s->att.quiesce);
	s->transport->ring(s);
	return ending_begin(s, IVR_WHY_READER_STOPPED);
}
