// SPDX-License-Identifier: GPL-2.0
/*
 * ring_segment.c - windows, moves into other memory and the way back
 *
 * Each page here is one record and a flush, unless the size matters.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/module/ring_rig.h"

#define SLOTS	   8u
#define SMALL	   sizeof(struct kit_record)
#define RANDOM_OPS 100000

static enum ivr_policy policy;

static int open_discard(void **state)
{
	policy = IVR_POLICY_DISCARD;
	rig_open(SLOTS, policy);
	return 0;
}

static int open_overwrite(void **state)
{
	policy = IVR_POLICY_OVERWRITE;
	rig_open(SLOTS, policy);
	return 0;
}

static void again(__u32 slots)
{
	rig_close();
	rig_open(slots, policy);
}

static void write_pages(__u32 n)
{
	while (n--)
		rig_page(0);
}

static __u64 hash(__u64 h, const void *p, size_t len)
{
	const __u64 *w = p;

	for (; len; len -= 8)
		h = (h ^ *w++) * 0x9e3779b97f4a7c15ull;
	return h;
}

/* Slots @from to @to of the ring and their descriptors. */
static __u64 hash_slots(const struct kit_region *reg, __u32 from, __u32 to)
{
	size_t n = to - from;
	__u64 h;

	h = hash(0, reg->data + (size_t)from * IVR_PAGE_SIZE,
		 n * IVR_PAGE_SIZE);
	return hash(h, reg->desc + from, n * sizeof(struct ivr_desc));
}

static __u64 hash_outside(void)
{
	struct kit_segment seg;

	assert_true(kit_segment_get(&rig.reg, &seg));
	return hash_slots(&rig.reg, 0, seg.slot) +
	       hash_slots(&rig.reg, seg.slot + seg.span, rig.reg.slots);
}

static __u64 hash_region(const struct kit_region *reg)
{
	return hash(hash_slots(reg, 0, reg->slots), reg->ctl, IVR_PAGE_SIZE);
}

/* First page that the reader of a ring may still want, as the guest sees it. */
static __u64 floor_now(void)
{
	const struct ivr_ring_ctl *ctl = rig.reg.ctl;

	return ctl->mirror > ctl->tail ? ctl->mirror : ctl->tail;
}

/* Pages that exist: closed ones, and one that is open. */
static __u64 end_now(void)
{
	return ivr_ring_open_page(&rig.ring) + 1;
}

static void check_segment(void)
{
	struct kit_segment seg;

	assert_true(kit_segment_get(&rig.reg, &seg));
	if (!rig_is_away())
		assert_int_equal(seg.span, ivr_ring_span(&rig.ring));
	assert_in_range(seg.span, 1, rig.reg.slots);
	assert_in_range(seg.slot, 0, rig.reg.slots - seg.span);
	assert_true(seg.page >= seg.slot + 1ull);
	assert_true(seg.page <= rig.reg.ctl->head);
}

/*
 * By hand: is there a window of @span slots in which the pages from @floor on
 * could stay where they are?
 */
static bool fits(__u64 floor, __u64 end, __u32 span)
{
	__u64 page;

	if (end - floor > span)
		return false;
	for (page = floor + 1; page < end; page++)
		if (kit_slot(&rig.reg, page) !=
		    kit_slot(&rig.reg, page - 1) + 1)
			return false;
	return true;
}

/* Change the window and see that it did what can be done, and nothing else. */
static int set_window(__u32 span)
{
	struct ivr_ring_ctl before;
	struct kit_segment old, new;
	__u64 end = end_now(), floor, page;
	bool expected;
	int ret;

	ivr_ring_take_pos(ivr_ring_mem(&rig.ring), KIT_TAG);
	floor = floor_now();
	expected = span == ivr_ring_span(&rig.ring) || fits(floor, end, span);
	before = *rig.reg.ctl;
	assert_true(kit_segment_get(&rig.reg, &old));

	ret = ivr_ring_window(&rig.ring, span);
	assert_int_equal(ret, expected ? 0 : -EAGAIN);
	check_segment();
	assert_true(kit_segment_get(&rig.reg, &new));
	if (ret || span == old.span) {
		assert_memory_equal(&before, rig.reg.ctl, sizeof(before));
		return ret;
	}
	assert_int_equal(new.span, span);
	assert_int_equal(rig.reg.ctl->seg_seq, before.seg_seq + 2);
	assert_int_equal(rig.reg.ctl->head, end);
	for (page = floor; page < end; page++)
		assert_int_equal(kit_slot_in(&old, page),
				 kit_slot_in(&new, page));
	return ret;
}

