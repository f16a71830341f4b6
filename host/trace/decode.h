/* SPDX-License-Identifier: GPL-2.0 */
/*
 * decode.h - what a record says, by the formats of the guest's own kernel
 *
 * DOC: Distrust
 *
 * libtraceevent believes formats, and a guest writes what it likes into them:
 * one can make it read a gigabyte behind a record, divide by zero, fill the
 * stack or work for ever. So this file runs in a process that has nothing to
 * lose (decode_child.c) on behalf of one that survives it (decode_box.c). What
 * can be checked is checked here all the same. A format is parsed when the first
 * record with its id comes, so one that nobody uses does nothing.
 */
#ifndef IVR_TRACE_DECODE_H
#define IVR_TRACE_DECODE_H

#include <stdbool.h>
#include <stddef.h>

#include "trace/formats.h"
#include "trace/record_iter.h"

#define DECODE_INFO_MAX	  8192
#define DECODE_FIELDS_MAX 16384

/**
 * enum decode_result - how far it could be decoded
 * @DECODE_UNKNOWN: there is no format of this id
 * @DECODE_WHOLE: as the format says
 * @DECODE_PARTLY: its print format is not understood: its fields are shown
 * @DECODE_DIED: this record, or one with its id, ended the decoder
 */
enum decode_result {
	DECODE_UNKNOWN,
	DECODE_WHOLE,
	DECODE_PARTLY,
	DECODE_DIED,
};

/** enum field_kind - what value a field has */
enum field_kind { FIELD_TEXT, FIELD_SIGNED, FIELD_UNSIGNED };

/**
 * struct field_head - one field of struct decoded.fields
 * @kind: enum field_kind
 * @name_len: bytes of its name, that follow
 * @value_len: bytes of its value, behind the name: text, or 8 bytes of number
 */
struct field_head {
	uint8_t kind;
	uint8_t name_len;
	uint16_t value_len;
};

/**
 * struct decoded - one record in words
 * @result: enum decode_result
 * @pid: process, -1 if not known
 * @comm: name of the process
 * @system: event system
 * @event: event
 * @info: the rest, as the event's print format says
 * @fields_len: bytes of @fields
 * @fields: struct field_head, name, value, and so on
 */
struct decoded {
	uint32_t result;
	int32_t pid;
	char comm[64];
	char system[64];
	char event[64];
	char info[DECODE_INFO_MAX];
	uint32_t fields_len;
	unsigned char fields[DECODE_FIELDS_MAX];
};

struct decoder;

/**
 * decoder_new() - a decoder for one stream
 * @m: metadata; it must outlive the decoder. Empty: every id is unknown
 * @f: its index; likewise
 * @cpus: data rings
 *
 * Return: the decoder or NULL if there is no memory
 */
struct decoder *decoder_new(const struct meta *m, const struct formats *f,
			    uint32_t cpus);

/** decoder_learn_symbols() - take symbols and printk formats; 0 or -ENOMEM */
int decoder_learn_symbols(struct decoder *d);

/** decoder_learn_comms() - take names of processes */
void decoder_learn_comms(struct decoder *d);

/**
 * decode() - put a record in words
 * @d: decoder
 * @r: record; only time, ring, data and size are used
 * @out: filled in; its text is as the guest gave it
 */
void decode(struct decoder *d, const struct record *r, struct decoded *out);

/** decoder_free() - free it */
void decoder_free(struct decoder *d);

#endif
