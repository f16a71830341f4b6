/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vm.h - one VM: its phase, its reader, its record
 *
 * Everything here runs in libvirt's event loop and waits for nothing.
 */
#ifndef IVR_WATCH_VM_H
#define IVR_WATCH_VM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/ivr_msg.h"
#include "migration/log/log_write.h"
#include "migration/watch/bound.h"
#include "migration/watch/migration_state.h"

struct json_object;
struct order;

/* How long a reader may take; a round has the lease. */
#define STATUS_MS	1000
#define RESUME_MS	2000
#define MOVED_MS	2000
/* The arrival is looked at so often, and after a while less often. */
#define ARRIVAL_MS	50
#define ARRIVAL_EAGER_MS 30000
#define ARRIVAL_LAZY_MS	1000
/* Syncs that may wait for one answer of the reader. */
#define SYNCS_MAX	8

/**
 * struct watch_conf - what holds for all VMs
 * @lease_ms: of a quiesce order; renewed after a third of it
 * @observe: follow, never order
 */
struct watch_conf {
	uint32_t	lease_ms;
	bool		observe;
};

/** enum vm_order - what may be asked of a reader; one of each at a time */
enum vm_order {
	ORDER_STATUS,
	ORDER_QUIESCE,
	ORDER_RESUME,
	ORDER_MOVED,
	VM_ORDERS
};

/**
 * struct vm_sync - a line of the record that waits for the reader's heads
 * @event: "setup", "pass" or "stop"
 * @pass: number of the pass
 * @realtime_ns: when
 */
struct vm_sync {
	const char	*event;
	uint64_t	pass;
	uint64_t	realtime_ns;
};

/**
 * struct vm_tally - what one migration has come to so far
 * @passes: highest pass seen
 * @rounds: quiesce orders that were carried out
 * @ring_bytes: sum of the bounds
 * @blind: a bound is missing in it
 * @ordered: a quiesce order was sent
 * @stood: the guest was stopped and has not been seen running again
 * @stood_before: it did not run when this began
 */
struct vm_tally {
	uint64_t	passes;
	uint64_t	rounds;
	uint64_t	ring_bytes;
	bool		blind;
	bool		ordered;
	bool		stood;
	bool		stood_before;
};

/**
 * struct vm - one VM
 * @next: of the list
 * @conf: what holds for all
 * @uuid: by which libvirt knows it
 * @name: by which its directories are called
 * @machine: phase
 * @record: where it is written down
 * @run_dir: its run directory; empty: its name cannot be one
 * @ctl: its reader's control socket, or empty
 * @orders: under way
 * @again: a sync came while a status was under way
 * @check: the answer is to tell whether the guest is still quiesced
 * @timer: in the event loop
 * @timer_ms: its interval; -1: off
 * @since_ms: now_ms() of the last change of phase
 * @tally: sums
 * @syncs: lines that wait
 * @nsyncs: how many
 * @then: the region at the sync before
 * @now: the region as told last
 * @goal: destination: heads at the first look after the attachment
 * @began_ns: wall clock, when this move began
 * @heard_ms: now_ms() of the last event of libvirt
 * @listed: number of the reconciliation that found it, see virt.c
 * @reason: why the last quiesce order was not carried out, as logged
 */
struct vm {
	struct vm		*next;
	const struct watch_conf	*conf;
	char			uuid[37];
	char			name[256];
	struct machine		machine;
	struct record		record;
	char			run_dir[256];
	char			ctl[108];
	struct order		*orders[VM_ORDERS];
	bool			again;
	bool			check;
	int			timer;
	int			timer_ms;
	uint64_t		since_ms;
	struct vm_tally		tally;
	struct vm_sync		syncs[SYNCS_MAX];
	uint32_t		nsyncs;
	struct bound_view	then;
	struct bound_view	now;
	struct bound_view	goal;
	uint64_t		began_ns;
	uint64_t		heard_ms;
	unsigned int		listed;
	char			reason[96];
};

/**
 * vm_get() - find a VM, or begin to know it
 * @conf: what holds for all; must outlive it
 * @uuid: text
 * @name: name
 *
 * Return: the VM, or NULL without memory
 */
struct vm *vm_get(const struct watch_conf *conf, const char *uuid,
		  const char *name);

/** vm_by_name() - one that is known, or NULL */
struct vm *vm_by_name(const char *name);

/** vm_each() - call for every VM that is known */
void vm_each(void (*call)(struct vm *vm));

/** vm_any_order() - is an answer of a reader awaited? */
bool vm_any_order(void);

/** vm_forget_old() - let go of those that ended here a while ago */
void vm_forget_old(void);

/** vm_forget_all() - let go of everything */
void vm_forget_all(void);

/** vm_set_timer() - the interval that suits the phase */
void vm_set_timer(struct vm *vm);

/**
 * vm_event() - something happened
 * @vm: VM
 * @ev: what
 * @realtime_ns: when
 * @via: what told it, for the record; e.g. "QMP MIGRATION"
 */
void vm_event(struct vm *vm, enum move_event ev, uint64_t realtime_ns,
	      const char *via);

/** vm_pass() - EV_PASS with its number */
void vm_pass(struct vm *vm, uint64_t pass, uint64_t realtime_ns);

/**
 * vm_note() - a line for the record that changes no phase
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
void vm_reconcile(struct vm *vm, enum move_event ev, bool running);

/** vm_lost_sight() - libvirt is away: nothing is ordered until it is back */
void vm_lost_sight(struct vm *vm);

/** vm_quiesce() - order it, if it is the time and nothing is under way */
void vm_quiesce(struct vm *vm);

/** vm_release() - order the guest to resume */
void vm_release(struct vm *vm);

/** vm_tell_moved() - tell the reader that the VM is another host's */
void vm_tell_moved(struct vm *vm);

/**
 * vm_ask() - ask the reader how it is
 * @vm: VM
 *
 * Return: 0, also if the question is under way; negative errno: no reader
 */
int vm_ask(struct vm *vm);

/**
 * vm_sync() - write a line as soon as the reader has told its heads
 * @vm: VM
 * @event: "setup", "pass", "stop"
 * @pass: number
 * @realtime_ns: when
 */
void vm_sync(struct vm *vm, const char *event, uint64_t pass,
	     uint64_t realtime_ns);

/** vm_syncs_end() - the reader's answer is in @vm->now, or there is none */
void vm_syncs_end(struct vm *vm);

/** vm_arrival() - destination: what the reader's answer says of the guest */
void vm_arrival(struct vm *vm, struct json_object *status);

#endif
