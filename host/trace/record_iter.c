// SPDX-License-Identifier: GPL-2.0
/* record_iter.c - the records of a stream, one after the other */
#include <stdlib.h>

#include "store/page.h"
#include "trace/record_iter.h"

/**
 * struct cursor - a place in a ring
 * @next_page: the next page
 * @next_record: number of the record after the last page
 * @missed: missing before the current record
 * @leg: of the current page
 * @walk: the current record
 * @page: the current page
 */
struct cursor {
	struct ring_walk next_page;
	uint64_t next_record;
	uint64_t missed;
	const struct leg *leg;
	struct page_walk walk;
	unsigned char page[IVR_PAGE_SIZE];
};

/**
 * struct record_iter - all rings
 * @st: stream
 * @found: where to tell of bad pages
 * @rings: cursors
 * @heap: rings that have a record, a binary heap by time stamp
 * @n: how many
 * @step: the ring at the top must go on before it is looked at
 */
struct record_iter {
	struct stream *st;
	struct findings *found;
	struct cursor *rings;
	uint32_t *heap;
	uint32_t n;
	bool step;
};

static bool before(const struct record_iter *f, uint32_t a, uint32_t b)
{
	uint64_t ta = f->rings[a].walk.ts, tb = f->rings[b].walk.ts;

	return ta < tb || (ta == tb && a < b);
}

static void swap(uint32_t *a, uint32_t *b)
{
	uint32_t t = *a;

	*a = *b;
	*b = t;
}

static void sift_down(struct record_iter *f)
{
	uint32_t i = 0, k;

	while ((k = 2 * i + 1) < f->n) {
		if (k + 1 < f->n && before(f, f->heap[k + 1], f->heap[k]))
			k++;
		if (!before(f, f->heap[k], f->heap[i]))
			return;
		swap(&f->heap[k], &f->heap[i]);
		i = k;
	}
}

static void push(struct record_iter *f, uint32_t ring)
{
	uint32_t i = f->n++;

	f->heap[i] = ring;
	for (; i && before(f, f->heap[i], f->heap[(i - 1) / 2]);
	     i = (i - 1) / 2)
		swap(&f->heap[i], &f->heap[(i - 1) / 2]);
}

static bool load(struct record_iter *f, struct cursor *c,
		 const struct page_ref *r)
{
	const struct ivr_desc desc = ref_desc(r), *d = &desc;
	const char *why = "cannot be read";

	if (file_page(r->file, r->index, c->page) ||
	    page_check(c->page, d, &why)) {
		found_bad(f->found,
			  "%s/%s: page %llu of ring %u is corrupt, "
			  "left out: %s",
			  r->file->leg->path, r->file->name,
			  (unsigned long long)d->page, r->file->ring, why);
		return false;
	}
	c->leg = r->file->leg;
	if (d->first > c->next_record)
		c->missed += d->first - c->next_record;
	c->next_record = d->first + d->count;
	return !page_walk_init(&c->walk, c->page);
}

/* Go to the ring's next record, on its next page if need be. */
static bool step(struct record_iter *f, uint32_t ring)
{
	const struct ring_pages *pages = &f->st->rings[ring];
	struct cursor *c = &f->rings[ring];

	struct page_ref r;

	while (page_walk_next(&c->walk) <= 0) {
		do {
			if (!ring_walk_next(pages, &c->next_page, &r))
				return false;
		} while (!load(f, c, &r));
	}
	return true;
}

void record_iter_more(struct record_iter *f)
{
	size_t i;

	f->n = 0;
	f->step = false;
	for (i = 0; i < f->st->nrings; i++)
		if (step(f, i))
			push(f, i);
}

struct record_iter *record_iter_new(struct stream *st, struct findings *found)
{
	struct record_iter *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->st = st;
	f->found = found;
	f->rings = calloc(st->nrings, sizeof(*f->rings));
	f->heap = calloc(st->nrings, sizeof(*f->heap));
	if (!f->rings || !f->heap) {
		record_iter_free(f);
		return NULL;
	}
	record_iter_more(f);
	return f;
}

bool record_iter_next(struct record_iter *f, struct record *r)
{
	struct cursor *c;

	if (f->step && f->n) {
		if (!step(f, f->heap[0]))
			f->heap[0] = f->heap[--f->n];
		sift_down(f);
	}
	f->step = f->n;
	if (!f->n)
		return false;
	c = &f->rings[f->heap[0]];
	*r = (struct record) {
		.ring = f->heap[0],
		.ts = c->walk.ts,
		.data = c->walk.data,
		.size = c->walk.size,
		.missed = c->missed,
		.leg = c->leg,
	};
	c->missed = 0;
	return true;
}

void record_iter_forget(struct record_iter *f)
{
	size_t i;

	for (i = 0; i < f->st->nrings; i++) {
		ring_forget(&f->st->rings[i]);
		f->rings[i].next_page = (struct ring_walk) { 0 };
	}
}

void record_iter_free(struct record_iter *f)
{
	if (!f)
		return;
	free(f->rings);
	free(f->heap);
	free(f);
}
