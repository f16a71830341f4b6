// SPDX-License-Identifier: GPL-2.0
/* meta.c - a metadata blob: its items, names of processes, event ids */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "trace/comms.h"
#include "trace/formats.h"

static void use_names(const struct meta *m)
{
	struct comms c = { 0 };
	char *text = NULL;
	size_t len, i;

	for (i = 0; i < m->n; i++)
		if (m->items[i].kind == IVR_META_CMDLINES)
			comms_add(&c, m->items[i].data, m->items[i].len);
	if (!comms_text(&c, &text, &len))
		free(text);
	comms_free(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct formats formats;
	struct meta m = { .blob = malloc(size + 1), .len = size };
	const char *why;
	size_t len;

	memcpy(m.blob, data, size);
	if (!meta_parse(&m, &why)) {
		formats_index(&formats, &m);
		use_names(&m);
		if (m.n)
			meta_event_name(&m.items[0], &len);
	}
	meta_free(&m);
	return 0;
}
