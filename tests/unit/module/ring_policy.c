// SPDX-License-Identifier: GPL-2.0
/* ring_policy.c - full rings, flush, wake positions, odd host words */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/module/ring_rig.h"

/* 100 bytes are 26 units: 39 records in a page, 6 units stay empty. */
#define LEN	 100
#define PER_PAGE 39

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

static void write_many(__u32 n)
{
	while (n--)
		rig_write(0, LEN);
}

static const struct ivr_desc *desc(__u64 page)
{
	return &rig.reg.desc[kit_slot(&rig.reg, page)];
}

static void formatted(void **state)
{
	const struct ivr_ring_ctl *ctl = rig.reg.ctl;
	struct ivr_ring_ctl zero = {
		.head = 1,
		.mirror = 1,
		.ack_pos = 1,
		.seg_page = 1,
		.seg_span = 4,
		.seg_seq = 2,
	};

	assert_memory_equal(ctl, &zero, sizeof(zero));
	assert_true(ivr_ring_idle(&rig.ring));
	assert_int_equal(kit_drain(&rig.reader, ~0u), 0);
	assert_clean(rig_finish());
}

static void discard_numbers(void **state)
{
	const struct ivr_ring_ctl *ctl = rig.reg.ctl;

	write_many(4 * PER_PAGE);
	/* The last page is full but nobody has turned it yet. */
	assert_int_equal(ctl->head, 4);
	write_many(1000);
	assert_int_equal(ctl->head, 5);
	assert_int_equal(rig.dropped[0], 1000);
	ivr_ring_flush(&rig.ring);
	assert_int_equal(ctl->head, 5);
	assert_int_equal(ctl->lost, 1000);
	assert_int_equal(ctl->produced, 4 * PER_PAGE + 1000);
	assert_int_equal(ctl->tail, 0);

	assert_int_equal(kit_drain(&rig.reader, 1), 1);
	write_many(PER_PAGE + 5);
	assert_int_equal(rig.dropped[0], 1005);
	assert_int_equal(desc(5)->first, 4 * PER_PAGE + 1000);
	assert_int_equal(desc(5)->lost, 1000);
	assert_int_equal(desc(5)->count, PER_PAGE);

	assert_int_equal(kit_drain(&rig.reader, 4), 4);
	write_many(1);
	assert_clean(rig_finish());
	assert_int_equal(desc(6)->first, 5 * PER_PAGE + 1005);
	assert_int_equal(desc(6)->lost, 1005);
	assert_int_equal(rig.reader.delivered, 5 * PER_PAGE + 1);
	assert_int_equal(rig.reader.declared, 1005);
}

/* After a drop nothing gets into the page any more, be it ever so small. */
static void loss_ends_the_page(void **state)
{
	write_many(4 * PER_PAGE - 1);
	assert_false(rig_write(1, 2000));
	assert_int_equal(rig_open_units(), 1023);
	assert_int_equal(rig.reg.ctl->head, 5);
	assert_false(rig_write(2, sizeof(struct kit_record)));
	assert_false(rig_write(0, LEN));
	kit_drain(&rig.reader, 2);
	assert_true(rig_write(2, sizeof(struct kit_record)));
	assert_clean(rig_finish());
	assert_int_equal(desc(5)->lost, 3);
	assert_int_equal(desc(5)->first, 4 * PER_PAGE - 1 + 3);
}

static void overwrite_numbers(void **state)
{
	const struct ivr_ring_ctl *ctl = rig.reg.ctl;
	__u64 k;

	for (k = 1; k <= 50; k++) {
		write_many(PER_PAGE);
		assert_int_equal(ctl->head, k);
		/* Page k is being written; k - 3 .. k - 1 can be read. */
		assert_int_equal(ctl->tail, k < 4 ? 0 : k - 3);
	}
	assert_int_equal(rig.dropped[0], 0);
	assert_clean(rig_finish());
	assert_int_equal(ctl->head, 51);
	assert_int_equal(rig.reader.pages, 4);
	assert_int_equal(rig.reader.delivered, 4 * PER_PAGE);
	assert_int_equal(rig.reader.missed, 46 * PER_PAGE);
	assert_int_equal(ctl->lost, 0);
	assert_int_equal(ctl->produced, 50 * PER_PAGE);
}

