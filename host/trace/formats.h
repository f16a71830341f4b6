/* SPDX-License-Identifier: GPL-2.0 */
/* formats.h - which item of the metadata describes an event id */
#ifndef IVR_TRACE_FORMATS_H
#define IVR_TRACE_FORMATS_H

#include "trace/meta.h"

#define FORMAT_IDS 65536

/**
 * struct formats - index of all ids, which are 16 bits in a record
 * @item: 1 + index of the item in the metadata; 0: there is none
 */
struct formats {
	uint32_t item[FORMAT_IDS];
};

/**
 * formats_index() - find the id of each format
 * @f: filled in
 * @m: metadata
 *
 * Only the line "ID: n" is looked at. The first item of an id is its format.
 */
void formats_index(struct formats *f, const struct meta *m);

/** formats_find() - the format of an id, or NULL; @m as it was indexed */
const struct meta_item *formats_find(const struct formats *f,
				     const struct meta *m, uint16_t id);

#endif