/* Fill what is left of the window, and nothing outside it. */
static void fill_window(__u32 span)
{
	__u64 outside = hash_outside(), room;
	__u32 n = 0;

	ivr_ring_flush(&rig.ring);
	room = rig.reader.pos + span - end_now();
	while (n < 3 * SLOTS && rig_page(1))
		n++;
	if (policy == IVR_POLICY_DISCARD)
		assert_int_equal(n, room);
	assert_true(outside == hash_outside());
	kit_drain(&rig.reader, 1);
	n = 0;
	while (n < 3 * SLOTS && rig_page(2))
		n++;
	assert_true(outside == hash_outside());
}

/* So many pages came and were taken, so many were not; is one open? */
static void one_window(__u32 taken, __u32 untaken, bool open, __u32 span)
{
	again(SLOTS);
	for (; taken; taken--) {
		rig_page(0);
		kit_drain(&rig.reader, 1);
	}
	write_pages(untaken - open);
	if (open)
		rig_write(0, SMALL);
	if (!set_window(span))
		fill_window(span);
	set_window(SLOTS);
	write_pages(3);
	kit_drain(&rig.reader, 2);
	set_window(span);
	kit_drain(&rig.reader, ~0u);
	assert_int_equal(set_window(span), 0);
	fill_window(span);
	kit_drain(&rig.reader, ~0u);
	assert_int_equal(set_window(SLOTS), 0);
	write_pages(2);
	assert_clean(rig_finish());
}

static void window_at_each_distance(void **state)
{
	__u32 taken, untaken, span;

	for (taken = 0; taken <= 2 * SLOTS; taken++)
		for (untaken = 0; untaken <= SLOTS; untaken++)
			for (span = 2; span <= SLOTS; span++) {
				one_window(taken, untaken, false, span);
				if (untaken)
					one_window(taken, untaken, true, span);
			}
}

/* More or fewer slots than there can be. */
static void window_is_clamped(void **state)
{
	assert_int_equal(ivr_ring_window(&rig.ring, 100 * SLOTS), 0);
	assert_int_equal(ivr_ring_span(&rig.ring), SLOTS);
	write_pages(2);
	kit_drain(&rig.reader, ~0u);
	assert_int_equal(ivr_ring_window(&rig.ring, 1), 0);
	assert_int_equal(ivr_ring_span(&rig.ring), 2);
	check_segment();
	fill_window(2);
	kit_drain(&rig.reader, ~0u);
	assert_int_equal(ivr_ring_window(&rig.ring, ~0u), 0);
	assert_int_equal(ivr_ring_span(&rig.ring), SLOTS);
	assert_clean(rig_finish());
}

/* Pages that go over the edge of the segment leave no choice but to wait. */
static void window_wrapped(void **state)
{
	__u32 span;

	write_pages(SLOTS - 1);
	kit_drain(&rig.reader, ~0u);
	write_pages(2);
	for (span = 2; span < SLOTS; span++)
		assert_int_equal(set_window(span), -EAGAIN);
	kit_drain(&rig.reader, 1);
	assert_int_equal(set_window(2), 0);
	fill_window(2);
	assert_clean(rig_finish());
}

/* Nothing is left of a change that was not made, but it may be made later. */
static void under_a_writer(void **state)
{
	struct ivr_ring_mem mem;
	struct ivr_ring before;

	rig_spill(SLOTS);
	mem = ring_mem_of(&rig.spill, false);
	write_pages(1);
	assert_true(rig_reserve(0, SMALL));
	before = rig.ring;
	assert_int_equal(ivr_ring_window(&rig.ring, 3), -EAGAIN);
	assert_int_equal(ivr_ring_move(&rig.ring, &mem), -EAGAIN);
	assert_memory_equal(&before, &rig.ring, sizeof(before));
	ivr_ring_commit(&rig.ring);
	assert_int_equal(ivr_ring_window(&rig.ring, 3), 0);
	assert_int_equal(rig_move(), 0);

	assert_true(rig_reserve(0, SMALL));
	before = rig.ring;
	assert_int_equal(ivr_ring_return(&rig.ring, &rig.unspill), -EAGAIN);
	assert_memory_equal(&before, &rig.ring, sizeof(before));
	ivr_ring_commit(&rig.ring);
	assert_int_equal(ivr_ring_return(&rig.ring, &rig.unspill), 0);
	assert_clean(rig_finish());
}

