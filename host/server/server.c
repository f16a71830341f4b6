// SPDX-License-Identifier: GPL-2.0
/* server.c - one VM: two sockets, one QEMU, one reader */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/fault.h"
#include "lib/ready.h"
#include "lib/users.h"
#include "server/fdstore.h"
#include "server/server.h"

#define LIMIT_MS 1000
/* How long not to accept when there are no descriptors for it. */
#define PAUSE_MS 100

/** enum source - what an epoll event is about */
enum source {
	SOURCE_SIGNAL,
	SOURCE_QEMU_LISTENER,
	SOURCE_READER_LISTENER,
	SOURCE_QEMU,
	SOURCE_READER,
	SOURCE_REFUSAL,
	SOURCES
};

static int watch(struct server *s, int op, int fd, uint32_t events,
		 enum source source)
{
	struct epoll_event event = {
		.events = events,
		.data.u32 = source,
	};

	return epoll_ctl(s->epoll, op, fd, &event) ? -errno : 0;
}

static void show_status(const struct server *s)
{
	ready_status("VM %s: QEMU %s, reader %s, generation %llu", s->config.vm,
		     s->qemu.fd < 0 ? "absent" : "connected",
		     s->readers.fd < 0 ? "absent" : "connected",
		     (unsigned long long)s->generation);
}

static void reader_gone(struct server *s, const char *why)
{
	info("reader (pid %d) %s", s->readers.pid, why);
	readers_close(&s->readers);
	show_status(s);
}

static void tell_reader(struct server *s)
{
	int ret = readers_tell(&s->readers, s->config.vm, &s->memory,
			       s->generation, s->qemu.pid);

	if (ret == -EAGAIN)
		reader_gone(s, "does not take its messages, disconnected");
	else if (ret)
		reader_gone(s, ret == -EPIPE ? "has gone" : strerror(-ret));
}

static void qemu_gone(struct server *s, const char *why)
{
	info("QEMU (pid %d, generation %llu) %s", s->qemu.pid,
	     (unsigned long long)s->generation, why);
	/* The service manager may hold a copy, so close() alone is no end. */
	epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->qemu.fd, NULL);
	keep_forget(&s->memory);
	qemu_close(&s->qemu);
	memory_close(&s->memory);
	tell_reader(s);
	show_status(s);
}

/* Has QEMU gone, or said what it must not? */
static void check_qemu(struct server *s)
{
	int ret;

	if (s->qemu.fd < 0)
		return;
	ret = sock_probe(s->qemu.fd);
	if (ret == -EPROTO)
		qemu_gone(s, "wrote to a one-way socket, disconnected");
	else if (ret)
		qemu_gone(s, "has gone");
}

static void check_reader(struct server *s)
{
	int ret;

	if (s->readers.fd < 0)
		return;
	ret = sock_probe(s->readers.fd);
	if (ret == -EPROTO)
		reader_gone(s, "wrote to a one-way socket, disconnected");
	else if (ret)
		reader_gone(s, "has gone");
}

/* Send what is left of the handshake; wait for room only if it is needed. */
static void continue_handshake(struct server *s)
{
	uint32_t events = EPOLLIN | EPOLLRDHUP;
	int ret;

	if (s->qemu.fd < 0 || s->qemu.sent == s->qemu.queued)
		return;
	ret = qemu_flush(&s->qemu);
	if (ret == -EAGAIN) {
		events |= EPOLLOUT;
	} else if (ret) {
		qemu_gone(s, ret == -EPIPE ? "left during the handshake" :
					     strerror(-ret));
		return;
	} else {
		debug("QEMU (pid %d) has taken its handshake", s->qemu.pid);
		keep_store(&s->qemu, &s->memory);
	}
	ret = watch(s, EPOLL_CTL_MOD, s->qemu.fd, events, SOURCE_QEMU);
	if (ret)
		qemu_gone(s, strerror(-ret));
}

