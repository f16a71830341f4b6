/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ring_act.h - what writers, interrupts and the ring's owner do, step by step
 *
 * And what a reader on another CPU may find at any moment in between.
 */
#ifndef RING_ACT_H
#define RING_ACT_H

#include "tests/unit/module/ring_rig.h"

/* Slots of the ring, of its window and of the spill. */
#define ACT_SLOTS  4
#define ACT_WINDOW 2

/** enum act - what a writer, an interrupt or the owner does */
enum act {
	ACT_SMALL,
	ACT_LARGE,
	ACT_MAX,
	ACT_FLUSH,
	ACT_REFUSED,
	ACT_TWO_PAGES,
	ACT_FILL_RING,
	ACT_SMALL_FLUSH_SMALL,
	ACT_DRAIN,
	ACT_DRAIN_SMALL,
	ACT_DRAIN_FILL,
	ACT_DRAIN_ONE_FILL,
	ACT_TRY_CHANGES,
	ACT_INTERRUPTS,

	/* The owner's, one at a time. */
	ACT_SHRINK = ACT_INTERRUPTS,
	ACT_GROW,
	ACT_MOVE,
	ACT_UNSPILL,
	ACT_RETURN,
	ACTS
};

/** enum start - the ring that is found */
enum start {
	START_FRESH,
	START_MIDDLE,
	START_PAGE_FULL,
	START_FLUSHED,
	START_RING_FULL,
	START_SEALED,
	START_SEALED_ROOM,
	START_LATE,
	START_CLOCK_BACK,
	START_WINDOW,
	START_WINDOW_TAKEN,
	START_MOVED,
	START_AWAY,
	START_AWAY_TWO,
	START_AWAY_UNSPILLED,
	START_AWAY_FULL,
	START_AWAY_WINDOW,
	STARTS
};

extern const char *const act_names[ACTS];
extern const char *const start_names[STARTS];

/** act_possible() - has the owner's act any meaning there? */
bool act_possible(enum start start, enum act act);

/** act_set_up() - open the rig and bring it there */
void act_set_up(enum start start, enum ivr_policy policy);

/** act_do() - as the context of trap_depth */
void act_do(int act);

/** act_interrupt() - the same, with a look before and after */
void act_interrupt(int act);

/** act_look() - what could a reader see now? Errors show in act_check() */
void act_look(void);

/** act_changed() - changes of the owner that came about since the program began */
unsigned int act_changed(enum act act);

/** act_check() - finish the run; what was wrong, or NULL */
const char *act_check(void);

#endif
