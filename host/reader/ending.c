// SPDX-License-Identifier: GPL-2.0
/* ending.c - the last pages of a leg, and its END marks */
#include <errno.h>
#include <json-c/json.h>

#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/json.h"
#include "lib/log.h"
#include "reader/end_reason.h"
#include "reader/ending.h"
#include "reader/store_state.h"
#include "reader/sync.h"
#include "reader/vm.h"

static const char *const why_names[] = IVR_WHY_NAMES;

enum session_state ending_begin(struct session *s, uint32_t why)
{
	bool take = why != IVR_WHY_RESET && why != IVR_WHY_MOVED;
	struct attachment *a = &s->att;

	a->end_why = end_reason_refine(s, why);
	quiesce_begin(&a->quiesce);
	a->drain.ending = true;
	drain_free(&a->drain);
	if (take)
		drain_aim(&a->drain);
	else
		drain_give_up(&a->drain);
	flush_fail(&a->flush, &s->ctl, why_names[a->end_why]);
	a->work = true;
	return SESSION_ENDING;
}

static void tell_end(struct session *s, bool marked)
{
	const struct attachment *a = &s->att;
	const char *why = why_names[a->end_why];
	struct json_object *o = json_object_new_object();

	if (a->end_why == IVR_WHY_MOVED || a->end_why == IVR_WHY_UNPLUGGED)
		event_log_put(&s->events, why, NULL);
	info("VM %s: %s ended: %s", s->conf->vm, a->leg.name,
	     marked ? why : "without its last marks");
	json_put_text(o, "reason", why);
	json_put_bool(o, "complete", marked);
	json_put_text(o, "leg", a->leg.name);
	event_log_put(&s->events, "end", o);
}

/* What comes after a leg */
static enum session_state end_done(struct session *s, bool marked)
{
	struct attachment *a = &s->att;
	bool over = a->end_why == IVR_WHY_RESET ||
		    a->end_why == IVR_WHY_GUEST_GONE;

	tell_end(s, marked);
	/* Positions of a stream that is over must not meet the next one. */
	if (over && !s->vm.left)
		shm_host_reset(&a->shm);
	attachment_undo(a);
	if (s->vm.left)
		return vm_end(s);
	return s->stopping ? SESSION_STOPPED : vm_listen(s);
}

static uint32_t guest_end(const struct attachment *a)
{
	struct ivr_guest_page g;

	if (!attachment_is_ours(a))
		return IVR_END_NONE;
	shm_guest(&a->shm, &g);
	return g.state == IVR_GUEST_GONE && g.end_reason < IVR_END_REASONS ?
		       g.end_reason :
		       IVR_END_NONE;
}

/* Return: 1: there is more to take; 0: all is taken; the store's errno */
static int take_rest(struct attachment *a)
{
	int ret;

	a->work = false;
	if (drain_reached(&a->drain))
		return 0;
	ret = drain_turn(&a->drain, TURN_PAGES, now_ms() + TURN_MS);
	if (ret == -ECANCELED) {
		drain_give_up(&a->drain);
		return 0;
	}
	a->work = ret > 0;
	return ret;
}

enum session_state ending_step(struct session *s)
{
	struct attachment *a = &s->att;
	int ret;

	if (store_rests(s))
		return SESSION_ENDING;
	ret = take_rest(a);
	if (ret > 0 || (!ret && !sync_is_over(s)))
		return SESSION_ENDING;
	if (!ret)
		ret = fault_point("reader-end-mark");
	if (!ret)
		ret = drain_end(&a->drain, a->end_why, guest_end(a));
	if (!ret) {
		store_fine(s);
		return end_done(s, true);
	}
	return store_given_up(s, ret) ? end_done(s, false) :
					store_trouble(s, ret);
}

enum session_state ending_tick(struct session *s)
{
	drain_tick(&s->att.drain);
	s->att.work = true;
	return SESSION_ENDING;
}