static void refuse_qemu(struct server *s, int fd, const char *why,
			const struct ucred *peer)
{
	if (log_allowed(&s->limit))
		warn("QEMU (pid %d, uid %u) refused: %s", peer->pid, peer->uid,
		     why);
	/* Only wakes server_run(); without it the deadline does, later. */
	watch(s, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLRDHUP | EPOLLET,
	      SOURCE_REFUSAL);
	refusals_add(&s->refusals, fd);
}

static int prepare_memory(struct server *s, struct memory *m)
{
	int ret;

	memory_none(m);
	if (s->qemu.fd >= 0)
		return 0;
	ret = fault_point("server-memory-open");
	return ret ? ret :
		     memory_open(m, s->config.vm, s->config.size,
				 s->config.vectors, s->generation + 1);
}

/* @m is taken over. Between accept() and this there is next to nothing. */
static void welcome_qemu(struct server *s, int fd, const struct ucred *peer,
			 const struct memory *m)
{
	int ret;

	s->memory = *m;
	s->generation++;
	qemu_start(&s->qemu, fd, peer->pid, &s->memory);
	ret = qemu_flush(&s->qemu);
	info("QEMU (pid %d, uid %u, generation %llu) connected", peer->pid,
	     peer->uid, (unsigned long long)s->generation);
	tell_reader(s);
	/* What was not sent, and what went wrong, comes out with the event. */
	if (!ret)
		keep_store(&s->qemu, &s->memory);
	ret = watch(s, EPOLL_CTL_ADD, fd,
		    EPOLLIN | EPOLLRDHUP | (ret ? EPOLLOUT : 0), SOURCE_QEMU);
	if (ret)
		qemu_gone(s, strerror(-ret));
	show_status(s);
}

/* Returns a connection or negative errno; nothing here ends the server. */
static int take_connection(struct server *s, const struct listener *l,
			   struct ucred *peer)
{
	int fd = fault_point("server-accept");

	if (!fd)
		fd = listener_accept(l, peer);
	if (fd >= 0)
		return fd;
	if (fd == -EAGAIN)
		return fd;
	if (log_allowed(&s->limit))
		warn("%s: cannot accept: %s", l->path, strerror(-fd));
	/* The connection waits on, and would make epoll return at once. */
	poll(NULL, 0, PAUSE_MS);
	return fd;
}

static void qemu_connects(struct server *s)
{
	struct ucred peer;
	struct memory m;
	int fd, ret;

	check_qemu(s);
	/* Before it is accepted: from then on it waits for its handshake. */
	ret = prepare_memory(s, &m);
	fd = take_connection(s, &s->for_qemu, &peer);
	if (fd >= 0 && !user_allowed(peer.uid, s->config.qemu_uid))
		refuse_qemu(s, fd, "not a user for --qemu-uid", &peer);
	else if (fd >= 0 && s->qemu.fd >= 0)
		refuse_qemu(s, fd, "another QEMU is connected", &peer);
	else if (fd >= 0 && ret)
		refuse_qemu(s, fd, strerror(-ret), &peer);
	else if (fd >= 0) {
		welcome_qemu(s, fd, &peer, &m);
		return;
	}
	memory_close(&m);
}

static void welcome_reader(struct server *s, int fd, const struct ucred *peer)
{
	s->readers.fd = fd;
	s->readers.pid = peer->pid;
	info("reader (pid %d, uid %u) connected", peer->pid, peer->uid);
	if (watch(s, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLRDHUP, SOURCE_READER)) {
		reader_gone(s, strerror(errno));
		return;
	}
	tell_reader(s);
	show_status(s);
}

static void reader_connects(struct server *s)
{
	struct ucred peer;
	int fd;

	check_reader(s);
	fd = take_connection(s, &s->for_reader, &peer);
	if (fd < 0)
		return;
	if (!user_allowed(peer.uid, s->config.reader_uid)) {
		if (log_allowed(&s->limit))
			warn("reader (pid %d, uid %u) refused: not a user for --reader-uid",
			     peer.pid, peer.uid);
		close(fd);
	} else if (s->readers.fd >= 0) {
		if (log_allowed(&s->limit))
			warn("reader (pid %d) refused: reader (pid %d) is connected",
			     peer.pid, s->readers.pid);
		readers_busy(fd, s->config.vm);
	} else {
		welcome_reader(s, fd, &peer);
	}
}

