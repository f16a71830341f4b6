/* SPDX-License-Identifier: GPL-2.0 */
/* segment.h - where a ring's pages lie, and how that changes while it is written */
#ifndef IVR_SEGMENT_H
#define IVR_SEGMENT_H

#include "ring.h"

/*
 * The three below change the segment. They close the open page, and the next
 * page lies in the new segment. Like ivr_ring_flush(): this CPU's ring, or that
 * of a CPU that cannot run; preemption off. Like a writer they may be
 * interrupted by writers at any instruction.
 */

/**
 * ivr_ring_window() - use only so many slots, or all again
 * @ring: the ring
 * @slots: how many; clamped to what there is, and at least 2
 *
 * Return: 0; -EAGAIN, and nothing changed but that the open page may be closed:
 * a writer was interrupted, or the pages that the reader has not taken do not
 * lie so that they could stay where they are. Try again later
 */
int ivr_ring_window(struct ivr_ring *ring, u32 slots);

/**
 * ivr_ring_move() - go on in other memory
 * @ring: the ring
 * @to: the memory; its words may hold anything
 *
 * Not again before ivr_ring_return(). All pages so far are published in the old
 * memory and stay there. In the new one head, mirror, tail (unless 0) and
 * ack_pos are the next page's number, and the counters go on.
 *
 * Return: 0; -EAGAIN, and nothing changed: a writer was interrupted
 */
int ivr_ring_move(struct ivr_ring *ring, const struct ivr_ring_mem *to);

/**
 * struct ivr_unspill - the way of a ring's pages into other memory
 * @to: where they go
 * @next: page to be brought next
 */
struct ivr_unspill {
	struct ivr_segment to;
	u64 next;
};

/**
 * ivr_unspill_home() - prepare the way back into the memory that the ring left
 * @unspill: filled in
 * @ring: any CPU's ring, in memory without reader since ivr_ring_move()
 *
 * Pages that the reader has not taken there stay where they are.
 */
void ivr_unspill_home(struct ivr_unspill *unspill, const struct ivr_ring *ring);

/**
 * ivr_unspill_fresh() - prepare the way into fresh memory
 * @unspill: filled in
 * @ring: any CPU's ring, in memory without reader
 * @to: the memory; its words are formatted, and begin at the first page that
 *	@ring holds. Nobody else uses it
 * @cpu: number of the vCPU, for people
 */
void ivr_unspill_fresh(struct ivr_unspill *unspill, const struct ivr_ring *ring,
		       const struct ivr_ring_mem *to, u32 cpu);

/**
 * ivr_unspill_step() - bring over closed pages, as far as there is room
 * @unspill: the way
 * @ring: any CPU's ring; one unspills at a time
 * @budget: pages at most
 *
 * Each page is free for the writers again as soon as it was brought, and is
 * published with the counters of its place in the stream.
 *
 * Return: pages brought
 */
u32 ivr_unspill_step(struct ivr_unspill *unspill, struct ivr_ring *ring,
		     u32 budget);

/**
 * ivr_unspill_abandon() - what was not brought is lost
 * @unspill: the way
 * @ring: flushed, with no writer any more
 *
 * Tells so in the counters of the memory that it was to go to: the end of the
 * stream.
 */
void ivr_unspill_abandon(struct ivr_unspill *unspill,
			 const struct ivr_ring *ring);

/* At most so many pages are brought by ivr_ring_return() itself. */
#define IVR_RETURN_PAGES 4u

/**
 * ivr_ring_return() - bring over the rest, and write there from now on
 * @ring: the ring; as for ivr_ring_move()
 * @unspill: the way
 *
 * Return: 0; -EAGAIN: a writer was interrupted, or more than IVR_RETURN_PAGES
 * are left, or there is no room for them: ivr_unspill_step() first
 */
int ivr_ring_return(struct ivr_ring *ring, struct ivr_unspill *unspill);

#endif /* IVR_SEGMENT_H */
