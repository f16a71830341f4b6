// SPDX-License-Identifier: GPL-2.0
/* cut.c - legs that were cut off when their host went down */
#include <string.h>

#include "lib/boot.h"
#include "store/cut.h"

const struct leg *leg_after(const struct stream *st, const struct leg *l)
{
	size_t i;

	for (i = l->order + 1; i < st->nlegs; i++)
		if (st->legs[i]->epoch != l->epoch)
			return st->legs[i];
	return NULL;
}

/* Of this leg or of a copy of it; copies stand side by side */
static const struct ivr_store_mark *end_of(const struct stream *st,
					   const struct leg *l, uint32_t ring)
{
	const struct ivr_store_mark *m = leg_end(l, ring);
	size_t i = l->order;

	while (i && st->legs[i - 1]->epoch == l->epoch)
		i--;
	for (; !m && i < st->nlegs && st->legs[i]->epoch == l->epoch; i++)
		m = leg_end(st->legs[i], ring);
	return m;
}

static bool lacks_pages(const struct leg *l)
{
	size_t i;

	for (i = 0; i < l->nfiles; i++)
		if (l->files[i]->unbacked)
			return true;
	return false;
}

bool leg_is_cut(const struct stream *st, const struct leg *l, uint32_t ring)
{
	const struct ivr_store_mark *end = end_of(st, l, ring);
	const struct leg *next = leg_after(st, l);

	if (end)
		return end->reason == IVR_WHY_HOST_DOWN;
	if (lacks_pages(l))
		return true;
	if (next)
		return strcmp(next->host, l->host) ||
		       (boot_id_is_known(l->boot) &&
			boot_id_is_known(next->boot) &&
			strcmp(next->boot, l->boot));
	return boot_is_over(l->host, l->boot);
}
