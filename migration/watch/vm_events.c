// SPDX-License-Identifier: GPL-2.0
/* vm_events.c - what happened to a VM: the phase, the orders, the record */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/ivr_migrations.h"
#include "lib/log.h"
#include "migration/watch/vm.h"

static void put_number(struct json_object *o, const char *key, uint64_t v)
{
	json_object_object_add(o, key, json_object_new_uint64(v));
}

static uint64_t number_of(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ?
	       json_object_get_uint64(v) : 0;
}

/* Only a VM that is traced gets a file: its store is there, or its reader. */
static void choose_file(struct vm *vm)
{
	char dir[sizeof(vm->record.path)], *slash;

	if (!vm->record.path[0])
		return;
	snprintf(dir, sizeof(dir), "%s", vm->record.path);
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	/* What the reader would make, of the mode that the hook gives it. */
	if (access(dir, F_OK) && !access(vm->run_dir, F_OK))
		mkdir(dir, 0750);
}

static void begin(struct vm *vm, uint64_t ns, bool source)
{
	vm->tally = (struct vm_tally) { 0 };
	vm->nsyncs = 0;
	vm->then.known = vm->now.known = vm->goal.known = false;
	vm->reason[0] = '\0';
	vm->began_ns = ns;
	vm->tally.stood_before = !vm->machine.running;
	choose_file(vm);
	record_begin(&vm->record, ns, source);
}

static void write_sync(struct vm *vm, const struct vm_sync *s, bool known,
		       uint64_t bytes)
{
	struct json_object *o = json_object_new_object();

	if (!strcmp(s->event, "pass"))
		put_number(o, "pass", s->pass);
	if (!strcmp(s->event, "setup"))
		json_object_object_add(o, "running", json_object_new_boolean(
				       !vm->tally.stood_before));
	json_object_object_add(o, "ring_bytes", known ?
			       json_object_new_uint64(bytes) : NULL);
	record_put(&vm->record, s->event, s->realtime_ns, o);
}

void vm_syncs_end(struct vm *vm)
{
	struct bound_view *now = &vm->now;
	uint64_t bytes = 0;
	uint32_t i, n = vm->nsyncs;

	if (!n)
		return;
	vm->nsyncs = 0;
	if (now->known)
		bytes = bound_bytes(&vm->then, now);
	else
		vm->tally.blind = true;
	vm->tally.ring_bytes += bytes;
	/* Of several that one answer serves the last one carries it all. */
	for (i = 0; i < n; i++)
		write_sync(vm, &vm->syncs[i], now->known,
			   i + 1 < n ? 0 : bytes);
	vm->then = *now;
}

void vm_sync(struct vm *vm, const char *event, uint64_t pass,
	     uint64_t realtime_ns)
{
	if (vm->nsyncs == SYNCS_MAX)
		vm->nsyncs--;
	vm->syncs[vm->nsyncs++] = (struct vm_sync) { event, pass, realtime_ns };
	if (!vm_ask(vm))
		return;
	vm->now.known = false;
	vm_syncs_end(vm);
}

/* The record's name of the phase that was entered, or NULL. */
static const char *line_of(enum move_state state)
{
	switch (state) {
	case MOVE_POSTCOPY:
	case MOVE_SENT:
	case MOVE_INCOMING:
	case MOVE_COMPLETED:
	case MOVE_CANCELLED:
	case MOVE_FAILED:
	case MOVE_RETURNED:
	case MOVE_GONE:
		return move_state_name(state);
	case MOVE_RESUMED:
		return "resume";
	default:
		return NULL;
	}
}

static bool is_end(enum move_state state)
{
	return state >= MOVE_COMPLETED && state != MOVE_DRAINED;
}

static struct json_object *sums(const struct vm *vm, const char *via)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "via", json_object_new_string(via));
	if (!vm->record.source)
		return o;
	put_number(o, "passes", vm->tally.passes);
	put_number(o, "rounds", vm->tally.rounds);
	json_object_object_add(o, "ring_bytes", vm->tally.blind ? NULL :
			json_object_new_uint64(vm->tally.ring_bytes));
	return o;
}

static void write_phase(struct vm *vm, uint64_t ns, const char *via)
{
	enum move_state state = vm->machine.state;
	const char *line = line_of(state);

	/* Nothing more can be learnt of what still waits. */
	if (is_end(state))
		vm_syncs_end(vm);
	if (line)
		record_put(&vm->record, line, ns,
			   is_end(state) ? sums(vm, via) : NULL);
}

static void order_for(struct vm *vm)
{
	switch (vm->machine.state) {
	case MOVE_PRECOPY:
		vm_quiesce(vm);
		break;
	case MOVE_COMPLETED:
		vm_tell_moved(vm);
		break;
	case MOVE_CANCELLED:
	case MOVE_FAILED:
	case MOVE_RETURNED:
		if (vm->tally.ordered)
			vm_release(vm);
		break;
	default:
		break;
	}
}

