/* SPDX-License-Identifier: GPL-2.0 */
/* spans.h - which pages a mark declares lost */
#ifndef IVR_STORE_SPANS_H
#define IVR_STORE_SPANS_H

#include "store/account.h"

/**
 * struct span - pages @from .. @to - 1 are not there because of @why
 */
struct span {
	uint64_t from;
	uint64_t to;
	enum loss why;
};

/**
 * struct spans - spans of one ring, ascending, not overlapping
 * @list: the spans
 * @n: how many
 * @at: where spans_cover() goes on
 */
struct spans {
	struct span *list;
	size_t n;
	size_t cap;
	size_t at;
};

/**
 * spans_collect() - from the marks and the corrupt pages of a ring
 * @s: filled in; free() its list
 * @st: stream
 * @ring: ring
 *
 * Return: 0 or -ENOMEM
 */
int spans_collect(struct spans *s, const struct stream *st, uint32_t ring);

/**
 * spans_cover() - are pages @from .. @to - 1 declared, every one?
 * @s: spans
 * @from: not below the @to of the call before
 * @to: if not above @from there is nothing to declare
 * @why: set to the reason that covers most of them
 */
bool spans_cover(struct spans *s, uint64_t from, uint64_t to, enum loss *why);

#endif