static void overwrite_ack(void **state)
{
	write_many(10 * PER_PAGE);
	ivr_ring_ack(rig.reg.ctl, false);
	assert_int_equal(rig.reg.ctl->ack_pos, rig.reg.ctl->tail);
	assert_clean(rig_finish());
	write_many(1);
	ivr_ring_flush(&rig.ring);
	ivr_ring_ack(rig.reg.ctl, false);
	assert_int_equal(rig.reg.ctl->ack_pos, 11);
}

/* A reader that keeps up misses nothing under the overwrite policy either. */
static void overwrite_with_reader(void **state)
{
	__u32 i;

	for (i = 0; i < 10000; i++) {
		rig_write(i % KIT_CONTEXTS, 40 + i % 1500);
		kit_drain(&rig.reader, 1);
	}
	assert_clean(rig_finish());
	assert_int_equal(rig.reader.missed, 0);
	assert_int_equal(rig.reader.delivered, 10000);
}

static void flush(void **state)
{
	const struct ivr_ring_ctl *ctl = rig.reg.ctl;

	ivr_ring_flush(&rig.ring);
	assert_int_equal(ctl->head, 1);
	rig_write(0, LEN);
	assert_false(ivr_ring_idle(&rig.ring));
	assert_int_equal(ctl->head, 1);
	ivr_ring_flush(&rig.ring);
	assert_int_equal(ctl->head, 2);
	assert_int_equal(desc(1)->flags, IVR_DESC_FLUSHED);
	assert_int_equal(desc(1)->count, 1);
	assert_true(ivr_ring_idle(&rig.ring));
	ivr_ring_flush(&rig.ring);
	assert_int_equal(ctl->head, 2);

	write_many(PER_PAGE + 1);
	assert_int_equal(ctl->head, 3);
	assert_int_equal(desc(2)->flags, 0);
	assert_clean(rig_finish());
	assert_int_equal(desc(3)->flags, IVR_DESC_FLUSHED);
}

/* Counters that changed without a page being closed are told by a flush. */
static void flush_tells_counters(void **state)
{
	write_many(4 * PER_PAGE + 1);
	assert_true(rig.reg.ctl->lost <= 1);
	write_many(6);
	assert_false(ivr_ring_idle(&rig.ring));
	ivr_ring_flush(&rig.ring);
	assert_int_equal(rig.reg.ctl->lost, 7);
	assert_true(ivr_ring_idle(&rig.ring));

	assert_null(ivr_ring_reserve(&rig.ring, IVR_MAX_RECORD + 1));
	assert_false(ivr_ring_idle(&rig.ring));
	ivr_ring_flush(&rig.ring);
	assert_int_equal(rig.reg.ctl->refused, 1);
	assert_true(ivr_ring_idle(&rig.ring));
	assert_clean(rig_finish());
}

/* Exactly one bell, by the publication that closes page @wake. */
static void wake(void **state)
{
	__u64 at, page;

	for (at = 0; at < 12; at++) {
		rig_close();
		rig_open(4, IVR_POLICY_OVERWRITE);
		rig.reg.host->wake = at;
		for (page = 1; page < 12; page++) {
			assert_int_equal(rig.bells, at >= 1 && page > at);
			rig_write(0, LEN);
			ivr_ring_flush(&rig.ring);
			assert_int_equal(rig.reg.ctl->head, page + 1);
			ivr_ring_flush(&rig.ring);
		}
	}
}

static void wake_never(void **state)
{
	write_many(100 * PER_PAGE);
	ivr_ring_flush(&rig.ring);
	assert_int_equal(rig.bells, 0);
}

