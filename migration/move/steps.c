// SPDX-License-Identifier: GPL-2.0
/* steps.c - do steps in order, and undo them in reverse */
#include <errno.h>
#include <stddef.h>

#include "lib/clock.h"
#include "lib/process.h"
#include "lib/stop_signal.h"
#include "migration/move/steps.h"

#define MAX_STEPS 16

static uint64_t deadline_of(const struct migrate_step *s)
{
	return s->deadline_ms ? now_ms() + s->deadline_ms : UINT64_MAX;
}

static int act(const struct migrate_run *r, const struct migrate_step *s)
{
	enum migrate_event event = MIGRATE_STEP_FAILED;
	uint64_t start = now_ms();
	int ret;

	ret = s->act(r->ctx, deadline_of(s));
	if (!ret)
		event = MIGRATE_STEP_DONE;
	else if (ret == MIGRATE_SKIPPED)
		event = MIGRATE_STEP_SKIPPED;
	r->report(r->ctx, s, event, now_ms() - start, ret < 0 ? ret : 0);
	return ret;
}

static int undo(const struct migrate_run *r, const struct migrate_step *s)
{
	uint64_t start = now_ms();
	int ret;

	if (!s->undo)
		return 0;
	ret = s->undo(r->ctx, deadline_of(s));
	r->report(r->ctx, s,
		  ret ? MIGRATE_STEP_NOT_UNDONE : MIGRATE_STEP_UNDONE,
		  now_ms() - start, ret);
	return ret;
}

/* From the step that failed backwards; one that cannot be undone stops none. */
static enum migrate_result undo_from(const struct migrate_run *r, int i,
				     const bool *skipped)
{
	enum migrate_result result = MIGRATE_UNDONE;

	stop_signal_ignore();
	for (; i >= 0; i--)
		if (!skipped[i] && undo(r, &r->steps[i]))
			result = MIGRATE_NOT_UNDONE;
	return result;
}

enum migrate_result migrate_steps(const struct migrate_run *r)
{
	bool skipped[MAX_STEPS] = { false }, committed = false;
	int i, ret;

	for (i = 0; i < MAX_STEPS && r->steps[i].name; i++) {
		if (stop_signal_asked()) {
			r->report(r->ctx, &r->steps[i], MIGRATE_STEP_FAILED, 0,
				  -EINTR);
			return undo_from(r, i - 1, skipped);
		}
		ret = act(r, &r->steps[i]);
		if (ret < 0 && committed)
			return MIGRATE_HALF;
		if (ret < 0)
			return i ? undo_from(r, i, skipped) : MIGRATE_NOTHING;
		skipped[i] = ret == MIGRATE_SKIPPED;
		if (r->steps[i].commit) {
			committed = true;
			stop_signal_ignore();
		}
	}
	return MIGRATE_DONE;
}
