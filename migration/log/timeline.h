/* SPDX-License-Identifier: GPL-2.0 */
/* timeline.h - what one migration was like, from the logs of its hosts */
#ifndef IVR_LOG_TIMELINE_H
#define IVR_LOG_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "migration/log/log_read.h"

#define TIMELINE_UNKNOWNS 8

/**
 * struct timeline - one migration
 * @vm: name; the caller's
 * @lines: its lines, in order of time
 * @source: host that it left, or NULL: its log was not given
 * @target: host that it went to, or NULL
 * @outcome: "completed", "cancelled", ..; NULL: not known
 * @via: what told the outcome, or NULL
 * @begin_ns: first moment
 * @stop_ns: the guest stood for the last time; 0 here and below: not known
 * @run_ns: it ran again
 * @run_here: on the source
 * @stood_before: it did not run when the migration began
 * @quiesced_ns: the first round was complete
 * @released_ns: source: the reader has ended it
 * @hello_ns: destination
 * @attached_ns: destination
 * @drained_ns: destination
 * @passes: of the copy
 * @rounds: of quiescing
 * @bounded: @ring_bytes is known
 * @ring_bytes: upper bound of what the rings added
 * @region_bytes: of it, the whole region at the beginning
 * @final_bytes: of it, after the guest stood
 * @unknown: what is not known and why, for people
 * @nunknown: how many
 */
struct timeline {
	const char *vm;
	struct migration_lines *lines;
	const char *source;
	const char *target;
	const char *outcome;
	const char *via;
	uint64_t begin_ns;
	uint64_t stop_ns;
	uint64_t run_ns;
	bool run_here;
	bool stood_before;
	uint64_t quiesced_ns;
	uint64_t released_ns;
	uint64_t hello_ns;
	uint64_t attached_ns;
	uint64_t drained_ns;
	uint64_t passes;
	uint64_t rounds;
	bool bounded;
	uint64_t ring_bytes;
	uint64_t region_bytes;
	uint64_t final_bytes;
	const char *unknown[TIMELINE_UNKNOWNS];
	unsigned int nunknown;
};

/**
 * timeline_of() - make sense of the lines of one migration
 * @t: filled in
 * @vm: name
 * @lines: after migration_lines_last(); at least one line
 */
void timeline_of(struct timeline *t, const char *vm,
		 struct migration_lines *lines);

/**
 * timeline_out_ns() - how long was the guest out?
 *
 * Return: from its stop to where it ran next, by the clocks of the two hosts;
 * -1: not known
 */
int64_t timeline_out_ns(const struct timeline *t);

/**
 * timeline_degraded_ns() - how long was tracing not as ever?
 *
 * Return: from the first round, or the stop if that was before it, to the
 * reader's attachment, or its release on the source; -1: not known
 */
int64_t timeline_degraded_ns(const struct timeline *t);

/** timeline_print() - for people */
void timeline_print(const struct timeline *t);

/** timeline_json() - for programs; the caller puts it */
struct json_object *timeline_json(const struct timeline *t);

#endif
