/* SPDX-License-Identifier: GPL-2.0 */
/* spill.h - memory of the guest for the writers of a device that may go */
#ifndef IVR_SPILL_H
#define IVR_SPILL_H

#include "stream.h"

/**
 * ivr_spill_alloc() - have spill memory for each ring
 * @s: stream
 *
 * Return: 0; -EOPNOTSUPP: the module was told not to; -ENOMEM: there is none
 */
int ivr_spill_alloc(struct ivr_stream *s);

/** ivr_spill_free() - give it back; every ring is home, or ends */
void ivr_spill_free(struct ivr_stream *s);

/**
 * ivr_spill_move() - have all writers write into the spill
 * @s: stream with spill memory
 *
 * Return: 0; -EAGAIN: not all of them yet
 */
int ivr_spill_move(struct ivr_stream *s);

/**
 * ivr_spill_return() - bring spilled pages and their writers home
 * @s: stream with a device
 * @progress: set if any was brought
 *
 * Return: true if no ring is away any more; the spill is free then
 */
bool ivr_spill_return(struct ivr_stream *s, bool *progress);

/**
 * ivr_spill_end() - the stream ends: what fits comes home, the rest is lost
 * @cr: a ring without writers, flushed
 * @may_unspill: false: somebody was stopped while unspilling
 *
 * The loss is in the counters of the memory that the reader sees, behind the
 * last page that came home: the account closes.
 */
void ivr_spill_end(struct ivr_cpu_ring *cr, bool may_unspill);

/** ivr_spill_pages() - closed pages that are in the spill and nowhere else */
u64 ivr_spill_pages(const struct ivr_stream *s);

#endif
