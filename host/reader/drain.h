/* SPDX-License-Identifier: GPL-2.0 */
/*
 * drain.h - closed pages from the rings into the leg
 *
 * DOC: What is believed
 *
 * Of each ring the reader looks at counters and descriptors, each loaded once,
 * and at nothing in a page. A counter that cannot be true moves nothing: the
 * ring waits, flagged once, until it says something possible. A counter that
 * is possible only if pages were skipped, and a descriptor that is not that of
 * its page, cost just those pages, and a mark says so. A ring with such a
 * fault rests until the next tick, so a guest that lies all the time buys one
 * mark a tick.
 *
 * Where a page lies is said by three words that the guest changes together, now
 * and then. A look that falls into a change goes by the segment before it: no
 * change moves a page that has not been taken. Without one the ring rests.
 *
 * Before anything that was read goes into the store as a fact, the stream and
 * the epoch are read again: a module that formats the memory anew meanwhile
 * cannot have its pages stored as those of the stream before.
 */
#ifndef IVR_READER_DRAIN_H
#define IVR_READER_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "ivr_meta.h"
#include "lib/log.h"
#include "reader/shm.h"
#include "store/leg_write.h"
#include "store/page_files.h"

/* Pages of one ring before the next ring's turn comes. */
#define DRAIN_BATCH 256u

/* A segment that is in change at so many looks, one a tick, is a fault. */
#define DRAIN_UNSETTLED_MAX 40u

/* Metadata beyond this in one leg is dropped: four full blobs. */
#define DRAIN_META_MAX (4ull * IVR_META_MAX_BYTES / IVR_PAGE_SIZE)

/**
 * struct drain_conf - what the user wants
 * @file_size: bytes of a .pages file
 * @files: files of a ring that are kept in a leg; 0: all
 * @batch: closed pages that may wait before the guest rings
 * @poll: the guest shall never ring
 */
struct drain_conf {
	uint64_t file_size;
	uint32_t files;
	uint32_t batch;
	bool poll;
};

/**
 * struct drain_ring - one ring
 * @index: number; that of the last one is the number of data rings
 * @overwrite: does the guest give up old pages of it?
 * @place: where it lies
 * @pos: pages below it are in the store, or covered by a mark
 * @wake: wake position as last written
 * @published: as the guest was told
 * @synced: pages below it are on the disk, as far as it told
 * @syncing: the same when the round under way has ended
 * @target: position where an end or a drain request is satisfied
 * @limit: take no page from here on, while the drain is held
 * @seen: the guest's words as last read; checked nowhere, for people and marks
 * @have_prev: is @prev the page before @pos?
 * @prev: descriptor of the last stored page
 * @gap_at: place of the last gap's mark in the leg
 * @gap_from: what it says
 * @gap_to: .., 0: there is none
 * @gap_why: ..
 * @flagged: an impossible counter was reported in this leg
 * @rests: until the next tick
 * @have_seg: is @seg filled?
 * @seg: words with the last segment that was not in change
 * @unsettled: looks since then
 * @out: files
 */
struct drain_ring {
	uint32_t index;
	bool overwrite;
	struct ivr_ring_place place;
	uint64_t pos;
	uint64_t published;
	uint64_t synced;
	uint64_t syncing;
	uint64_t wake;
	uint64_t target;
	uint64_t limit;
	struct ivr_ring_ctl seen;
	bool have_prev;
	struct ivr_desc prev;
	uint64_t gap_at;
	uint64_t gap_from;
	uint64_t gap_to;
	uint32_t gap_why;
	bool flagged;
	bool rests;
	bool have_seg;
	struct ivr_ring_ctl seg;
	uint32_t unsettled;
	struct page_files out;
};

/**
 * struct drain - all rings of one attachment
 * @shm: mapped region; the session's
 * @guest: guest page of this attachment; the session's
 * @epoch: our epoch
 * @conf: what the user wants
 * @leg: where it goes; the session's
 * @nrings: data rings; there is one ring more
 * @next: whose turn it is
 * @ending: no ring rests any more
 * @held: no ring goes beyond its limit
 * @limit: for messages that the guest can cause
 * @rings: nrings + 1
 * @desc: descriptors of the batch in work
 */
