// SPDX-License-Identifier: GPL-2.0
/* spans.c - which pages a mark declares lost */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "store/cut.h"
#include "store/spans.h"

static int span_add(struct spans *s, uint64_t from, uint64_t to, enum loss why)
{
	if (array_room(&s->list, &s->cap, s->n + 1, sizeof(*s->list)))
		return -ENOMEM;
	s->list[s->n++] = (struct span) { from, to, why };
	return 0;
}

/* Is there no leg after this one? A copy of it is no other leg. */
static bool is_last(const struct stream *st, const struct leg *l)
{
	return st->legs[st->nlegs - 1]->epoch == l->epoch;
}

static bool loss_of_mark(const struct ivr_store_mark *m, enum loss *why)
{
	switch (m->reason) {
	case IVR_WHY_OVERWRITTEN:
		*why = LOSS_OVERWRITTEN;
		return true;
	case IVR_WHY_ROTATED:
		*why = LOSS_ROTATED;
		return true;
	case IVR_WHY_CORRUPT:
		*why = LOSS_CORRUPT;
		return true;
	case IVR_WHY_RESET:
		*why = LOSS_RESET;
		return true;
	case IVR_WHY_UNSYNCED:
		*why = LOSS_CUT_OFF;
		return true;
	}
	return false;
}

static int by_from(const void *pa, const void *pb)
{
	const struct span *a = pa, *b = pb;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->to < b->to ? -1 : a->to > b->to;
}

/* What two spans claim belongs to the one that begins first. */
static void make_disjoint(struct spans *s)
{
	uint64_t end = 0;
	size_t out = 0;
	size_t i;

	if (s->n)
		qsort(s->list, s->n, sizeof(*s->list), by_from);
	for (i = 0; i < s->n; i++) {
		struct span one = s->list[i];

		if (one.from < end)
			one.from = end;
		if (one.from >= one.to)
			continue;
		s->list[out++] = one;
		end = one.to;
	}
	s->n = out;
}

static int collect_mark(struct spans *s, const struct stream *st,
			const struct leg *l, const struct ivr_store_mark *m)
{
	enum loss why;

	if (m->kind == IVR_MARK_END && m->reason == IVR_WHY_MOVED &&
	    is_last(st, l))
		return span_add(s, m->to, m->head, LOSS_HANDED_OVER);
	if (!loss_of_mark(m, &why))
		return 0;
	if (m->kind == IVR_MARK_GAP)
		return span_add(s, m->from, m->to, why);
	if (m->kind == IVR_MARK_END && why == LOSS_RESET)
		return span_add(s, m->to, m->head, why);
	return 0;
}

static int collect_marks(struct spans *s, const struct stream *st,
			 const struct leg *l, uint32_t ring)
{
	size_t n, i;
	const uint32_t *marks = leg_ring_marks(l, ring, &n);
	int ret = 0;

	for (i = 0; i < n && !ret; i++)
		ret = collect_mark(s, st, l, leg_mark(l, marks[i]));
	return ret;
}

/* @unbacked: one of which only the descriptor is there counts too */
static uint64_t last_page(const struct leg *l, uint32_t ring, bool unbacked)
{
	uint64_t last = 0;
	size_t n, i;
	struct store_file *const *files = leg_ring_files(l, ring, &n);

	for (i = 0; i < n; i++) {
		const struct store_file *f = files[i];

		if (f->last_page > last)
			last = f->last_page;
		if (unbacked && f->beyond.page > last)
			last = f->beyond.page;
	}
	return last;
}

/* The page behind it; of a leg without pages, where it began */
static uint64_t behind_last(const struct leg *l, uint32_t ring, bool unbacked)
{
	const struct ivr_store_mark *start = leg_start(l, ring);
	uint64_t next = last_page(l, ring, unbacked) + 1;

	return start && start->from > next ? start->from : next;
}

/* The page after the last that the reader of a leg told the guest it had. */
static uint64_t position_of(const struct leg *l, uint32_t ring)
{
	const struct ivr_store_mark *end = leg_end(l, ring);

	return end ? end->to : behind_last(l, ring, true);
}

/*
 * A flight recorder goes on overwriting while nobody reads. The reader that
 * comes then starts where the guest tells it to (ack_pos), and a page between
 * that and the position of the reader before was never told to be taken, so
 * nobody but the guest can have given it up.
 */
static int collect_start(struct spans *s, const struct leg *l, uint32_t ring)
{
	const struct ivr_store_mark *start = leg_start(l, ring);
	const struct leg *before = l->before;
	uint64_t from;

	if (!start || strcmp(l->policy, "overwrite") || (l->prev && !before))
		return 0;
	from = before ? position_of(before, ring) : 1;
	if (from >= start->from)
		return 0;
	return span_add(s, from, start->from, LOSS_OVERWRITTEN);
}

/* From its last page on the disk to where the next leg begins */
static int collect_cut(struct spans *s, const struct stream *st,
		       const struct leg *l, uint32_t ring)
{
	const struct leg *next = leg_after(st, l);
	const struct ivr_store_mark *start = next ? leg_start(next, ring) :
						    NULL;
	uint64_t from = behind_last(l, ring, false);
	uint64_t to = start ? start->from : UINT64_MAX;

	if (from >= to || !leg_is_cut(st, l, ring))
		return 0;
	return span_add(s, from, to, LOSS_CUT_OFF);
}

int spans_collect(struct spans *s, const struct stream *st, uint32_t ring)
{
	const struct ring_pages *r = &st->rings[ring];
	int ret = 0;
	size_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < st->nlegs && !ret; i++) {
		ret = collect_marks(s, st, st->legs[i], ring);
		if (!ret)
			ret = collect_start(s, st->legs[i], ring);
		if (!ret)
			ret = collect_cut(s, st, st->legs[i], ring);
	}
	for (i = 0; i < r->nbad && !ret; i++)
		ret = span_add(s, r->bad[i].from, r->bad[i].to, LOSS_CORRUPT);
	make_disjoint(s);
	return ret;
}

bool spans_cover(struct spans *s, uint64_t from, uint64_t to, enum loss *why)
{
	uint64_t pages[LOSSES] = { 0 };
	int i;

	if (from >= to)
		return false;
	while (s->at < s->n && s->list[s->at].to <= from)
		s->at++;
	for (; s->at < s->n && from < to; s->at++) {
		const struct span *one = &s->list[s->at];
		uint64_t end = one->to < to ? one->to : to;

		if (one->from > from)
			return false;
		pages[one->why] += end - from;
		from = end;
		if (one->to > to)
			break;
	}
	*why = LOSS_DISCARDED;
	for (i = 0; i < LOSSES; i++)
		if (pages[i] > pages[*why])
			*why = i;
	return from >= to;
}
