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
 * struct ivr_ring_mem - where a ring's shared words lie, as seen by the writer
 * @ctl: guest-owned words
 * @desc: one descriptor per slot
 * @data: the slots
 * @host: the reader's words; never written here
 * @slots: number of slots
 */
struct ivr_ring_mem {
	struct ivr_ring_ctl *ctl;
	struct ivr_desc *desc;
	struct ivr_page *data;
	const struct ivr_host_ring *host;
	u32 slots;
};

/**
 * struct ivr_ring - a writer's private state
 * @state: the reservation word, see ring.c
 * @inside: both of the next in one word, counted in one instruction
 * @nest: writers between reserve and commit on this CPU
 * @pending: a page was closed that is not published yet
 * @data: slots, moved so that the slot of @origin comes first
 * @origin: page number of slot 0 of the segment
 * @recip: 2^64 / @span rounded up: division by multiplication
 * @span: slots in the segment
 * @limit: pages at or above it may not be opened without asking make_room()
 * @pub: next page to publish; equal to ctl->head after a publication
 * @delivered: records in published pages
 * @lost: records dropped for want of room
 * @refused: records too large for a page
 * @policy: enum ivr_policy
 * @acked: ivr_ring_ack() was called: the reader's position is this stream's
 * @mem: shared words
 * @bell: called, in the context of a writer, when the reader is to be woken
 *
 * The first cache line is all that a record touches that fits in the page.
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
	struct ivr_page *data;
	u64 origin;
	u64 recip;
	u64 span;

	u64 limit;
	u64 pub;
	u64 delivered;
	u64 lost;
	u64 refused;
	u32 policy;
	u32 acked;
	struct ivr_ring_mem mem;
	void (*bell)(struct ivr_ring *ring);
} __attribute__((aligned(64)));

/**
 * ivr_ring_init() - format a ring and its shared words
 * @ring: to be filled
 * @mem: shared words; their memory may hold anything
 * @cpu: number of the vCPU, for people
 * @policy: enum ivr_policy
 * @bell: wakes the reader; must be callable from NMI
 *
 * No writer may run yet. The caller owns all memory and keeps it until no
 * writer can be inside.
 */
void ivr_ring_init(struct ivr_ring *ring, const struct ivr_ring_mem *mem,
		   u32 cpu, u32 policy, void (*bell)(struct ivr_ring *));

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
 * @ring: any CPU's ring
 * @forget: negative control of the tests: as if there were no mirror, start at
 *	the head
 *
 * To be called only after a reader of this stream has set its words to zero (see
 * "Attaching" in ivr_wire.h): from now on its position is believed.
 */
void ivr_ring_ack(struct ivr_ring *ring, _Bool forget);

#endif /* IVR_RING_H */
