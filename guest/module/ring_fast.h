/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ring_fast.h - reserve and commit of a record that fits in the open page
 *
 * Inline for the two callers that write every record of the guest; everybody
 * else calls ivr_ring_reserve() and ivr_ring_commit(), which are these. All
 * other cases, and the explanation of this one, are in ring.c.
 */
#ifndef IVR_RING_FAST_H
#define IVR_RING_FAST_H

#include "ring.h"

#define UNIT_BITS    10
#define COUNT_BITS   10
#define UNITS(place) ((u32)((place) & ((1u << UNIT_BITS) - 1)))
#define COUNT(place) ((u32)((place) >> UNIT_BITS) & ((1u << COUNT_BITS) - 1))
#define PAGE(place)  ((place) << 1 >> (1 + UNIT_BITS + COUNT_BITS))
#define PLACE(page, count, units)                                              \
	((u64)(page) << (UNIT_BITS + COUNT_BITS) | (u64)(count) << UNIT_BITS | \
	 (units))
#define ONE_RECORD  (1ull << UNIT_BITS)
#define SEGMENT_BIT (1ull << 63)

#define PAGE_UNITS (IVR_PAGE_PAYLOAD / 4)

/* Event header of the kernel's ring buffer, see events/header_event. */
#define TYPE_LEN_BITS 5
#define TYPE_LEN_MAX  28u
#define DELTA_BITS    27
#define DELTA_MAX     ((1ull << DELTA_BITS) - 1)

/* All that is not the common case; same contract as ivr_ring_reserve(). */
void *ivr_ring_reserve_slow(struct ivr_ring *ring, u32 len);
/* Called with @inside counted down already, and not zero. */
void ivr_ring_commit_slow(struct ivr_ring *ring);

/* The segment of a page that is open, and of the one after a closed one. */
static __always_inline struct ivr_segment *segment_of(struct ivr_ring *r,
						      u64 place)
{
	return &r->segment[place >> 63];
}

/* Counted from the segment's first slot. */
static __always_inline u32 slot_of(const struct ivr_segment *s, u64 page)
{
	u64 n = page - s->origin;

	return n - ivr_mul_high(n, s->recip) * s->span;
}

static __always_inline struct ivr_pair load(const struct ivr_ring *r)
{
	struct ivr_pair p;

	p.place = READ_ONCE(r->state.place);
	p.ts = READ_ONCE(r->state.ts);
	return p;
}

static __always_inline void enter(struct ivr_ring *r)
{
	ivr_local_inc(&r->inside);
}

static __always_inline u32 words_of(u32 len)
{
	return (len + 3) / 4;
}

/*
 * Do not @words fit in type_len? Its 0 means "see the length word", so 0 is
 * long, and with it a length just below 2^32.
 */
static __always_inline _Bool is_long(u32 words)
{
	return words - 1 >= TYPE_LEN_MAX;
}

static __always_inline u32 *unit_at(const struct ivr_segment *s, u64 page,
				    u32 unit)
{
	return (u32 *)s->data[slot_of(s, page)].data + unit;
}

/*
 * As ivr_ring_reserve(), at time @now. The clock may be read before the pair is
 * loaded: a writer that came between has left a later stamp, the difference
 * wraps, and the slow path reads the clock again.
 */
static __always_inline void *ivr_ring_reserve_at(struct ivr_ring *r, u32 len,
						 u64 now)
{
	u32 words = words_of(len), used;
	struct ivr_pair old, new;
	u64 delta;
	u32 *p;

	enter(r);
	old = load(r);
	used = UNITS(old.place);
	delta = now - old.ts;
	if (unlikely(is_long(words) || delta > DELTA_MAX ||
		     used + 1 + words > PAGE_UNITS))
		return ivr_ring_reserve_slow(r, len);
	new.place = old.place + ONE_RECORD + 1 + words;
	new.ts = now;
	if (unlikely(!ivr_local_cmpxchg_pair(&r->state, old, new)))
		return ivr_ring_reserve_slow(r, len);

	p = unit_at(segment_of(r, old.place), PAGE(old.place), used);
	*p++ = words | (u32)delta << TYPE_LEN_BITS;
	/* Saves the caller's test. */
	if (!p)
		__builtin_unreachable();
	return p;
}

static __always_inline void ivr_ring_commit_inline(struct ivr_ring *r)
{
	/* Zero: the outermost, and nothing to publish. In one instruction. */
	if (unlikely(!ivr_local_dec_and_test(&r->inside)))
		ivr_ring_commit_slow(r);
}

#endif /* IVR_RING_FAST_H */
