// SPDX-License-Identifier: GPL-2.0
/* session.c - from "no server" to "the trace is complete", and round again */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "reader/attach.h"
#include "reader/attached.h"
#include "reader/ending.h"
#include "reader/handover.h"
#include "reader/session.h"
#include "reader/store_state.h"
#include "reader/sync.h"
#include "reader/vm.h"

typedef enum session_state session_fn(struct session *s);

/* Those of a state in which nothing is to be done, or done with it */
static enum session_state stays(struct session *s)
{
	return s->state;
}

static enum session_state stops(struct session *s)
{
	return SESSION_STOPPED;
}

/* A leg that has to be written before we stop */
static enum session_state store_stop(struct session *s)
{
	return s->vm.left || s->att.end_why ? s->state : SESSION_STOPPED;
}

/**
 * struct session_row - what a state is; all functions return the state to be in
 * @name: for people
 * @step: after anything has happened
 * @tick: at each heartbeat
 * @left: QEMU has gone, its memory has not
 * @stop: told to stop
 */
struct session_row {
	const char *name;
	session_fn *step;
	session_fn *tick;
	session_fn *left;
	session_fn *stop;
};

/* clang-format off */
static const struct session_row table[] = {
	[SESSION_NO_SERVER]   = { "no-server", stays, stays, vm_end, stops },
	[SESSION_WAIT_VM]     = { "wait-vm", stays, stays, vm_end, stops },
	[SESSION_WAIT_HELLO]  = { "wait-hello", stays, attach_tick, vm_end,
				  stops },
	[SESSION_WAIT_HELLO2] = { "wait-hello2", stays, attach_tick, vm_end,
				  stops },
	[SESSION_WAIT_ACK]    = { "wait-ack", attach_ack_step, attach_ack_tick,
				  attach_ack_left, stops },
	[SESSION_WAIT_STORE]  = { "wait-store", attach_store_step, stays, stays,
				  store_stop },
	[SESSION_ATTACHED]    = { "attached", attached_step, attached_tick,
				  handover_begin, attached_stop },
	[SESSION_HANDOVER]    = { "handover", handover_step, stays, stays,
				  stays },
	[SESSION_ENDING]      = { "ending", ending_step, ending_tick, stays,
				  stays },
	[SESSION_REFUSED]     = { "refused", stays, stays, vm_end, stops },
	[SESSION_STOPPED]     = { "stopped", stays, stays, vm_end, stays },
};
/* clang-format on */

IVR_STATIC_ASSERT(sizeof(table) / sizeof(table[0]) == SESSION_STATES);

const char *session_state_name(enum session_state state)
{
	return table[state].name;
}

static void set_timer(int fd, uint32_t every_ms)
{
	const struct timespec every = {
		.tv_sec = every_ms / 1000,
		.tv_nsec = every_ms % 1000 * 1000000l,
	};
	const struct itimerspec t = { .it_value = every, .it_interval = every };

	timerfd_settime(fd, 0, &t, NULL);
}

void session_set(struct session *s, enum session_state to)
{
	if (s->state == to)
		return;
	debug("VM %s: %s -> %s", s->conf->vm, table[s->state].name,
	      table[to].name);
	s->state = to;
	s->since_ms = now_ms();
	if (s->poll.fd >= 0)
		set_timer(s->poll.fd,
			  to == SESSION_ATTACHED ? s->conf->poll_ms : 0);
}

/* News: the VM */

static void vm_leave(struct session *s)
{
	info("VM %s: QEMU is gone", s->conf->vm);
	event_log_put(&s->events, "vm-down", NULL);
	s->vm.left = true;
	session_set(s, table[s->state].left(s));
}

static bool has_vm(const struct session *s)
{
	return s->vm.mem >= 0 && !s->vm.left;
}

void session_vm_down(struct session *s)
{
	vm_drop(&s->next);
	if (has_vm(s))
		vm_leave(s);
	else if (s->state == SESSION_NO_SERVER)
		session_set(s, SESSION_WAIT_VM);
}

void session_vm_up(struct session *s, struct session_vm *vm)
{
	if (has_vm(s) && s->vm.dev == vm->dev && s->vm.ino == vm->ino) {
		info("VM %s: the server is back", s->conf->vm);
		vm_drop(vm);
		return;
	}
	vm_drop(&s->next);
	if (has_vm(s))
		vm_leave(s);
	if (s->state == SESSION_STOPPED)
		vm_drop(vm);
	else if (s->vm.mem >= 0)
		s->next = *vm;
	else
		session_set(s, vm_begin(s, vm));
}

/* News: time, and whoever wants us to stop */

static void tick(struct watch *w, uint32_t events)
{
	struct session *s = watch_owner(w, struct session, tick);
	uint64_t ticks;

	if (read(w->fd, &ticks, sizeof(ticks)) < 0)
		return;
	s->transport->tick(s);
	sync_tick(s);
	if (s->state == SESSION_ATTACHED)
		session_set(s, attached_check(s));
	if (s->att.epoch && !s->vm.left)
		shm_heartbeat(&s->att.shm, ++s->att.heartbeat);
	session_set(s, table[s->state].tick(s));
}

