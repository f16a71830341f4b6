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

#include "fault.h"
#include "params.h"
#include "spill.h"

/* A ring that cannot be changed because a writer was interrupted: ask again. */
#define TRIES 8
/* Pages brought home at one go, and in one step of the host link. */
#define UNSPILL_PAGES 64u
#define UNSPILL_STEP  1024u

/* More is refused for want of memory anyway. */
#define MAX_MIB (1u << 20)
/* For a CPU that is off, in case it comes. */
#define OFFLINE_MIB 1u

static int alloc_cpu_ring(struct ivr_cpu_ring *cr, u32 mib)
{
	u32 pages = min(mib, cpu_online(cr->cpu) ? MAX_MIB : OFFLINE_MIB)
		    << (20 - IVR_PAGE_SHIFT);
	u32 slots = ivr_slots_in(pages);
	void *at;

	/* Rather fail than have a process killed for it. */
	at = __vmalloc((u64)pages << IVR_PAGE_SHIFT,
		       GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (!at)
		return -ENOMEM;
	cr->spill = (struct ivr_ring_mem) {
		.ctl = at,
		.desc = at + IVR_PAGE_SIZE,
		.data = at + IVR_PAGE_SIZE * (u64)(pages - slots),
		.slots = slots,
	};
	return 0;
}

int ivr_spill_alloc(struct ivr_stream *s)
{
	u32 mib = READ_ONCE(ivr_spill_mib);
	struct ivr_cpu_ring *cr;

	if (s->spilled)
		return 0;
	if (!mib)
		return -EOPNOTSUPP;
	s->spilled = true;
	ivr_for_each_cpu_ring(cr, s) {
		if (!alloc_cpu_ring(cr, mib))
			continue;
		ivr_spill_free(s);
		return -ENOMEM;
	}
	return 0;
}

void ivr_spill_free(struct ivr_stream *s)
{
	struct ivr_cpu_ring *cr;

	ivr_for_each_cpu_ring(cr, s) {
		vfree(cr->spill.ctl);
		cr->spill = (struct ivr_ring_mem) {};
	}
	s->spilled = false;
}

static int move_cpu_ring(struct ivr_cpu_ring *cr)
{
	int ret = ivr_ring_move(cr->ring, &cr->spill);

	if (!ret)
		cr->unspilling = false;
	return ret;
}

int ivr_spill_move(struct ivr_stream *s)
{
	struct ivr_cpu_ring *cr;
	int tries, ret = 0;

	ivr_for_each_cpu_ring(cr, s)
		for (tries = 0; !ivr_cpu_ring_is_away(cr); tries++)
			if (ivr_cpu_ring_call(cr, move_cpu_ring) &&
			    tries == TRIES) {
				ret = -EAGAIN;
				break;
			}
	return ret;
}

static void begin_unspill(struct ivr_cpu_ring *cr)
{
	if (cr->unspilling)
		return;
	ivr_unspill_home(&cr->unspill, cr->ring);
	cr->unspilling = true;
}

static int return_cpu_ring(struct ivr_cpu_ring *cr)
{
	int ret = ivr_ring_return(cr->ring, &cr->unspill);

	if (!ret)
		cr->unspilling = false;
	return ret;
}

/* Nothing more fits before the reader has taken something. */
static bool is_full(const struct ivr_cpu_ring *cr)
{
	const struct ivr_ring_ctl *ctl = cr->home.ctl;

	return READ_ONCE(ctl->head) >=
	       READ_ONCE(ctl->mirror) + cr->unspill.to.span;
}

/* Some pages of a ring, and if those were the last, its writers; how many. */
static u32 bring_home(struct ivr_cpu_ring *cr)
{
	u32 brought, n, tries = 0;

	begin_unspill(cr);
	for (brought = 0; brought < UNSPILL_STEP; brought += n) {
		n = ivr_unspill_step(&cr->unspill, cr->ring, UNSPILL_PAGES);
		if (n < UNSPILL_PAGES) {
			if (!n && is_full(cr))
				break;
			if (!ivr_cpu_ring_call(cr, return_cpu_ring))
				return brought + n + 1;
			if (++tries == TRIES)
				return brought + n;
		}
		cond_resched();
	}
	return brought;
}

bool ivr_spill_return(struct ivr_stream *s, bool *progress)
{
	struct ivr_cpu_ring *cr;
	bool home = true;

	if (!s->spilled)
		return true;
	if (ivr_fault("guest-home-unspill")) {
		*progress = true;
		return false;
	}
	ivr_for_each_cpu_ring(cr, s) {
		if (!ivr_cpu_ring_is_away(cr))
			continue;
		if (bring_home(cr))
			*progress = true;
		home &= !ivr_cpu_ring_is_away(cr);
	}
	if (home)
		ivr_spill_free(s);
	return home;
}

void ivr_spill_end(struct ivr_cpu_ring *cr, bool may_unspill)
{
	if (!ivr_cpu_ring_is_away(cr))
		return;
	begin_unspill(cr);
	while (may_unspill &&
	       ivr_unspill_step(&cr->unspill, cr->ring, UNSPILL_PAGES))
		;
	ivr_unspill_abandon(&cr->unspill, cr->ring);
}

u64 ivr_spill_pages(const struct ivr_stream *s)
{
	const struct ivr_ring_ctl *ctl;
	struct ivr_cpu_ring *cr;
	u64 pages = 0;

	ivr_for_each_cpu_ring(cr, s) {
		if (!ivr_cpu_ring_is_away(cr))
			continue;
		ctl = cr->spill.ctl;
		pages += READ_ONCE(ctl->head) - READ_ONCE(ctl->mirror);
	}
	return pages;
}
