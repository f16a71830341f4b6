/* SPDX-License-Identifier: GPL-2.0 */
/*
 * decode.h - what a record says, by the formats of the guest's own kernel
 *
 * DOC: Distrust
 *
 * libtraceevent believes formats and records. Formats are read once, and an
 * event of which a field lies beyond any page is shown undecoded. A record is
 * put at the start of a large buffer of zeros, so that offsets and lengths of
 * 16 bits in it, and strings without an end, stay inside.
 */
#ifndef IVR_TRACE_DECODE_H
#define IVR_TRACE_DECODE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "trace/meta.h"
#include "trace/record_iter.h"

#define DECODE_INFO_MAX 8192

/**
 * struct decoded - one record in words; all text is clean
 * @comm: name of the process
 * @pid: its id, -1 if not known
 * @system: event system
 * @event: event
 * @info: the rest, as the event's print format says
 */
struct decoded {
	char comm[64];
	int pid;
	char system[64];
	char event[64];
	char info[DECODE_INFO_MAX];
};

struct decoder;

/**
 * decoder_new() - a decoder for one stream
 * @plugins: print as libtraceevent's plugins do, which is what trace-cmd does
 *
 * Without metadata it knows no event and shows lengths only.
 *
 * Return: the decoder or NULL if there is no memory
 */
struct decoder *decoder_new(bool plugins);

/**
 * decoder_learn() - take formats, symbols and names
 * @d: a decoder that has learned nothing yet
 * @m: metadata, not needed after this
 * @cpus: data rings
 * @found: gets a line if formats cannot be used
 *
 * Return: 0 or -ENOMEM
 */
int decoder_learn(struct decoder *d, const struct meta *m, uint32_t cpus,
		  struct findings *found);

/** decode() - put a record in words */
void decode(struct decoder *d, const struct record *r, struct decoded *out);

/** decode_fields() - an object of the fields of the record decoded last */
struct json_object *decode_fields(struct decoder *d);

/** decoder_free() - free it */
void decoder_free(struct decoder *d);

#endif
