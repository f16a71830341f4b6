// SPDX-License-Identifier: GPL-2.0
/* leg_order.c - the order of a stream's legs */
#include <stdlib.h>
#include <string.h>

#include "store/leg_order.h"

struct leg *leg_before(struct leg *const *legs, size_t n, const struct leg *l)
{
	size_t i;

	if (!l->prev)
		return NULL;
	for (i = 0; i < n; i++)
		if (legs[i]->epoch == l->prev && legs[i]->epoch != l->epoch)
			return legs[i];
	return NULL;
}

static int by_realtime(const void *pa, const void *pb)
{
	const struct leg *a = *(struct leg *const *)pa;
	const struct leg *b = *(struct leg *const *)pb;

	if (a->realtime != b->realtime)
		return a->realtime < b->realtime ? -1 : 1;
	return strcmp(a->path, b->path);
}

/* Index of the first of legs[from..] that may come now. */
static size_t pick(struct leg *const *legs, size_t n, size_t from)
{
	const struct leg *last = from ? legs[from - 1] : NULL;
	size_t i;

	for (i = from; last && i < n; i++)
		if (legs[i]->prev == last->epoch ||
		    legs[i]->epoch == last->epoch)
			return i;
	for (i = from; i < n; i++)
		if (!leg_before(legs + from, n - from, legs[i]))
			return i;
	return from;
}

/*
 * Selection: the next is the successor of the last, else the earliest whose
 * predecessor is not still waiting. Quadratic, and a stream has few legs. A
 * ring of epochs, which no reader writes, is cut open where it is met.
 */
void legs_order(struct leg **legs, size_t n)
{
	size_t i;

	if (!n)
		return;
	qsort(legs, n, sizeof(*legs), by_realtime);
	for (i = 0; i < n; i++) {
		size_t k = pick(legs, n, i);
		struct leg *l = legs[k];

		memmove(&legs[i + 1], &legs[i], (k - i) * sizeof(*legs));
		legs[i] = l;
		l->order = i;
	}
}
