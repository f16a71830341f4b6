// SPDX-License-Identifier: GPL-2.0
/* vm_events.c - what happens to a VM, and what is done about it */
#include <libvirt/libvirt.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/ctl_client.h"
#include "lib/fault.h"
#include "lib/json.h"
#include "lib/log.h"
#include "migration/watch/vm_events.h"
#include "migration/watch/vm_log.h"
#include "migration/watch/vm_requests.h"

/* As libvirt's event loop has it */
#define TIMER_OFF (-1)

/* The interval that suits the phase */
static int interval(const struct vm *vm)
{
	const struct migration *m = &vm->migration;

	if (migration_may_quiesce(m) && !vm->conf->observe)
		return (int)(vm->conf->lease_ms / 3);
	if (!migration_is_in(m) || m->state == MIG_INCOMING)
		return TIMER_OFF;
	return now_ms() - vm->since_ms < ARRIVAL_EAGER_MS ? ARRIVAL_MS :
							    ARRIVAL_LAZY_MS;
}

static void set_timer(struct vm *vm)
{
	int ms = interval(vm);

	if (ms == vm->timer_ms || vm->timer < 0)
		return;
	vm->timer_ms = ms;
	virEventUpdateTimeout(vm->timer, ms);
}

/* What the reader is told */

/* @key: true in an answer that says yes; @event: of the log then */
static void carried_out(struct vm *vm, const char *order, const char *key,
			const char *event, int ret, struct json_object *reply)
{
	if (ret || !json_true(reply, key))
		vm_log_untold(vm, order, vm_refusal(ret, reply));
	else
		vm_log_put(vm, event, NULL);
}

static void resume_done(void *opaque, int ret, struct json_object *reply,
			uint32_t took_ms)
{
	struct vm *vm = opaque;

	vm->requests[REQUEST_RESUME] = NULL;
	carried_out(vm, "resume", "resumed", "released", ret, reply);
}

static void moved_done(void *opaque, int ret, struct json_object *reply,
		       uint32_t took_ms)
{
	struct vm *vm = opaque;

	vm->requests[REQUEST_MOVED] = NULL;
	carried_out(vm, "moved", "moved", "told", ret, reply);
}

/* The same reason again and again is one line. */
static void log_unquiesced(struct vm *vm, const char *why)
{
	/* That an order did not outlive the stop is no news. */
	if (!strcmp(vm->reason, why) || !migration_may_quiesce(&vm->migration))
		return;
	snprintf(vm->reason, sizeof(vm->reason), "%s", why);
	info("VM %s: not quiesced: %s", vm->name, why);
	vm_log_put(vm, "unquiesced", why);
}

static void quiesce_done(void *opaque, int ret, struct json_object *reply,
			 uint32_t took_ms)
{
	struct vm *vm = opaque;

	vm->requests[REQUEST_QUIESCE] = NULL;
	if (!ret && json_true(reply, "drained")) {
		vm->reason[0] = '\0';
		vm->tally.rounds++;
		vm_event(vm, EV_QUIESCED, realtime_ns(), "reader");
		vm_log_quiesced(vm, took_ms);
	} else {
		vm_event(vm, EV_UNQUIESCED, realtime_ns(), "reader");
		log_unquiesced(vm, vm_refusal(ret, reply));
	}
	/*
	 * The reader may have looked at this order after the one to resume
	 * that was sent in the meantime.
	 */
	if (vm->tally.ordered && !migration_is_out(&vm->migration) &&
	    vm->migration.up)
		vm_request_resume(vm, resume_done);
}

void vm_quiesce(struct vm *vm)
{
	if (migration_may_quiesce(&vm->migration))
		vm_request_quiesce(vm, quiesce_done);
}

/* What the reader tells */

static bool caught_up(const struct bound_ring *r, uint64_t pos, uint64_t goal)
{
	return pos >= r->head || pos >= goal;
}

/* Each ring at its head, or past where that was at the first look. */
static bool is_drained(struct vm *vm, struct json_object *status)
{
	struct json_object *rings = json_child(status, "rings"), *r;
	uint32_t i;

	if (!vm->now.known || !rings)
		return false;
	if (!vm->goal.known || vm->goal.nrings != vm->now.nrings)
		vm->goal = vm->now;
	for (i = 0; i < vm->now.nrings; i++) {
		r = json_object_array_get_idx(rings, i);
		if (!caught_up(&vm->now.rings[i], json_u64(r, "pos"),
			       vm->goal.rings[i].head))
			return false;
	}
	return true;
}

/* Destination: what the reader's answer says of the guest */
static void arrival(struct vm *vm, struct json_object *status)
{
	uint64_t hello = json_u64(status, "hello1_ns");
	uint64_t attached = json_u64(status, "attached_ns");

	/* Times of before are of another life of this VM on this host. */
	if (vm->migration.state == MIG_INCOMING)
		return;
	if (hello >= vm->began_ns)
		vm_event(vm, EV_HELLO, hello, "reader");
	if (attached < vm->began_ns)
		return;
	vm_event(vm, EV_ATTACHED, attached, "reader");
	if (is_drained(vm, status))
		vm_event(vm, EV_DRAINED, realtime_ns(), "reader");
}

/* By what the guest says, and by the order that its reader has. */
static bool is_quiesced(struct json_object *status)
{
	const char *op = json_text(json_child(status, "quiesce"), "op", "");

	return !strcmp(json_text(status, "guest", ""), "quiesced") ||
	       !strcmp(op, "quiesce");
}

