// SPDX-License-Identifier: GPL-2.0
/* ring_pages.c - the pages of one ring from all legs, each once, in order */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "store/page.h"
#include "store/ring_pages.h"
#include "store/store_read.h"

/**
 * struct source - a file that has pages to give
 * @file: file; its @merged is the page at hand
 * @desc: descriptor of that page
 */
struct source {
	struct store_file *file;
	struct ivr_desc desc;
};

/**
 * struct merger - all of them
 * @ring: what becomes of it
 * @found: where to tell
 * @heap: sources, a binary heap by before()
 * @n: how many
 * @last: the page kept last in this call, file NULL before the first
 * @last_desc: its descriptor
 */
struct merger {
	struct ring_pages *ring;
	struct findings *found;
	struct source *heap;
	size_t n;
	struct page_ref last;
	struct ivr_desc last_desc;
};

bool ring_walk_next(const struct ring_pages *ring, struct ring_walk *w,
		    struct page_ref *r)
{
	const struct page_run *run;

	if (w->run >= ring->nruns)
		return false;
	run = &ring->runs[w->run];
	*r = (struct page_ref) { run->first.file, run->first.index + w->at };
	if (++w->at == run->n) {
		w->run++;
		w->at = 0;
	}
	return true;
}

static int put_page(struct ring_pages *ring, const struct page_ref *r)
{
	struct page_run *last = ring->nruns ? &ring->runs[ring->nruns - 1] :
					      NULL;

	if (last && last->first.file == r->file &&
	    last->first.index + last->n == r->index) {
		last->n++;
		ring->n++;
		return 0;
	}
	if (array_room(&ring->runs, &ring->cap, ring->nruns + 1,
		       sizeof(*ring->runs)))
		return -ENOMEM;
	ring->runs[ring->nruns++] = (struct page_run) { *r, 1 };
	ring->n++;
	return 0;
}

static int put_bad(struct ring_pages *ring, uint64_t page)
{
	if (page == UINT64_MAX || ring->nbad >= BAD_PAGES_MAX)
		return 0;
	if (ring->nbad && ring->bad[ring->nbad - 1].to == page) {
		ring->bad[ring->nbad - 1].to++;
		return 0;
	}
	if (array_room(&ring->bad, &ring->bad_cap, ring->nbad + 1,
		       sizeof(*ring->bad)))
		return -ENOMEM;
	ring->bad[ring->nbad++] = (struct bad_pages) { page, page + 1 };
	return 0;
}

static bool before(const struct source *a, const struct source *b)
{
	const struct store_file *fa = a->file, *fb = b->file;

	if (a->desc.page != b->desc.page)
		return a->desc.page < b->desc.page;
	if (fa->leg != fb->leg)
		return fa->leg->order < fb->leg->order;
	return fa->number < fb->number;
}

static void sift_down(struct merger *m, size_t i)
{
	struct source moving = m->heap[i];
	size_t k;

	while ((k = 2 * i + 1) < m->n) {
		if (k + 1 < m->n && before(&m->heap[k + 1], &m->heap[k]))
			k++;
		if (!before(&m->heap[k], &moving))
			break;
		m->heap[i] = m->heap[k];
		i = k;
	}
	m->heap[i] = moving;
}

/* Go to the next page of a file that can be used. 0: there is none; 1 */
static int find_page(struct merger *m, struct source *s)
{
	struct store_file *f = s->file;
	const char *why;
	int ret = 0;

	for (; f->merged < f->n && !ret; f->merged++) {
		s->desc = file_desc(f, f->merged);
		if (desc_check(&s->desc, &why)) {
			found_bad(m->found,
				  "%s/%s: page %llu of the file is corrupt: %s",
				  f->leg->path, f->name,
				  (unsigned long long)f->merged, why);
			ret = put_bad(m->ring, s->desc.page);
			continue;
		}
		if (s->desc.page > f->merged_page) {
			f->merged_page = s->desc.page;
			return 1;
		}
		found_bad(m->found,
			  "%s/%s: out of order: page %llu after page %llu, "
			  "left out",
			  f->leg->path, f->name,
			  (unsigned long long)s->desc.page,
			  (unsigned long long)f->merged_page);
	}
	return ret;
}

static bool same_desc(const struct ivr_desc *a, const struct ivr_desc *b)
{
	return a->page == b->page && a->first == b->first &&
	       a->lost == b->lost && a->ts_first == b->ts_first &&
	       a->ts_last == b->ts_last && a->count == b->count &&
	       a->bytes == b->bytes;
}

