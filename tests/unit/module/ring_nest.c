// SPDX-License-Identifier: GPL-2.0
/*
 * ring_nest.c - writers inside writers
 *
 * The ring reads the clock between loading and exchanging its state; a writer
 * that runs in there makes the exchange fail. And a record that is reserved and
 * not committed holds back all that others close meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/module/ring_rig.h"

#define DEPTH 3
#define SMALL sizeof(struct kit_record)

static int depth;
static __u32 budget;
static unsigned int seed;
static __u64 nested[DEPTH + 1];

static int open_discard(void **state)
{
	rig_open(4, IVR_POLICY_DISCARD);
	return 0;
}

static int open_overwrite(void **state)
{
	rig_open(4, IVR_POLICY_OVERWRITE);
	return 0;
}

static void write_some(__u32 ctx, __u32 n, __u32 len)
{
	while (n--)
		rig_write(ctx, len);
}

/* At the first look at the clock only: one nested record of this length. */
static __u32 nested_len;

static void once(void)
{
	__u32 len = nested_len;

	if (!len)
		return;
	nested_len = 0;
	rig_write(1, len);
}

static void exchange_fails(void **state)
{
	__u32 outer, inner;

	rig.in_clock = once;
	for (outer = SMALL; outer < 1500; outer += 52)
		for (inner = SMALL; inner < 1500; inner += 68) {
			nested_len = inner;
			rig_write(0, outer);
			kit_drain(&rig.reader, ~0u);
		}
	assert_clean(rig_finish());
	assert_int_equal(rig.reader.expect[0], rig.reader.expect[1]);
	assert_int_equal(rig.reg.ctl->lost, 0);
}

/* Nothing is published while one record is open, however much is closed. */
static void held_back(void **state)
{
	const struct ivr_ring_ctl *ctl = rig.reg.ctl;

	write_some(0, 1, SMALL);
	assert_true(rig_reserve(0, SMALL));
	write_some(1, 3 * 3, 1200);
	assert_int_equal(ctl->head, 1);
	ivr_ring_flush(&rig.ring);
	assert_int_equal(ctl->head, 1);
	assert_int_equal(kit_drain(&rig.reader, ~0u), 0);
	ivr_ring_commit(&rig.ring);
	assert_int_equal(ctl->head, 4);
	assert_clean(rig_finish());
	assert_int_equal(rig.reader.delivered, 2 + 9);
}

/* Three open at a time; each inner one closes pages. */
static void brackets(void **state)
{
	rig_reserve(0, SMALL);
	rig_reserve(1, 3000);
	rig_reserve(2, 3000);
	rig_write(3, 3000);
	ivr_ring_commit(&rig.ring);
	assert_int_equal(rig.reg.ctl->head, 1);
	ivr_ring_commit(&rig.ring);
	assert_int_equal(rig.reg.ctl->head, 1);
	ivr_ring_commit(&rig.ring);
	assert_int_equal(rig.reg.ctl->head, 3);
	assert_clean(rig_finish());
}

/* The ring fills while a record is open: that page must survive. */
static void full_while_open(void **state)
{
	__u32 n;

	for (n = 0; n < 20; n++) {
		assert_true(rig_reserve(0, SMALL));
		write_some(1, 100, 1000);
		assert_true(rig.dropped[1] > 0);
		ivr_ring_commit(&rig.ring);
		kit_drain(&rig.reader, ~0u);
	}
	assert_clean(rig_finish());
	assert_int_equal(rig.reader.missed, 0);
}

static void flush_in_a_writer(void **state)
{
	assert_true(rig_reserve(0, SMALL));
	ivr_ring_flush(&rig.ring);
	ivr_ring_flush(&rig.ring);
	assert_int_equal(rig.reg.ctl->head, 1);
	assert_int_equal(rig.ring.nest, 1);
	ivr_ring_commit(&rig.ring);
	assert_int_equal(rig.reg.ctl->head, 2);
	assert_clean(rig_finish());
	assert_int_equal(rig.reader.delivered, 1);
}

/* What interrupts do at random, and how deep. */
static void interrupt(void);

static void something(__u32 ctx)
{
	switch (rand_r(&seed) % 12) {
	case 0:
		ivr_ring_flush(&rig.ring);
		break;
	case 1:
		write_some(ctx, 8, 1200);
		break;
	case 2:
		write_some(ctx, 1, IVR_MAX_RECORD);
		break;
	case 3:
		kit_drain(&rig.reader, rand_r(&seed) % 4);
		break;
	case 4:
		ivr_ring_reserve(&rig.ring, IVR_MAX_RECORD + 1);
		break;
	case 5:
		if (rig_reserve(ctx, 100)) {
			interrupt();
			ivr_ring_commit(&rig.ring);
		}
		break;
	case 6:
		rig.now += 1ull << (rand_r(&seed) % 34);
		break;
	default:
		write_some(ctx, 1 + rand_r(&seed) % 3,
			   SMALL + rand_r(&seed) % 300);
	}
}

static void interrupt(void)
{
	if (depth == DEPTH || !budget || rand_r(&seed) % 4)
		return;
	budget--;
	depth++;
	nested[depth]++;
	something(depth);
	depth--;
}

static void at_random(void **state)
{
	__u32 i;

	rig.in_clock = interrupt;
	for (i = 0; i < 100000; i++) {
		budget = 20;
		something(0);
		kit_drain(&rig.reader, rand_r(&seed) % 3);
		if (rig.reader.error)
			break;
	}
	rig.in_clock = NULL;
	assert_clean(rig_finish());
	assert_int_equal(rig.ring.nest, 0);
	assert_true(nested[1] > 5000 && nested[DEPTH] > 500);
	assert_true(rig.dropped[0] && rig.dropped[DEPTH]);
}

#define DISCARD(f)   cmocka_unit_test_setup_teardown(f, open_discard, rig_end)
#define OVERWRITE(f) cmocka_unit_test_setup_teardown(f, open_overwrite, rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DISCARD(exchange_fails),
		DISCARD(held_back),
		DISCARD(brackets),
		DISCARD(full_while_open),
		OVERWRITE(full_while_open),
		DISCARD(flush_in_a_writer),
		OVERWRITE(flush_in_a_writer),
		DISCARD(at_random),
		OVERWRITE(at_random),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