static void handle(struct server *s, enum source source)
{
	switch (source) {
	case SOURCE_QEMU_LISTENER:
		qemu_connects(s);
		break;
	case SOURCE_READER_LISTENER:
		reader_connects(s);
		break;
	case SOURCE_QEMU:
		check_qemu(s);
		continue_handshake(s);
		break;
	case SOURCE_READER:
		check_reader(s);
		break;
	case SOURCE_REFUSAL: /* server_run() looks after all of them */
	case SOURCE_SIGNAL:
	case SOURCES:
		break;
	}
}

static void own_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
}

static int open_listener(struct listener *l, const char *path, int type,
			 mode_t mode, uid_t owner)
{
	/* Only root can give a file away; others share by group or mode. */
	int ret = listener_open(l, path, type, mode,
				geteuid() ? USER_NONE : owner);

	if (ret == -EADDRINUSE)
		err("%s: another server answers there", path);
	else if (ret == -EEXIST)
		err("%s: there is a file that is no socket, remove it", path);
	else if (ret)
		err("%s: cannot listen: %s", path, strerror(-ret));
	return ret;
}

int server_open(struct server *s, const struct server_config *config)
{
	sigset_t set;
	int ret;

	*s = (struct server) {
		.config = *config,
		.for_qemu.fd = -1,
		.for_reader.fd = -1,
		.qemu.fd = -1,
		.readers.fd = -1,
		.epoll = -1,
		.signals = -1,
		.limit.every_ms = LIMIT_MS,
	};
	refusals_init(&s->refusals);
	own_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGHUP, SIG_IGN);

	s->generation = keep_restore(&s->qemu, &s->memory);
	ret = open_listener(&s->for_reader, config->reader_path, SOCK_SEQPACKET,
			    config->mode, config->reader_uid);
	if (!ret)
		ret = open_listener(&s->for_qemu, config->qemu_path,
				    SOCK_STREAM, config->mode,
				    config->qemu_uid);
	if (ret)
		server_close(s);
	else
		debug("%s: listening on %s and %s", config->vm,
		      config->qemu_path, config->reader_path);
	return ret;
}

static int open_loop(struct server *s)
{
	sigset_t set;
	int ret;

	own_signals(&set);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->epoll < 0 || s->signals < 0)
		return -errno;
	ret = watch(s, EPOLL_CTL_ADD, s->signals, EPOLLIN, SOURCE_SIGNAL);
	if (!ret)
		ret = watch(s, EPOLL_CTL_ADD, s->for_qemu.fd, EPOLLIN,
			    SOURCE_QEMU_LISTENER);
	if (!ret)
		ret = watch(s, EPOLL_CTL_ADD, s->for_reader.fd, EPOLLIN,
			    SOURCE_READER_LISTENER);
	if (!ret && s->qemu.fd >= 0)
		ret = watch(s, EPOLL_CTL_ADD, s->qemu.fd, EPOLLIN | EPOLLRDHUP,
			    SOURCE_QEMU);
	return ret;
}

int server_run(struct server *s)
{
	struct epoll_event events[SOURCES + REFUSALS_MAX];
	const int max = sizeof(events) / sizeof(events[0]);
	int ret = open_loop(s);
	int n, i;

	show_status(s);
	while (!ret) {
		n = epoll_wait(s->epoll, events, max,
			       refusals_end(&s->refusals));
		if (n < 0 && errno != EINTR)
			ret = -errno;
		for (i = 0; i < n; i++) {
			if (events[i].data.u32 == SOURCE_SIGNAL)
				return 0;
			handle(s, events[i].data.u32);
		}
	}
	err("cannot go on: %s", strerror(-ret));
	return ret;
}

void server_close(struct server *s)
{
	listener_close(&s->for_qemu);
	listener_close(&s->for_reader);
	refusals_close(&s->refusals);
	qemu_close(&s->qemu);
	readers_close(&s->readers);
	memory_close(&s->memory);
	if (s->epoll >= 0)
		close(s->epoll);
	if (s->signals >= 0)
		close(s->signals);
}
