/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ring_kit.h - a simulated reader and self-describing records for ring tests
 *
 * The reader is written from ivr_wire.h and from the kernel's description of
 * its ring-buffer pages (events/header_page, events/header_event) and knows
 * nothing of the writer.
 */
#ifndef RING_KIT_H
#define RING_KIT_H

#include <stdbool.h>
#include <stddef.h>

#include "ivr_wire.h"

#define KIT_CONTEXTS 8

/* The tag of the stream, unless a test says otherwise. */
#define KIT_TAG 0x7465737472696e67ull

/**
 * struct kit_region - one ring's shared words, in ordinary memory
 * @ctl: a page of its own
 * @desc: one for each slot
 * @data: slots of IVR_PAGE_SIZE bytes
 * @host: the reader's words
 * @slots: number of slots
 * @tag: seals the reader's words
 */
struct kit_region {
	struct ivr_ring_ctl *ctl;
	struct ivr_desc *desc;
	unsigned char *data;
	struct ivr_host_ring *host;
	__u32 slots;
	__u64 tag;
};

/** kit_region_make() - allocate, filled with garbage but for zero host words */
void kit_region_make(struct kit_region *reg, __u32 slots);

/** kit_region_free() - free what kit_region_make() allocated */
void kit_region_free(struct kit_region *reg);

/**
 * struct kit_segment - ivr_ring_ctl's words of that name
 * @page: its first page
 * @slot: slot of that page
 * @span: slots
 */
struct kit_segment {
	__u64 page;
	__u32 slot;
	__u32 span;
};

/**
 * kit_segment_get() - read the segment, whole
 * @reg: the ring
 * @seg: filled in
 *
 * Return: false if it was in change all the time
 */
bool kit_segment_get(const struct kit_region *reg, struct kit_segment *seg);

/** kit_slot_in() - the slot a page lies in */
__u32 kit_slot_in(const struct kit_segment *seg, __u64 page);

/** kit_slot() - the same by @reg's segment, which may not be in change */
__u32 kit_slot(const struct kit_region *reg, __u64 page);

/** kit_say_pos() - write the reader's position, sealed */
void kit_say_pos(const struct kit_region *reg, __u64 pos);

/**
 * struct kit_event - one event of a page
 * @ts: absolute time stamp
 * @body: what follows the header
 * @len: its length as the page has it, a multiple of 4
 */
struct kit_event {
	__u64 ts;
	const unsigned char *body;
	__u32 len;
};

/**
 * struct kit_cursor - walks the events of a page
 * @page: the page
 * @at: offset of the next event after the page header
 * @end: bytes of events, from the commit word
 * @ts: time stamp of the event before
 */
struct kit_cursor {
	const unsigned char *page;
	__u32 at;
	__u32 end;
	__u64 ts;
};

/** kit_open() - point a cursor at the first event of a page */
void kit_open(struct kit_cursor *c, const void *page);

/**
 * kit_next() - the next event
 * @c: cursor
 * @ev: filled in
 *
 * Return: 1, 0 at the end of the page, -1 if the page is malformed
 */
int kit_next(struct kit_cursor *c, struct kit_event *ev);

/**
 * struct kit_record - a record that can be checked by itself
 * @len: bytes of the body, this header included
 * @ctx: who wrote it: 0 .. KIT_CONTEXTS - 1
 * @seq: its number in that context; dropped records have used theirs up
 * @before: clock before the reservation
 * @after: clock after it; the record's time stamp lies between
 * @sum: of the fields above
 *
 * A pattern that depends on @ctx, @seq and @len fills the rest.
 */
struct kit_record {
	__u32 len;
	__u32 ctx;
	__u64 seq;
	__u64 before;
	__u64 after;
	__u64 sum;
} __attribute__((packed, aligned(4)));

/** kit_fill() - write a record of @head->len bytes, at least the header */
void kit_fill(void *body, const struct kit_record *head);

/** kit_intact() - is the body of @len bytes a whole record? */
bool kit_intact(const void *body, __u32 len);

/**
 * struct kit_reader - a reader and all it has seen
 * @reg: the ring
 * @overwrite: the ring's policy
 * @pos: next page to read
 * @next: number that the next record should have
 * @lost: ivr_desc.lost of the last page
 * @ts: time stamp of the last record
 * @delivered: records read
 * @declared: records that the descriptors said were lost
 * @missed: records in pages that gave way under the overwrite policy
 * @skipped: pages gave way since the last one read
 * @pages: pages read
 * @expect: for each context the number that its next record should have
 * @gaps: records found missing in the contexts' numbers
 * @seen: called for each record if set
 * @page_done: called after each page if set
 * @arg: for both
 * @error: what was wrong first, or NULL
 * @error_page: where
 */
struct kit_reader {
	const struct kit_region *reg;
	bool overwrite;
	__u64 pos;
	__u64 next;
	__u64 lost;
	__u64 ts;
	__u64 delivered;
	__u64 declared;
	__u64 missed;
	bool skipped;
	__u64 pages;
	__u64 expect[KIT_CONTEXTS];
	__u64 gaps;
	void (*seen)(struct kit_reader *r, const struct kit_record *rec,
		     const struct kit_event *ev);
	void (*page_done)(struct kit_reader *r, const struct ivr_desc *d);
	void *arg;
	const char *error;
	__u64 error_page;
};

/** kit_reader_init() - start at the ring's ack_pos */
void kit_reader_init(struct kit_reader *r, const struct kit_region *reg,
		     bool overwrite);

/**
 * kit_reader_follow() - go on in other memory, having read the one before whole
 * @r: reader
 * @reg: the ring, which begins where @r stands
 */
void kit_reader_follow(struct kit_reader *r, const struct kit_region *reg);

/**
 * kit_drain() - read and check all closed pages, give them back
 * @r: reader; its @error is set at the first thing that is wrong
 * @max: at most so many pages
 *
 * Return: pages read
 */
__u32 kit_drain(struct kit_reader *r, __u32 max);

/**
 * kit_settle() - check the final counts, after a flush and a drain
 * @r: reader
 *
 * produced == delivered + declared lost, and everybody counted the same.
 */
void kit_settle(struct kit_reader *r);

#endif