/* The bell finds the head where it says it is. */
static __u64 head_at_bell;

static void note_head(struct ivr_ring *ring)
{
	head_at_bell = ivr_ring_mem(ring)->ctl->head;
}

static void wake_after_head(void **state)
{
	rig.ring.bell = note_head;
	rig.reg.host->wake = 2;
	write_many(PER_PAGE + 1);
	assert_int_equal(head_at_bell, 0);
	write_many(PER_PAGE);
	assert_int_equal(head_at_bell, 3);
}

/* Several pages closed under one outer writer: one publication, one bell. */
static void wake_over_many(void **state)
{
	__u64 at;

	for (at = 1; at <= 3; at++) {
		rig_close();
		rig_open(8, IVR_POLICY_DISCARD);
		rig.reg.host->wake = at;
		assert_true(rig_reserve(0, LEN));
		rig.bells = 0;
		write_many(3 * PER_PAGE);
		assert_int_equal(rig.reg.ctl->head, 1);
		assert_int_equal(rig.bells, 0);
		ivr_ring_commit(&rig.ring);
		assert_int_equal(rig.reg.ctl->head, 4);
		assert_int_equal(rig.bells, 1);
	}
}

/* mirror = max(mirror, min(pos, head)), whatever the host page holds. */
static void mirror_follows(void **state)
{
	struct ivr_ring_ctl *ctl = rig.reg.ctl;
	__u64 model = 1, pos, head;
	unsigned int seed = 99;
	__u32 i;

	for (i = 0; i < 20000; i++) {
		switch (rand_r(&seed) % 6) {
		case 0:
			pos = 0;
			break;
		case 1:
			pos = ~0ull - rand_r(&seed) % 3;
			break;
		case 2:
			pos = ctl->head + rand_r(&seed) % 9;
			break;
		case 3:
			pos = 1ull << (rand_r(&seed) % 64);
			break;
		default:
			pos = ctl->mirror + rand_r(&seed) % 3;
		}
		kit_say_pos(&rig.reg, pos);
		head = ctl->head;
		rig_write(0, 600);
		ivr_ring_flush(&rig.ring);
		if (pos > head)
			pos = head;
		if (pos > model)
			model = pos;
		assert_in_range(ctl->mirror, model, ctl->head);
		model = ctl->mirror;
		assert_true(ctl->head - ctl->mirror <= 4);
	}
	/* No page came into being without a record, whatever the host said. */
	assert_int_equal(rig.seq[0], ctl->produced);
	assert_int_equal(rig.dropped[0], ctl->lost);
}

/* A stale position only makes the writer more careful. */
static void stale_position(void **state)
{
	write_many(3 * PER_PAGE);
	kit_drain(&rig.reader, 2);
	write_many(PER_PAGE);
	assert_int_equal(rig.reg.ctl->mirror, 3);
	kit_say_pos(&rig.reg, 1);
	write_many(10 * PER_PAGE);
	assert_int_equal(rig.reg.ctl->mirror, 3);
	assert_int_equal(rig.reg.ctl->head, 7);
	ivr_ring_ack(rig.reg.ctl, false);
	assert_int_equal(rig.reg.ctl->ack_pos, 3);
	assert_clean(rig_finish());
}

/*
 * The memory may still hold the words that a reader wrote for an earlier
 * stream (guest rebooted, module loaded again), and a page that is migrated
 * while it is written holds the one word new and the other old. Neither may
 * move the mirror, at any publication or in a full ring.
 */
