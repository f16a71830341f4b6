/* SPDX-License-Identifier: GPL-2.0 */
/*
 * decode_box.h - decode records in a process that may die of it
 *
 * DOC: When it dies
 *
 * Only decode_child.c reads formats, symbols and names that a guest wrote. If
 * it crashes or does not come to an end, the record it was at is left undecoded,
 * and so are all later ones with its event id; a new child goes on with the next
 * record. If it dies before the first record, symbols or names go without. After
 * DECODE_DEATHS of them nothing is decoded any more: a guest could take a second
 * of CPU for each of 65536 ids.
 */
#ifndef IVR_TRACE_DECODE_BOX_H
#define IVR_TRACE_DECODE_BOX_H

#include "trace/decode_child.h"

#define DECODE_DEATHS 32

/**
 * struct decode_box - the parent's side
 * @meta: owned
 * @formats: its index
 * @share: shared with the child
 * @pid: of the child; 0: there is none
 * @fd: socket to it, or -1
 * @n: records in the batch
 * @id: their event ids
 * @symbols: as in struct decode_job
 * @comms: likewise
 * @cpus: data rings
 * @deaths: children that died
 * @deadly: bit per event id: ended a child
 * @partly: bit per event id: that it is not understood was told
 * @found: where to tell
 * @stop: asked while waiting: has the user had enough?
 */
struct decode_box {
	struct meta meta;
	struct formats formats;
	struct decode_share *share;
	pid_t pid;
	int fd;
	uint32_t n;
	uint16_t id[DECODE_BATCH];
	bool symbols;
	bool comms;
	uint32_t cpus;
	unsigned int deaths;
	unsigned char deadly[FORMAT_IDS / 8];
	unsigned char partly[FORMAT_IDS / 8];
	struct findings *found;
	bool (*stop)(void);
};

/**
 * decode_box_new() - a decoder for one stream; no process yet
 * @m: metadata, taken over; all zero: no event is known
 * @cpus: data rings
 * @found: gets a line for what cannot be decoded; it must outlive the box
 * @stop: returns true to give up waiting
 *
 * Return: the box or NULL if there is no memory; @m is freed then too
 */
struct decode_box *decode_box_new(struct meta *m, uint32_t cpus,
				  struct findings *found, bool (*stop)(void));

/** decode_box_has() - is this the metadata that it decodes by? */
bool decode_box_has(const struct decode_box *b, const struct meta *m);

/**
 * decode_box_follow() - @b takes the place of @old, or of none (NULL)
 *
 * What one guest may cost is not granted anew with each metadata that it sends.
 */
void decode_box_follow(struct decode_box *b, const struct decode_box *old);

/** decode_box_free() - end the child, free everything */
void decode_box_free(struct decode_box *b);

/**
 * decode_box_add() - put a record into the batch
 * @b: box
 * @r: record; copied
 *
 * Return: false if the batch is full now: call decode_box_run()
 */
bool decode_box_add(struct decode_box *b, const struct record *r);

/**
 * decode_box_run() - decode the batch
 *
 * Return: 0; -EINTR if @stop said so; negative errno if no process can be made
 */
int decode_box_run(struct decode_box *b);

/**
 * decode_box_get() - answer number @i of the batch that was run
 * @b: box
 * @i: 0 .. records added - 1
 * @out: filled in; all text is clean. What could not be decoded is in
 *	@out->info as numbers
 */
void decode_box_get(const struct decode_box *b, uint32_t i,
		    struct decoded *out);

/** decode_box_clear() - the next batch begins */
void decode_box_clear(struct decode_box *b);

#endif
