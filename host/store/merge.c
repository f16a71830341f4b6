// SPDX-License-Identifier: GPL-2.0
/* merge.c - the pages of one stream from all its legs, each once, in order */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "store/leg_order.h"
#include "store/lives.h"
#include "store/merge.h"

static int by_id(const void *pa, const void *pb)
{
	const struct stream *a = pa, *b = pb;

	return strcmp(a->id, b->id);
}

static void nothing(void *stream)
{
}

static struct stream *add_stream(struct merge *m, const struct leg *l)
{
	struct stream *st = calloc(1, sizeof(*st)), **found;

	if (!st)
		return NULL;
	strcpy(st->id, l->stream);
	found = tsearch(st, &m->by_id, by_id);
	if (found && *found != st) {
		free(st);
		return *found;
	}
	st->rings = calloc(l->rings, sizeof(*st->rings));
	st->nrings = l->rings;
	if (found && st->rings &&
	    !array_room(&m->list, &m->cap, m->n + 1, sizeof(*m->list))) {
		m->list[m->n++] = st;
		return st;
	}
	if (found)
		tdelete(st, &m->by_id, by_id);
	free(st->rings);
	free(st);
	return NULL;
}

static int take_leg(struct merge *m, struct leg *l, struct findings *found)
{
	struct stream *st;

	if (l->taken)
		return 0;
	st = add_stream(m, l);
	if (!st)
		return -ENOMEM;
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
	l->taken = true;
	return 0;
}

/* All files of a stream, ring by ring; @first[r] is where ring r begins */
static struct store_file **files_by_ring(const struct stream *st, size_t *first)
{
	struct store_file **files;
	size_t i, k, n = 0;
	uint32_t r;

	memset(first, 0, (st->nrings + 2) * sizeof(*first));
	for (i = 0; i < st->nlegs; i++)
		for (k = 0; k < st->legs[i]->nfiles; k++)
			first[st->legs[i]->files[k]->ring + 1]++;
	for (r = 0; r <= st->nrings; r++)
		first[r + 1] += first[r];
	n = first[st->nrings + 1];
	files = calloc(n + 1, sizeof(struct store_file *));
	if (!files)
		return NULL;
	for (i = 0; i < st->nlegs; i++)
		for (k = 0; k < st->legs[i]->nfiles; k++) {
			struct store_file *f = st->legs[i]->files[k];

			files[first[f->ring]++] = f;
		}
	for (r = st->nrings + 1; r; r--)
		first[r] = first[r - 1];
	first[0] = 0;
	return files;
}

static int merge_rings(struct stream *st, struct findings *found)
{
	size_t *first = calloc(st->nrings + 2, sizeof(*first));
	struct store_file **files = first ? files_by_ring(st, first) : NULL;
	int ret = files ? 0 : -ENOMEM;
	uint32_t r;

	for (r = 0; r < st->nrings && !ret; r++)
		ret = ring_merge(&st->rings[r], files + first[r],
				 first[r + 1] - first[r], found);
	free(files);
	free(first);
	return ret;
}

static int stream_update(struct stream *st, struct findings *found)
{
	int ret = legs_order(st->legs, st->nlegs);

	if (!ret)
		ret = lives_check(st, found);
	return ret ? ret : merge_rings(st, found);
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

int stream_check_pages(struct stream *st, struct findings *found)
{
	int ret = 0;
	uint32_t r;

	for (r = 0; r < st->nrings && !ret; r++)
		ret = ring_check(&st->rings[r], found);
	return ret;
}

void merge_free(struct merge *m)
{
	size_t i;
	uint32_t r;

	tdestroy(m->by_id, nothing);
	for (i = 0; i < m->n; i++) {
		struct stream *st = m->list[i];

		for (r = 0; r < st->nrings; r++)
			ring_free(&st->rings[r]);
		free(st->rings);
		free(st->legs);
		free(st);
	}
	free(m->list);
	memset(m, 0, sizeof(*m));
}