static void odd_positions(void **state)
{
	static const struct {
		__u64 pos, seal;
	} odd[] = {
		{ 3, 0 },
		{ 5000, 5000 ^ KIT_TAG ^ 1 },
		{ 3, 3 ^ ~KIT_TAG },
		{ 0, 0 },
		{ 0, 3 ^ KIT_TAG },
		{ 3, 0 ^ KIT_TAG },
		{ 3, 2 ^ KIT_TAG },
		{ ~0ull, 3 ^ KIT_TAG },
		{ KIT_TAG, KIT_TAG },
	};
	const struct ivr_ring_mem *mem = ivr_ring_mem(&rig.ring);
	__u32 i;

	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		rig.reg.host->pos = odd[i].pos;
		rig.reg.host->pos_seal = odd[i].seal;
		write_many(20 * PER_PAGE);
		ivr_ring_flush(&rig.ring);
		assert_int_equal(rig.reg.ctl->head, 5);
		assert_int_equal(ivr_ring_take_pos(mem, KIT_TAG), 1);
		assert_int_equal(rig.reg.ctl->mirror, 1);
	}

	/* The reader attaches: zeroes its words, and is told where to start. */
	rig.reg.host->pos = 0;
	rig.reg.host->pos_seal = 0;
	ivr_ring_ack(rig.reg.ctl, false);
	assert_int_equal(rig.reg.ctl->ack_pos, 1);
	kit_reader_init(&rig.reader, &rig.reg, false);
	kit_say_pos(&rig.reg, 3);
	assert_int_equal(ivr_ring_take_pos(mem, KIT_TAG), 3);
	assert_clean(rig_finish());
	assert_int_equal(rig.reader.delivered, 4 * PER_PAGE);
	assert_int_equal(rig.reader.declared, (20 * i - 4) * PER_PAGE);
}

/* A negative control of other tests: begin where nothing is left to read. */
static void forgotten_position(void **state)
{
	write_many(3 * PER_PAGE + 1);
	ivr_ring_ack(rig.reg.ctl, true);
	assert_int_equal(rig.reg.ctl->ack_pos, 4);
}

/* Any number of slots, powers of two or not. */
static void slot_counts(void **state)
{
	static const __u32 counts[] = {
		4, 5, 6, 7, 8, 9, 11, 13, 31, 63, 64, 65, 100, 1000, 1021, 1024,
	};
	__u32 i, n;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		rig_close();
		rig_open(counts[i],
			 i & 1 ? IVR_POLICY_OVERWRITE : IVR_POLICY_DISCARD);
		for (n = 0; n < 12 * counts[i] + 1000; n++) {
			rig_write(n % KIT_CONTEXTS, 1000 + n % 3000);
			if (n % 7 == 0)
				kit_drain(&rig.reader, n % 9);
		}
		assert_clean(rig_finish());
	}
}

/* After years: page numbers near the end of their 43 bits. */
static void high_page_numbers(void **state)
{
	static const __u32 counts[] = { 4, 7, 37, 63, 1021 };
	const __u64 start = (1ull << 43) - 8000;
	__u32 i, n;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		rig_close();
		rig_open(counts[i], IVR_POLICY_DISCARD);
		rig_start_at(start);
		for (n = 0; n < 7000; n++) {
			rig_write(n % KIT_CONTEXTS, 3000);
			if (n % 3 == 0)
				kit_drain(&rig.reader, 3);
		}
		assert_clean(rig_finish());
		assert_int_equal(rig.reader.delivered, 7000);
	}
}

#define DISCARD(f)   cmocka_unit_test_setup_teardown(f, open_discard, rig_end)
#define OVERWRITE(f) cmocka_unit_test_setup_teardown(f, open_overwrite, rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DISCARD(formatted),
		DISCARD(discard_numbers),
		DISCARD(loss_ends_the_page),
		OVERWRITE(overwrite_numbers),
		OVERWRITE(overwrite_ack),
		OVERWRITE(overwrite_with_reader),
		DISCARD(flush),
		DISCARD(flush_tells_counters),
		DISCARD(wake),
		DISCARD(wake_never),
		DISCARD(wake_after_head),
		DISCARD(wake_over_many),
		DISCARD(mirror_follows),
		DISCARD(stale_position),
		DISCARD(odd_positions),
		DISCARD(forgotten_position),
		DISCARD(slot_counts),
		DISCARD(high_page_numbers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
