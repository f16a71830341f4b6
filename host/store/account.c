// SPDX-License-Identifier: GPL-2.0
/* account.c - where every record of a stream went */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "store/account.h"
#include "store/cut.h"
#include "store/spans.h"

static const char *const loss_names[] = {
	"discarded", "overwritten", "rotated", "corrupt",
	"reset",     "handed-over", "cut-off",
};

_Static_assert(sizeof(loss_names) / sizeof(loss_names[0]) == LOSSES,
	       "a name for each loss");

const char *loss_name(enum loss l)
{
	return loss_names[l];
}

/**
 * struct position - how far the account of a ring has come
 * @a: the account
 * @st: the stream
 * @ring: the ring
 * @spans: what is declared
 * @found: where to tell
 * @page: next page number
 * @record: next record number
 * @lost: discards so far, as the guest counts
 * @ts: time stamp of the record before
 */
struct position {
	struct ring_account *a;
	const struct stream *st;
	uint32_t ring;
	struct spans spans;
	struct findings *found;
	uint64_t page;
	uint64_t record;
	uint64_t lost;
	uint64_t ts;
};

static void found_order(struct position *p, const struct page_ref *r,
			const char *what)
{
	if (!p->a->order_errors++)
		found_bad(p->found,
			  "%s/%s: out of order: %s at page "
			  "%llu of ring %u",
			  r->file->leg->path, r->file->name, what,
			  (unsigned long long)ref_desc(r).page, p->ring);
}

static void missing(struct position *p, uint64_t records, uint64_t to_page,
		    const char *where)
{
	enum loss why;

	if (!records)
		return;
	if (spans_cover(&p->spans, p->page, to_page, &why)) {
		p->a->lost[why] = sat_add(p->a->lost[why], records);
		return;
	}
	p->a->undeclared = sat_add(p->a->undeclared, records);
	if (to_page > p->page)
		found_bad(p->found,
			  "stream %.8s ring %u: pages %llu to %llu "
			  "(%llu records) are missing %s and no mark says why",
			  p->st->id, p->ring, (unsigned long long)p->page,
			  (unsigned long long)to_page - 1,
			  (unsigned long long)records, where);
	else
		found_bad(p->found,
			  "stream %.8s ring %u: %llu records are "
			  "missing %s page %llu, between neighbours",
			  p->st->id, p->ring, (unsigned long long)records,
			  where, (unsigned long long)to_page);
}

/*
 * Go to record number @record with @lost discards: what lies between was
 * discarded as far as the guest says so, the rest is returned as missing.
 */
static uint64_t advance(struct position *p, uint64_t record, uint64_t lost)
{
	uint64_t gap = record > p->record ? record - p->record : 0;
	uint64_t discards = lost > p->lost ? lost - p->lost : 0;

	if (discards > gap)
		discards = gap;
	p->a->lost[LOSS_DISCARDED] += discards;
	if (record > p->record)
		p->record = record;
	if (lost > p->lost)
		p->lost = lost;
	return gap - discards;
}

static void take_page(struct position *p, const struct page_ref *r)
{
	const struct ivr_desc desc = ref_desc(r), *d = &desc;
	uint64_t gap = d->first > p->record ? d->first - p->record : 0;
	uint64_t rest;

	if (d->first < p->record) {
		uint64_t twice = p->record - d->first;

		p->a->twice += twice < d->count ? twice : d->count;
		found_order(p, r, "record numbers go back");
	}
	if (d->lost < p->lost ||
	    (d->first >= p->record && d->lost - p->lost > gap))
		found_order(p, r, "loss counters do not fit");
	if (d->ts_first < p->ts)
		found_order(p, r, "time stamps go back");
	rest = advance(p, d->first, d->lost);
	missing(p, rest, d->page, "before");

	p->a->pages++;
	p->a->delivered = sat_add(p->a->delivered, d->count);
	p->page = d->page + 1;
	p->ts = d->ts_last;
	if (d->first + d->count > p->record)
		p->record = d->first + d->count;
}

static const struct ivr_store_mark *highest_end(const struct stream *st,
						uint32_t ring)
{
	const struct ivr_store_mark *best = NULL;
	size_t i;

	for (i = 0; i < st->nlegs; i++) {
		const struct ivr_store_mark *m = leg_end(st->legs[i], ring);

		if (m && (!best || m->produced >= best->produced))
			best = m;
	}
	return best;
}

