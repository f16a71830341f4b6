// SPDX-License-Identifier: GPL-2.0
/* ring_kit.c - a simulated reader and self-describing records */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/module/ring_kit.h"

#define LOAD(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define LOAD_ACQUIRE(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)

/* Whoever interrupted a change would wait for ever. */
#define SEGMENT_TRIES 100

static void *garbage(size_t size)
{
	void *p = aligned_alloc(IVR_PAGE_SIZE, size);

	if (!p)
		abort();
	return memset(p, 0xa5, size);
}

void kit_region_make(struct kit_region *reg, __u32 slots)
{
	size_t descs = (slots + IVR_DESCS_PER_PAGE - 1) / IVR_DESCS_PER_PAGE;

	reg->slots = slots;
	reg->tag = KIT_TAG;
	reg->ctl = garbage(IVR_PAGE_SIZE);
	reg->desc = garbage(descs * IVR_PAGE_SIZE);
	reg->data = garbage((size_t)slots * IVR_PAGE_SIZE);
	reg->host = memset(garbage(IVR_PAGE_SIZE), 0, IVR_PAGE_SIZE);
}

void kit_region_free(struct kit_region *reg)
{
	free(reg->ctl);
	free(reg->desc);
	free(reg->data);
	free(reg->host);
}

bool kit_segment_get(const struct kit_region *reg, struct kit_segment *seg)
{
	const struct ivr_ring_ctl *ctl = reg->ctl;
	int tries = SEGMENT_TRIES;
	__u64 seq;

	while (tries--) {
		seq = LOAD_ACQUIRE(ctl->seg_seq);
		seg->page = LOAD_ACQUIRE(ctl->seg_page);
		seg->slot = LOAD_ACQUIRE(ctl->seg_slot);
		seg->span = LOAD_ACQUIRE(ctl->seg_span);
		if (seq % 2 == 0 && seq == LOAD(ctl->seg_seq))
			return true;
	}
	return false;
}

__u32 kit_slot_in(const struct kit_segment *seg, __u64 page)
{
	return seg->slot + (page - seg->page) % seg->span;
}

__u32 kit_slot(const struct kit_region *reg, __u64 page)
{
	struct kit_segment seg;

	if (!kit_segment_get(reg, &seg))
		abort();
	return kit_slot_in(&seg, page);
}

void kit_say_pos(const struct kit_region *reg, __u64 pos)
{
	__atomic_store_n(&reg->host->pos_seal, pos ^ reg->tag,
			 __ATOMIC_RELEASE);
	__atomic_store_n(&reg->host->pos, pos, __ATOMIC_RELEASE);
}

