/* SPDX-License-Identifier: GPL-2.0 */
/* cat_print.h - the lines of ivring cat */
#ifndef IVR_TRACE_CAT_PRINT_H
#define IVR_TRACE_CAT_PRINT_H

#include "trace/decode_box.h"

/**
 * struct cat_style - how lines look
 * @json: one object a line instead of text
 * @wall: wall time, where the leg has clock entries
 */
struct cat_style {
	bool json;
	bool wall;
};

/** cat_print_stream() - a stream begins */
void cat_print_stream(const struct cat_style *s, const struct stream *st);

/** cat_print_move() - the guest moved from one QEMU to another */
void cat_print_move(const struct cat_style *s, const struct leg *from,
		    const struct leg *to);

/**
 * cat_print_record() - a record, and before it what is lost
 * @s: style
 * @d: what it says
 * @r: record
 * @at: leg in which it was written, for wall time
 */
void cat_print_record(const struct cat_style *s, const struct decoded *d,
		      const struct record *r, const struct leg *at);

#endif
