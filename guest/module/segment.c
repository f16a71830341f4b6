// SPDX-License-Identifier: GPL-2.0
/*
 * segment.c - windows, moves into other memory, and the way back
 *
 * DOC: Segments
 *
 * Where a page lies is said by a segment: which memory, which slots of it, from
 * which page on. There are two, and the bit in the pair says which is in use;
 * so a change of segment is one more exchange, which fails if a record, a page
 * or another change came between. It seals the open page at the same time: that
 * one is the last of its segment, the next one the first of the other. Only an
 * outermost writer changes: then nobody below it still holds the segment that
 * is overwritten, and those that come above it see the one or the other.
 *
 * A *window* changes the slots within the same memory. The reader knows only
 * one segment, so pages that it has not taken must lie in the same slots in
 * both: the window is laid around them, and there is none as long as they go
 * over the edge of the segment or are more than the window holds. A *move* goes
 * to other memory, which begins with the next page; everything before is
 * published in the old one. On the way back pages are *unspilled*: whoever unspills
 * publishes them, in order, and the writers come after the last one.
 *
 * Slot of a page number: division by a constant as multiplication by its
 * reciprocal (Granlund, Montgomery 1994), exact because page number * span <
 * 2^64.
 */
#include "ring_internal.h"
#include "segment.h"

/* There is no reciprocal of 1. */
#define MIN_SPAN 2u

/* See "Segments" above: is this writer the outermost? Then it is inside now. */
static int enter_alone(struct ivr_ring *r)
{
	enter(r);
	if (READ_ONCE(r->nest) == 1)
		return 0;
	ivr_ring_commit(r);
	return -EAGAIN;
}

static struct ivr_segment *spare_of(struct ivr_ring *r, u64 place)
{
	return segment_of(r, ~place);
}

/* Seal the open page; the next one lies in the spare segment. */
static _Bool flip(struct ivr_ring *r, struct ivr_pair old)
{
	struct ivr_pair new = { (old.place ^ SEGMENT_BIT) | SEALED, old.ts };

	if (!ivr_local_cmpxchg_pair(&r->state, old, new))
		return 0;
	if (UNITS(old.place) != SEALED)
		ivr_ring_close_page(r, old, IVR_DESC_FLUSHED);
	return 1;
}

/*
 * Lay a segment of @span slots around the pages from @floor to @page, which
 * stay where they are in @s.
 */
static int lay_window(struct ivr_segment *to, const struct ivr_segment *s,
		      u64 floor, u64 page, u32 span)
{
	u32 first = s->slot + slot_of(s, floor);
	u32 last = s->slot + slot_of(s, page);
	u32 room = s->mem.slots - span;
	u32 slot = first < room ? first : room;

	if (floor > page) {
		ivr_segment_init(to, &s->mem, floor, slot, span);
		return 0;
	}
	if (last < first || page - floor >= span)
		return -EAGAIN;
	ivr_segment_init(to, &s->mem, floor - (first - slot), slot, span);
	return 0;
}

static u64 first_untaken(const struct ivr_ring_ctl *ctl)
{
	u64 mirror = READ_ONCE(ctl->mirror);
	u64 tail = READ_ONCE(ctl->tail);

	return mirror > tail ? mirror : tail;
}

static int lay_spare(struct ivr_ring *r, struct ivr_pair now, u32 span)
{
	struct ivr_segment *s = segment_of(r, now.place);

	return lay_window(spare_of(r, now.place), s, first_untaken(s->mem.ctl),
			  PAGE(now.place), span);
}

int ivr_ring_window(struct ivr_ring *r, u32 slots)
{
	const struct ivr_ring_mem *mem = ivr_ring_mem(r);
	u32 span = slots < mem->slots ? slots : mem->slots;
	struct ivr_pair old;
	int ret;

	if (span < MIN_SPAN)
		span = MIN_SPAN;
	if (span == ivr_ring_span(r) || !mem->host)
		return 0;
	ret = enter_alone(r);
	if (ret)
		return ret;
	ivr_ring_take_pos(mem, r->tag);
	do {
		old = load(r);
		ret = lay_spare(r, old, span);
	} while (!ret && !flip(r, old));
	if (!ret) {
		ivr_ring_publish_until(r, segment_of(r, old.place),
				       PAGE(old.place) + 1, READ_ONCE(r->lost));
		WRITE_ONCE(r->pub, PAGE(old.place) + 1);
		ivr_segment_publish(spare_of(r, old.place));
	}
	ivr_ring_commit(r);
	return ret;
}

