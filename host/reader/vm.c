// SPDX-License-Identifier: GPL-2.0
/* vm.c - QEMU comes and goes, as the transport tells */
#include <json-c/json.h>
#include <stddef.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "reader/session_parts.h"

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void vm_drop(struct session_vm *vm)
{
	close_one(&vm->mem);
	close_one(&vm->hello);
	close_one(&vm->data);
	close_one(&vm->control);
	vm->left = false;
}

static void tell_connected(struct session *s)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "generation",
			       json_object_new_uint64(s->vm.generation));
	json_object_object_add(o, "size", json_object_new_uint64(s->vm.size));
	events_put(&s->events, "connected", o);
}

static void vm_begin(struct session *s, struct session_vm *vm)
{
	int ret = s->transport->check(vm);

	s->vm = *vm;
	*vm = (struct session_vm) { .mem = -1, .hello = -1, .data = -1,
				    .control = -1 };
	if (!ret)
		ret = s->transport->listen(s);
	if (ret) {
		err("VM %s: memory of %llu bytes is unusable: %s",
		    s->conf->vm, (unsigned long long)s->vm.size,
		    s->transport->fault(ret));
		s->vm.left = true;
		vm_end(s);
		return;
	}
	s->times = (struct session_times) { .connected_ns = realtime_ns() };
	tell_connected(s);
	attach_begin(s);
}

void vm_end(struct session *s)
{
	s->transport->deaf(s);
	attach_undo(s);
	vm_drop(&s->vm);
	if (s->stopping || s->conf->once)
		session_set(s, SESSION_STOPPED);
	else if (s->next.mem >= 0)
		vm_begin(s, &s->next);
	else
		session_set(s, s->transport->is_up(s) ? SESSION_WAIT_VM :
			    SESSION_NO_SERVER);
}

/* QEMU is gone, its memory is not */
static void vm_leave(struct session *s)
{
	info("VM %s: QEMU is gone", s->conf->vm);
	events_put(&s->events, "vm-down", NULL);
	s->vm.left = true;
	if (s->state == SESSION_WAIT_ACK)
		attach_look(s);
	if (s->state == SESSION_ATTACHED)
		handover_begin(s);
	else if (s->state != SESSION_WAIT_STORE && s->state != SESSION_ENDING &&
		 s->vm.mem >= 0)
		vm_end(s);
}

void vm_down(struct session *s)
{
	vm_drop(&s->next);
	if (s->vm.mem >= 0 && !s->vm.left)
		vm_leave(s);
	else if (s->state == SESSION_NO_SERVER)
		session_set(s, SESSION_WAIT_VM);
}

void vm_up(struct session *s, struct session_vm *vm)
{
	if (s->vm.mem >= 0 && !s->vm.left &&
	    s->vm.dev == vm->dev && s->vm.ino == vm->ino) {
		info("VM %s: the server is back", s->conf->vm);
		vm_drop(vm);
		return;
	}
	vm_drop(&s->next);
	if (s->vm.mem >= 0 && !s->vm.left)
		vm_leave(s);
	if (s->state == SESSION_STOPPED)
		vm_drop(vm);
	else if (s->vm.mem >= 0)
		s->next = *vm;
	else
		vm_begin(s, vm);
}
