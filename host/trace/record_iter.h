/* SPDX-License-Identifier: GPL-2.0 */
/*
 * record_iter.h - the records of a stream, one after the other
 *
 * Within a ring in the order in which they lie, across rings by time stamp.
 */
#ifndef IVR_TRACE_RECORD_ITER_H
#define IVR_TRACE_RECORD_ITER_H

#include "store/merge.h"

/**
 * struct record - one record
 * @ring: its ring, the vCPU
 * @ts: guest time, ns
 * @data: its data, valid until the next call
 * @size: bytes
 * @missed: records that are missing in this ring just before it
 * @leg: the leg its page was kept from
 */
struct record {
	uint32_t ring;
	uint64_t ts;
	const void *data;
	uint32_t size;
	uint64_t missed;
	const struct leg *leg;
};

struct record_iter;

/**
 * record_iter_new() - start at the beginning of a stream
 * @st: stream
 * @found: gets a line for each page that cannot be used
 *
 * Return: the iterator, or NULL if there is no memory
 */
struct record_iter *record_iter_new(struct stream *st, struct findings *found);

/**
 * record_iter_more() - after merge_update(): there are more pages
 * @f: an iterator that is at its end
 */
void record_iter_more(struct record_iter *f);

/** record_iter_next() - the next record; false at the end of what there is */
bool record_iter_next(struct record_iter *f, struct record *r);

/**
 * record_iter_forget() - free what the pages given so far took in memory
 * @f: an iterator that is at its end; the stream has no pages after this
 */
void record_iter_forget(struct record_iter *f);

/** record_iter_free() - free it, not the stream */
void record_iter_free(struct record_iter *f);

#endif
