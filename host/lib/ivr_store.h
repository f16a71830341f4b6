/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ivr_store.h - the trace store: what the reader writes and `ivring` reads
 *
 * DOC: Shape
 *
 * A store is the directory of one VM on one host. Each attachment of a reader
 * to the guest, i.e. each epoch, is a *leg*, a directory of its own:
 *
 *	STORE/leg-0001-0123456789abcdef/	number in this store, epoch
 *	    leg				text, one "key value" per line
 *	    marks			struct ivr_store_mark, appended
 *	    clock			struct ivr_store_clock, appended
 *	    ring-000-0000.pages		pages as they lay in the ring
 *	    ring-000-0000.desc		struct ivr_desc of each page, same order
 *	    ring-000-0001.pages		next file after a rotation
 *	    meta-0000.pages, .desc	the metadata ring
 *
 * Keys of `leg`: format (IVR_STORE_FORMAT), needs (oldest IVR_STORE_FORMAT of a
 * program that can read it; not there: the same), vm, host, boot (host boot id),
 * stream (32 hex digits), epoch and prev (16 hex digits), rings, size, policy,
 * realtime (ns at the attachment), generation. Unknown keys are ignored.
 *
 * A page is appended to .pages first and its descriptor to .desc after it, so
 * after a crash the surplus is in .pages; what a descriptor does not cover is
 * not in the store (a reader that continues cuts it off). The reader tells the
 * guest that a page is taken only after both.
 *
 * Numbers are little endian. A file of the last leg may grow while it is read.
 *
 * DOC: What is on the disk
 *
 * A leg and its directory are synced when they are made, its pages, descriptors
 * and marks every second (--sync), in this order, and once more before its END
 * marks are written: a leg with END marks is whole on the disk. A leg without
 * them was cut off, by the death of its reader, which takes nothing, or of its
 * host, which takes what was not synced yet. The next reader of that host tells
 * the two apart by the boot id and writes the END marks (host-down).
 *
 * DOC: What makes an account
 *
 * Pages of one (stream, ring) from all legs of all stores are put in order of
 * page number; a page that is there twice with the same identity counts once.
 * Between neighbours k and m: m.first - k.first - k.count - (m.lost - k.lost)
 * records are missing. They are declared if a mark covers their pages, else
 * they are an error. After the last page the marks tell what was produced.
 */
#ifndef IVR_STORE_H
#define IVR_STORE_H

#include <stdint.h>

#include "ivr_wire.h"

/* Of this text; what a reader of stores has to know; the oldest that we read */
#define IVR_STORE_FORMAT 1
#define IVR_STORE_NEEDS	 1
#define IVR_STORE_OLDEST 1

#define IVR_STORE_LEG_FMT    "leg-%04u-%016llx"
#define IVR_STORE_RING_FMT   "ring-%03u-%04u" /* ring, file number */
#define IVR_STORE_META_FMT   "meta-%04u" /* file number */
#define IVR_STORE_LEG_FILE   "leg"
#define IVR_STORE_MARKS_FILE "marks"
#define IVR_STORE_CLOCK_FILE "clock"

/**
 * enum ivr_mark_kind - entries of `marks`
 * @IVR_MARK_START: the leg starts at page @from of @ring; counters as then
 * @IVR_MARK_GAP: pages @from .. @to - 1 are not in this leg, for @reason
 * @IVR_MARK_END: the leg ends; @to is the position reached, counters as last
 *	seen; pages @to .. head - 1 were not taken, and with IVR_WHY_RESET they
 *	are gone, which this mark declares. One for each ring
 */
enum ivr_mark_kind {
	IVR_MARK_START = 1,
	IVR_MARK_GAP,
	IVR_MARK_END,
};

/**
 * enum ivr_mark_reason - why
 * @IVR_WHY_OVERWRITTEN: gap: the guest's overwrite policy took them
 * @IVR_WHY_ROTATED: gap: the reader removed its oldest file
 * @IVR_WHY_CORRUPT: gap: what the guest wrote there makes no sense
 * @IVR_WHY_RESET: gap or end: the guest started a new stream over this one
 * @IVR_WHY_VM_GONE: end: QEMU closed the connection (migrated, off, killed)
 * @IVR_WHY_GUEST_GONE: end: the guest ended the stream
 * @IVR_WHY_READER_STOPPED: end: the reader was told to stop; a later leg
 *	continues
 * @IVR_WHY_MOVED: end: the VM was migrated and pages @to .. head - 1 went with
 *	it: they are the destination's to take. If no leg has them (the
 *	destination died first), this mark declares them
 * @IVR_WHY_HOST_DOWN: end: the host went down with the reader at work; written by
 *	the next reader on that host. @to, @head and the counters are those of
 *	the last page that was on the disk: what came after it is lost, and
 *	nobody knows how much it was
 * @IVR_WHY_UNSYNCED: gap: the disk refused to keep them: if they are not there
 *	this mark declares them
 * @IVR_WHY_UNPLUGGED: end: the guest parked its stream in its own memory, with
 *	nothing left here; a leg of the next device continues
 */
enum ivr_mark_reason {
	IVR_WHY_NONE,
	IVR_WHY_OVERWRITTEN,
	IVR_WHY_ROTATED,
	IVR_WHY_CORRUPT,
	IVR_WHY_RESET,
	IVR_WHY_VM_GONE,
	IVR_WHY_GUEST_GONE,
	IVR_WHY_READER_STOPPED,
	IVR_WHY_MOVED,
	IVR_WHY_UNPLUGGED,
	IVR_WHY_HOST_DOWN,
	IVR_WHY_UNSYNCED,
	IVR_WHYS
};

#define IVR_WHY_NAMES                                                       \
	{                                                                   \
		"none", "overwritten", "rotated", "corrupt", "reset",       \
			"vm-gone", "guest-gone", "reader-stopped", "moved", \
			"unplugged", "host-down", "unsynced"                \
	}

/**
 * struct ivr_store_mark - one entry of `marks`
 * @kind: enum ivr_mark_kind
 * @reason: enum ivr_mark_reason
 * @ring: ring; nrings for the metadata ring
 * @guest_end: enum ivr_end_reason as the guest told it (END)
 * @from: see the kinds
 * @to: see the kinds
 * @head: ivr_ring_ctl.head
 * @produced: ivr_ring_ctl.produced
 * @lost: ivr_ring_ctl.lost
 * @realtime_ns: host CLOCK_REALTIME
 */
struct ivr_store_mark {
	uint32_t kind;
	uint32_t reason;
	uint32_t ring;
	uint32_t guest_end;
	uint64_t from;
	uint64_t to;
	uint64_t head;
	uint64_t produced;
	uint64_t lost;
	uint64_t realtime_ns;
};

/**
 * struct ivr_store_clock - one clock leg: the guest's clock on this host
 * @guest_ns: guest trace clock
 * @realtime_ns: host CLOCK_REALTIME at the same moment, within @error_ns
 * @raw_ns: host CLOCK_MONOTONIC_RAW, likewise
 * @error_ns: half the round trip: the true moment lies within +- this
 */
struct ivr_store_clock {
	uint64_t guest_ns;
	uint64_t realtime_ns;
	uint64_t raw_ns;
	uint64_t error_ns;
};

IVR_AT(ivr_store_mark, realtime_ns, 56);
IVR_STATIC_ASSERT(sizeof(struct ivr_store_mark) == 64);
IVR_AT(ivr_store_clock, error_ns, 24);
IVR_STATIC_ASSERT(sizeof(struct ivr_store_clock) == 32);

#endif /* IVR_STORE_H */
