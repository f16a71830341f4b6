/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vm_events.h - what happens to a VM, and what is done about it
 *
 * DOC: One direction
 *
 * News (of QEMU, of libvirt, of the reader, of time) goes to migration_step();
 * that yields actions; they are carried out here, in one place. An action that
 * fails at once is news again, after all of this one has been dealt with.
 */
#ifndef IVR_WATCH_VM_EVENTS_H
#define IVR_WATCH_VM_EVENTS_H

#include "migration/watch/vm.h"

/* The arrival is looked at so often, and after a while less often. */
#define ARRIVAL_MS	 50
#define ARRIVAL_EAGER_MS 30000
#define ARRIVAL_LAZY_MS	 1000

/**
 * vm_event() - something happened
 * @vm: VM
 * @ev: what
 * @realtime_ns: when
 * @via: what told it, for the log; e.g. "QMP MIGRATION"
 */
void vm_event(struct vm *vm, enum migration_event ev, uint64_t realtime_ns,
	      const char *via);

/** vm_pass() - EV_PASS with its number */
void vm_pass(struct vm *vm, uint64_t pass, uint64_t realtime_ns);

/**
 * vm_note() - a line for the log that changes no phase
 * @vm: VM
 * @event: "counters", "job"
 * @realtime_ns: when
 * @detail: used up
 */
void vm_note(struct vm *vm, const char *event, uint64_t realtime_ns,
	     struct json_object *detail);

/**
 * vm_reconcile() - libvirt was asked, events may have been missed
 * @vm: VM
 * @ev: EV_JOB_OUT, EV_JOB_IN or EV_NO_JOB
 * @running: its guest runs
 */
void vm_reconcile(struct vm *vm, enum migration_event ev, bool running);

/** vm_lost_sight() - libvirt is away: nothing is ordered until it is back */
void vm_lost_sight(struct vm *vm);

/** vm_quiesce() - order it, if it is the time and nothing is under way */
void vm_quiesce(struct vm *vm);

/** vm_ask() - ask the reader how it is; one question under way is followed by another */
void vm_ask(struct vm *vm);

/** vm_tick() - its timer; virEventTimeoutCallback, @opaque is the VM */
void vm_tick(int timer, void *opaque);

#endif