struct drain {
	struct shm *shm;
	const struct ivr_guest_page *guest;
	uint64_t epoch;
	const struct drain_conf *conf;
	struct leg_writer *leg;
	uint32_t nrings;
	uint32_t next;
	bool ending;
	bool held;
	struct log_limit limit;
	struct drain_ring *rings;
	struct ivr_desc desc[DRAIN_BATCH];
};

/**
 * drain_begin() - places of all rings; nothing is read yet
 * @d: filled in
 * @shm: adopted region
 * @guest: its guest page as checked
 * @epoch: our epoch, acknowledged
 * @conf: what the user wants
 *
 * Return: 0 or -ENOMEM
 */
int drain_begin(struct drain *d, struct shm *shm,
		const struct ivr_guest_page *guest, uint64_t epoch,
		const struct drain_conf *conf);

/** drain_close() - close all files, free; harmless if nothing was begun */
void drain_close(struct drain *d);

/**
 * drain_start_at() - choose where each ring starts
 * @d: begun
 * @last: where the newest leg of the same stream stopped; not found: no leg
 *
 * At the position that the guest acknowledged, or, if this store holds more
 * and the ring proves it, at the page behind that.
 */
void drain_start_at(struct drain *d, const struct store_last *last);

/**
 * drain_starts() - the first marks of a leg
 * @d: with start positions
 * @marks: room for 2 * (nrings + 1): START for each ring, and under the
 *	overwrite policy the gap of what was given up before anyone took it
 *
 * Return: number of marks
 */
uint32_t drain_starts(struct drain *d, struct ivr_store_mark *marks);

/** drain_into() - go on into this leg; publishes the positions */
void drain_into(struct drain *d, struct leg_writer *leg);

/**
 * drain_turn() - take closed pages from the rings, in turn
 * @d: with a leg
 * @budget: pages at most, about
 * @until_ms: start no further batch at this time
 *
 * Return: 1 if there may be more at once; 0 if not; -ECANCELED if the memory
 * is not that of this attachment any more; else the negative errno of the
 * store, and nothing was lost by it
 */
int drain_turn(struct drain *d, uint32_t budget, uint64_t until_ms);

/** drain_tick() - rested rings may go on; positions not told are told */
void drain_tick(struct drain *d);

/**
 * drain_arm() - ask for bells
 * @d: with a leg
 *
 * While the drain is held a bell is asked for when half of what a ring has in
 * use may be full.
 *
 * Return: true if a ring that may be taken from passed its wake position before
 * it was asked
 */
bool drain_arm(struct drain *d);

/** drain_aim() - every ring's target is its head now */
void drain_aim(struct drain *d);

/** drain_give_up() - every ring's target is its position: take no more */
void drain_give_up(struct drain *d);

/** drain_hold() - take nothing beyond the targets, until drain_free() */
void drain_hold(struct drain *d);

/** drain_free() - take whatever comes */
void drain_free(struct drain *d);

/** drain_half_full() - held: is half of the slots in use of a ring taken up? */
bool drain_half_full(const struct drain *d);

/** drain_reached() - has every ring its target? */
bool drain_reached(const struct drain *d);

/** drain_sync() - have what is in the leg now synced in the next round */
void drain_sync(struct drain *d);

/**
 * drain_synced() - that round has ended
 * @d: with a leg
 * @error: what the disk said; marks declare what may be lost by it
 *
 * Return: 0 or negative errno: the marks could not be made
 */
int drain_synced(struct drain *d, int error);

/**
 * drain_end() - END marks for all rings
 * @d: with a leg
 * @why: enum ivr_mark_reason
 * @guest_end: enum ivr_end_reason, checked
 *
 * Counters are read again unless the memory is not ours any more.
 *
 * Return: 0 or negative errno, and then there is no mark
 */
int drain_end(struct drain *d, uint32_t why, uint32_t guest_end);

#endif
