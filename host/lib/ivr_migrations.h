/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ivr_migrations.h - the log of migrations: ivring-watch writes it, `ivring
 * status --last-migration` reads it
 *
 * DOC: Shape
 *
 * One file per VM and host, IVR_MIGRATIONS_FILE beside the legs of the VM's store.
 * Each line is one JSON object. A line that is no such object (the last one of
 * a machine that lost power) is skipped by readers; writers begin a new line
 * after it. Writers keep the last IVR_MIGRATIONS_KEPT.
 *
 * A line is of what one host saw of one migration. Every line has:
 *
 *	migration	16 hex digits, the same in all lines of one; higher in a
 *			later one of the same file ("move" in release 0.1)
 *	event		what happened, see below
 *	realtime_ns	when, host CLOCK_REALTIME; QEMU's own stamp where QEMU told
 *	vm, host	names
 *	side		"source" or "destination"
 *
 * Lines may stand in another order than they happened, because some wait for an
 * answer of the reader. Unknown keys and events are to be ignored.
 *
 * DOC: Events of the source
 *
 *	setup		QEMU begins. ring_bytes: the whole region, which goes once;
 *			null here and below: the reader did not tell. running: does
 *			the guest run?
 *	pass		pre-copy pass @pass begins. ring_bytes: upper bound of what
 *			the guest has dirtied of the region since the sync before
 *	counters	libvirt's job statistics at @pass: memory_bytes (copied so
 *			far), memory_total, memory_remaining, dirty_rate (pages/s),
 *			iteration
 *	quiesced	the guest is cheap to move: round, took_ms. At most
 *			IVR_MIGRATIONS_ROUNDS lines, the end tells how many there were
 *	unquiesced	a quiesce order was not carried out: reason
 *	stop		the guest stands. ring_bytes as for pass
 *	running		the guest runs again, here
 *	postcopy	the guest is the destination's to run
 *	sent		QEMU has sent all; whose the guest is has not been decided
 *	released	the reader has carried out our order to resume
 *	told		the reader has taken the word that the VM was moved
 *	untold		the reader could not be told what it had to know: order,
 *			reason
 *	job		libvirt's account of a completed job: downtime_ms, total_ms,
 *			memory_bytes, iteration
 *
 * and in the end one of these, with rounds, passes, ring_bytes (the sum) and
 * via (what told it):
 *
 *	completed	the guest is the destination's
 *	cancelled, failed	it has stayed
 *	returned	all had been sent, and yet the guest runs here again
 *	gone		the VM ended here: reason
 *
 * DOC: Events of the destination
 *
 *	incoming	QEMU waits for a guest
 *	arrived		QEMU has received all
 *	resume		the guest runs here
 *	hello		the guest has called the reader
 *	attached	the reader reads
 *	drained		the reader has all that came along with the guest: the end
 *	failed, gone	the end otherwise
 */
#ifndef IVR_MIGRATIONS_H
#define IVR_MIGRATIONS_H

#define IVR_MIGRATIONS_FILE   "migrations.jsonl"
#define IVR_MIGRATIONS_KEPT   16
#define IVR_MIGRATIONS_ROUNDS 64
/* A longer file, or a longer line, was not written by us. */
#define IVR_MIGRATIONS_MAX_BYTES (8u << 20)

#endif
