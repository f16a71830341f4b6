// SPDX-License-Identifier: GPL-2.0
/* session.c - from "no server" to "the trace is complete", and round again */
#include <errno.h>
#include <json-c/json.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/log.h"
#include "reader/session_parts.h"

static const char *const state_names[] = {
	[SESSION_NO_SERVER]	= "no-server",
	[SESSION_WAIT_VM]	= "wait-vm",
	[SESSION_WAIT_HELLO]	= "wait-hello",
	[SESSION_WAIT_HELLO2]	= "wait-hello2",
	[SESSION_WAIT_ACK]	= "wait-ack",
	[SESSION_WAIT_STORE]	= "wait-store",
	[SESSION_ATTACHED]	= "attached",
	[SESSION_HANDOVER]	= "handover",
	[SESSION_ENDING]	= "ending",
	[SESSION_REFUSED]	= "refused",
	[SESSION_STOPPED]	= "stopped",
};

IVR_STATIC_ASSERT(sizeof(state_names) / sizeof(state_names[0]) ==
		  SESSION_STATES);

static const char *const why_names[] = IVR_WHY_NAMES;

const char *session_state_name(enum session_state state)
{
	return state_names[state];
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
	debug("VM %s: %s -> %s", s->conf->vm, state_names[s->state],
	      state_names[to]);
	s->state = to;
	s->since_ms = now_ms();
	if (s->poll.fd >= 0)
		set_timer(s->poll.fd,
			  to == SESSION_ATTACHED ? s->conf->poll_ms : 0);
}

void session_ring(struct session *s)
{
	s->transport->ring(s);
}

void store_trouble(struct session *s, int error)
{
	struct json_object *o;

	if (!s->store_ms) {
		o = json_object_new_object();
		json_object_object_add(o, "error",
				json_object_new_string(strerror(-error)));
		events_put(&s->events, "store-full", o);
	}
	s->store_ms = now_ms() + STORE_RETRY_MS;
	if (log_allowed(&s->limit_store))
		warn("store %s: %s; the guest keeps what it can and counts the rest, trying again",
		     s->store.path, error == -ESTALE ?
		     "the leg was removed, a new one is made" :
		     strerror(-error));
	if (s->leg.dir >= 0 && !leg_is_there(&s->leg)) {
		leg_close(&s->leg);
		session_set(s, SESSION_WAIT_STORE);
	}
}

void store_fine(struct session *s)
{
	if (!s->store_ms)
		return;
	s->store_ms = 0;
	info("store %s: works again", s->store.path);
	events_put(&s->events, "store-ok", NULL);
}

void session_end(struct session *s, uint32_t why)
{
	bool take = why != IVR_WHY_RESET && why != IVR_WHY_MOVED;

	why = handover_refine(s, why);
	quiesce_begin(&s->quiesce);
	s->end_why = why;
	s->drain.ending = true;
	drain_free(&s->drain);
	if (take)
		drain_aim(&s->drain);
	else
		drain_give_up(&s->drain);
	flush_fail(&s->flush, &s->ctl, why_names[why]);
	session_set(s, SESSION_ENDING);
	s->work = true;
}

static void tell_end(struct session *s, bool marked)
{
	struct json_object *o = json_object_new_object();

	if (s->end_why == IVR_WHY_MOVED || s->end_why == IVR_WHY_UNPLUGGED)
		events_put(&s->events, why_names[s->end_why], NULL);
	info("VM %s: %s ended: %s", s->conf->vm, s->leg.name,
	     marked ? why_names[s->end_why] : "without its last marks");
	json_object_object_add(o, "reason",
			       json_object_new_string(why_names[s->end_why]));
	json_object_object_add(o, "complete", json_object_new_boolean(marked));
	json_object_object_add(o, "leg", json_object_new_string(s->leg.name));
	events_put(&s->events, "end", o);
}

/* What comes after a leg */
static void end_done(struct session *s, bool marked)
{
	bool over = s->end_why == IVR_WHY_RESET ||
		    s->end_why == IVR_WHY_GUEST_GONE;

	tell_end(s, marked);
	/* Positions of a stream that is over must not meet the next one. */
	if (over && !s->vm.left)
		shm_host_reset(&s->shm);
	attach_undo(s);
	if (s->vm.left)
		vm_end(s);
	else if (s->stopping)
		session_set(s, SESSION_STOPPED);
	else
		attach_begin(s);
}