static void check_release(struct vm *vm, struct json_object *status)
{
	if (!vm->check)
		return;
	vm->check = false;
	if (migration_is_out(&vm->migration) || !is_quiesced(status))
		return;
	info("VM %s: no migration, and its guest is quiesced: resume",
	     vm->name);
	vm_request_resume(vm, resume_done);
}

static void status_done(void *opaque, int ret, struct json_object *reply,
			uint32_t took_ms)
{
	struct vm *vm = opaque;
	bool again = vm->again;

	vm->requests[REQUEST_STATUS] = NULL;
	vm->again = false;
	if (ret)
		debug("VM %s: status: %s", vm->name, ctl_fault(ret));
	bound_view_of(&vm->now, reply);
	check_release(vm, reply);
	if (!ret && migration_is_in(&vm->migration))
		arrival(vm, reply);
	/* What came while this was asked needs heads of after it came. */
	if (again)
		vm_ask(vm);
	else
		vm_log_syncs(vm);
}

void vm_ask(struct vm *vm)
{
	vm_request_status(vm, status_done);
}

/* The line is written as soon as the reader has told its heads. */
static void sync_with_reader(struct vm *vm, const char *event, uint64_t pass,
			     uint64_t realtime_ns)
{
	vm_log_sync(vm, event, pass, realtime_ns);
	vm_ask(vm);
}

/* What happens */

static void carry_out(struct vm *vm, uint32_t acts, uint64_t ns,
		      const char *via)
{
	if (acts & (ACT_BEGIN_IN | ACT_BEGIN_OUT))
		vm_log_begin(vm, ns, acts & ACT_BEGIN_OUT);
	/* First: where an order fails at once, that stands behind "setup". */
	if (acts & ACT_SETUP)
		sync_with_reader(vm, "setup", 0, ns);
	if (acts & ACT_QUIESCE)
		vm_quiesce(vm);
	if (acts & ACT_RELEASE && vm->tally.ordered)
		vm_request_resume(vm, resume_done);
	if (acts & ACT_MOVED)
		vm_request_moved(vm, moved_done);
	if (acts & ACT_LINE)
		vm_log_phase(vm, ns, via);
	if (acts & ACT_CHANGED)
		vm->since_ms = now_ms();
}

/* STOP and RESUME are told whatever phase they find. */
static void note_guest(struct vm *vm, enum migration_event ev, uint64_t ns)
{
	if (!vm->log.source)
		return;
	if (ev == EV_STOP && migration_is_out(&vm->migration) &&
	    !vm->tally.stood) {
		vm->tally.stood = true;
		sync_with_reader(vm, "stop", 0, ns);
	} else if (ev == EV_RESUME && vm->tally.stood) {
		vm->tally.stood = false;
		migration_log_put(&vm->log, "running", ns, NULL);
	}
}

void vm_event(struct vm *vm, enum migration_event ev, uint64_t realtime_ns,
	      const char *via)
{
	uint32_t acts;

	debug("VM %s: %s (%s)", vm->name, migration_event_name(ev), via);
	acts = migration_step(&vm->migration, ev);
	carry_out(vm, acts, realtime_ns, via);
	if (!acts && ev == EV_SENT && !vm->log.source)
		migration_log_put(&vm->log, "arrived", realtime_ns, NULL);
	note_guest(vm, ev, realtime_ns);
	if (!vm->migration.up)
		vm->since_ms = now_ms();
	set_timer(vm);
}

void vm_pass(struct vm *vm, uint64_t pass, uint64_t realtime_ns)
{
	vm_event(vm, EV_PASS, realtime_ns, "QMP MIGRATION_PASS");
	if (!migration_is_out(&vm->migration))
		return;
	vm->tally.passes = pass;
	/* The first one carries what setup has counted. */
	if (pass > 1 && vm->migration.running)
		sync_with_reader(vm, "pass", pass, realtime_ns);
	else
		vm_log_pass(vm, pass, realtime_ns);
	vm_quiesce(vm);
}

void vm_note(struct vm *vm, const char *event, uint64_t realtime_ns,
	     struct json_object *detail)
{
	migration_log_put(&vm->log, event, realtime_ns, detail);
}

void vm_reconcile(struct vm *vm, enum migration_event ev, bool running)
{
	fault_dir(vm->run_dir);
	if (fault_point("watch-reconcile"))
		return;
	vm->migration.running = running;
	vm_event(vm, ev, realtime_ns(), "asked libvirt");
	vm->migration.running = running && ev != EV_JOB_IN;
	/* In post-copy it runs while its job is still under way. */
	if (running && ev == EV_JOB_IN)
		vm_event(vm, EV_RESUME, realtime_ns(), "asked libvirt");
	set_timer(vm);
	if (ev == EV_JOB_OUT) {
		vm_quiesce(vm);
		return;
	}
	vm->check = ev == EV_NO_JOB && !vm->conf->observe;
	if (vm->check)
		vm_ask(vm);
}

void vm_lost_sight(struct vm *vm)
{
	/* What is quiesced resumes when its lease ends. */
	vm->migration.running = false;
	set_timer(vm);
}

void vm_tick(int timer, void *opaque)
{
	struct vm *vm = opaque;

	if (migration_is_in(&vm->migration))
		vm_ask(vm);
	else
		vm_quiesce(vm);
	set_timer(vm);
}