/* Behind the events a page holds what was there before; that may differ. */
static bool same_bytes(const struct page_ref *a, const struct page_ref *b,
		       uint32_t bytes)
{
	unsigned char pa[IVR_PAGE_SIZE], pb[IVR_PAGE_SIZE];

	if (file_page(a->file, a->index, pa) ||
	    file_page(b->file, b->index, pb))
		return false;
	return !memcmp(pa, pb, IVR_PAGE_HEADER + bytes);
}

static void drop_copy(struct merger *m, const struct page_ref *copy,
		      const struct ivr_desc *d)
{
	if (same_desc(&m->last_desc, d) &&
	    same_bytes(&m->last, copy, d->bytes)) {
		m->ring->dup_pages++;
		m->ring->dup_records += d->count;
		return;
	}
	if (!m->ring->conflicts++)
		found_bad(m->found,
			  "conflict: ring %u page %llu differs between "
			  "%s and %s: two guests continued the same stream "
			  "(one image restored twice?); merge the stores of "
			  "one of them only",
			  copy->file->ring, (unsigned long long)d->page,
			  m->last.file->leg->path, copy->file->leg->path);
}

static int take_page(struct merger *m, const struct source *s)
{
	const struct page_ref r = { s->file, s->file->merged };
	struct leg *l = s->file->leg;

	if (m->last.file && m->last_desc.page == s->desc.page) {
		drop_copy(m, &r, &s->desc);
		return 0;
	}
	/* A page of before this call, or one that came too late to be merged. */
	if (s->desc.page <= m->ring->high) {
		m->ring->dup_pages++;
		m->ring->dup_records += s->desc.count;
		return 0;
	}
	if (s->desc.ts_last > l->last_ts)
		l->last_ts = s->desc.ts_last;
	m->last = r;
	m->last_desc = s->desc;
	m->ring->high = s->desc.page;
	return put_page(m->ring, &r);
}

static int fill_heap(struct merger *m, struct store_file **files, size_t n)
{
	size_t i;
	int ret;

	for (i = 0; i < n; i++) {
		struct source s = { .file = files[i] };

		ret = find_page(m, &s);
		if (ret < 0)
			return ret;
		if (ret)
			m->heap[m->n++] = s;
	}
	for (i = m->n / 2; i--;)
		sift_down(m, i);
	return 0;
}

int ring_merge(struct ring_pages *ring, struct store_file **files, size_t n,
	       struct findings *found)
{
	struct merger m = { .ring = ring, .found = found };
	int ret;

	m.heap = calloc(n + 1, sizeof(*m.heap));
	if (!m.heap)
		return -ENOMEM;
	ret = fill_heap(&m, files, n);
	while (!ret && m.n) {
		struct source *top = &m.heap[0];

		ret = take_page(&m, top);
		top->file->merged++;
		if (!ret)
			ret = find_page(&m, top);
		if (ret < 0)
			break;
		if (!ret)
			*top = m.heap[--m.n];
		ret = 0;
		sift_down(&m, 0);
	}
	free(m.heap);
	return ret;
}

int ring_check(struct ring_pages *ring, struct findings *found)
{
	struct ring_pages good = { .high = ring->high };
	unsigned char page[IVR_PAGE_SIZE];
	struct ring_walk w = { 0 };
	struct page_ref r;
	int ret = 0;

	while (!ret && ring_walk_next(ring, &w, &r)) {
		struct ivr_desc d = ref_desc(&r);
		const char *why = "cannot be read";

		if (!file_page(r.file, r.index, page) &&
		    !page_check(page, &d, &why)) {
			ret = put_page(&good, &r);
			continue;
		}
		found_bad(found, "%s/%s: page %llu of ring %u is corrupt: %s",
			  r.file->leg->path, r.file->name,
			  (unsigned long long)d.page, r.file->ring, why);
		ret = put_bad(ring, d.page);
	}
	free(ring->runs);
	ring->runs = good.runs;
	ring->nruns = good.nruns;
	ring->cap = good.cap;
	ring->n = good.n;
	return ret;
}

void ring_forget(struct ring_pages *ring)
{
	ring->nruns = 0;
	ring->n = 0;
}

void ring_free(struct ring_pages *ring)
{
	free(ring->runs);
	free(ring->bad);
	memset(ring, 0, sizeof(*ring));
}