static void check_counters(void)
{
	const struct ivr_ring_ctl *ctl = rig.reg.ctl;

	assert_true(ctl->tail <= ctl->head);
	assert_true(ctl->mirror <= ctl->head);
	assert_true(ctl->lost <= ctl->produced);
	check_segment();
}

static void windows_at_random(__u64 start, __u32 slots)
{
	unsigned int seed = 20240 + slots;
	__u32 i, changed = 0, refused = 0;
	__u64 outside;

	again(slots);
	rig_start_at(start);
	outside = hash_outside();
	for (i = 0; i < RANDOM_OPS && !rig.reader.error; i++) {
		switch (rand_r(&seed) % 16) {
		case 0:
			ivr_ring_flush(&rig.ring);
			break;
		case 1:
		case 2:
			kit_drain(&rig.reader, rand_r(&seed) % slots);
			break;
		case 3:
			kit_drain(&rig.reader, ~0u);
			break;
		case 4:
			assert_true(outside == hash_outside());
			if (set_window(2 + rand_r(&seed) % (slots - 1)))
				refused++;
			else
				changed++;
			outside = hash_outside();
			break;
		case 5:
			rig_write(2, IVR_MAX_RECORD);
			break;
		default:
			rig_write(i % KIT_CONTEXTS,
				  SMALL + rand_r(&seed) % 900);
		}
		check_counters();
	}
	assert_clean(rig_finish());
	assert_true(changed > 1000 && refused > 100);
}

static void window_at_random(void **state)
{
	windows_at_random(1, SLOTS);
	windows_at_random(1, 13);
}

/* After years: page numbers near the end of their 43 bits. */
static void window_at_high_numbers(void **state)
{
	windows_at_random((1ull << 43) - 200000, SLOTS);
	windows_at_random((1ull << 43) - 200001, 7);
}

/* What a reader finds who loaded head before a change and comes after it. */
static void reader_in_between(void **state)
{
	__u64 head, page;
	__u32 i;

	for (i = 0; i < 500; i++) {
		rig_page(0);
		head = rig.reg.ctl->head;
		set_window(2 + i * 7 % (SLOTS - 1));
		for (page = rig.reader.pos; page < head; page++)
			assert_int_equal(rig.reg.desc[kit_slot(&rig.reg, page)]
						 .page,
					 page);
		kit_drain(&rig.reader, i % 3);
		if (policy == IVR_POLICY_OVERWRITE)
			kit_drain(&rig.reader, ~0u);
	}
	assert_clean(rig_finish());
}

/* So many pages, one of them open, then away. */
static void write_and_move(__u32 pages, __u32 spill_slots)
{
	write_pages(pages - 1);
	rig_write(0, SMALL);
	rig_spill(spill_slots);
	assert_int_equal(rig_move(), 0);
}

static void move(void **state)
{
	const struct ivr_ring_ctl *old = rig.reg.ctl, *ctl;
	__u64 before;

	write_and_move(3, 5);
	ctl = rig.spill.ctl;
	assert_ptr_equal(ivr_ring_mem(&rig.ring)->ctl, ctl);
	assert_int_equal(ivr_ring_span(&rig.ring), 5);
	assert_int_equal(old->head, 4);
	assert_int_equal(old->produced, 3);
	assert_int_equal(rig.reg.desc[kit_slot(&rig.reg, 3)].flags,
			 IVR_DESC_FLUSHED);
	assert_int_equal(ctl->head, 4);
	assert_int_equal(ctl->mirror, 4);
	assert_int_equal(ctl->ack_pos, 4);
	assert_int_equal(ctl->tail, 0);
	assert_int_equal(ctl->produced, 3);
	assert_int_equal(ctl->seg_page, 4);
	assert_int_equal(ctl->seg_slot, 0);
	assert_int_equal(ctl->seg_span, 5);
	assert_true(ivr_ring_idle(&rig.ring));

	/* A spill has no windows, and does not look at any reader's words. */
	kit_say_pos(&rig.spill, 9);
	assert_int_equal(ivr_ring_window(&rig.ring, 2), 0);
	assert_int_equal(ivr_ring_span(&rig.ring), 5);
	before = hash_region(&rig.reg);
	write_pages(20);
	assert_int_equal(ctl->mirror, 4);
	assert_true(before == hash_region(&rig.reg));
	assert_int_equal(ctl->head, 9);
	assert_int_equal(rig.dropped[0], 15);
	assert_int_equal(ctl->lost, 15);
	assert_int_equal(ctl->produced, 3 + 5 + 15);
	assert_clean(rig_finish());
	assert_int_equal(rig.reader.delivered, 8);
	assert_int_equal(rig.reader.declared, 15);
}

