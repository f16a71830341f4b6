// SPDX-License-Identifier: GPL-2.0
/*
 * ring.c - the writer
 *
 * DOC: Reserve
 *
 * All that a reservation changes stands in one 128-bit pair, exchanged by one
 * local cmpxchg16b:
 *
 *	place = page number (44 bits) | records in it (10) | units used (10)
 *	ts    = time stamp of the last record
 *
 * A unit is 4 bytes. A record's stamp is not before that of the pair it replaces
 * (or it would not be exchanged), and if the exchange succeeds nobody reserved in
 * between. So order in the page is order in time: the 27-bit delta to the record
 * before is right without any further care, for every mix of task, softirq,
 * interrupt and NMI. If it fails, a nested writer on this CPU ran from reserve to
 * commit; the slow path makes a turn for each such one and waits for nobody.
 *
 * When the record does not fit, the same exchange goes from {page k, n, used}
 * to {page k + 1, 1, units}: the one who wins has closed k and opened k + 1 and
 * writes down what it saw last of k. If k + 1 may not be opened (ring full) or
 * on a flush, k is *sealed*: units = SEALED, a value that no record fits. From
 * a sealed page the only way is the next page; so records are lost only between
 * pages.
 *
 * DOC: Commit
 *
 * @nest counts the writers between reserve and commit on this CPU. Interrupts
 * nest like brackets, so when the outermost commits nobody else is inside, and
 * all closed pages are complete. It, and nobody else, publishes: numbers the
 * pages' records, moves ctl->head. A writer that closes a page sets @pending.
 * Both lie in one word, so one decrement gives up the place and tells whether
 * anything is left to do: zero means outermost and nothing pending, and no page
 * closed in the last moment is forgotten. No counter per page.
 *
 * DOC: Numbers
 *
 * A page's first number = records published before it + losses before it. The
 * loss counter is sampled after room was found and before the exchange that
 * opens the page: nobody can have lost one in between without having opened it
 * first, and then the exchange fails. So the sample is exact. A writer that
 * found no room, and before it counts its loss is overtaken by an interrupt
 * that found some, seals what that one opened: its own next record comes after
 * a page that tells of the loss.
 *
 * The idea to let the outermost writer publish is that of the kernel's own ring
 * buffer (rb_end_commit() in kernel/trace/ring_buffer.c); page and event format
 * are its as well. Slot of a page number: division by a constant as
 * multiplication by its reciprocal (Granlund, Montgomery 1994), exact because
 * page number * span < 2^64.
 */
#include "ring_fast.h"

#define SEALED		((1u << UNIT_BITS) - 1)

/* See events/header_event in tracefs. */
#define TYPE_EXTEND	30u
#define EXTEND_MAX	((1ull << (DELTA_BITS + 32)) - 1)
#define EXTEND_UNITS	2u

IVR_STATIC_ASSERT(PAGE_UNITS < SEALED);
IVR_STATIC_ASSERT(sizeof(struct ivr_page) == IVR_PAGE_SIZE);

static struct ivr_desc *desc_of(const struct ivr_ring *r, u64 page)
{
	return &r->mem.desc[slot_of(r, page)];
}

/* Header of an event of @len bytes at @unit of @page; where its body goes. */
static void *put_header(struct ivr_ring *r, u64 page, u32 unit,
					u32 len, u64 delta)
{
	u32 *p = unit_at(r, page, unit);
	u32 words = words_of(len);

	if (likely(!is_long(words))) {
		*p = words | (u32)delta << TYPE_LEN_BITS;
		return p + 1;
	}
	p[0] = (u32)delta << TYPE_LEN_BITS;
	p[1] = words * 4 + 4;
	return p + 2;
}

static u32 units_of(u32 len)
{
	u32 words = words_of(len);

	return words + 1 + is_long(words);
}

/*
 * Take over the reader's position. It comes from a page that the host owns and
 * may be old (migration) or nonsense, so: never back, never beyond head, and
 * nothing before this stream has acknowledged a reader: until then it may be
 * the position of a reader of the stream before, in the same memory.
 */
static void update_mirror(struct ivr_ring *r)
{
	u64 *mirror = &r->mem.ctl->mirror;
	u64 head = READ_ONCE(r->mem.ctl->head);
	u64 pos, old;

	/* In this order: what is there before the acknowledgement is not ours. */
	if (!smp_load_acquire(&r->acked))
		return;
	pos = smp_load_acquire(&r->mem.host->pos);
	if (pos > head)
		pos = head;
	do {
		old = READ_ONCE(*mirror);
		if (pos <= old)
			return;
	} while (!ivr_local_cmpxchg(mirror, old, pos));
}

