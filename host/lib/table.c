// SPDX-License-Identifier: GPL-2.0
/* table.c - columns aligned for people */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/table.h"

void table_add(struct table *t, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (array_room(&t->cells, &t->cap, t->n + 1, sizeof(*t->cells))) {
		free(text);
		return;
	}
	t->cells[t->n++] = text;
}

static const char *cell(const struct table *t, size_t i)
{
	return t->cells[i] ? t->cells[i] : "";
}

void table_print(struct table *t, FILE *out)
{
	int width[TABLE_COLUMNS] = { 0 };
	size_t i;

	for (i = 0; i < t->n; i++) {
		int len = strlen(cell(t, i));

		if (len > width[i % t->columns])
			width[i % t->columns] = len;
	}
	for (i = 0; i < t->n; i++) {
		unsigned int c = i % t->columns;
		int last = c == t->columns - 1;

		if (t->left & (1u << c))
			fprintf(out, "%-*s", last ? 0 : width[c], cell(t, i));
		else
			fprintf(out, "%*s", width[c], cell(t, i));
		fputs(last ? "\n" : "  ", out);
	}
	for (i = 0; i < t->n; i++)
		free(t->cells[i]);
	free(t->cells);
	t->cells = NULL;
	t->n = t->cap = 0;
}