static uint32_t guest_end(struct session *s)
{
	struct ivr_guest_page g;

	if (!shm_is_ours(&s->shm, &s->guest, s->epoch))
		return IVR_END_NONE;
	shm_guest(&s->shm, &g);
	return g.state == IVR_GUEST_GONE && g.end_reason < IVR_END_REASONS ?
	       g.end_reason : IVR_END_NONE;
}

/* Told to stop, a store that takes nothing is not waited for for ever */
static bool give_up(struct session *s, int error)
{
	if (!s->stopping || now_ms() - s->stop_ms < STOP_PATIENCE_MS)
		return false;
	err("store %s: %s: stopped without the last pages and marks",
	    s->store.path, strerror(-error));
	return true;
}

static void ending_step(struct session *s)
{
	int ret = 0;

	if (now_ms() < s->store_ms)
		return;
	s->work = false;
	if (!drain_reached(&s->drain)) {
		ret = drain_turn(&s->drain, TURN_PAGES, now_ms() + TURN_MS);
		if (ret == -ECANCELED)
			drain_give_up(&s->drain);
		s->work = ret > 0;
		if (ret > 0)
			return;
		ret = ret == -ECANCELED ? 0 : ret;
	}
	if (!ret)
		ret = fault_point("reader-end-mark");
	if (!ret)
		ret = drain_end(&s->drain, s->end_why, guest_end(s));
	if (!ret) {
		store_fine(s);
		end_done(s, true);
	} else if (give_up(s, ret)) {
		end_done(s, false);
	} else {
		store_trouble(s, ret);
	}
}

static void drain_step(struct session *s)
{
	int ret;

	if (!s->work || now_ms() < s->store_ms)
		return;
	/* Said to have moved: what is left is the destination's. */
	if (s->quiesce.held) {
		s->work = false;
		return;
	}
	ret = drain_turn(&s->drain, TURN_PAGES, now_ms() + TURN_MS);
	s->work = false;
	if (ret == -ECANCELED) {
		session_end(s, IVR_WHY_RESET);
	} else if (ret < 0) {
		store_trouble(s, ret);
	} else {
		store_fine(s);
		s->work = ret > 0 || drain_arm(&s->drain);
	}
}

static void talk_step(struct session *s)
{
	uint64_t now = now_ms();
	bool ring = false;

	if (clock_step(&s->clock, &s->shm, now, &ring) &&
	    leg_clock(&s->leg, &s->clock.last))
		debug("a clock leg could not be stored");
	flush_step(&s->flush, &s->request, &s->ctl, &s->drain, now,
		   quiesce_active(&s->quiesce), &ring);
	if (quiesce_step(&s->quiesce, now, &ring))
		s->work = true;
	if (ring)
		session_ring(s);
}

static void attached_step(struct session *s)
{
	uint32_t state;

	if (!shm_is_ours(&s->shm, &s->guest, s->epoch)) {
		session_end(s, IVR_WHY_RESET);
		return;
	}
	state = shm_state(&s->shm);
	s->spilling = state == IVR_GUEST_SPILLING;
	if (state == IVR_GUEST_GONE) {
		session_end(s, IVR_WHY_GUEST_GONE);
		return;
	}
	drain_step(s);
	if (s->state == SESSION_ATTACHED)
		talk_step(s);
}

static void wait_store_step(struct session *s)
{
	if (!shm_is_ours(&s->shm, &s->guest, s->epoch)) {
		attach_undo(s);
		if (s->vm.left)
			vm_end(s);
		else
			attach_begin(s);
	} else if (give_up(s, -ENOSPC)) {
		session_set(s, SESSION_STOPPED);
	} else {
		attach_store(s);
	}
}

static void check_memory(struct session *s)
{
	if (!shm_is_ours(&s->shm, &s->guest, s->epoch))
		session_end(s, IVR_WHY_RESET);
}

static void tick(struct watch *w, uint32_t events)
{
	struct session *s = watch_owner(w, struct session, tick);
	uint64_t ticks;

	if (read(w->fd, &ticks, sizeof(ticks)) < 0)
		return;
	s->transport->tick(s);
	/* Before the beat covers the traces of another memory. */
	if (s->state == SESSION_ATTACHED)
		check_memory(s);
	if (s->epoch && !s->vm.left)
		shm_beat(&s->shm, ++s->beat);
	switch (s->state) {
	case SESSION_WAIT_ACK:
		if (now_ms() - s->since_ms > ACK_PATIENCE_MS) {
			attach_undo(s);
			session_set(s, SESSION_WAIT_HELLO);
		}
		/* fall through */
	case SESSION_WAIT_HELLO:
	case SESSION_WAIT_HELLO2:
		session_ring(s);
		break;
	case SESSION_ATTACHED:
		if (!leg_is_there(&s->leg))
			store_trouble(s, -ESTALE);
		if (s->flush.phase == FLUSH_ASKED || quiesce_rings(&s->quiesce))
			session_ring(s);
		handover_tick(s);
		/* fall through */
	case SESSION_ENDING:
		drain_tick(&s->drain);
		s->work = true;
		break;
	default:
		break;
	}
}