/* Overwrite: give up all pages below @tail before their slots are written. */
static void raise_tail(struct ivr_ring *r, u64 tail)
{
	u64 *p = &r->mem.ctl->tail;
	u64 old;

	do {
		old = READ_ONCE(*p);
		if (tail <= old)
			return;
	} while (!ivr_local_cmpxchg(p, old, tail));
	smp_wmb();
}

/*
 * May @page be opened? Pages not yet published are never given up: a writer
 * that this one interrupted may still be in them.
 */
static _Bool make_room(struct ivr_ring *r, u64 page)
{
	u64 floor;

	update_mirror(r);
	if (r->policy == IVR_POLICY_OVERWRITE) {
		if (page >= READ_ONCE(r->pub) + r->span)
			return 0;
		if (page >= r->span)
			raise_tail(r, page - r->span + 1);
		floor = page - r->span + 1;
	} else {
		floor = READ_ONCE(r->mem.ctl->mirror);
	}
	WRITE_ONCE(r->limit, floor + r->span);
	return page < floor + r->span;
}

/* Write down the last that was seen of a page nobody can reserve in any more. */
static void close_page(struct ivr_ring *r, struct ivr_pair last, u32 flags)
{
	struct ivr_desc *d = desc_of(r, PAGE(last.place));

	d->bytes = UNITS(last.place) * 4;
	d->count = COUNT(last.place);
	d->ts_last = last.ts;
	d->flags = flags;
	r->data[slot_of(r, PAGE(last.place))].commit = d->bytes;
	WRITE_ONCE(r->pending, 1);
}

static void open_page(struct ivr_ring *r, u64 page, u64 ts, u64 lost)
{
	struct ivr_desc *d = desc_of(r, page);

	d->ts_first = ts;
	d->lost = lost;
	r->data[slot_of(r, page)].time_stamp = ts;
}

static _Bool seal(struct ivr_ring *r, struct ivr_pair old, u32 flags)
{
	struct ivr_pair new = { old.place | SEALED, old.ts };

	if (!ivr_local_cmpxchg_pair(&r->state, old, new))
		return 0;
	close_page(r, old, flags);
	return 1;
}

static void publish_counters(struct ivr_ring *r)
{
	u64 lost = READ_ONCE(r->lost);

	WRITE_ONCE(r->mem.ctl->refused, READ_ONCE(r->refused));
	WRITE_ONCE(r->mem.ctl->lost, lost);
	WRITE_ONCE(r->mem.ctl->produced, r->delivered + lost);
}

static void publish_page(struct ivr_ring *r, u64 page)
{
	struct ivr_desc *d = desc_of(r, page);

	d->page = page;
	d->first = r->delivered + d->lost;
	r->delivered += d->count;
}

/* Outermost writer only: see "Commit" above. */
static noinline void publish(struct ivr_ring *r)
{
	u64 old = r->pub, end;
	u64 place;

	WRITE_ONCE(r->pending, 0);
	barrier();
	place = READ_ONCE(r->state.place);
	end = PAGE(place) + (UNITS(place) == SEALED);

	while (r->pub < end) {
		publish_page(r, r->pub);
		WRITE_ONCE(r->pub, r->pub + 1);
	}
	publish_counters(r);
	update_mirror(r);
	/* Pairs with the reader's acquire of head. */
	smp_store_release(&r->mem.ctl->head, end);

	/* Head before wake; the reader: wake before head. One of us sees. */
	smp_mb();
	if (ivr_wake_due(READ_ONCE(r->mem.host->wake), end, old))
		r->bell(r);
}

void ivr_ring_commit_slow(struct ivr_ring *r)
{
	do {
		/* Not the outermost; or an interrupt has published meanwhile. */
		if (READ_ONCE(r->nest) || !READ_ONCE(r->pending))
			return;
		enter(r);
		publish(r);
	} while (!ivr_local_dec_and_test(&r->inside));
}

void ivr_ring_commit(struct ivr_ring *r)
{
	ivr_ring_commit_inline(r);
}

static void *refuse(struct ivr_ring *r)
{
	ivr_local_inc(&r->refused);
	ivr_ring_commit(r);
	return NULL;
}

/*
 * No room behind @page. If a nested writer found some after all, this loss
 * stands behind what it wrote, so our next record may not go into that page.
 */
static void *lose(struct ivr_ring *r, u64 page)
{
	struct ivr_pair now;

	ivr_local_inc(&r->lost);
	do {
		now = load(r);
	} while (PAGE(now.place) != page && UNITS(now.place) != SEALED &&
		 !seal(r, now, 0));
	ivr_ring_commit(r);
	return NULL;
}

