// SPDX-License-Identifier: GPL-2.0
/* steps.c - order, undoing, deadlines and signals, with steps of paper */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/process.h"
#include "lib/stop_signal.h"
#include "migration/move/steps.h"

/* What happened, in order: "+a" done, "-a" undone, and what was reported. */
static char story[256], told[256];
static int fail_act[4], fail_undo[4], signal_in[4];
static uint64_t limit[4];

static void note(char *to, char sign, int step)
{
	size_t n = strlen(to);

	snprintf(to + n, sizeof(story) - n, "%c%c", sign, 'a' + step);
}

static int act(int step, uint64_t deadline)
{
	note(story, '+', step);
	limit[step] = deadline;
	if (signal_in[step])
		raise(signal_in[step]);
	stop_signal_poll(NULL, 0, 0);
	return fail_act[step];
}

static int undo(int step)
{
	note(story, '-', step);
	stop_signal_poll(NULL, 0, 0);
	/* A step that is being undone is to be left in peace. */
	assert_int_equal(stop_signal_asked(), 0);
	return fail_undo[step];
}

#define STEP(n)                                           \
	static int act_##n(void *ctx, uint64_t deadline)  \
	{                                                 \
		return act(n, deadline);                  \
	}                                                 \
	static int undo_##n(void *ctx, uint64_t deadline) \
	{                                                 \
		return undo(n);                           \
	}

STEP(0)
STEP(1)
STEP(2)
STEP(3)

static const struct migrate_step all_undoable[] = {
	{ "a", 1000, act_0, undo_0, false },
	{ "b", 1000, act_1, undo_1, false },
	{ "c", 0, act_2, undo_2, false },
	{ "d", 1000, act_3, undo_3, false },
	{ NULL },
};

static const struct migrate_step committing[] = {
	{ "a", 1000, act_0, NULL, false },
	{ "b", 1000, act_1, undo_1, false },
	{ "c", 0, act_2, NULL, true },
	{ "d", 1000, act_3, NULL, false },
	{ NULL },
};

static void report(void *ctx, const struct migrate_step *step,
		   enum migrate_event event, uint32_t ms, int rc)
{
	static const char signs[] = { '+', '.', '!', '-', '?' };

	assert_ptr_equal(ctx, story);
	assert_int_equal(!!rc, event == MIGRATE_STEP_FAILED ||
				       event == MIGRATE_STEP_NOT_UNDONE);
	note(told, signs[event], step->name[0] - 'a');
}

static enum migrate_result go(const struct migrate_step *steps)
{
	const struct migrate_run r = {
		.steps = steps,
		.ctx = story,
		.report = report,
	};

	return migrate_steps(&r);
}

/* As at the start of a program: nothing is blocked. */
static void catch_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	stop_signal_init();
}

static void all_is_done(void **state)
{
	uint64_t now = now_ms();

	assert_int_equal(go(all_undoable), MIGRATE_DONE);
	assert_string_equal(story, "+a+b+c+d");
	assert_string_equal(told, story);
	assert_in_range(limit[0], now + 1000, now_ms() + 1000);
	assert_true(limit[2] == UINT64_MAX);
}

static void undone_in_reverse(void **state)
{
	fail_act[2] = -EIO;
	assert_int_equal(go(all_undoable), MIGRATE_UNDONE);
	/* The one that failed may have come half way. */
	assert_string_equal(story, "+a+b+c-c-b-a");
	assert_string_equal(told, "+a+b!c-c-b-a");
}

static void late_is_a_failure(void **state)
{
	fail_act[3] = -ETIME;
	assert_int_equal(go(all_undoable), MIGRATE_UNDONE);
	assert_string_equal(story, "+a+b+c+d-d-c-b-a");
}

static void first_step_changes_nothing(void **state)
{
	fail_act[0] = -EINVAL;
	assert_int_equal(go(all_undoable), MIGRATE_NOTHING);
	assert_string_equal(story, "+a");
}

static void what_was_skipped_is_not_undone(void **state)
{
	fail_act[1] = MIGRATE_SKIPPED;
	fail_act[2] = -EIO;
	assert_int_equal(go(all_undoable), MIGRATE_UNDONE);
	assert_string_equal(story, "+a+b+c-c-a");
	assert_string_equal(told, "+a.b!c-c-a");
}

static void undoing_goes_on(void **state)
{
	fail_act[2] = -EIO;
	fail_undo[1] = -ETIME;
	assert_int_equal(go(all_undoable), MIGRATE_NOT_UNDONE);
	assert_string_equal(story, "+a+b+c-c-b-a");
	assert_string_equal(told, "+a+b!c-c?b-a");
}

static void no_way_back_from_a_commit(void **state)
{
	fail_act[3] = -EIO;
	assert_int_equal(go(committing), MIGRATE_HALF);
	assert_string_equal(story, "+a+b+c+d");
}

static void a_commit_that_failed_is_undone(void **state)
{
	fail_act[2] = -EIO;
	assert_int_equal(go(committing), MIGRATE_UNDONE);
	assert_string_equal(story, "+a+b+c-b");
}

static void a_skipped_commit_counts(void **state)
{
	fail_act[2] = MIGRATE_SKIPPED;
	fail_act[3] = -EIO;
	assert_int_equal(go(committing), MIGRATE_HALF);
}

static void a_signal_stops_the_next(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		catch_signals();
		story[0] = told[0] = '\0';
		signal_in[1] = signals[i];
		assert_int_equal(go(all_undoable), MIGRATE_UNDONE);
		assert_string_equal(story, "+a+b-b-a");
		assert_string_equal(told, "+a+b!c-b-a");
	}
}

static void a_signal_is_late_after_a_commit(void **state)
{
	signal_in[3] = SIGINT;
	assert_int_equal(go(committing), MIGRATE_DONE);
	assert_int_equal(stop_signal_asked(), 0);
}

/* The commit is done, and was asked to stop while it did it. */
static void a_signal_in_a_commit_is_late(void **state)
{
	signal_in[2] = SIGINT;
	assert_int_equal(go(committing), MIGRATE_DONE);
	assert_string_equal(story, "+a+b+c+d");
}

static void ignored_signals_stay_ignored(void **state)
{
	signal(SIGHUP, SIG_IGN);
	catch_signals();
	signal_in[0] = SIGHUP;
	assert_int_equal(go(all_undoable), MIGRATE_DONE);
	signal(SIGHUP, SIG_DFL);
}

static int fresh(void **state)
{
	story[0] = told[0] = '\0';
	memset(fail_act, 0, sizeof(fail_act));
	memset(fail_undo, 0, sizeof(fail_undo));
	memset(signal_in, 0, sizeof(signal_in));
	catch_signals();
	return 0;
}

#define STEPS_TEST(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEPS_TEST(all_is_done),
		STEPS_TEST(undone_in_reverse),
		STEPS_TEST(late_is_a_failure),
		STEPS_TEST(first_step_changes_nothing),
		STEPS_TEST(what_was_skipped_is_not_undone),
		STEPS_TEST(undoing_goes_on),
		STEPS_TEST(no_way_back_from_a_commit),
		STEPS_TEST(a_commit_that_failed_is_undone),
		STEPS_TEST(a_skipped_commit_counts),
		STEPS_TEST(a_signal_stops_the_next),
		STEPS_TEST(a_signal_is_late_after_a_commit),
		STEPS_TEST(a_signal_in_a_commit_is_late),
		STEPS_TEST(ignored_signals_stay_ignored),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
