// SPDX-License-Identifier: GPL-2.0
/* vm_orders.c - what is asked of a VM's reader, and what it answers */
#include <json-c/json.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/ivr_migrations.h"
#include "lib/log.h"
#include "migration/watch/ctl_request.h"
#include "migration/watch/vm.h"

static void put_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, json_object_new_string(text));
}

static void put_number(struct json_object *o, const char *key, uint64_t v)
{
	json_object_object_add(o, key, json_object_new_uint64(v));
}

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) &&
	       json_object_is_type(v, json_type_string) ?
	       json_object_get_string(v) : NULL;
}

static bool is_true(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) &&
	       json_object_get_boolean(v);
}

static int send_order(struct vm *vm, enum vm_order kind, const char *line,
		      uint32_t timeout_ms, order_done_fn done)
{
	debug("VM %s: order: %s", vm->name, line);
	return order_send(vm->ctl, line, timeout_ms, done, vm,
			  &vm->orders[kind]);
}

static bool may_order(struct vm *vm, enum vm_order kind)
{
	if (vm->conf->observe || !vm->ctl[0] || vm->orders[kind])
		return false;
	fault_dir(vm->run_dir);
	return true;
}

/* A reader that does not know the order says "error" instead of "reason". */
static const char *refusal(int ret, struct json_object *reply)
{
	const char *why;

	if (ret)
		return order_fault(ret);
	why = text_of(reply, "reason");
	if (!why)
		why = text_of(reply, "error");
	return why ? why : "the reader gives no reason";
}

/* The same reason again and again is one line. */
static void not_quiesced(struct vm *vm, const char *why)
{
	struct json_object *o;

	vm_event(vm, EV_UNQUIESCED, realtime_ns(), "reader");
	/* That an order did not outlive the stop is no news. */
	if (!strcmp(vm->reason, why) || !machine_may_quiesce(&vm->machine))
		return;
	snprintf(vm->reason, sizeof(vm->reason), "%s", why);
	info("VM %s: not quiesced: %s", vm->name, why);
	o = json_object_new_object();
	put_text(o, "reason", why);
	record_put(&vm->record, "unquiesced", realtime_ns(), o);
}

static void round_complete(struct vm *vm, uint32_t took_ms)
{
	struct json_object *o;

	vm->reason[0] = '\0';
	vm->tally.rounds++;
	vm_event(vm, EV_QUIESCED, realtime_ns(), "reader");
	if (vm->tally.rounds > IVR_MIGRATIONS_ROUNDS)
		return;
	o = json_object_new_object();
	put_number(o, "round", vm->tally.rounds);
	put_number(o, "took_ms", took_ms);
	record_put(&vm->record, "quiesced", realtime_ns(), o);
}

static void quiesce_done(void *opaque, int ret, struct json_object *reply,
			 uint32_t took_ms)
{
	struct vm *vm = opaque;

	vm->orders[ORDER_QUIESCE] = NULL;
	if (!ret && is_true(reply, "drained"))
		round_complete(vm, took_ms);
	else
		not_quiesced(vm, refusal(ret, reply));
	/*
	 * The reader may have looked at this order after the one to resume
	 * that was sent in the meantime.
	 */
	if (!machine_is_out(&vm->machine) && vm->machine.up)
		vm_release(vm);
}

void vm_quiesce(struct vm *vm)
{
	char line[32];
	int ret;

	if (!machine_may_quiesce(&vm->machine) || !may_order(vm, ORDER_QUIESCE))
		return;
	snprintf(line, sizeof(line), "quiesce %u", vm->conf->lease_ms);
	ret = fault_point("watch-order-quiesce");
	if (!ret)
		ret = send_order(vm, ORDER_QUIESCE, line, vm->conf->lease_ms,
				 quiesce_done);
	if (ret)
		not_quiesced(vm, order_fault(ret));
	else
		vm->tally.ordered = true;
}

static void untold(struct vm *vm, const char *order, const char *why)
{
	struct json_object *o = json_object_new_object();

	info("VM %s: the reader was not told '%s': %s", vm->name, order, why);
	put_text(o, "order", order);
	put_text(o, "reason", why);
	record_put(&vm->record, "untold", realtime_ns(), o);
}

/* @key: true in an answer that says yes; @event: of the record then */
static void carried_out(struct vm *vm, const char *order, const char *key,
			const char *event, int ret, struct json_object *reply)
{
	if (ret || !is_true(reply, key))
		untold(vm, order, refusal(ret, reply));
	else
		record_put(&vm->record, event, realtime_ns(), NULL);
}

static void release_done(void *opaque, int ret, struct json_object *reply,
			 uint32_t took_ms)
{
	struct vm *vm = opaque;

	vm->orders[ORDER_RESUME] = NULL;
	carried_out(vm, "resume", "resumed", "released", ret, reply);
}

void vm_release(struct vm *vm)
{
	int ret;

	if (!may_order(vm, ORDER_RESUME))
		return;
	ret = fault_point("watch-order-resume");
	if (!ret)
		ret = send_order(vm, ORDER_RESUME, "resume", RESUME_MS,
				 release_done);
	if (ret)
		untold(vm, "resume", order_fault(ret));
}

static void moved_done(void *opaque, int ret, struct json_object *reply,
		       uint32_t took_ms)
{
	struct vm *vm = opaque;

	vm->orders[ORDER_MOVED] = NULL;
	carried_out(vm, "moved", "moved", "told", ret, reply);
}

void vm_tell_moved(struct vm *vm)
{
	int ret;

	if (!may_order(vm, ORDER_MOVED))
		return;
	ret = fault_point("watch-order-moved");
	if (!ret)
		ret = send_order(vm, ORDER_MOVED, "moved", MOVED_MS,
				 moved_done);
	if (ret)
		untold(vm, "moved", order_fault(ret));
}

/* By what the guest says, and by the order that its reader has. */
static bool is_quiesced(struct json_object *status)
{
	struct json_object *quiesce;
	const char *text = text_of(status, "guest");

	if (text && !strcmp(text, "quiesced"))
		return true;
	if (!json_object_object_get_ex(status, "quiesce", &quiesce))
		return false;
	text = text_of(quiesce, "op");
	return text && !strcmp(text, "quiesce");
}

static void check_release(struct vm *vm, struct json_object *status)
{
	if (!vm->check)
		return;
	vm->check = false;
	if (!status || machine_is_out(&vm->machine) || !is_quiesced(status))
		return;
	info("VM %s: no migration, and its guest is quiesced: resume",
	     vm->name);
	vm_release(vm);
}

static void status_done(void *opaque, int ret, struct json_object *reply,
			uint32_t took_ms)
{
	struct vm *vm = opaque;
	bool again = vm->again;

	vm->orders[ORDER_STATUS] = NULL;
	vm->again = false;
	if (ret)
		debug("VM %s: status: %s", vm->name, order_fault(ret));
	bound_view_of(&vm->now, ret ? NULL : reply);
	check_release(vm, ret ? NULL : reply);
	if (!ret && machine_is_in(&vm->machine))
		vm_arrival(vm, reply);
	/* What came while this was asked needs heads of after it came. */
	if (again && !vm_ask(vm))
		return;
	vm_syncs_end(vm);
}

int vm_ask(struct vm *vm)
{
	int ret;

	if (!vm->ctl[0])
		return -ENOENT;
	if (vm->orders[ORDER_STATUS]) {
		vm->again = true;
		return 0;
	}
	fault_dir(vm->run_dir);
	ret = fault_point("watch-order-status");
	return ret ? ret : send_order(vm, ORDER_STATUS, "status", STATUS_MS,
				      status_done);
}
