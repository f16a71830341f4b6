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

/**
 * enum move_state - phases
 * @MOVE_IDLE: no migration is known
 * @MOVE_SETUP: QEMU begins, nothing is copied
 * @MOVE_PRECOPY: memory is copied while the guest runs
 * @MOVE_QUIESCED: the same, and the reader has told that the guest is quiesced
 * @MOVE_STOPPED: the guest stands, the rest is copied
 * @MOVE_POSTCOPY: the guest is the destination's to run, memory follows
 * @MOVE_SENT: QEMU has sent all; the destination may still refuse
 * @MOVE_INCOMING: destination: QEMU waits for a guest
 * @MOVE_RESUMED: destination: the guest runs
 * @MOVE_HELLO: destination: it has called the reader
 * @MOVE_ATTACHED: destination: the reader reads
 * @MOVE_COMPLETED: end: the guest is the destination's
 * @MOVE_CANCELLED: end: somebody cancelled it
 * @MOVE_FAILED: end: QEMU or libvirt gave it up
 * @MOVE_RETURNED: end: all was sent, or the end was not seen, and the guest
 *	runs here
 * @MOVE_GONE: end: the VM ended in the middle of it
 * @MOVE_DRAINED: end, destination: all that came with the guest is stored
 */
enum move_state {
	MOVE_IDLE,
	MOVE_SETUP,
	MOVE_PRECOPY,
	MOVE_QUIESCED,
	MOVE_STOPPED,
	MOVE_POSTCOPY,
	MOVE_SENT,
	MOVE_INCOMING,
	MOVE_RESUMED,
	MOVE_HELLO,
	MOVE_ATTACHED,
	MOVE_COMPLETED,
	MOVE_CANCELLED,
	MOVE_FAILED,
	MOVE_RETURNED,
	MOVE_GONE,
	MOVE_DRAINED,
	MOVE_STATES
};

/**
 * enum move_event - what moves it
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
enum move_event {
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
	MOVE_EVENTS
};

/**
 * struct machine - one VM; all zero is a VM of which nothing is known
 * @vm: its name, for the log; not copied
 * @state: phase; written by machine_set() only
 * @up: its guest has run here since its QEMU started: not a destination
 * @running: its guest runs here now
 */
struct machine {
	const char	*vm;
	enum move_state	state;
	bool		up;
	bool		running;
};

/**
 * machine_event() - something happened
 * @m: machine
 * @ev: what
 *
 * Return: true if the phase has changed
 */
bool machine_event(struct machine *m, enum move_event ev);

/** machine_is_out() - is a migration away from here under way? */
bool machine_is_out(const struct machine *m);

/** machine_is_in() - is a migration to here under way, up to its last page? */
bool machine_is_in(const struct machine *m);

/** machine_may_quiesce() - is it the time to quiesce the guest? */
bool machine_may_quiesce(const struct machine *m);

/** move_state_name() - "precopy", .. */
const char *move_state_name(enum move_state state);

/** move_event_name() - "active", .. */
const char *move_event_name(enum move_event ev);

#endif
