// SPDX-License-Identifier: GPL-2.0
/* leg_order.c - the order of a stream's legs */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/leg_order.h"

/**
 * struct ordering - legs being put in order; all arrays have @n elements
 * @legs: in the order of their attachment
 * @by_epoch: sorted by epoch, then by attachment
 * @by_prev: sorted by the epoch before, then by attachment
 * @out: the result
 * @nout: legs in it
 * @first: of @legs, the first that may not be in @out
 */
struct ordering {
	struct leg **legs;
	struct leg **by_epoch;
	struct leg **by_prev;
	struct leg **out;
	size_t n;
	size_t nout;
	size_t first;
};

/* @order of a leg while it waits: its place by attachment, behind all places */
#define WAITS(o, place)	 ((unsigned int)((o)->n + (place)))
#define IS_WAITING(o, l) ((l)->order >= (o)->n)

static int by_realtime(const void *pa, const void *pb)
{
	const struct leg *a = *(struct leg *const *)pa;
	const struct leg *b = *(struct leg *const *)pb;

	if (a->realtime != b->realtime)
		return a->realtime < b->realtime ? -1 : 1;
	return strcmp(a->path, b->path);
}

static int by_key(uint64_t ka, uint64_t kb, const struct leg *a,
		  const struct leg *b)
{
	if (ka != kb)
		return ka < kb ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static int by_epoch(const void *pa, const void *pb)
{
	const struct leg *a = *(struct leg *const *)pa;
	const struct leg *b = *(struct leg *const *)pb;

	return by_key(a->epoch, b->epoch, a, b);
}

static int by_prev(const void *pa, const void *pb)
{
	const struct leg *a = *(struct leg *const *)pa;
	const struct leg *b = *(struct leg *const *)pb;

	return by_key(a->prev, b->prev, a, b);
}

static uint64_t epoch_of(const struct leg *l)
{
	return l->epoch;
}

static uint64_t prev_of(const struct leg *l)
{
	return l->prev;
}

/* Where legs of a key begin in a sorted list */
static size_t find(struct leg *const *list, size_t n, uint64_t key,
		   uint64_t (*key_of)(const struct leg *l))
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (key_of(list[mid]) < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The first of a key that waits, or NULL */
static struct leg *waiting(const struct ordering *o, struct leg *const *list,
			   uint64_t key,
			   uint64_t (*key_of)(const struct leg *l))
{
	size_t i = find(list, o->n, key, key_of);

	for (; i < o->n && key_of(list[i]) == key; i++)
		if (IS_WAITING(o, list[i]))
			return list[i];
	return NULL;
}

static struct leg *earlier(struct leg *a, struct leg *b)
{
	return !a || (b && b->order < a->order) ? b : a;
}

/* The successor of the last, or a copy of it */
static struct leg *follower(const struct ordering *o)
{
	const struct leg *last = o->nout ? o->out[o->nout - 1] : NULL;

	if (!last)
		return NULL;
	return earlier(waiting(o, o->by_prev, last->epoch, prev_of),
		       waiting(o, o->by_epoch, last->epoch, epoch_of));
}

static bool must_wait(const struct ordering *o, const struct leg *l)
{
	return l->prev && l->prev != l->epoch &&
	       waiting(o, o->by_epoch, l->prev, epoch_of);
}

/*
 * The earliest whose predecessor does not wait. A ring of epochs, which no
 * reader writes, is cut open where it is met.
 */
static struct leg *beginning(struct ordering *o)
{
	size_t i;

	while (!IS_WAITING(o, o->legs[o->first]))
		o->first++;
	for (i = o->first; i < o->n; i++)
		if (IS_WAITING(o, o->legs[i]) && !must_wait(o, o->legs[i]))
			return o->legs[i];
	return o->legs[o->first];
}

static void set_before(const struct ordering *o, struct leg *l)
{
	size_t i = find(o->by_epoch, o->n, l->prev, epoch_of);

	l->before = l->prev && l->prev != l->epoch && i < o->n &&
				    o->by_epoch[i]->epoch == l->prev ?
			    o->by_epoch[i] :
			    NULL;
}

static void order(struct ordering *o)
{
	size_t i;

	for (i = 0; i < o->n; i++)
		o->legs[i]->order = WAITS(o, i);
	memcpy(o->by_epoch, o->legs, o->n * sizeof(*o->legs));
	memcpy(o->by_prev, o->legs, o->n * sizeof(*o->legs));
	qsort(o->by_epoch, o->n, sizeof(*o->legs), by_epoch);
	qsort(o->by_prev, o->n, sizeof(*o->legs), by_prev);
	while (o->nout < o->n) {
		struct leg *l = follower(o);

		if (!l)
			l = beginning(o);
		l->order = o->nout;
		o->out[o->nout++] = l;
		set_before(o, l);
	}
	memcpy(o->legs, o->out, o->n * sizeof(*o->legs));
}

int legs_order(struct leg **legs, size_t n)
{
	struct ordering o = { .legs = legs, .n = n };
	struct leg **room;

	if (!n)
		return 0;
	room = calloc(n, 3 * sizeof(*room));
	if (!room)
		return -ENOMEM;
	o.by_epoch = room;
	o.by_prev = room + n;
	o.out = room + 2 * n;
	qsort(legs, n, sizeof(*legs), by_realtime);
	order(&o);
	free(room);
	return 0;
}
