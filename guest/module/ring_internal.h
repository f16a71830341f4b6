/* SPDX-License-Identifier: GPL-2.0 */
/* ring_internal.h - what the writer (ring.c) and the change of segment share */
#ifndef IVR_RING_INTERNAL_H
#define IVR_RING_INTERNAL_H

#include "ring_fast.h"

/* As units of a page: closed, no record fits any more. */
#define SEALED ((1u << UNIT_BITS) - 1)

static inline struct ivr_desc *desc_of(const struct ivr_segment *s, u64 page)
{
	return &s->mem.desc[s->slot + slot_of(s, page)];
}

static inline const struct ivr_segment *segment_now(const struct ivr_ring *r)
{
	return &r->segment[READ_ONCE(r->state.place) >> 63];
}

/*
 * May @page be opened in @s? Pages from head on are never given up: a writer
 * that this one interrupted may still be in them, or not yet have brought them.
 */
_Bool ivr_ring_make_room(struct ivr_ring *ring, struct ivr_segment *s,
			 u64 page);

/*
 * Write down the last that was seen of a page nobody can reserve in any more;
 * @flags: of its descriptor.
 */
void ivr_ring_close_page(struct ivr_ring *ring, struct ivr_pair last,
			 u32 flags);

/*
 * Outermost writer only: publish the closed pages before @end, all in @s, and
 * the counters. @lost: of before the ring left this memory, if it did.
 */
void ivr_ring_publish_until(struct ivr_ring *ring, struct ivr_segment *s,
			    u64 end, u64 lost);

/* Move head to @end, and wake the reader if it asked for that. */
void ivr_ring_publish_head(struct ivr_ring *ring,
			   const struct ivr_ring_mem *mem, u64 end);

/* Slots from @slot on, the first for page @origin; nothing may be opened yet. */
void ivr_segment_init(struct ivr_segment *s, const struct ivr_ring_mem *mem,
		      u64 origin, u32 slot, u32 span);

/* Tell the reader where pages lie from now on: seg_page, seg_slot, seg_span. */
void ivr_segment_publish(const struct ivr_segment *s);

/* Format the words of @mem; @s is all of its slots, the first for @page. */
void ivr_segment_format(struct ivr_segment *s, const struct ivr_ring_mem *mem,
			u32 cpu, u64 page);

#endif /* IVR_RING_INTERNAL_H */
