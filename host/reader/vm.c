// SPDX-License-Identifier: GPL-2.0
/* vm.c - the QEMU in work, and the one after it */
#include <json-c/json.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/log.h"
#include "reader/vm.h"

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

	json_put_u64(o, "generation", s->vm.generation);
	json_put_u64(o, "size", s->vm.size);
	event_log_put(&s->events, "connected", o);
}

enum session_state vm_listen(struct session *s)
{
	s->transport->ring(s);
	return SESSION_WAIT_HELLO;
}

enum session_state vm_begin(struct session *s, struct session_vm *vm)
{
	int ret = s->transport->check(vm);

	s->vm = *vm;
	*vm = SESSION_NO_VM;
	if (!ret)
		ret = s->transport->listen(s);
	if (ret) {
		err("VM %s: memory of %llu bytes is unusable: %s", s->conf->vm,
		    (unsigned long long)s->vm.size, s->transport->fault(ret));
		return vm_end(s);
	}
	s->times = (struct session_times) { .connected_ns = realtime_ns() };
	tell_connected(s);
	return vm_listen(s);
}

enum session_state vm_end(struct session *s)
{
	s->transport->unlisten(s);
	attachment_undo(&s->att);
	vm_drop(&s->vm);
	if (s->stopping || s->conf->once)
		return SESSION_STOPPED;
	if (s->next.mem >= 0)
		return vm_begin(s, &s->next);
	return s->transport->is_up(s) ? SESSION_WAIT_VM : SESSION_NO_SERVER;
}
