// SPDX-License-Identifier: GPL-2.0
/* cut.c - legs that were cut off when their host went down */
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
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

/* A boot id, and not a word for there being none */
static bool is_known(const char *boot)
{
	return strlen(boot) > 1 && strcmp(boot, "unknown");
}

static bool booted_since(const struct leg *l)
{
	char host[STORE_TEXT_MAX] = "", boot[STORE_TEXT_MAX];

	gethostname(host, sizeof(host) - 1);
	return is_known(l->boot) && !strcmp(l->host, host) &&
	       !file_line("/proc/sys/kernel/random/boot_id", boot,
			  sizeof(boot)) &&
	       strcmp(l->boot, boot);
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
		       (is_known(l->boot) && is_known(next->boot) &&
			strcmp(next->boot, l->boot));
	return booted_since(l);
}
