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
 * struct ivr_haul - the way of a ring's pages into other memory
 * @to: where they go
 * @next: page to be brought next
 */
struct ivr_haul {
	struct ivr_segment to;
	u64 next;
};

/**
 * ivr_haul_home() - prepare the way back into the memory that the ring left
 * @haul: filled in
 * @ring: any CPU's ring, in memory without reader since ivr_ring_move()
 *
 * Pages that the reader has not taken there stay where they are.
 */
void ivr_haul_home(struct ivr_haul *haul, const struct ivr_ring *ring);

/**
 * ivr_haul_fresh() - prepare the way into fresh memory
 * @haul: filled in
 * @ring: any CPU's ring, in memory without reader
 * @to: the memory; its words are formatted, and begin at the first page that
 *	@ring holds. Nobody else uses it
 * @cpu: number of the vCPU, for people
 */
void ivr_haul_fresh(struct ivr_haul *haul, const struct ivr_ring *ring,
		    const struct ivr_ring_mem *to, u32 cpu);

/**
 * ivr_haul_step() - bring over closed pages, as far as there is room
 * @haul: the way
 * @ring: any CPU's ring; one hauls at a time
 * @budget: pages at most
 *
 * Each page is free for the writers again as soon as it was brought, and is
 * published with the counters of its place in the stream.
 *
 * Return: pages brought
 */
u32 ivr_haul_step(struct ivr_haul *haul, struct ivr_ring *ring, u32 budget);

/**
 * ivr_haul_abandon() - what was not brought is lost
 * @haul: the way
 * @ring: flushed, with no writer any more
 *
 * Tells so in the counters of the memory that it was to go to: the end of the
 * stream.
 */
void ivr_haul_abandon(struct ivr_haul *haul, const struct ivr_ring *ring);

/* At most so many pages are brought by ivr_ring_return() itself. */
#define IVR_RETURN_PAGES	4u

/**
 * ivr_ring_return() - bring over the rest, and write there from now on
 * @ring: the ring; as for ivr_ring_move()
 * @haul: the way
 *
 * Return: 0; -EAGAIN: a writer was interrupted, or more than IVR_RETURN_PAGES
 * are left, or there is no room for them: ivr_haul_step() first
 */
int ivr_ring_return(struct ivr_ring *ring, struct ivr_haul *haul);

#endif /* IVR_SEGMENT_H */