/* What the old memory says of the tail, the new one must not take back. */
static void tail_moves_with_the_ring(void **state)
{
	write_and_move(3 * SLOTS, SLOTS);
	assert_int_equal(rig.reg.ctl->tail, 2 * SLOTS + 1);
	assert_int_equal(rig.spill.ctl->tail, 3 * SLOTS + 1);
	kit_drain(&rig.reader, ~0u);
	rig_fresh(SLOTS);
	assert_int_equal(rig.reg.ctl->tail, 3 * SLOTS + 1);
	assert_clean(rig_finish());
}

/* Lost in the old memory, lost in the spill, lost after the return. */
static void losses_go_on(void **state)
{
	__u64 lost;

	write_pages(2 * SLOTS);
	assert_int_equal(rig.dropped[0], SLOTS);
	write_and_move(3, 4);
	lost = rig.reg.ctl->lost;
	assert_int_equal(lost, SLOTS + 3);
	assert_int_equal(rig.spill.ctl->lost, lost);
	write_pages(9);
	assert_int_equal(rig.reg.ctl->lost, lost);
	assert_int_equal(rig.spill.ctl->lost, lost + 5);
	assert_int_equal(rig.spill.desc[0].lost, lost);
	kit_drain(&rig.reader, ~0u);
	rig_come_home();
	assert_int_equal(rig.reg.ctl->lost, lost + 5);
	write_pages(2 * SLOTS);
	assert_clean(rig_finish());
	assert_int_equal(rig.reader.declared, rig_dropped());
	assert_int_equal(rig.reader.missed, 0);
}

/* Each page brought is free in the spill and complete at home, at once. */
static void check_unspill(__u32 brought, __u64 head)
{
	const struct ivr_ring_ctl *ctl = rig.reg.ctl;
	const struct ivr_desc *d;

	assert_int_equal(ctl->head, head + brought);
	assert_int_equal(rig.spill.ctl->mirror, rig.unspill.next);
	assert_int_equal(ctl->head, rig.unspill.next);
	check_counters();
	if (!brought)
		return;
	d = &rig.reg.desc[kit_slot(&rig.reg, ctl->head - 1)];
	assert_int_equal(d->page, ctl->head - 1);
	assert_int_equal(ctl->produced, d->first + d->count);
	assert_int_equal(ctl->lost, d->lost);
}

/* @away: pages written there; @takes: pages that the reader takes in a turn */
static void unspill(__u32 untaken, __u32 spill_slots, __u32 away, __u32 fresh,
		    __u32 budget, __u32 takes)
{
	__u32 turns = 0, n;
	__u64 head;

	again(SLOTS);
	write_and_move(untaken, spill_slots);
	write_pages(away);
	if (fresh)
		rig_fresh(fresh);
	do {
		head = rig.reg.ctl->head;
		n = ivr_unspill_step(&rig.unspill, &rig.ring, budget);
		assert_true(n <= budget);
		check_unspill(n, head);
		if (policy == IVR_POLICY_DISCARD)
			assert_true(rig.reg.ctl->head <=
				    rig.reg.ctl->mirror + rig.reg.slots);
		rig_write(1, SMALL);
		kit_drain(&rig.reader, takes);
		ivr_ring_take_pos(&rig.unspill.to.mem, KIT_TAG);
		check_counters();
	} while (ivr_ring_return(&rig.ring, &rig.unspill) && ++turns < 200);
	assert_int_equal(rig_is_away(), !takes && turns == 200);
	check_counters();
	write_pages(2);
	assert_clean(rig_finish());
	assert_int_equal(rig.reader.declared, rig_dropped());
}

static void unspill_each(__u32 fresh)
{
	static const __u32 spills[] = { 2, 4, 8, 21 }, budgets[] = { 1, 3, 99 };
	__u32 s, away, b, takes, untaken;

	for (s = 0; s < 4; s++)
		for (away = 0; away < 24; away += 1 + away / 6)
			for (b = 0; b < 3; b++)
				for (takes = 0; takes < 5; takes += 2)
					for (untaken = 1; untaken <= SLOTS;
					     untaken += 3)
						unspill(untaken, spills[s],
							away, fresh, budgets[b],
							takes);
}

