/* SPDX-License-Identifier: GPL-2.0 */
/* ring_mem.h - the kit's memory as the ring is given it */
#ifndef RING_MEM_H
#define RING_MEM_H

#include <stdbool.h>

#include "tests/unit/module/ring_kit.h"
#include "segment.h"

/**
 * ring_mem_of() - the kit's memory as the ring is given it
 * @reg: the memory
 * @has_reader: false: a spill
 *
 * Return: for ivr_ring_init(), ivr_ring_move() or ivr_unspill_fresh()
 */
static inline struct ivr_ring_mem ring_mem_of(const struct kit_region *reg,
					      bool has_reader)
{
	return (struct ivr_ring_mem) {
		.ctl = reg->ctl,
		.desc = reg->desc,
		.data = (struct ivr_page *)reg->data,
		.host = has_reader ? reg->host : NULL,
		.slots = reg->slots,
	};
}

#endif
