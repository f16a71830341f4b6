/* SPDX-License-Identifier: GPL-2.0 */
/* ring_rig.h - one ring, its clock, its bell and its reader, for unit tests */
#ifndef RING_RIG_H
#define RING_RIG_H

#include "tests/unit/module/ring_clock.h" /* before ring.h, which would bring its own clock */
#include "tests/unit/module/ring_kit.h"
#include "tests/unit/module/ring_mem.h"

/**
 * struct rig - everything around one ring
 * @ring: the writer
 * @reg: its shared words
 * @spill: memory that no reader sees
 * @unspill: the way back
 * @reader: reads @reg
 * @now: what the clock said last
 * @tick: what it advances by at each look
 * @in_clock: called at each look at the clock, if set
 * @seq: next record number of each context
 * @dropped: records of each context that found no room
 * @bells: how often the reader was woken
 * @loose: the clock misbehaves: time stamps are not compared with it
 */
struct rig {
	struct ivr_ring ring;
	struct kit_region reg;
	struct kit_region spill;
	struct ivr_unspill unspill;
	struct kit_reader reader;
	__u64 now;
	__u64 tick;
	void (*in_clock)(void);
	__u64 seq[KIT_CONTEXTS];
	__u64 dropped[KIT_CONTEXTS];
	__u64 bells;
	bool loose;
};

/** rig - there is one at a time, as the clock and the bell carry no argument */
extern struct rig rig;

/** rig_open() - make @slots slots, format the ring, attach the reader */
void rig_open(__u32 slots, enum ivr_policy policy);

/** rig_start_at() - as if so many pages had come and gone; nothing written yet */
void rig_start_at(__u64 page);

/** rig_is_away() - is the ring in the spill? */
bool rig_is_away(void);

/** rig_spill() - have spill memory of so many slots, in place of the last */
void rig_spill(__u32 slots);

/** rig_move() - as ivr_ring_move(), into the spill, and prepare the way home */
int rig_move(void);

/** rig_fresh() - prepare the way into fresh memory, which is @reg from now on */
void rig_fresh(__u32 slots);

/** rig_come_home() - unspill and drain until the ring has returned */
void rig_come_home(void);

/** rig_close() - free everything */
void rig_close(void);

/** rig_end() - the same, as a cmocka fixture */
int rig_end(void **state);

/** assert_clean() - there is no error; says at which page it is */
#define assert_clean(error)                                                  \
	do {                                                                 \
		const char *e = (error);                                     \
		if (e)                                                       \
			fail_msg("%s (page %llu)", e,                        \
				 (unsigned long long)rig.reader.error_page); \
	} while (0)

/**
 * rig_reserve() - reserve and fill a self-describing record, do not commit
 * @ctx: the writer's context
 * @len: bytes, at least sizeof(struct kit_record)
 *
 * Return: true if there was room, and ivr_ring_commit() is due
 */
bool rig_reserve(__u32 ctx, __u32 len);

/** rig_write() - a whole self-describing record; true if there was room */
bool rig_write(__u32 ctx, __u32 len);

/** rig_page() - a record and a flush: one page; true if there was room */
bool rig_page(__u32 ctx);

/** rig_fill_page() - records of one size until just before a page turn */
void rig_fill_page(__u32 ctx, __u32 len);

/** rig_open_units() - units used in the open page, 1023 if it is sealed */
__u32 rig_open_units(void);

/** rig_finish() - come home, flush, read all, settle; the first error or NULL */
const char *rig_finish(void);

/** rig_dropped() - records dropped in all contexts */
__u64 rig_dropped(void);

#endif
