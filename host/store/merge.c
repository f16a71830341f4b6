// SPDX-License-Identifier: GPL-2.0
/* merge.c - the pages of one stream from all its legs, each once, in order */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "store/leg_order.h"
#include "store/merge.h"
#include "store/page.h"

static struct stream *find_stream(struct merge *m, const char *id)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (!strcmp(m->list[i]->id, id))
			return m->list[i];
	return NULL;
}

static struct stream *add_stream(struct merge *m, const struct leg *l)
{
	struct stream *st = calloc(1, sizeof(*st));

	if (!st || array_room(&m->list, &m->cap, m->n + 1, sizeof(*m->list)))
		goto no_memory;
	st->rings = calloc(l->rings, sizeof(*st->rings));
	if (!st->rings)
		goto no_memory;
	strcpy(st->id, l->stream);
	st->nrings = l->rings;
	m->list[m->n++] = st;
	return st;

no_memory:
	free(st);
	return NULL;
}

static bool has_leg(const struct stream *st, const struct leg *l)
{
	size_t i;

	for (i = 0; i < st->nlegs; i++)
		if (st->legs[i] == l)
			return true;
	return false;
}

static int take_leg(struct merge *m, struct leg *l, struct findings *found)
{
	struct stream *st = find_stream(m, l->stream);

	if (!st)
		st = add_stream(m, l);
	if (!st)
		return -ENOMEM;
	if (has_leg(st, l))
		return 0;
	if (l->rings != st->nrings) {
		found_bad(found,
			  "%s: %u rings, but its stream %s has %u; the "
			  "leg is left out",
			  l->path, l->rings, st->id, st->nrings);
		l->broken = true;
		l->ready = false;
		return 0;
	}
	if (array_room(&st->legs, &st->legs_cap, st->nlegs + 1,
		       sizeof(*st->legs)))
		return -ENOMEM;
	st->legs[st->nlegs++] = l;
	return 0;
}

int ring_drop_bad(struct ring_pages *ring, uint64_t page)
{
	if (array_room(&ring->bad, &ring->bad_cap, ring->nbad + 1,
		       sizeof(*ring->bad)))
		return -ENOMEM;
	ring->bad[ring->nbad++].page = page;
	return 0;
}

static int take_desc(struct ring_pages *ring, struct store_file *f,
		     uint64_t index, struct findings *found)
{
	const struct ivr_desc *d = file_desc(f, index);
	const char *why;

	if (desc_check(d, &why)) {
		found_bad(found, "%s/%s: page %llu of the file is corrupt: %s",
			  f->leg->path, f->name, (unsigned long long)index,
			  why);
		return ring_drop_bad(ring, d->page);
	}
	if (array_room(&ring->refs, &ring->cap, ring->n + 1,
		       sizeof(*ring->refs)))
		return -ENOMEM;
	ring->refs[ring->n++] = (struct page_ref) { f, index };
	return 0;
}

static int take_leg_pages(struct stream *st, struct leg *l,
			  struct findings *found)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < l->nfiles && !ret; i++) {
		struct store_file *f = l->files[i];
		uint64_t end = f->descs.base + f->descs.n;

		if (f->ring == st->nrings)
			continue;
		for (; f->merged < end && !ret; f->merged++)
			ret = take_desc(&st->rings[f->ring], f, f->merged,
					found);
	}
	return ret;
}