static void poll_now(struct watch *w, uint32_t events)
{
	struct session *s = watch_owner(w, struct session, poll);
	uint64_t times;

	if (read(w->fd, &times, sizeof(times)) == sizeof(times))
		s->work = true;
}

static void state_step(struct session *s)
{
	if (s->state == SESSION_WAIT_ACK)
		attach_look(s);
	if (s->state == SESSION_WAIT_STORE)
		wait_store_step(s);
	if (s->state == SESSION_ATTACHED)
		attached_step(s);
	if (s->state == SESSION_HANDOVER)
		handover_step(s);
	if (s->state == SESSION_ENDING)
		ending_step(s);
}

static int patience(const struct session *s, int timeout_ms)
{
	if (s->state == SESSION_STOPPED)
		return 0;
	if (s->work && now_ms() >= s->store_ms)
		return 0;
	/* The sooner an answer is seen, the smaller the error. */
	if (s->state == SESSION_ATTACHED && s->clock.waiting)
		return timeout_ms ? 1 : 0;
	return timeout_ms;
}

int session_step(struct session *s, int timeout_ms)
{
	int ret = loop_step(&s->loop, patience(s, timeout_ms));

	if (ret < 0)
		return ret;
	state_step(s);
	return 0;
}

static void stop_attached(struct session *s)
{
	quiesce_farewell(&s->quiesce);
	session_ring(s);
	session_end(s, IVR_WHY_READER_STOPPED);
}

void session_stop(struct session *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	s->stop_ms = now_ms();
	if (s->state == SESSION_ATTACHED)
		stop_attached(s);
	else if (s->state != SESSION_ENDING && s->state != SESSION_HANDOVER &&
		 !(s->state == SESSION_WAIT_STORE &&
		   (s->vm.left || s->end_why)))
		session_set(s, SESSION_STOPPED);
}

void session_fail(struct session *s, int error)
{
	s->error = error;
	session_stop(s);
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

static int open_ctl(struct session *s)
{
	const char *path = s->conf->ctl;
	int ret;

	ctl_init(&s->ctl, &s->loop, command_line);
	ret = ctl_open(&s->ctl, path);
	if (ret == -EADDRINUSE)
		err("control socket %s: another reader answers there", path);
	else if (ret)
		err("control socket %s: %s: check --ctl", path, strerror(-ret));
	return ret;
}

static const struct session_vm no_vm = {
	.mem = -1, .hello = -1, .data = -1, .control = -1,
};

int session_open(struct session *s, const struct conf *conf)
{
	int ret;

	*s = (struct session) {
		.conf = conf, .loop = { .fd = -1 }, .vm = no_vm, .next = no_vm,
		.tick = { .fd = -1 }, .poll = { .fd = -1 },
		.hello = { .fd = -1 }, .data = { .fd = -1 },
		.transport = conf->shm ? &transport_plain : &transport_doorbell,
		.link = { .watch = { .fd = -1 } },
		.quiesce = { .vm = conf->vm, .drain = &s->drain,
			     .req = &s->request, .flush = &s->flush,
			     .ctl = &s->ctl, .events = &s->events },
		.leg = LEG_INIT, .store = { .fd = -1 }, .events = { .fd = -1 },
		.limit_store = { .every_ms = 10000 },
		.limit_guest = { .every_ms = 10000 },
	};
	ctl_init(&s->ctl, &s->loop, command_line);
	ret = events_open(&s->events, conf->event_log, conf->vm);
	if (ret) {
		err("event log %s: %s", conf->event_log, strerror(-ret));
		return ret;
	}
	s->events.verbose = conf->verbose;
	ret = loop_open(&s->loop);
	if (!ret)
		ret = open_timers(s);
	if (!ret)
		ret = open_store(s);
	if (!ret)
		ret = open_ctl(s);
	if (!ret)
		ret = s->transport->open(s);
	return ret;
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
	s->transport->deaf(s);
	attach_undo(s);
	vm_drop(&s->vm);
	vm_drop(&s->next);
	store_close(&s->store);
	close_timer(s, &s->tick);
	close_timer(s, &s->poll);
	events_close(&s->events);
	loop_close(&s->loop);
}