static void unspill_home(void **state)
{
	unspill_each(0);
}

static void unspill_fresh(void **state)
{
	unspill_each(4);
	unspill_each(9);
	unspill_each(40);
}

/* The new memory begins where the spill does, and tells what came before. */
static void fresh_memory(void **state)
{
	struct ivr_ring_ctl *ctl;

	write_pages(SLOTS + 3);
	kit_drain(&rig.reader, ~0u);
	write_and_move(2, 4);
	write_pages(6);
	rig_fresh(6);
	ctl = rig.reg.ctl;
	assert_int_equal(ctl->head, rig.spill.ctl->seg_page);
	assert_int_equal(ctl->mirror, ctl->head);
	assert_int_equal(ctl->ack_pos, ctl->head);
	assert_int_equal(ctl->seg_page, ctl->head);
	assert_int_equal(ctl->seg_span, 6);
	assert_int_equal(ctl->lost, rig.spill.desc[0].lost);
	assert_int_equal(ctl->produced, rig.spill.desc[0].first);
	assert_clean(rig_finish());
}

/* Nothing was spilled: the counters are those of the spill. */
static void fresh_memory_after_nothing(void **state)
{
	write_and_move(2, 4);
	rig_fresh(6);
	assert_int_equal(rig.reg.ctl->produced, 2);
	assert_int_equal(rig.reg.ctl->head, 3);
	assert_int_equal(ivr_unspill_step(&rig.unspill, &rig.ring, 9), 0);
	assert_int_equal(ivr_ring_return(&rig.ring, &rig.unspill), 0);
	assert_clean(rig_finish());
}

/* A few pages return with the ring, if there is room for them. */
static void return_with_pages_left(void **state)
{
	__u32 left, untaken, open;
	bool possible;
	__u64 before;

	for (left = 0; left <= IVR_RETURN_PAGES + 1; left++)
		for (untaken = 1; untaken <= SLOTS; untaken++)
			for (open = 0; open <= (left > 0); open++) {
				again(SLOTS);
				write_and_move(untaken, SLOTS);
				write_pages(left - open);
				if (open)
					rig_write(0, SMALL);
				possible = left <= IVR_RETURN_PAGES &&
					   (untaken + left <= SLOTS ||
					    policy == IVR_POLICY_OVERWRITE);
				before = hash_region(&rig.spill);
				assert_int_equal(ivr_ring_return(&rig.ring,
								 &rig.unspill),
						 possible ? 0 : -EAGAIN);
				assert_int_equal(rig_is_away(), !possible);
				if (!possible)
					assert_true(before ==
						    hash_region(&rig.spill));
				else
					assert_int_equal(rig.reg.ctl->head,
							 untaken + left + 1);
				write_pages(1);
				assert_clean(rig_finish());
				assert_int_equal(
					rig.dropped[0],
					possible && untaken + left == SLOTS &&
						policy == IVR_POLICY_DISCARD);
			}
}

/* A window goes away with the ring and is there when it comes back. */
static void window_and_move(void **state)
{
	__u32 span, away;

	for (span = 2; span <= SLOTS; span++)
		for (away = 0; away < 12; away++) {
			again(SLOTS);
			write_pages(3);
			kit_drain(&rig.reader, ~0u);
			assert_int_equal(set_window(span), 0);
			write_and_move(1, 5);
			write_pages(away);
			rig_come_home();
			kit_drain(&rig.reader, ~0u);
			assert_int_equal(ivr_ring_span(&rig.ring), span);
			fill_window(span);
			kit_drain(&rig.reader, ~0u);
			assert_int_equal(set_window(SLOTS), 0);
			assert_clean(rig_finish());
		}
}

/* What is not brought is lost, and the account closes. */
static void abandon(void **state)
{
	__u32 away, brought, fresh;

	for (fresh = 0; fresh <= 2 * SLOTS; fresh += SLOTS)
		for (away = 0; away < 9; away++)
			for (brought = 0; brought <= away; brought++) {
				again(SLOTS);
				write_pages(SLOTS + 2);
				kit_drain(&rig.reader, ~0u);
				write_and_move(2, 5);
				write_pages(away);
				ivr_ring_flush(&rig.ring);
				if (fresh)
					rig_fresh(fresh);
				ivr_unspill_step(&rig.unspill, &rig.ring,
						 brought);
				ivr_unspill_abandon(&rig.unspill, &rig.ring);
				kit_drain(&rig.reader, ~0u);
				kit_settle(&rig.reader);
				assert_clean(rig.reader.error);
				assert_int_equal(rig.reg.ctl->produced,
						 rig.seq[0]);
				assert_int_equal(rig.reader.delivered +
							 rig.reader.missed +
							 rig.reg.ctl->lost,
						 rig.seq[0]);
				assert_int_equal(rig.reg.ctl->refused,
						 rig.ring.refused);
			}
}