int ivr_ring_move(struct ivr_ring *r, const struct ivr_ring_mem *to)
{
	struct ivr_ring_ctl *from;
	struct ivr_segment *s;
	struct ivr_pair old;
	u64 next, lost;

	if (enter_alone(r))
		return -EAGAIN;
	do {
		old = load(r);
		/* As in turn_page(): what is lost later the next page tells. */
		lost = READ_ONCE(r->lost);
		next = PAGE(old.place) + 1;
		from = segment_of(r, old.place)->mem.ctl;
		s = spare_of(r, old.place);
		ivr_segment_format(s, to, from->cpu, next);
		to->ctl->tail = from->tail ? next : 0;
	} while (!flip(r, old));
	ivr_ring_publish_until(r, segment_of(r, old.place), next, lost);
	WRITE_ONCE(r->pub, next);
	WRITE_ONCE(r->pending, 1);
	ivr_ring_commit(r);
	return 0;
}

void ivr_unspill_home(struct ivr_unspill *h, const struct ivr_ring *r)
{
	h->to = r->segment[!(READ_ONCE(r->state.place) >> 63)];
	h->to.limit = 0;
	h->next = READ_ONCE(segment_now(r)->mem.ctl->mirror);
}

void ivr_unspill_fresh(struct ivr_unspill *h, const struct ivr_ring *r,
		       const struct ivr_ring_mem *to, u32 cpu)
{
	const struct ivr_segment *from = segment_now(r);
	const struct ivr_ring_ctl *ctl = from->mem.ctl;

	h->next = READ_ONCE(ctl->mirror);
	ivr_segment_format(&h->to, to, cpu, h->next);
	to->ctl->tail = ctl->tail ? h->next : 0;
	if (h->next < smp_load_acquire(&ctl->head)) {
		const struct ivr_desc *d = desc_of(from, h->next);

		to->ctl->lost = d->lost;
		to->ctl->produced = d->first;
	} else {
		to->ctl->lost = READ_ONCE(ctl->lost);
		to->ctl->produced = READ_ONCE(ctl->produced);
	}
}

static void unspill_page(struct ivr_unspill *h, const struct ivr_segment *from)
{
	struct ivr_desc *d = desc_of(&h->to, h->next);
	struct ivr_ring_ctl *ctl = h->to.mem.ctl;

	memcpy(&h->to.data[slot_of(&h->to, h->next)],
	       &from->data[slot_of(from, h->next)], IVR_PAGE_SIZE);
	*d = *desc_of(from, h->next);
	WRITE_ONCE(ctl->lost, d->lost);
	WRITE_ONCE(ctl->produced, d->first + d->count);
	h->next++;
}

u32 ivr_unspill_step(struct ivr_unspill *h, struct ivr_ring *r, u32 budget)
{
	const struct ivr_segment *from = segment_now(r);
	u64 head = smp_load_acquire(&from->mem.ctl->head);
	u32 n;

	for (n = 0; n < budget && h->next < head; n++) {
		if (!ivr_ring_make_room(r, &h->to, h->next))
			break;
		unspill_page(h, from);
	}
	if (!n)
		return 0;
	/* Brought before it is given up. */
	smp_store_release(&from->mem.ctl->mirror, h->next);
	ivr_ring_publish_head(r, &h->to.mem, h->next);
	return n;
}

void ivr_unspill_abandon(struct ivr_unspill *h, const struct ivr_ring *r)
{
	const struct ivr_segment *from = segment_now(r);
	struct ivr_ring_ctl *ctl = h->to.mem.ctl;
	u64 produced = r->delivered + r->lost, lost = r->lost;

	if (h->next < from->mem.ctl->head) {
		const struct ivr_desc *d = desc_of(from, h->next);

		lost = produced - (d->first - d->lost);
	}
	WRITE_ONCE(ctl->refused, r->refused);
	WRITE_ONCE(ctl->lost, lost);
	WRITE_ONCE(ctl->produced, produced);
}

/* Could all pages up to @page be brought at once? */
static _Bool is_near(struct ivr_ring *r, struct ivr_unspill *h, u64 page)
{
	return page + 1 - h->next <= IVR_RETURN_PAGES &&
	       ivr_ring_make_room(r, &h->to, page);
}

int ivr_ring_return(struct ivr_ring *r, struct ivr_unspill *h)
{
	struct ivr_segment *from;
	struct ivr_pair old;
	int ret = enter_alone(r);

	if (ret)
		return ret;
	do {
		old = load(r);
		if (!is_near(r, h, PAGE(old.place))) {
			ivr_ring_commit(r);
			return -EAGAIN;
		}
		*spare_of(r, old.place) = h->to;
		spare_of(r, old.place)->limit = 0;
	} while (!flip(r, old));
	from = segment_of(r, old.place);
	ivr_ring_publish_until(r, from, PAGE(old.place) + 1,
			       READ_ONCE(r->lost));
	while (h->next <= PAGE(old.place))
		unspill_page(h, from);
	WRITE_ONCE(r->pub, PAGE(old.place) + 1);
	WRITE_ONCE(r->pending, 1);
	ivr_ring_commit(r);
	return 0;
}
