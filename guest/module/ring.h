/* SPDX-License-Identifier: GPL-2.0 */
/* ring.h - one per-CPU lockless ring of trace pages; the how is in ring.c */
#ifndef IVR_RING_H
#define IVR_RING_H

#include "ivr_wire.h"
#include "ring_os.h"

struct ivr_ring;

/** struct ivr_page - a page of the kernel's ring-buffer format */
struct ivr_page {
	u64 time_stamp;
	u64 commit;
	u8 data[IVR_PAGE_PAYLOAD];
};

/**
 * struct ivr_ring_mem - where a ring's words and pages lie
 * @ctl: guest-owned words
 * @desc: one descriptor per slot
 * @data: the slots
 * @host: the reader's words, never written here; NULL: memory that no reader
 *	sees (the spill). A ring there discards, whatever its policy
 * @slots: number of slots, at least 2
 */
struct ivr_ring_mem {
	struct ivr_ring_ctl *ctl;
	struct ivr_desc *desc;
	struct ivr_page *data;
	const struct ivr_host_ring *host;
	u32 slots;
};

/**
 * struct ivr_segment - which slot of which memory a page lies in
 * @mem: the memory
 * @data: its slots, moved so that the slot of @origin comes first
 * @origin: page number of the segment's first slot
 * @recip: 2^64 / @span rounded up: division by multiplication
 * @span: slots in the segment
 * @slot: slot of @origin
 * @limit: pages at or above it may not be opened without asking
 *	ivr_ring_make_room()
 */
struct ivr_segment {
	struct ivr_page *data;
	u64 origin;
	u64 recip;
	u64 span;
	u64 limit;
	u32 slot;
	struct ivr_ring_mem mem;
} __attribute__((aligned(64)));

/**
 * struct ivr_ring - a writer's private state
 * @state: the reservation word, see ring.c; says also which segment is in use
 * @inside: both of the next in one word, counted in one instruction
 * @nest: writers between reserve and commit on this CPU
 * @pending: a page was closed that is not published yet
 * @pub: next page to publish; equal to ctl->head after a publication
 * @delivered: records in published pages
 * @lost: records dropped for want of room
 * @refused: records too large for a page
 * @tag: ivr_stream_tag() of the stream
 * @bell: called, in the context of a writer, when the reader is to be woken
 * @policy: enum ivr_policy
 * @segment: the one in use and the one before or after it
 *
 * A record that fits in the page touches the first bytes of this and of one
 * segment.
 */
struct ivr_ring {
	struct ivr_pair state;
	union {
		u64 inside;
		struct {
			u32 nest;
			u32 pending;
		};
	};
	u64 pub;
	u64 delivered;
	u64 lost;
	u64 refused;
	u64 tag;

	void (*bell)(struct ivr_ring *ring);
	u32 policy;
	struct ivr_segment segment[2];
} __attribute__((aligned(64)));

/**
 * ivr_ring_init() - format a ring and its shared words
 * @ring: to be filled
 * @mem: shared words; their memory may hold anything
 * @cpu: number of the vCPU, for people
 * @policy: enum ivr_policy
 * @tag: ivr_stream_tag() of the stream
 * @bell: wakes the reader; must be callable from NMI
 *
 * No writer may run yet. The caller owns all memory and keeps it until no
 * writer can be inside.
 */
void ivr_ring_init(struct ivr_ring *ring, const struct ivr_ring_mem *mem,
		   u32 cpu, u32 policy, u64 tag,
		   void (*bell)(struct ivr_ring *));

/**
 * ivr_ring_reserve() - make room for one record
 * @ring: this CPU's ring
 * @len: bytes of the record's body
 *
 * Any context, NMI included; preemption off until ivr_ring_commit(). Wait-free:
 * a retry happens only if a nested writer came between and completed.
 *
 * Return: where to write the body (rounded up to 4 bytes: it begins with
 * struct trace_entry and is what the kernel calls the event's data); NULL if it
 * was dropped (counted in lost or refused): then there is nothing to commit
 */
void *ivr_ring_reserve(struct ivr_ring *ring, u32 len);

/**
 * ivr_ring_commit() - the body is written
 * @ring: as given to ivr_ring_reserve()
 */
void ivr_ring_commit(struct ivr_ring *ring);

/**
 * ivr_ring_flush() - close and publish the open page, and all counters
 * @ring: this CPU's ring, or the ring of a CPU that cannot run
 *
 * As ivr_ring_reserve(): any context, preemption off. If it interrupted a
 * writer, that writer publishes.
 */
void ivr_ring_flush(struct ivr_ring *ring);

/**
 * ivr_ring_idle() - nothing in an open page?
 * @ring: any CPU's ring; the answer may be old at once
 *
 * Return: true if a flush would have nothing to close or to tell
 */
_Bool ivr_ring_idle(const struct ivr_ring *ring);

/**
 * ivr_ring_open_page() - number of the page that is open, or was last
 * @ring: any CPU's ring
 *
 * Return: the number; it says nothing but "the same as at the last look"
 */
u64 ivr_ring_open_page(const struct ivr_ring *ring);

/**
 * ivr_ring_ack() - note where a new reader has to start
 * @ctl: the words of the ring in the memory that the reader sees
 * @forget: negative control of the tests: as if there were no mirror, start at
 *	the head
 *
 * The caller sees to it that no writer that was inside before is still inside
 * (see acknowledge() in host_link.c).
 */
void ivr_ring_ack(struct ivr_ring_ctl *ctl, _Bool forget);

/**
 * ivr_ring_mem() - where the ring's next page goes
 * @ring: any CPU's ring
 *
 * Return: words and slots; valid until the next ivr_ring_move() or
 * ivr_ring_return()
 */
const struct ivr_ring_mem *ivr_ring_mem(const struct ivr_ring *ring);

/** ivr_ring_span() - slots in use; all of them unless ivr_ring_window() said less */
u32 ivr_ring_span(const struct ivr_ring *ring);

/**
 * ivr_ring_take_pos() - have the mirror follow the reader
 * @mem: memory of a ring, with a reader
 * @tag: ivr_stream_tag() of the stream
 *
 * What every publication does as well; for one who waits for the reader. If
 * @mem is where the ring's next page goes: on the ring's CPU, preemption off.
 *
 * Return: the mirror
 */
u64 ivr_ring_take_pos(const struct ivr_ring_mem *mem, u64 tag);

#endif /* IVR_RING_H */
