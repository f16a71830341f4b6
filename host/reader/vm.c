// SPDX-License-Identifier: GPL-2.0
/* vm.c - QEMU comes and goes, as the server tells */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "session_parts.h"

static void close_fds(int *fds, int n)
{
	while (n)
		close(fds[--n]);
}

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

/* Take the descriptors that we use out of the message; close the others */
static void vm_from(struct session_vm *vm, const struct ivr_msg *m, int *fds)
{
	int *to_us = fds + 1, *to_guest = to_us + m->vectors;
	int total = 1 + 2 * m->vectors;
	struct stat st = { 0 };

	fstat(fds[0], &st);
	*vm = (struct session_vm) {
		.mem = fds[0], .dev = st.st_dev, .ino = st.st_ino,
		.size = m->size, .generation = m->generation,
		.hello = to_us[IVR_BELL_HELLO], .data = to_us[IVR_BELL_DATA],
		.control = to_guest[IVR_BELL_CONTROL],
	};
	fds[0] = to_us[IVR_BELL_HELLO] = to_us[IVR_BELL_DATA] =
		to_guest[IVR_BELL_CONTROL] = -1;
	while (total)
		close_one(&fds[--total]);
}

static void on_hello(struct watch *w, uint32_t events)
{
	struct session *s = watch_owner(w, struct session, hello);
	uint64_t count;

	if (read(w->fd, &count, sizeof(count)) == sizeof(count))
		attach_hello(s, count);
}

static void on_data(struct watch *w, uint32_t events)
{
	struct session *s = watch_owner(w, struct session, data);
	uint64_t count;

	if (read(w->fd, &count, sizeof(count)) == sizeof(count))
		s->work = true;
}

static int watch_bells(struct session *s)
{
	int ret;

	/* The descriptors are shared, and nobody relies on waiting in them. */
	fcntl(s->vm.hello, F_SETFL, O_NONBLOCK);
	fcntl(s->vm.data, F_SETFL, O_NONBLOCK);
	fcntl(s->vm.control, F_SETFL, O_NONBLOCK);
	s->hello.ready = on_hello;
	s->data.ready = on_data;
	ret = loop_add(&s->loop, &s->hello, s->vm.hello, EPOLLIN);
	if (!ret)
		ret = loop_add(&s->loop, &s->data, s->vm.data, EPOLLIN);
	return ret;
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
	int ret = shm_check(vm->mem, vm->size);

	s->vm = *vm;
	*vm = (struct session_vm) { .mem = -1, .hello = -1, .data = -1,
				    .control = -1 };
	if (!ret)
		ret = watch_bells(s);
	if (ret) {
		err("VM %s: memory of %llu bytes from the server is unusable: %s",
		    s->conf->vm, (unsigned long long)s->vm.size,
		    ret == -EPERM ? "it is not sealed" :
		    ret == -ERANGE ? "its size is wrong" : strerror(-ret));
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
	loop_del(&s->loop, &s->hello);
	loop_del(&s->loop, &s->data);
	attach_undo(s);
	vm_drop(&s->vm);
	if (s->stopping || s->conf->once)
		session_set(s, SESSION_STOPPED);
	else if (s->next.mem >= 0)
		vm_begin(s, &s->next);
	else
		session_set(s, link_is_up(&s->link) ? SESSION_WAIT_VM :
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
		session_end(s, IVR_WHY_VM_GONE);
	else if (s->state != SESSION_WAIT_STORE && s->state != SESSION_ENDING &&
		 s->vm.mem >= 0)
		vm_end(s);
}

static void vm_down(struct session *s)
{
	vm_drop(&s->next);
	if (s->vm.mem >= 0 && !s->vm.left)
		vm_leave(s);
	else if (s->state == SESSION_NO_SERVER)
		session_set(s, SESSION_WAIT_VM);
}

static void vm_up(struct session *s, struct session_vm *vm)
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

static void on_message(struct server_link *l, const struct ivr_msg *m, int *fds)
{
	struct session *s = watch_owner(l, struct session, link);
	int nfds = m->type == IVR_MSG_VM_UP ? 1 + 2 * m->vectors : 0;
	struct session_vm vm;

	if (strcmp(m->vm, s->conf->vm)) {
		err("%s serves VM %s, not %s: check --vm and --server",
		    l->path, m->vm, s->conf->vm);
		close_fds(fds, nfds);
		session_fail(s, -EXDEV);
		return;
	}
	switch (m->type) {
	case IVR_MSG_BUSY:
		err("VM %s: another reader is connected to %s: stop it first",
		    s->conf->vm, l->path);
		session_fail(s, -EBUSY);
		break;
	case IVR_MSG_VM_DOWN:
		vm_down(s);
		break;
	case IVR_MSG_VM_UP:
		vm_from(&vm, m, fds);
		vm_up(s, &vm);
		break;
	default:
		warn("%s: message of unknown type %u", l->path, m->type);
	}
}

static void on_lost(struct server_link *l)
{
	struct session *s = watch_owner(l, struct session, link);

	if (s->state == SESSION_WAIT_VM)
		session_set(s, SESSION_NO_SERVER);
}

const struct server_link_ops vm_link_ops = {
	.message = on_message,
	.lost = on_lost,
};