static int by_page_and_leg(const void *pa, const void *pb)
{
	const struct page_ref *a = pa, *b = pb;
	uint64_t pagea = ref_desc(a)->page, pageb = ref_desc(b)->page;

	if (pagea != pageb)
		return pagea < pageb ? -1 : 1;
	if (a->file->leg != b->file->leg)
		return a->file->leg->order < b->file->leg->order ? -1 : 1;
	if (a->file != b->file)
		return a->file->number < b->file->number ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* In one file pages must ascend: they are appended as the ring delivers. */
static void check_file_order(const struct ring_pages *ring, size_t from,
			     struct findings *found)
{
	size_t i;

	for (i = from + 1; i < ring->n; i++) {
		const struct page_ref *a = &ring->refs[i - 1];
		const struct page_ref *b = &ring->refs[i];

		if (a->file != b->file || ref_desc(a)->page < ref_desc(b)->page)
			continue;
		found_bad(found,
			  "%s/%s: out of order: page %llu after page "
			  "%llu",
			  b->file->leg->path, b->file->name,
			  (unsigned long long)ref_desc(b)->page,
			  (unsigned long long)ref_desc(a)->page);
	}
}

static bool same_desc(const struct ivr_desc *a, const struct ivr_desc *b)
{
	return a->page == b->page && a->first == b->first &&
	       a->lost == b->lost && a->ts_first == b->ts_first &&
	       a->ts_last == b->ts_last && a->count == b->count &&
	       a->bytes == b->bytes;
}

/* Behind the events a page holds what was there before; that may differ. */
static bool same_bytes(const struct page_ref *a, const struct page_ref *b)
{
	unsigned char pa[IVR_PAGE_SIZE], pb[IVR_PAGE_SIZE];

	if (file_page(a->file, a->index, pa) ||
	    file_page(b->file, b->index, pb))
		return false;
	return !memcmp(pa, pb, IVR_PAGE_HEADER + ref_desc(a)->bytes);
}

static void drop_copy(struct ring_pages *ring, const struct page_ref *kept,
		      const struct page_ref *copy, struct findings *found)
{
	const struct ivr_desc *d = ref_desc(copy);

	if (same_desc(ref_desc(kept), d) && same_bytes(kept, copy)) {
		ring->dup_pages++;
		ring->dup_records += d->count;
		return;
	}
	if (!ring->conflicts++)
		found_bad(found,
			  "conflict: ring %u page %llu differs between "
			  "%s and %s: two guests continued the same stream "
			  "(one image restored twice?); merge the stores of "
			  "one of them only",
			  copy->file->ring, (unsigned long long)d->page,
			  kept->file->leg->path, copy->file->leg->path);
}

/* Sort refs[from..] and keep each page once; drop what is not new at all. */
static void settle(struct ring_pages *ring, size_t from, struct findings *found)
{
	size_t out = from;
	size_t i;

	if (ring->n == from)
		return;
	check_file_order(ring, from, found);
	qsort(ring->refs + from, ring->n - from, sizeof(*ring->refs),
	      by_page_and_leg);
	for (i = from; i < ring->n; i++) {
		const struct ivr_desc *d = ref_desc(&ring->refs[i]);

		if (out > from &&
		    ref_desc(&ring->refs[out - 1])->page == d->page) {
			drop_copy(ring, &ring->refs[out - 1], &ring->refs[i],
				  found);
		} else if (d->page <= ring->high) {
			ring->dup_pages++;
			ring->dup_records += d->count;
		} else {
			struct leg *l = ring->refs[i].file->leg;

			if (d->ts_last > l->last_ts)
				l->last_ts = d->ts_last;
			ring->refs[out++] = ring->refs[i];
		}
	}
	ring->n = out;
	if (out > from)
		ring->high = ref_desc(&ring->refs[out - 1])->page;
}

/*
 * A guest acknowledges one epoch after another, so no two can follow the same
 * one. Two lives of one image need not meet in a page to be found out.
 */
static void check_fork(struct stream *st, struct findings *found)
{
	size_t i, k;

	for (i = 0; i < st->nlegs; i++) {
		const struct leg *a = st->legs[i];

		for (k = 0; k < i && !st->forked; k++) {
			const struct leg *b = st->legs[k];

			st->forked = a->prev && a->prev == b->prev &&
				     a->epoch != b->epoch;
			if (st->forked)
				found_bad(found,
					  "conflict: %s and %s follow "
					  "the same leg: two guests continued "
					  "the same stream (one image restored "
					  "twice?); merge the stores of one of "
					  "them only",
					  b->path, a->path);
		}
	}
}

/* Pages of a ring that the guest had closed when a reader attached; 0: unknown */
static uint64_t head_at_start(const struct leg *l, uint32_t ring)
{
	size_t i;

	for (i = 0; i < l->marks.n; i++) {
		const struct ivr_store_mark *m = leg_mark(l, i);

		if (m->kind == IVR_MARK_START && m->ring == ring)
			return m->head;
	}
	return 0;
}

static uint64_t last_page(const struct ring_pages *ring, const struct leg *l)
{
	size_t i;

	for (i = ring->n; i; i--)
		if (ring->refs[i - 1].file->leg == l)
			return ref_desc(&ring->refs[i - 1])->page;
	return 0;
}

static bool is_of_another_life(const struct stream *st, const struct leg *old,
			       const struct leg *l, uint32_t ring)
{
	uint64_t head = head_at_start(l, ring);

	return head && last_page(&st->rings[ring], old) >= head;
}

static void check_ancestors(struct stream *st, const struct leg *l,
			    struct findings *found)
{
	const struct leg *old = l;
	size_t n = st->nlegs;
	uint32_t r;

	while (n-- && (old = leg_before(st->legs, st->nlegs, old))) {
		for (r = 0; r < st->nrings && !st->forked; r++) {
			if (!is_of_another_life(st, old, l, r))
				continue;
			st->forked = true;
			found_bad(found,
				  "conflict: %s has pages of ring %u "
				  "that the guest of %s never had: two guests "
				  "continued the same stream (an image restored "
				  "twice, or a snapshot reverted?); merge the "
				  "stores of one of them only",
				  old->path, r, l->path);
		}
	}
}

/*
 * When a guest acknowledges a reader, every page that an earlier one can have is
 * below its head. A page at or above it comes from another life of the guest.
 */
static void check_lives(struct stream *st, struct findings *found)
{
	size_t i;

	for (i = 0; i < st->nlegs; i++)
		check_ancestors(st, st->legs[i], found);
}

static int stream_update(struct stream *st, struct findings *found)
{
	size_t *from = calloc(st->nrings, sizeof(*from));
	int ret = 0;
	uint32_t r;
	size_t i;

	if (!from)
		return -ENOMEM;
	legs_order(st->legs, st->nlegs);
	check_fork(st, found);
	for (r = 0; r < st->nrings; r++)
		from[r] = st->rings[r].n;
	for (i = 0; i < st->nlegs && !ret; i++)
		ret = take_leg_pages(st, st->legs[i], found);
	for (r = 0; r < st->nrings && !ret; r++)
		settle(&st->rings[r], from[r], found);
	if (!ret)
		check_lives(st, found);
	free(from);
	return ret;
}

static int by_attachment(const void *pa, const void *pb)
{
	const struct stream *a = *(struct stream *const *)pa;
	const struct stream *b = *(struct stream *const *)pb;

	if (!a->nlegs || !b->nlegs)
		return !a->nlegs - !b->nlegs;
	if (a->legs[0]->realtime != b->legs[0]->realtime)
		return a->legs[0]->realtime < b->legs[0]->realtime ? -1 : 1;
	return strcmp(a->id, b->id);
}

int merge_update(struct merge *m, struct stores *s)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < s->nlegs && !ret; i++)
		if (s->legs[i]->ready)
			ret = take_leg(m, s->legs[i], &s->found);
	for (i = 0; i < m->n && !ret; i++)
		ret = stream_update(m->list[i], &s->found);
	if (m->n)
		qsort(m->list, m->n, sizeof(*m->list), by_attachment);
	return ret;
}

