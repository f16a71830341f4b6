/* SPDX-License-Identifier: GPL-2.0 */
/* report.h - what ivring verify found, for people and as JSON */
#ifndef IVR_STORE_REPORT_H
#define IVR_STORE_REPORT_H

#include <json-c/json.h>
#include <stdio.h>

#include "store/account.h"

/**
 * struct leg_report - one leg of a stream
 * @leg: the leg
 * @stored: pages in it
 * @kept: pages that the merge took from it; the others were there before
 * @first: first page in any ring, 0 if the leg has none
 * @last: last page in any ring
 * @moved: the guest was in another QEMU in the leg before
 * @measured: @blackout is known
 * @blackout_ns: how long no guest ran
 * @error_ns: within +- this, if both hosts' clocks agree
 */
struct leg_report {
	const struct leg *leg;
	uint64_t stored;
	uint64_t kept;
	uint64_t first;
	uint64_t last;
	bool moved;
	bool measured;
	int64_t blackout_ns;
	uint64_t error_ns;
};

/**
 * struct report - one stream
 * @st: the stream
 * @rings: accounts, one for each ring
 * @total: their sum
 * @legs: one for each leg
 */
struct report {
	const struct stream *st;
	struct ring_account *rings;
	struct ring_account total;
	struct leg_report *legs;
};

/**
 * report_make() - account for a stream
 * @r: filled in; report_free() it
 * @st: stream
 * @found: gets a line for what is wrong
 *
 * Return: 0 or -ENOMEM
 */
int report_make(struct report *r, const struct stream *st,
		struct findings *found);

/** report_free() - free everything but the stream */
void report_free(struct report *r);

/** report_fine() - nothing undeclared, twice, out of order or in conflict */
bool report_fine(const struct report *r);

/** report_end() - a few words on how the stream ended, or that it goes on */
const char *report_end(const struct report *r);

/** report_print() - for people */
void report_print(const struct report *r, FILE *out);

/** report_json() - all of it; the caller owns the object */
struct json_object *report_json(const struct report *r);

#endif
