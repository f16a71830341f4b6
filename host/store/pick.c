// SPDX-License-Identifier: GPL-2.0
/* pick.c - which of several streams is meant */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "store/pick.h"

bool stream_is(const struct stream *st, const char *id)
{
	return !id || !strncasecmp(st->id, id, strlen(id));
}

static void say_all(const struct merge *m, const char *what)
{
	size_t len = 0;
	char *text = NULL;
	FILE *f = open_memstream(&text, &len);
	size_t i;

	for (i = 0; f && i < m->n; i++)
		fprintf(f, "%s%s (%s on %s)", i ? ", " : "", m->list[i]->id,
			m->list[i]->legs[0]->vm, m->list[i]->legs[0]->host);
	if (f && !fclose(f))
		err("%s: %s; choose with --stream ID", what, text);
	free(text);
}

struct stream *pick_stream(const struct merge *m, const char *id)
{
	struct stream *only = NULL;
	size_t n = 0;
	size_t i;

	for (i = 0; i < m->n; i++) {
		if (!m->list[i]->nlegs || !stream_is(m->list[i], id))
			continue;
		only = m->list[i];
		n++;
	}
	if (n == 1)
		return only;
	if (!m->n)
		err("there is no stream in the stores given");
	else
		say_all(m, n ? "there are several streams" :
			       "there is no such stream, but");
	return NULL;
}
