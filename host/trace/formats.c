// SPDX-License-Identifier: GPL-2.0
/* formats.c - which item of the metadata describes an event id */
#include <string.h>

#include "trace/formats.h"

/* The kernel writes "name: NAME\nID: NUMBER\n" in front of everything else. */
#define ID_LINE	   "\nID: "
#define ID_WITHIN  512
#define ID_LENGTH  (sizeof(ID_LINE) - 1)
#define NO_SUCH_ID -1

static long read_id(const struct meta_item *it)
{
	size_t len = it->len < ID_WITHIN ? it->len : ID_WITHIN;
	const char *p = memmem(it->data, len, ID_LINE, ID_LENGTH);
	const char *end = it->data + len;
	long id = 0;

	if (!p || p + ID_LENGTH == end)
		return NO_SUCH_ID;
	for (p += ID_LENGTH; p < end && *p >= '0' && *p <= '9'; p++) {
		id = id * 10 + (*p - '0');
		if (id >= FORMAT_IDS)
			return NO_SUCH_ID;
	}
	return p < end && *p == '\n' ? id : NO_SUCH_ID;
}

void formats_index(struct formats *f, const struct meta *m)
{
	size_t i;

	memset(f, 0, sizeof(*f));
	for (i = 0; i < m->n && i < UINT32_MAX; i++) {
		const struct meta_item *it = &m->items[i];
		long id;

		if (it->kind != IVR_META_FTRACE && it->kind != IVR_META_EVENT)
			continue;
		id = read_id(it);
		if (id != NO_SUCH_ID && !f->item[id])
			f->item[id] = i + 1;
	}
}

const struct meta_item *formats_find(const struct formats *f,
				     const struct meta *m, uint16_t id)
{
	return f->item[id] ? &m->items[f->item[id] - 1] : NULL;
}
