/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vm.h - one VM: its phase, its reader, its log; and the VMs that are known
 *
 * Everything here runs in libvirt's event loop and waits for nothing.
 */
#ifndef IVR_WATCH_VM_H
#define IVR_WATCH_VM_H

#include <stdbool.h>
#include <stdint.h>

#include "migration/log/log_write.h"
#include "migration/watch/bound.h"
#include "migration/watch/ctl_request.h"
#include "migration/watch/migration_state.h"

/* Syncs that may wait for one answer of the reader. */
#define SYNCS_MAX 8

/**
 * struct watch_conf - what holds for all VMs
 * @lease_ms: of a quiesce order; renewed after a third of it
 * @observe: follow, never order
 */
struct watch_conf {
	uint32_t lease_ms;
	bool observe;
};

/** enum vm_request - what may be asked of a reader; one of each at a time */
enum vm_request {
	REQUEST_STATUS,
	REQUEST_QUIESCE,
	REQUEST_RESUME,
	REQUEST_MOVED,
	VM_REQUESTS
};

/**
 * struct vm_sync - a line of the log that waits for the reader's heads
 * @event: "setup", "pass" or "stop"
 * @pass: number of the pass
 * @realtime_ns: when
 */
struct vm_sync {
	const char *event;
	uint64_t pass;
	uint64_t realtime_ns;
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
	uint64_t passes;
	uint64_t rounds;
	uint64_t ring_bytes;
	bool blind;
	bool ordered;
	bool stood;
	bool stood_before;
};

/**
 * struct vm - one VM
 * @next: of the list
 * @conf: what holds for all
 * @uuid: by which libvirt knows it
 * @name: by which its directories are called
 * @migration: phase
 * @log: where it is written down
 * @run_dir: its run directory; empty: its name cannot be one
 * @ctl: its reader's control socket, or empty
 * @requests: under way
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
 * @began_ns: wall clock, when this migration began
 * @heard_ms: now_ms() of the last event of libvirt
 * @listed: number of the reconciliation that found it, see libvirt_conn.c
 * @reason: why the last quiesce order was not carried out, as logged
 */
struct vm {
	struct vm *next;
	const struct watch_conf *conf;
	char uuid[37];
	char name[256];
	struct migration migration;
	struct migration_log log;
	char run_dir[256];
	char ctl[108];
	struct ctl_request *requests[VM_REQUESTS];
	bool again;
	bool check;
	int timer;
	int timer_ms;
	uint64_t since_ms;
	struct vm_tally tally;
	struct vm_sync syncs[SYNCS_MAX];
	uint32_t nsyncs;
	struct bound_view then;
	struct bound_view now;
	struct bound_view goal;
	uint64_t began_ns;
	uint64_t heard_ms;
	unsigned int listed;
	char reason[96];
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

/** vm_any_request() - is an answer of a reader awaited? */
bool vm_any_request(void);

/** vm_forget_old() - let go of those that ended here a while ago */
void vm_forget_old(void);

/** vm_forget_all() - let go of everything */
void vm_forget_all(void);

#endif
