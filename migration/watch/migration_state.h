/* SPDX-License-Identifier: GPL-2.0 */
/*
 * migration_state.h - where a VM stands in a migration
 *
 * DOC: The table
 *
 * As source: idle, setup, precopy, quiesced, stopped, sent, completed; post-copy
 * goes by postcopy instead of stopped or after it. As destination: incoming,
 * resumed, hello, attached, drained. All that ends a migration rests until the
 * next begins. Events come from three places (QEMU, libvirt, the reader), so
 * any may be lost, late or doubled: what has no line in the table changes
 * nothing, and the first event that can only be of a later phase enters that
 * phase.
 *
 * The migration events of QEMU do not say on which side they are. A VM that
 * never ran here since its QEMU started is the destination.
 */
#ifndef IVR_WATCH_MIGRATION_STATE_H
#define IVR_WATCH_MIGRATION_STATE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * enum migration_state - phases
 * @MIG_IDLE: no migration is known
 * @MIG_SETUP: QEMU begins, nothing is copied
 * @MIG_PRECOPY: memory is copied while the guest runs
 * @MIG_QUIESCED: the same, and the reader has told that the guest is quiesced
 * @MIG_STOPPED: the guest stands, the rest is copied
 * @MIG_POSTCOPY: the guest is the destination's to run, memory follows
 * @MIG_SENT: QEMU has sent all; the destination may still refuse
 * @MIG_INCOMING: destination: QEMU waits for a guest
 * @MIG_RESUMED: destination: the guest runs
 * @MIG_HELLO: destination: it has called the reader
 * @MIG_ATTACHED: destination: the reader reads
 * @MIG_COMPLETED: end: the guest is the destination's
 * @MIG_CANCELLED: end: somebody cancelled it
 * @MIG_FAILED: end: QEMU or libvirt gave it up
 * @MIG_RETURNED: end: all was sent, or the end was not seen, and the guest
 *	runs here
 * @MIG_GONE: end: the VM ended in the middle of it
 * @MIG_DRAINED: end, destination: all that came with the guest is stored
 */
enum migration_state {
	MIG_IDLE,
	MIG_SETUP,
	MIG_PRECOPY,
	MIG_QUIESCED,
	MIG_STOPPED,
	MIG_POSTCOPY,
	MIG_SENT,
	MIG_INCOMING,
	MIG_RESUMED,
	MIG_HELLO,
	MIG_ATTACHED,
	MIG_COMPLETED,
	MIG_CANCELLED,
	MIG_FAILED,
	MIG_RETURNED,
	MIG_GONE,
	MIG_DRAINED,
	MIG_STATES
};

/**
 * enum migration_event - what moves it
 * @EV_SETUP: QEMU, MIGRATION: setup
 * @EV_ACTIVE: QEMU, MIGRATION: active
 * @EV_PASS: QEMU, MIGRATION_PASS; only a source sends it
 * @EV_STOP: QEMU, STOP
 * @EV_RESUME: QEMU, RESUME
 * @EV_POSTCOPY: QEMU, MIGRATION: postcopy-active
 * @EV_SENT: QEMU, MIGRATION: completed
 * @EV_CANCELLED: QEMU, MIGRATION: cancelled; libvirt has no event for it
 * @EV_FAILED: QEMU, MIGRATION: failed
 * @EV_STARTED: libvirt: a QEMU was started, not for a migration
 * @EV_INCOMING: libvirt: a QEMU was started for a migration
 * @EV_MOVED: libvirt: the destination has said that it has the guest
 * @EV_GONE: libvirt: the VM ended for another reason
 * @EV_QUIESCED: reader: a round is complete
 * @EV_UNQUIESCED: reader: it is not
 * @EV_HELLO: reader: the guest has called
 * @EV_ATTACHED: reader: attached
 * @EV_DRAINED: reader: all taken
 * @EV_JOB_OUT: asked libvirt: it runs here, on its way out
 * @EV_JOB_IN: asked libvirt: on its way in
 * @EV_NO_JOB: asked libvirt: it is here and no migration is under way
 */
enum migration_event {
	EV_SETUP,
	EV_ACTIVE,
	EV_PASS,
	EV_STOP,
	EV_RESUME,
	EV_POSTCOPY,
	EV_SENT,
	EV_CANCELLED,
	EV_FAILED,
	EV_STARTED,
	EV_INCOMING,
	EV_MOVED,
	EV_GONE,
	EV_QUIESCED,
	EV_UNQUIESCED,
	EV_HELLO,
	EV_ATTACHED,
	EV_DRAINED,
	EV_JOB_OUT,
	EV_JOB_IN,
	EV_NO_JOB,
	MIG_EVENTS
};

/**
 * enum migration_action - what has to be done about a change of phase
 * @ACT_CHANGED: the phase has changed; in each answer that is not 0
 * @ACT_BEGIN_OUT: a migration away from here begins, in the log, too
 * @ACT_BEGIN_IN: one to here
 * @ACT_SETUP: ask the reader how much the region has, for the log's first line
 * @ACT_QUIESCE: have the guest quiesced
 * @ACT_RELEASE: have the guest resumed, if it was quiesced
 * @ACT_MOVED: tell the reader that the guest is another host's
 * @ACT_LINE: the phase has a line of its own in the log
 *
 * They are carried out in this order, but for the lines of the log: to write
 * may take its time, so requests go first.
 */
enum migration_action {
	ACT_CHANGED = 1 << 0,
	ACT_BEGIN_OUT = 1 << 1,
	ACT_BEGIN_IN = 1 << 2,
	ACT_SETUP = 1 << 3,
	ACT_QUIESCE = 1 << 4,
	ACT_RELEASE = 1 << 5,
	ACT_MOVED = 1 << 6,
	ACT_LINE = 1 << 7,
};

/**
 * struct migration - one VM; all zero is a VM of which nothing is known
 * @vm: its name, for the log; not copied
 * @state: phase; written by migration_step() only
 * @up: its guest has run here since its QEMU started: not a destination
 * @running: its guest runs here now
 */
struct migration {
	const char *vm;
	enum migration_state state;
	bool up;
	bool running;
};

/**
 * migration_step() - something happened
 * @m: migration
 * @ev: what
 *
 * Return: what is to be done now, ACT_*; 0 if the phase has not changed
 */
uint32_t migration_step(struct migration *m, enum migration_event ev);

/** migration_is_out() - is a migration away from here under way? */
bool migration_is_out(const struct migration *m);

/** migration_is_in() - is a migration to here under way, up to its last page? */
bool migration_is_in(const struct migration *m);

/** migration_may_quiesce() - is it the time to quiesce the guest? */
bool migration_may_quiesce(const struct migration *m);

/** migration_is_end() - has it ended here, with sums to be written? */
bool migration_is_end(const struct migration *m);

/** migration_state_name() - "precopy", .. */
const char *migration_state_name(enum migration_state state);

/** migration_event_name() - "active", .. */
const char *migration_event_name(enum migration_event ev);

#endif