/* The END mark that a later copy of the same leg may have and this one not. */
static const struct ivr_store_mark *newest_end(const struct stream *st,
					       uint32_t ring)
{
	const struct leg *last = st->legs[st->nlegs - 1];
	size_t i;

	for (i = st->nlegs; i; i--) {
		const struct ivr_store_mark *m;

		if (st->legs[i - 1]->epoch != last->epoch)
			break;
		m = leg_end(st->legs[i - 1], ring);
		if (m)
			return m;
	}
	return NULL;
}

/* A descriptor without its page proves that there was such a page. */
static void take_unbacked(struct position *p)
{
	size_t i, k, n;

	for (i = 0; i < p->st->nlegs; i++) {
		struct store_file *const *files = leg_ring_files(p->st->legs[i],
								 p->ring, &n);

		for (k = 0; k < n; k++) {
			const struct ivr_desc *d = &files[k]->beyond;
			uint64_t next;

			if (d->page < p->page ||
			    d->first > UINT64_MAX - d->count)
				continue;
			next = d->page == UINT64_MAX ? d->page : d->page + 1;
			missing(p, advance(p, d->first + d->count, d->lost),
				next, "at the end of a file");
			p->page = next;
		}
	}
}

/*
 * Records that the counters know of, but that are in no page below head. A
 * guest that goes on has more to tell to the next reader. One that was stopped
 * anywhere may have been publishing a page: counters come before head.
 */
static bool may_be_left(const struct position *p,
			const struct ivr_store_mark *end)
{
	if (end->reason == IVR_WHY_GUEST_GONE &&
	    end->guest_end != IVR_END_PANIC)
		return false;
	return end->head <= p->page;
}

static void leave(struct position *p, uint64_t records)
{
	p->record -= records;
	p->a->left = records;
}

/*
 * The reader was told to stop, so what it had not taken is not lost. But pages
 * below its position it had taken.
 */
static void take_stop(struct position *p, const struct ivr_store_mark *end)
{
	/* Discards after pages not yet taken are theirs to tell. */
	uint64_t lost = end->to >= end->head ? end->lost : 0;
	uint64_t rest = advance(p, end->produced, lost);

	if (p->page < end->to)
		missing(p, rest, end->to, "at the end");
	else
		leave(p, rest);
}

static void take_end(struct position *p)
{
	const struct ivr_store_mark *newest = newest_end(p->st, p->ring);
	const struct ivr_store_mark *end = highest_end(p->st, p->ring);
	uint64_t rest;

	if (!newest)
		return;
	p->a->ended = true;
	p->a->why = newest->reason;
	p->a->guest_end = newest->guest_end;
	if (newest->reason == IVR_WHY_READER_STOPPED) {
		take_stop(p, newest);
		return;
	}
	rest = advance(p, end->produced, end->lost);
	if (may_be_left(p, end)) {
		leave(p, rest);
		return;
	}
	missing(p, rest, end->head, p->a->pages ? "at the end" : "altogether");
}

int account_ring(struct ring_account *a, const struct stream *st, uint32_t ring,
		 struct findings *found)
{
	const struct ring_pages *pages = &st->rings[ring];
	struct position p = {
		.a = a, .st = st, .ring = ring, .found = found, .page = 1
	};
	int ret = spans_collect(&p.spans, st, ring);
	struct ring_walk w = { 0 };
	struct page_ref r;

	memset(a, 0, sizeof(*a));
	while (!ret && ring_walk_next(pages, &w, &r))
		take_page(&p, &r);
	if (!ret) {
		take_unbacked(&p);
		take_end(&p);
	}
	a->produced = p.record;
	a->cut = leg_is_cut(st, st->legs[st->nlegs - 1], ring);
	a->dup_pages = pages->dup_pages;
	a->dup_records = pages->dup_records;
	a->conflicts = pages->conflicts;
	free(p.spans.list);
	return ret;
}

uint64_t account_lost(const struct ring_account *a)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < LOSSES; i++)
		sum = sat_add(sum, a->lost[i]);
	return sum;
}

void account_add(struct ring_account *t, const struct ring_account *a)
{
	int i;

	t->produced = sat_add(t->produced, a->produced);
	t->delivered = sat_add(t->delivered, a->delivered);
	for (i = 0; i < LOSSES; i++)
		t->lost[i] = sat_add(t->lost[i], a->lost[i]);
	t->undeclared = sat_add(t->undeclared, a->undeclared);
	t->twice = sat_add(t->twice, a->twice);
	t->left = sat_add(t->left, a->left);
	t->pages += a->pages;
	t->dup_pages += a->dup_pages;
	t->dup_records += a->dup_records;
	t->conflicts += a->conflicts;
	t->order_errors += a->order_errors;
}