static int ring_check_pages(struct ring_pages *ring, struct findings *found)
{
	unsigned char page[IVR_PAGE_SIZE];
	size_t out = 0;
	int ret = 0;
	size_t i;

	for (i = 0; i < ring->n && !ret; i++) {
		const struct page_ref *r = &ring->refs[i];
		const char *why = "cannot be read";

		if (!file_page(r->file, r->index, page) &&
		    !page_check(page, ref_desc(r), &why)) {
			ring->refs[out++] = *r;
			continue;
		}
		found_bad(found, "%s/%s: page %llu of ring %u is corrupt: %s",
			  r->file->leg->path, r->file->name,
			  (unsigned long long)ref_desc(r)->page, r->file->ring,
			  why);
		ret = ring_drop_bad(ring, ref_desc(r)->page);
	}
	ring->n = out;
	return ret;
}

int stream_check_pages(struct stream *st, struct findings *found)
{
	int ret = 0;
	uint32_t r;

	for (r = 0; r < st->nrings && !ret; r++)
		ret = ring_check_pages(&st->rings[r], found);
	return ret;
}

void merge_free(struct merge *m)
{
	size_t i;
	uint32_t r;

	for (i = 0; i < m->n; i++) {
		struct stream *st = m->list[i];

		for (r = 0; r < st->nrings; r++) {
			free(st->rings[r].refs);
			free(st->rings[r].bad);
		}
		free(st->rings);
		free(st->legs);
		free(st);
	}
	free(m->list);
	memset(m, 0, sizeof(*m));
}