static __u32 word_at(const unsigned char *p)
{
	__u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static __u64 long_at(const unsigned char *p)
{
	__u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

void kit_open(struct kit_cursor *c, const void *page)
{
	c->page = page;
	c->at = 0;
	c->ts = long_at(page);
	/* The upper bits of the commit word are the kernel's flags. */
	c->end = long_at(c->page + 8) & 0xfffff;
	if (c->end > IVR_PAGE_PAYLOAD)
		c->end = 0;
}

/*
 * header_event: type_len : 5, time_delta : 27, array[]. padding 29,
 * time_extend 30 (array[0] = time delta >> 27), time_stamp 31; type_len 1..28:
 * length in words; 0: array[0] holds the length, its own 4 bytes included.
 */
int kit_next(struct kit_cursor *c, struct kit_event *ev)
{
	const unsigned char *p;
	__u32 head, type, left;

	for (;;) {
		left = c->end - c->at;
		p = c->page + IVR_PAGE_HEADER + c->at;
		if (!left)
			return 0;
		if (left < 4)
			return -1;
		head = word_at(p);
		type = head & 31;
		if (type == 29 || type == 31)
			return -1;
		if (type == 30) {
			if (left < 8)
				return -1;
			c->ts += ((__u64)word_at(p + 4) << 27) + (head >> 5);
			c->at += 8;
			continue;
		}
		break;
	}

	c->ts += head >> 5;
	ev->ts = c->ts;
	if (type) {
		ev->len = type * 4;
		ev->body = p + 4;
	} else {
		if (left < 8 || word_at(p + 4) < 4)
			return -1;
		ev->len = word_at(p + 4) - 4;
		ev->body = p + 8;
	}
	if (ev->body - p + (__u64)ev->len > left)
		return -1;
	c->at += (ev->body - p) + ev->len;
	return 1;
}

static __u64 mix(__u64 x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	return x ^ x >> 32;
}

static __u64 seed_of(const struct kit_record *r)
{
	return mix(r->seq * KIT_CONTEXTS + r->ctx + ((__u64)r->len << 48));
}

static __u64 sum_of(const struct kit_record *r)
{
	return mix(seed_of(r) + 3 * r->before + 7 * r->after);
}

void kit_fill(void *body, const struct kit_record *head)
{
	struct kit_record r = *head;
	unsigned char *p = body;
	__u64 word = seed_of(&r);
	__u32 at;

	r.sum = sum_of(&r);
	memcpy(p, &r, sizeof(r));
	for (at = sizeof(r); at + 8 <= r.len; at += 8, word += at)
		memcpy(p + at, &word, 8);
	for (; at < r.len; at++)
		p[at] = word >> (at & 7);
}

bool kit_intact(const void *body, __u32 len)
{
	const unsigned char *p = body;
	struct kit_record r;
	__u64 word, found;
	__u32 at;

	if (len < sizeof(r))
		return false;
	memcpy(&r, p, sizeof(r));
	if (r.len < sizeof(r) || (r.len + 3) / 4 * 4 != len ||
	    r.ctx >= KIT_CONTEXTS || r.sum != sum_of(&r))
		return false;

	word = seed_of(&r);
	for (at = sizeof(r); at + 8 <= r.len; at += 8, word += at) {
		memcpy(&found, p + at, 8);
		if (found != word)
			return false;
	}
	for (; at < r.len; at++)
		if (p[at] != (unsigned char)(word >> (at & 7)))
			return false;
	return true;
}

void kit_reader_init(struct kit_reader *r, const struct kit_region *reg,
		     bool overwrite)
{
	memset(r, 0, sizeof(*r));
	r->reg = reg;
	r->overwrite = overwrite;
	r->pos = reg->ctl->ack_pos;
}

static void wrong(struct kit_reader *r, const char *what)
{
	if (r->error)
		return;
	r->error = what;
	r->error_page = r->pos;
}

void kit_reader_follow(struct kit_reader *r, const struct kit_region *reg)
{
	if (r->pos != r->reg->ctl->head)
		wrong(r, "the old memory was not read to its end");
	r->reg = reg;
	if (reg->ctl->ack_pos != r->pos)
		wrong(r,
		      "the new memory does not begin where the old one ends");
}

static void check_record(struct kit_reader *r, const struct kit_event *ev)
{
	struct kit_record rec;

	if (!kit_intact(ev->body, ev->len)) {
		wrong(r, "record torn");
		return;
	}
	memcpy(&rec, ev->body, sizeof(rec));
	if (rec.seq < r->expect[rec.ctx])
		wrong(r, "record twice or out of order");
	if (ev->ts < r->ts)
		wrong(r, "time goes back");
	if (ev->ts < rec.before || ev->ts > rec.after)
		wrong(r, "time stamp is not that of the reservation");
	r->ts = ev->ts;
	r->gaps += rec.seq - r->expect[rec.ctx];
	r->expect[rec.ctx] = rec.seq + 1;
	if (r->seen)
		r->seen(r, &rec, ev);
}

/* What the descriptor says must be what the page says. */
static void check_page(struct kit_reader *r, const struct ivr_desc *d,
		       const unsigned char *page)
{
	struct kit_cursor c;
	struct kit_event ev;
	__u32 count = 0;
	int more;

	if (d->page != r->pos)
		wrong(r, "another page's descriptor");
	if (long_at(page) != d->ts_first)
		wrong(r, "ts_first is not the page's");
	if (long_at(page + 8) != d->bytes || d->bytes > IVR_PAGE_PAYLOAD)
		wrong(r, "bytes is not the commit word");

	kit_open(&c, page);
	while ((more = kit_next(&c, &ev)) > 0) {
		if (!count++ && ev.ts != d->ts_first)
			wrong(r, "ts_first is not the first record's");
		check_record(r, &ev);
	}
	if (more < 0)
		wrong(r, "page malformed");
	if (!count || count != d->count)
		wrong(r, "count is not that of the page");
	if (c.ts != d->ts_last)
		wrong(r, "ts_last is not the last record's");
}

/* first + count + (next.lost - lost) == next.first, but for missed pages. */
static void check_numbers(struct kit_reader *r, const struct ivr_desc *d)
{
	__u64 lost = d->lost - r->lost;

	if (d->lost < r->lost)
		wrong(r, "lost goes back");
	if (r->skipped && d->first >= r->next + lost)
		r->missed += d->first - r->next - lost;
	else if (d->first != r->next + lost)
		wrong(r, "record numbers do not add up");
	r->declared += lost;
	r->lost = d->lost;
	r->next = d->first + d->count;
}

static void finish_page(struct kit_reader *r, const struct ivr_desc *d)
{
	r->delivered += d->count;
	r->pages++;
	/* A loss lies between two pages: no gap before it was declared. */
	if (r->gaps > d->lost + r->missed)
		wrong(r, "a gap inside a page");
	if (r->page_done)
		r->page_done(r, d);
}

static void read_in_place(struct kit_reader *r, const struct kit_segment *seg)
{
	__u32 slot = kit_slot_in(seg, r->pos);
	const struct ivr_desc *d = &r->reg->desc[slot];

	check_numbers(r, d);
	check_page(r, d, r->reg->data + (size_t)slot * IVR_PAGE_SIZE);
	finish_page(r, d);
}

/*
 * What the writer may be overwriting is read by an instruction that no
 * sanitizer watches, and thrown away if @tail says so.
 */
static void copy_unwatched(void *to, const void *from, size_t len)
{
	__asm__ __volatile__("rep movsb"
			     : "+D"(to), "+S"(from), "+c"(len)
			     :
			     : "memory");
}

static bool read_copy(struct kit_reader *r, const struct kit_segment *seg)
{
	static __thread unsigned char page[IVR_PAGE_SIZE];
	__u32 slot = kit_slot_in(seg, r->pos);
	struct ivr_desc d;

	copy_unwatched(&d, &r->reg->desc[slot], sizeof(d));
	copy_unwatched(page, r->reg->data + (size_t)slot * IVR_PAGE_SIZE,
		       IVR_PAGE_SIZE);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (LOAD(r->reg->ctl->tail) > r->pos)
		return false;
	check_numbers(r, &d);
	check_page(r, &d, page);
	finish_page(r, &d);
	return true;
}

__u32 kit_drain(struct kit_reader *r, __u32 max)
{
	__u64 head = LOAD_ACQUIRE(r->reg->ctl->head);
	struct kit_segment seg;
	__u32 n = 0;

	/* In this order; where a page lies that is below head stays true. */
	if (!kit_segment_get(r->reg, &seg))
		return 0;
	if (!seg.span || (__u64)seg.slot + seg.span > r->reg->slots ||
	    seg.page < seg.slot + 1ull)
		wrong(r, "no such segment");
	if (r->error)
		return 0;
	while (n < max && r->pos < head) {
		if (!r->overwrite) {
			read_in_place(r, &seg);
		} else if (!read_copy(r, &seg)) {
			r->pos = LOAD(r->reg->ctl->tail);
			r->skipped = true;
			continue;
		}
		r->skipped = false;
		r->pos++;
		n++;
		kit_say_pos(r->reg, r->pos);
	}
	return n;
}

void kit_settle(struct kit_reader *r)
{
	const struct ivr_ring_ctl *ctl = r->reg->ctl;
	__u64 tail_lost = ctl->lost - r->lost;

	if (r->pos != ctl->head)
		wrong(r, "not all pages read");
	if (ctl->lost < r->lost)
		wrong(r, "more lost in a page than in all");
	/* Dropped after the last page: declared by the counters only. */
	r->declared += tail_lost;
	r->lost = ctl->lost;
	if (ctl->produced != r->next + tail_lost)
		wrong(r, "produced is not the last record's number");
	if (ctl->produced != r->delivered + r->declared + r->missed)
		wrong(r, "produced != delivered + lost");
	if (ctl->mirror > ctl->head || ctl->tail > ctl->head)
		wrong(r, "mirror or tail beyond head");
}