static void poll_now(struct watch *w, uint32_t events)
{
	struct session *s = watch_owner(w, struct session, poll);
	uint64_t times;

	if (read(w->fd, &times, sizeof(times)) == sizeof(times))
		s->att.work = true;
}

void session_stop(struct session *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	s->stop_ms = now_ms();
	session_set(s, table[s->state].stop(s));
}

void session_fail(struct session *s, int error)
{
	s->error = error;
	session_stop(s);
}

/* The way from the acknowledgement to the first page is gone at once. */
static void state_step(struct session *s)
{
	enum session_state before;

	do {
		before = s->state;
		session_set(s, table[before].step(s));
	} while (s->state != before);
}

static int patience(const struct session *s, int timeout_ms)
{
	if (s->state == SESSION_STOPPED)
		return 0;
	if (s->att.work && !store_rests(s))
		return 0;
	/* The sooner an answer is seen, the smaller the error. */
	if (s->state == SESSION_ATTACHED && s->att.clock.waiting)
		return timeout_ms ? 1 : 0;
	return timeout_ms;
}

int session_step(struct session *s, int timeout_ms)
{
	int ret = loop_step(&s->loop, patience(s, timeout_ms));

	if (ret < 0)
		return ret;
	state_step(s);
	if (ctl_step(&s->ctl))
		state_step(s);
	return 0;
}

static int open_timer(struct session *s, struct watch *w,
		      void (*ready)(struct watch *w, uint32_t events))
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	w->ready = ready;
	ret = loop_add(&s->loop, w, fd, EPOLLIN);
	if (ret)
		close(fd);
	return ret;
}

static int open_timers(struct session *s)
{
	int ret = open_timer(s, &s->tick, tick);

	if (!ret && s->conf->drain.poll)
		ret = open_timer(s, &s->poll, poll_now);
	if (ret)
		err("timers: %s", strerror(-ret));
	else
		set_timer(s->tick.fd, IVR_HEARTBEAT_MS);
	return ret;
}

/* What a user must mend is an error now; a full disk may have room later */
static int open_store(struct session *s)
{
	const char *dir = s->conf->store;
	int ret = store_init(&s->store, dir);

	s->store.quota.most = s->conf->quota;
	s->store.quota.keep_free = s->conf->keep_free;
	if (!ret)
		ret = store_open(&s->store);
	switch (ret) {
	case 0:
		return 0;
	case -EBUSY:
		err("store %s: another reader works on it: stop it first", dir);
		return ret;
	case -ENAMETOOLONG:
	case -ENOTDIR:
	case -EACCES:
	case -EPERM:
		err("store %s: %s: check --store", dir, strerror(-ret));
		return ret;
	default:
		store_trouble(s, ret);
		return 0;
	}
}

static void open_events(struct session *s)
{
	const char *path = s->conf->event_log;
	int ret = event_log_open(&s->events, path, s->conf->vm);

	if (ret)
		warn("event log %s: %s; there is none", path, strerror(-ret));
	s->events.verbose = s->conf->verbose;
}

int session_open(struct session *s, const struct conf *conf)
{
	int ret;

	*s = (struct session) {
		.conf = conf,
		.transport = conf->transport,
		.loop = { .fd = -1 },
		.vm = SESSION_NO_VM,
		.next = SESSION_NO_VM,
		.tick = { .fd = -1 },
		.poll = { .fd = -1 },
		.hello = { .fd = -1 },
		.data = { .fd = -1 },
		.link = { .watch = { .fd = -1 } },
		.store = { .fd = -1, .lock = -1, .sync = { .done = -1 } },
		.synced = { .fd = -1 },
		.events = { .fd = -1 },
		.limit_store = { .every_ms = 10000 },
		.limit_guest = { .every_ms = 10000 },
		.hellos = { .most = HELLOS_MOST, .every_ms = HELLOS_EVERY_MS },
		.new_legs = { .most = LEGS_MOST, .every_ms = LEGS_EVERY_MS },
	};
	ctl_init(&s->ctl, &s->loop);
	attachment_init(&s->att, conf->vm, &s->ctl, &s->events);
	open_events(s);
	ret = loop_open(&s->loop);
	if (!ret)
		ret = open_timers(s);
	if (!ret)
		ret = open_store(s);
	return ret;
}

int session_begin(struct session *s)
{
	int ret = sync_open(s);

	return ret ? ret : s->transport->open(s);
}

static void close_timer(struct session *s, struct watch *w)
{
	int fd = w->fd;

	loop_del(&s->loop, w);
	if (fd >= 0)
		close(fd);
}

void session_close(struct session *s)
{
	ctl_close(&s->ctl);
	s->transport->close(s);
	s->transport->unlisten(s);
	attachment_undo(&s->att);
	vm_drop(&s->vm);
	vm_drop(&s->next);
	sync_close(s);
	store_close(&s->store);
	close_timer(s, &s->tick);
	close_timer(s, &s->poll);
	event_log_close(&s->events);
	loop_close(&s->loop);
}