/* Orders go first: to write a line may take its time. */
static void entered(struct vm *vm, bool was_out, uint64_t ns, const char *via)
{
	const struct machine *m = &vm->machine;
	bool out = machine_is_out(m) || m->state == MOVE_COMPLETED;

	vm->since_ms = now_ms();
	if (m->state == MOVE_INCOMING)
		begin(vm, ns, false);
	else if (out && !was_out)
		begin(vm, ns, true);
	order_for(vm);
	if (machine_is_out(m) && !was_out)
		vm_sync(vm, "setup", 0, ns);
	write_phase(vm, ns, via);
	vm_set_timer(vm);
}

/* STOP and RESUME are told whatever phase they find. */
static void note_guest(struct vm *vm, enum move_event ev, uint64_t ns)
{
	if (!vm->record.source)
		return;
	if (ev == EV_STOP && machine_is_out(&vm->machine) &&
	    !vm->tally.stood) {
		vm->tally.stood = true;
		vm_sync(vm, "stop", 0, ns);
	} else if (ev == EV_RESUME && vm->tally.stood) {
		vm->tally.stood = false;
		record_put(&vm->record, "running", ns, NULL);
	}
}

void vm_event(struct vm *vm, enum move_event ev, uint64_t realtime_ns,
	      const char *via)
{
	bool was_out = machine_is_out(&vm->machine);

	debug("VM %s: %s (%s)", vm->name, move_event_name(ev), via);
	if (machine_event(&vm->machine, ev))
		entered(vm, was_out, realtime_ns, via);
	else if (ev == EV_SENT && !vm->record.source)
		record_put(&vm->record, "arrived", realtime_ns, NULL);
	note_guest(vm, ev, realtime_ns);
	if (!vm->machine.up)
		vm->since_ms = now_ms();
	vm_set_timer(vm);
}

void vm_pass(struct vm *vm, uint64_t pass, uint64_t realtime_ns)
{
	vm_event(vm, EV_PASS, realtime_ns, "QMP MIGRATION_PASS");
	if (!machine_is_out(&vm->machine))
		return;
	vm->tally.passes = pass;
	/* The first one carries what setup has counted. */
	if (pass > 1 && vm->machine.running)
		vm_sync(vm, "pass", pass, realtime_ns);
	else
		write_sync(vm, &(struct vm_sync) { "pass", pass, realtime_ns },
			   true, 0);
	vm_quiesce(vm);
}

void vm_note(struct vm *vm, const char *event, uint64_t realtime_ns,
	     struct json_object *detail)
{
	record_put(&vm->record, event, realtime_ns, detail);
}

void vm_reconcile(struct vm *vm, enum move_event ev, bool running)
{
	fault_dir(vm->run_dir);
	if (fault_point("watch-reconcile"))
		return;
	vm->machine.running = running;
	vm_event(vm, ev, realtime_ns(), "asked libvirt");
	vm->machine.running = running && ev != EV_JOB_IN;
	/* In post-copy it runs while its job is still under way. */
	if (running && ev == EV_JOB_IN)
		vm_event(vm, EV_RESUME, realtime_ns(), "asked libvirt");
	vm_set_timer(vm);
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
	vm->machine.running = false;
	vm_set_timer(vm);
}

static bool caught_up(const struct bound_ring *r, uint64_t pos, uint64_t goal)
{
	return pos >= r->head || pos >= goal;
}

/* Each ring at its head, or past where that was at the first look. */
static bool is_drained(struct vm *vm, struct json_object *status)
{
	struct json_object *rings, *r;
	uint32_t i;

	if (!vm->now.known ||
	    !json_object_object_get_ex(status, "rings", &rings))
		return false;
	if (!vm->goal.known || vm->goal.nrings != vm->now.nrings)
		vm->goal = vm->now;
	for (i = 0; i < vm->now.nrings; i++) {
		r = json_object_array_get_idx(rings, i);
		if (!caught_up(&vm->now.rings[i], number_of(r, "pos"),
			       vm->goal.rings[i].head))
			return false;
	}
	return true;
}

static void arrive(struct vm *vm, enum move_event ev, uint64_t ns)
{
	enum move_state before = vm->machine.state;

	vm_event(vm, ev, ns, "reader");
	if (vm->machine.state != before)
		record_put(&vm->record, move_event_name(ev), ns, NULL);
}

void vm_arrival(struct vm *vm, struct json_object *status)
{
	uint64_t hello = number_of(status, "hello1_ns");
	uint64_t attached = number_of(status, "attached_ns");

	/* Times of before are of another life of this VM on this host. */
	if (vm->machine.state == MOVE_INCOMING)
		return;
	if (hello >= vm->began_ns)
		arrive(vm, EV_HELLO, hello);
	if (attached < vm->began_ns)
		return;
	arrive(vm, EV_ATTACHED, attached);
	if (is_drained(vm, status))
		arrive(vm, EV_DRAINED, realtime_ns());
}