/* Start the next page with this record; 0: try again, -1: there is no room. */
static int turn_page(struct ivr_ring *r, struct ivr_pair old, u64 now, u32 units)
{
	u64 next = PAGE(old.place) + 1;
	struct ivr_pair new = { PLACE(next, 1, units), now };
	_Bool sealed = UNITS(old.place) == SEALED;
	u64 lost;

	if (next >= READ_ONCE(r->limit) && !make_room(r, next))
		return sealed || seal(r, old, 0) ? -1 : 0;
	lost = READ_ONCE(r->lost);
	if (!ivr_local_cmpxchg_pair(&r->state, old, new))
		return 0;
	if (!sealed)
		close_page(r, old, 0);
	open_page(r, next, now, lost);
	return 1;
}

/* A page ends, the clock went back, or the delta needs an event of its own. */
void *ivr_ring_reserve_slow(struct ivr_ring *r, u32 len)
{
	u32 units = units_of(len);
	struct ivr_pair old, new;
	u64 now, delta;
	u32 used, extend;
	u32 *p;
	int turned;

	if (len > IVR_MAX_RECORD)
		return refuse(r);
	for (;;) {
		old = load(r);
		now = ivr_clock();
		if (now < old.ts)
			now = old.ts;
		delta = now - old.ts;
		used = UNITS(old.place);
		extend = delta > DELTA_MAX ? EXTEND_UNITS : 0;

		if (used + extend + units > PAGE_UNITS || delta > EXTEND_MAX) {
			turned = turn_page(r, old, now, units);
			if (turned > 0)
				return put_header(r, PAGE(old.place) + 1, 0,
						  len, 0);
			if (turned < 0)
				return lose(r, PAGE(old.place));
			continue;
		}
		new.place = old.place + ONE_RECORD + extend + units;
		new.ts = now;
		if (ivr_local_cmpxchg_pair(&r->state, old, new))
			break;
	}
	if (!extend)
		return put_header(r, PAGE(old.place), used, len, delta);

	p = unit_at(r, PAGE(old.place), used);
	p[0] = TYPE_EXTEND | (u32)(delta & DELTA_MAX) << TYPE_LEN_BITS;
	p[1] = (u32)(delta >> DELTA_BITS);
	return put_header(r, PAGE(old.place), used + extend, len, 0);
}

void *ivr_ring_reserve(struct ivr_ring *r, u32 len)
{
	return ivr_ring_reserve_at(r, len, ivr_clock());
}

void ivr_ring_flush(struct ivr_ring *r)
{
	struct ivr_pair old;

	enter(r);
	do {
		old = load(r);
		if (UNITS(old.place) == SEALED)
			break;
	} while (!seal(r, old, IVR_DESC_FLUSHED));
	WRITE_ONCE(r->pending, 1);
	ivr_ring_commit(r);
}

_Bool ivr_ring_idle(const struct ivr_ring *r)
{
	return UNITS(READ_ONCE(r->state.place)) == SEALED &&
	       READ_ONCE(r->lost) == READ_ONCE(r->mem.ctl->lost) &&
	       READ_ONCE(r->refused) == READ_ONCE(r->mem.ctl->refused);
}

u64 ivr_ring_open_page(const struct ivr_ring *r)
{
	return PAGE(READ_ONCE(r->state.place));
}

void ivr_ring_ack(struct ivr_ring *r, _Bool forget)
{
	u64 mirror = READ_ONCE(r->mem.ctl->mirror);
	u64 tail = READ_ONCE(r->mem.ctl->tail);

	if (unlikely(forget))
		mirror = READ_ONCE(r->mem.ctl->head);
	WRITE_ONCE(r->mem.ctl->ack_pos, mirror > tail ? mirror : tail);
	smp_store_release(&r->acked, 1);
}

void ivr_ring_init(struct ivr_ring *r, const struct ivr_ring_mem *mem, u32 cpu,
		   u32 policy, void (*bell)(struct ivr_ring *))
{
	struct ivr_ring_ctl *ctl = mem->ctl;

	memset(r, 0, sizeof(*r));
	r->mem = *mem;
	r->bell = bell;
	r->policy = policy;
	r->data = mem->data;
	r->origin = 1;
	r->span = mem->slots;
	r->recip = ~0ull / mem->slots + 1;
	r->pub = 1;
	/* Page 0 does not exist: it is full and published from the start. */
	r->state.place = PLACE(0, 0, SEALED);
	r->limit = 1 + r->span;

	memset(ctl, 0, IVR_PAGE_SIZE);
	ctl->head = 1;
	ctl->mirror = 1;
	ctl->ack_pos = 1;
	ctl->seg_page = 1;
	ctl->seg_span = mem->slots;
	ctl->kind = IVR_RING_EVENTS;
	ctl->cpu = cpu;
}
