// SPDX-License-Identifier: GPL-2.0
/* doorbell.c - the transport with a server, sealed memory and eventfds */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "reader/attach.h"
#include "reader/session.h"

/* Take the descriptors that we use out of the message; close the others */
static void vm_from(struct session_vm *vm, const struct ivr_msg *m, int *fds)
{
	int *to_us = fds + 1, *to_guest = to_us + m->vectors;
	int total = 1 + 2 * m->vectors;
	struct stat st = { 0 };

	fstat(fds[0], &st);
	*vm = (struct session_vm) {
		.mem = fds[0],
		.dev = st.st_dev,
		.ino = st.st_ino,
		.size = m->size,
		.generation = m->generation,
		.hello = to_us[IVR_BELL_HELLO],
		.data = to_us[IVR_BELL_DATA],
		.control = to_guest[IVR_BELL_CONTROL],
	};
	fds[0] = to_us[IVR_BELL_HELLO] = to_us[IVR_BELL_DATA] =
		to_guest[IVR_BELL_CONTROL] = -1;
	while (total)
		if (fds[--total] >= 0)
			close(fds[total]);
}

static void on_hello(struct watch *w, uint32_t events)
{
	struct session *s = watch_owner(w, struct session, hello);
	uint64_t count;

	/* The bell stays unread, and unheard, until the next tick. */
	if (!allowance_take(&s->hellos, now_ms())) {
		loop_del(&s->loop, w);
		return;
	}
	if (read(w->fd, &count, sizeof(count)) == sizeof(count))
		session_set(s, attach_hello(s, count));
}

static void on_data(struct watch *w, uint32_t events)
{
	struct session *s = watch_owner(w, struct session, data);
	uint64_t count;

	if (read(w->fd, &count, sizeof(count)) == sizeof(count))
		s->att.work = true;
}

static int doorbell_listen(struct session *s)
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

static void doorbell_unlisten(struct session *s)
{
	loop_del(&s->loop, &s->hello);
	loop_del(&s->loop, &s->data);
}

static void doorbell_ring(struct session *s)
{
	const uint64_t one = 1;

	if (s->vm.left || s->vm.control < 0)
		return;
	/* A full counter is a bell that rings already. */
	if (write(s->vm.control, &one, sizeof(one)) < 0 && errno != EAGAIN)
		debug("bell: %s", strerror(errno));
}

static int doorbell_check(const struct session_vm *vm)
{
	return shm_check(vm->mem, vm->size);
}

static bool doorbell_is_silent(const struct session *s)
{
	return false;
}

static const char *doorbell_fault(int error)
{
	return error == -EPERM	? "it is not sealed" :
	       error == -ERANGE ? "its size is wrong" :
				  strerror(-error);
}

static int doorbell_allows(const struct session *s)
{
	return 0;
}

static void on_message(struct server_link *l, const struct ivr_msg *m, int *fds)
{
	struct session *s = watch_owner(l, struct session, link);
	int nfds = m->type == IVR_MSG_VM_UP ? 1 + 2 * m->vectors : 0;
	struct session_vm vm;

	if (strcmp(m->vm, s->conf->vm)) {
		err("%s serves VM %s, not %s: check --vm and --server", l->path,
		    m->vm, s->conf->vm);
		while (nfds)
			close(fds[--nfds]);
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
		session_vm_down(s);
		break;
	case IVR_MSG_VM_UP:
		vm_from(&vm, m, fds);
		session_vm_up(s, &vm);
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

static const struct server_link_ops link_ops = {
	.message = on_message,
	.lost = on_lost,
};

static int doorbell_open(struct session *s)
{
	link_init(&s->link, &s->loop, s->conf->server, &link_ops);
	link_step(&s->link, now_ms());
	return 0;
}

static void doorbell_close(struct session *s)
{
	link_close(&s->link);
}

static void listen_again(struct session *s)
{
	if (s->hello.fd < 0 && s->data.fd >= 0)
		loop_add(&s->loop, &s->hello, s->vm.hello, EPOLLIN);
}

static void doorbell_tick(struct session *s)
{
	listen_again(s);
	link_step(&s->link, now_ms());
}

static bool doorbell_is_up(const struct session *s)
{
	return link_is_up(&s->link);
}

static bool doorbell_heard(const struct session *s)
{
	return s->link.heard;
}

/* clang-format off */
const struct transport transport_doorbell = {
	.name	  = "doorbell",
	.open	  = doorbell_open,
	.close	  = doorbell_close,
	.tick	  = doorbell_tick,
	.is_up	  = doorbell_is_up,
	.heard	  = doorbell_heard,
	.check	  = doorbell_check,
	.fault	  = doorbell_fault,
	.listen	  = doorbell_listen,
	.unlisten	  = doorbell_unlisten,
	.ring	  = doorbell_ring,
	.is_silent = doorbell_is_silent,
	.allows	  = doorbell_allows,
};
/* clang-format on */
