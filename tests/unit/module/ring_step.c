// SPDX-License-Identifier: GPL-2.0
/*
 * ring_step.c - interrupt writers, and changes of the segment, after every
 * single instruction
 *
 * For one interrupt all interleavings are tried, and for interrupts that are
 * themselves interrupted a random choice from a fixed seed.
 *
 * RING_STEP_NESTED: how many of the latter (default 300000).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/module/ring_act.h"
#include "tests/unit/module/ring_trap.h"

static const enum act writers[] = {
	ACT_SMALL, ACT_LARGE, ACT_MAX, ACT_FLUSH, ACT_REFUSED,
};

static const enum act owners[] = {
	ACT_SHRINK, ACT_GROW, ACT_MOVE, ACT_UNSPILL, ACT_RETURN,
};

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Under a sanitizer a sample: there are more instructions, and each is slower.
 * And the library's are not the same each time.
 */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE	      7
#define is_wanted(at) trap_is_ours(at)
#else
#define STRIDE	      1
#define is_wanted(at) true
#endif

static unsigned long long runs;

static void report(const char *what, enum ivr_policy policy, enum start start,
		   enum act victim)
{
	int i;

	print_message("# %s: %s, %s, %s, page %llu\n", what,
		      policy ? "overwrite" : "discard", start_names[start],
		      act_names[victim],
		      (unsigned long long)rig.reader.error_page);
	for (i = 0; i < trap_levels && traps[i].reached; i++)
		print_message("#   interrupted at %p by %s\n", traps[i].at,
			      act_names[traps[i].act]);
	fail_msg("%s", what);
}

/* One run; the traps are set. */
static void run(enum ivr_policy policy, enum start start, enum act victim)
{
	const char *error;

	act_set_up(start, policy);
	runs++;
	trap_run(act_do, victim);
	error = act_check();
	if (error)
		report(error, policy, start, victim);
}

static void every_instruction(enum ivr_policy policy, enum start start,
			      enum act victim)
{
	unsigned int i;

	if (!act_possible(start, victim))
		return;
	act_set_up(start, policy);
	trap_record(act_do, victim);
	trap_levels = 1;
	for (i = 0; i < trap_nsteps * ACT_INTERRUPTS; i += STRIDE) {
		traps[0].at = trap_steps[i / ACT_INTERRUPTS];
		if (!is_wanted(traps[0].at))
			continue;
		traps[0].nth = trap_nth(i / ACT_INTERRUPTS);
		traps[0].act = i % ACT_INTERRUPTS;
		run(policy, start, victim);
		assert_true(traps[0].reached);
	}
}

static void each(enum ivr_policy policy, const enum act *victims, __u32 n)
{
	enum start start;
	__u32 v;

	for (start = 0; start < STARTS; start++)
		for (v = 0; v < n; v++)
			every_instruction(policy, start, victims[v]);
}

static void writers_discard(void **state)
{
	each(IVR_POLICY_DISCARD, writers, COUNT_OF(writers));
}

static void writers_overwrite(void **state)
{
	each(IVR_POLICY_OVERWRITE, writers, COUNT_OF(writers));
}

static void changes_discard(void **state)
{
	each(IVR_POLICY_DISCARD, owners, COUNT_OF(owners));
}

static void changes_overwrite(void **state)
{
	each(IVR_POLICY_OVERWRITE, owners, COUNT_OF(owners));
}

/* A reader loads head before any instruction and the segment after any. */
static void looked_at_all_the_time(void **state)
{
	enum start start;
	const char *error;
	__u32 v, policy;

	trap_levels = 0;
	for (policy = 0; policy < IVR_POLICIES; policy++)
		for (start = 0; start < STARTS; start++)
			for (v = 0; v < COUNT_OF(owners); v++) {
				if (!act_possible(start, owners[v]))
					continue;
				act_set_up(start, policy);
				trap_walk(act_do, owners[v], act_look);
				error = act_check();
				if (error)
					report(error, policy, start, owners[v]);
			}
	for (v = 0; v < COUNT_OF(owners); v++)
		assert_true(act_changed(owners[v]) > 3);
}

static void interrupted_interrupts(void **state)
{
	const char *wanted = getenv("RING_STEP_NESTED");
	__u32 n = wanted ? atoi(wanted) : 300000;
	__u32 i, two = 0, three = 0;
	unsigned int seed = 4711;
	enum start start;
	enum act victim;

	assert_true(trap_npool > 100);
	while (n--) {
		trap_levels = 2 + rand_r(&seed) % 2;
		for (i = 0; i < TRAP_LEVELS; i++) {
			traps[i].act = rand_r(&seed) % ACT_INTERRUPTS;
			traps[i].at = trap_pool[rand_r(&seed) % trap_npool];
			traps[i].nth = 1 + (rand_r(&seed) % 4 == 0);
			traps[i].reached = false;
		}
		do {
			start = rand_r(&seed) % STARTS;
			i = rand_r(&seed) %
			    (COUNT_OF(writers) + COUNT_OF(owners));
			victim = i < COUNT_OF(writers) ?
					 writers[i] :
					 owners[i - COUNT_OF(writers)];
		} while (!act_possible(start, victim));
		run(rand_r(&seed) % IVR_POLICIES, start, victim);
		two += traps[1].reached;
		three += traps[2].reached;
	}
	print_message("# %llu runs, %u two deep, %u three deep\n", runs, two,
		      three);
	if (!wanted)
		assert_true(two > 1000 && three > 200);
}

static int open_rig(void **state)
{
	rig_open(ACT_SLOTS, IVR_POLICY_DISCARD);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_rig, rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(looked_at_all_the_time), TEST(writers_discard),
		TEST(writers_overwrite),      TEST(changes_discard),
		TEST(changes_overwrite),      TEST(interrupted_interrupts),
	};

	trap_setup(act_interrupt);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
