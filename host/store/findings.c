// SPDX-License-Identifier: GPL-2.0
/* findings.c - what was found wrong in a store */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "store/findings.h"

static void add(struct findings *f, bool bad, const char *fmt, va_list ap)
{
	struct finding *one = &f->list[f->n];

	f->bad += bad;
	if (f->n == FINDINGS_MAX || vasprintf(&one->text, fmt, ap) < 0) {
		f->unlisted++;
		return;
	}
	one->bad = bad;
	f->n++;
}

void found_bad(struct findings *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(f, true, fmt, ap);
	va_end(ap);
}

void found_note(struct findings *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(f, false, fmt, ap);
	va_end(ap);
}

void findings_say(struct findings *f)
{
	for (; f->said < f->n; f->said++)
		warn("%s", f->list[f->said].text);
	if (f->unlisted)
		warn("and %llu more lines of this kind",
		     (unsigned long long)f->unlisted);
	f->unlisted = 0;
}

void findings_free(struct findings *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		free(f->list[i].text);
	memset(f, 0, sizeof(*f));
}
