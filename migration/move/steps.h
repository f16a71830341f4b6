/* SPDX-License-Identifier: GPL-2.0 */
/* steps.h - do steps in order, and undo them in reverse */
#ifndef IVR_MOVE_STEPS_H
#define IVR_MOVE_STEPS_H

#include <stdbool.h>
#include <stdint.h>

/* Returned by a step that found nothing to do; then it is not undone. */
#define MIGRATE_SKIPPED 1

/**
 * struct migrate_step - one step
 * @name: for people, and in the fault point's name
 * @deadline_ms: how long @act may take, and @undo likewise; 0: no limit
 * @act: do it until the moment given (of now_ms(), UINT64_MAX: no limit); 0,
 *	MIGRATE_SKIPPED or negative errno
 * @undo: undo it, also if @act failed half way; NULL: there is nothing to undo.
 *	0 or negative errno
 * @commit: when it is done nothing is undone any more, whatever fails later
 *
 * A signal (stop_signal.h) fails the next step; steps that wait look for it
 * themselves. Undoing, and what comes behind a commit, is not stopped by one.
 */
struct migrate_step {
	const char *name;
	uint32_t deadline_ms;
	int (*act)(void *ctx, uint64_t deadline);
	int (*undo)(void *ctx, uint64_t deadline);
	bool commit;
};

/** enum migrate_event - what is reported of a step */
enum migrate_event {
	MIGRATE_STEP_DONE,
	MIGRATE_STEP_SKIPPED,
	MIGRATE_STEP_FAILED,
	MIGRATE_STEP_UNDONE,
	MIGRATE_STEP_NOT_UNDONE,
	MIGRATE_EVENTS
};

#define MIGRATE_EVENT_NAMES                                         \
	{                                                           \
		"done", "skipped", "failed", "undone", "not undone" \
	}

/**
 * enum migrate_result - how it ended
 * @MIGRATE_DONE: all steps are done
 * @MIGRATE_NOTHING: the first step failed, before anything was changed
 * @MIGRATE_UNDONE: a step failed, all is as before
 * @MIGRATE_NOT_UNDONE: a step failed, and undoing another
 * @MIGRATE_HALF: a step behind a commit failed
 */
enum migrate_result {
	MIGRATE_DONE,
	MIGRATE_NOTHING,
	MIGRATE_UNDONE,
	MIGRATE_NOT_UNDONE,
	MIGRATE_HALF,
};

/**
 * struct migrate_run - steps and who hears of them
 * @steps: the last has no name
 * @ctx: for @act, @undo and @report
 * @report: called after each step: what happened, in how many milliseconds,
 *	and 0 or the negative errno
 */
struct migrate_run {
	const struct migrate_step *steps;
	void *ctx;
	void (*report)(void *ctx, const struct migrate_step *step,
		       enum migrate_event event, uint32_t ms, int ret);
};

/**
 * migrate_steps() - do them all, or undo
 * @r: what
 *
 * Return: how it ended
 */
enum migrate_result migrate_steps(const struct migrate_run *r);

#endif
