// SPDX-License-Identifier: GPL-2.0
/* lives.c - have two guests continued the same stream? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/lives.h"

static int by_prev(const void *pa, const void *pb)
{
	const struct leg *a = *(struct leg *const *)pa;
	const struct leg *b = *(struct leg *const *)pb;

	if (a->prev != b->prev)
		return a->prev < b->prev ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/*
 * A guest acknowledges one epoch after another, so no two can follow the same
 * one.
 */
static int check_fork(struct stream *st, struct findings *found)
{
	struct leg **legs = calloc(st->nlegs + 1, sizeof(struct leg *));
	size_t i;

	if (!legs)
		return -ENOMEM;
	memcpy(legs, st->legs, st->nlegs * sizeof(struct leg *));
	qsort(legs, st->nlegs, sizeof(struct leg *), by_prev);
	for (i = 1; i < st->nlegs && !st->forked; i++) {
		const struct leg *a = legs[i - 1], *b = legs[i];

		if (!a->prev || a->prev != b->prev || a->epoch == b->epoch)
			continue;
		st->forked = true;
		found_bad(found,
			  "conflict: %s and %s follow "
			  "the same leg: two guests continued "
			  "the same stream (one image restored "
			  "twice?); merge the stores of one of "
			  "them only",
			  a->path, b->path);
	}
	free(legs);
	return 0;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Of all legs before @l, ring by ring */
static int set_high(const struct stream *st, struct leg *l)
{
	const struct leg *old = l->before;
	uint32_t r;
	size_t i;

	if (!l->high)
		l->high = calloc(st->nrings, sizeof(*l->high));
	if (!l->high)
		return -ENOMEM;
	memset(l->high, 0, st->nrings * sizeof(*l->high));
	if (!old || old->order >= l->order || !old->high)
		return 0;
	for (r = 0; r < st->nrings; r++)
		l->high[r] = old->high[r];
	for (i = 0; i < old->nfiles; i++) {
		const struct store_file *f = old->files[i];

		if (f->ring < st->nrings)
			l->high[f->ring] = max(l->high[f->ring], f->last_page);
	}
	return 0;
}

static bool has_page(const struct leg *l, uint32_t ring, uint64_t page)
{
	size_t i;

	for (i = 0; i < l->nfiles; i++)
		if (l->files[i]->ring == ring && l->files[i]->last_page == page)
			return true;
	return false;
}

static void tell(struct stream *st, const struct leg *l, uint32_t ring,
		 struct findings *found)
{
	const struct leg *old = l->before;

	while (!has_page(old, ring, l->high[ring]) && old->before &&
	       old->before->order < old->order)
		old = old->before;
	st->forked = true;
	found_bad(found,
		  "conflict: %s has pages of ring %u "
		  "that the guest of %s never had: two guests "
		  "continued the same stream (an image restored "
		  "twice, or a snapshot reverted?); merge the "
		  "stores of one of them only",
		  old->path, ring, l->path);
}

/*
 * When a guest acknowledges a reader, every page that an earlier one can have is
 * below its head. A page at or above it comes from another life of the guest.
 */
static int check_ancestors(struct stream *st, struct leg *l,
			   struct findings *found)
{
	int ret = set_high(st, l);
	uint32_t r;

	for (r = 0; r < st->nrings && !ret && !st->forked; r++) {
		const struct ivr_store_mark *start = leg_start(l, r);

		if (start && start->head && l->high[r] >= start->head)
			tell(st, l, r, found);
	}
	return ret;
}

int lives_check(struct stream *st, struct findings *found)
{
	int ret = st->forked ? 0 : check_fork(st, found);
	size_t i;

	for (i = 0; i < st->nlegs && !ret; i++)
		ret = check_ancestors(st, st->legs[i], found);
	return ret;
}