/* One bell when page @wake is there, whoever brings it. */
static void wake_by_unspill(void **state)
{
	__u32 at, n;

	for (at = 3; at <= 6; at++) {
		again(SLOTS);
		write_and_move(2, SLOTS);
		assert_int_equal(rig.bells, 0);
		write_pages(4);
		rig.reg.host->wake = at;
		for (n = 0; n < 2; n++) {
			assert_int_equal(rig.bells, at < 3 + n);
			ivr_unspill_step(&rig.unspill, &rig.ring, 1);
		}
		assert_int_equal(rig.bells, at < 5);
		assert_int_equal(ivr_ring_return(&rig.ring, &rig.unspill), 0);
		assert_int_equal(rig.bells, 1);
	}
	again(SLOTS);
	rig.reg.host->wake = 2;
	write_and_move(2, SLOTS);
	assert_int_equal(rig.bells, 1);
}

/* All of it, in any order, there and back, again and again. */
static void away_at_random(__u64 start)
{
	unsigned int seed = 77;
	__u32 i, moved = 0, returned = 0, renewed = 0;
	bool renew = false;

	again(SLOTS);
	rig_start_at(start);
	for (i = 0; i < 3 * RANDOM_OPS && !rig.reader.error; i++) {
		switch (rand_r(&seed) % 16) {
		case 0:
			ivr_ring_flush(&rig.ring);
			break;
		case 1:
		case 2:
			kit_drain(&rig.reader, rand_r(&seed) % 4);
			break;
		case 3:
			kit_drain(&rig.reader, ~0u);
			break;
		case 4:
			if (!rig_is_away())
				set_window(2 +
					   rand_r(&seed) % (rig.reg.slots - 1));
			break;
		case 5:
			if (rig_is_away() || rand_r(&seed) % 2)
				break;
			rig_spill(2 + rand_r(&seed) % 24);
			assert_int_equal(rig_move(), 0);
			renew = rand_r(&seed) % 2;
			moved++;
			break;
		case 6:
			if (!rig_is_away() || !renew)
				break;
			rig_fresh(4 + rand_r(&seed) % 12);
			renew = false;
			renewed++;
			break;
		case 7:
			if (rig_is_away() && !renew)
				ivr_unspill_step(&rig.unspill, &rig.ring,
						 rand_r(&seed) % 9);
			break;
		case 8:
			if (rig_is_away() && !renew)
				returned += !ivr_ring_return(&rig.ring,
							     &rig.unspill);
			break;
		case 9:
			rig_write(2, IVR_MAX_RECORD);
			break;
		default:
			rig_write(i % KIT_CONTEXTS,
				  SMALL + rand_r(&seed) % 900);
		}
		check_counters();
	}
	assert_clean(rig_finish());
	assert_int_equal(rig.reader.declared, rig_dropped());
	assert_true(moved > 200 && returned > 200 && renewed > 80);
}

static void away_and_back(void **state)
{
	away_at_random(1);
	away_at_random((1ull << 43) - 100000);
}

#define DISCARD(f)                                             \
	{                                                      \
#f ", discard", f, open_discard, rig_end, NULL \
	}
#define OVERWRITE(f)                                               \
	{                                                          \
#f ", overwrite", f, open_overwrite, rig_end, NULL \
	}
#define BOTH(f) DISCARD(f), OVERWRITE(f)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(window_at_each_distance),
		BOTH(window_is_clamped),
		BOTH(window_wrapped),
		BOTH(under_a_writer),
		BOTH(window_at_random),
		BOTH(window_at_high_numbers),
		BOTH(reader_in_between),
		BOTH(move),
		OVERWRITE(tail_moves_with_the_ring),
		DISCARD(losses_go_on),
		BOTH(unspill_home),
		BOTH(unspill_fresh),
		BOTH(fresh_memory),
		BOTH(fresh_memory_after_nothing),
		BOTH(return_with_pages_left),
		BOTH(window_and_move),
		BOTH(abandon),
		BOTH(wake_by_unspill),
		BOTH(away_and_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
