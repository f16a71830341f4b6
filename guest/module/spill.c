// SPDX-License-Identifier: GPL-2.0
/*
 * spill.c - memory of the guest for the writers of a device that may go
 *
 * See SPILL in ivr_wire.h. A ring moves over in one step on its own CPU; what
 * it has written there comes back page by page, in order, and the writers come
 * last. So at each moment a ring's pages are: those that are home, then those in
 * the spill, then the open one.
 */
#include <linux/cpumask.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "device.h"
#include "fault.h"

/* A ring that cannot be changed because a writer was interrupted: ask again. */
#define TRIES	8
/* Pages brought home at one go, and in one step of the keeper. */
#define HAUL_PAGES	64u
#define HAUL_STEP	1024u

/* More is refused for want of memory anyway. */
#define MAX_MIB		(1u << 20)
/* For a CPU that is off, in case it comes. */
#define OFFLINE_MIB	1u

static int alloc_lane(struct ivr_lane *lane, u32 mib)
{
	u32 pages = min(mib, cpu_online(lane->cpu) ? MAX_MIB : OFFLINE_MIB)
		    << (20 - IVR_PAGE_SHIFT);
	u32 slots = ivr_slots_in(pages);
	void *at;

	/* Rather fail than have a process killed for it. */
	at = __vmalloc((u64)pages << IVR_PAGE_SHIFT,
		       GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (!at)
		return -ENOMEM;
	lane->spill = (struct ivr_ring_mem) {
		.ctl = at,
		.desc = at + IVR_PAGE_SIZE,
		.data = at + IVR_PAGE_SIZE * (u64)(pages - slots),
		.slots = slots,
	};
	return 0;
}

/**
 * ivr_spill_alloc() - have spill memory for each ring
 * @s: stream
 *
 * Return: 0; -EOPNOTSUPP: the module was told not to; -ENOMEM: there is none
 */
int ivr_spill_alloc(struct ivr_stream *s)
{
	u32 mib = READ_ONCE(ivr_spill_mib);
	struct ivr_lane *lane;

	if (s->spilled)
		return 0;
	if (!mib)
		return -EOPNOTSUPP;
	s->spilled = true;
	ivr_for_each_lane(lane, s) {
		if (!alloc_lane(lane, mib))
			continue;
		ivr_spill_free(s);
		return -ENOMEM;
	}
	return 0;
}

/** ivr_spill_free() - give it back; every ring is home, or ends */
void ivr_spill_free(struct ivr_stream *s)
{
	struct ivr_lane *lane;

	ivr_for_each_lane(lane, s) {
		vfree(lane->spill.ctl);
		lane->spill = (struct ivr_ring_mem) { };
	}
	s->spilled = false;
}

static int move_lane(struct ivr_lane *lane)
{
	int ret = ivr_ring_move(lane->ring, &lane->spill);

	if (!ret)
		lane->hauling = false;
	return ret;
}

/**
 * ivr_spill_move() - have all writers write into the spill
 * @s: stream with spill memory
 *
 * Return: 0; -EAGAIN: not all of them yet
 */
int ivr_spill_move(struct ivr_stream *s)
{
	struct ivr_lane *lane;
	int tries, ret = 0;

	ivr_for_each_lane(lane, s)
		for (tries = 0; !ivr_lane_away(lane); tries++)
			if (ivr_lane_call(lane, move_lane) && tries == TRIES) {
				ret = -EAGAIN;
				break;
			}
	return ret;
}

static void begin_haul(struct ivr_lane *lane)
{
	if (lane->hauling)
		return;
	ivr_haul_home(&lane->haul, lane->ring);
	lane->hauling = true;
}

static int return_lane(struct ivr_lane *lane)
{
	int ret = ivr_ring_return(lane->ring, &lane->haul);

	if (!ret)
		lane->hauling = false;
	return ret;
}

/* Nothing more fits before the reader has taken something. */
static bool is_full(const struct ivr_lane *lane)
{
	const struct ivr_ring_ctl *ctl = lane->home.ctl;

	return READ_ONCE(ctl->head) >= READ_ONCE(ctl->mirror) +
				       lane->haul.to.span;
}

/* Some pages of a ring, and if those were the last, its writers; how many. */
static u32 bring_home(struct ivr_lane *lane)
{
	u32 brought, n, tries = 0;

	begin_haul(lane);
	for (brought = 0; brought < HAUL_STEP; brought += n) {
		n = ivr_haul_step(&lane->haul, lane->ring, HAUL_PAGES);
		if (n < HAUL_PAGES) {
			if (!n && is_full(lane))
				break;
			if (!ivr_lane_call(lane, return_lane))
				return brought + n + 1;
			if (++tries == TRIES)
				return brought + n;
		}
		cond_resched();
	}
	return brought;
}

/**
 * ivr_spill_return() - bring spilled pages and their writers home
 * @s: stream with a device
 * @progress: set if any was brought
 *
 * Return: true if no ring is away any more; the spill is free then
 */
bool ivr_spill_return(struct ivr_stream *s, bool *progress)
{
	struct ivr_lane *lane;
	bool home = true;

	if (!s->spilled)
		return true;
	if (ivr_fault("guest-home-haul")) {
		*progress = true;
		return false;
	}
	ivr_for_each_lane(lane, s) {
		if (!ivr_lane_away(lane))
			continue;
		if (bring_home(lane))
			*progress = true;
		home &= !ivr_lane_away(lane);
	}
	if (home)
		ivr_spill_free(s);
	return home;
}

/**
 * ivr_spill_end() - the stream ends: what fits comes home, the rest is lost
 * @lane: a ring without writers, flushed
 * @may_haul: false: somebody was stopped while hauling
 *
 * The loss is in the counters of the memory that the reader sees, behind the
 * last page that came home: the account closes.
 */
void ivr_spill_end(struct ivr_lane *lane, bool may_haul)
{
	if (!ivr_lane_away(lane))
		return;
	begin_haul(lane);
	while (may_haul && ivr_haul_step(&lane->haul, lane->ring, HAUL_PAGES))
		;
	ivr_haul_abandon(&lane->haul, lane->ring);
}

/** ivr_spill_pages() - closed pages that are in the spill and nowhere else */
u64 ivr_spill_pages(const struct ivr_stream *s)
{
	const struct ivr_ring_ctl *ctl;
	struct ivr_lane *lane;
	u64 pages = 0;

	ivr_for_each_lane(lane, s) {
		if (!ivr_lane_away(lane))
			continue;
		ctl = lane->spill.ctl;
		pages += READ_ONCE(ctl->head) - READ_ONCE(ctl->mirror);
	}
	return pages;
}
