// SPDX-License-Identifier: GPL-2.0
/* ctl_request.c - one line to a reader, one line back, without ever waiting */
#include <errno.h>
#include <json-c/json.h>
#include <libvirt/libvirt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "migration/watch/ctl_request.h"

/* A status has some 300 bytes per ring, and there are at most 1025. */
#define ANSWER_MAX	(1u << 20)
#define ANSWER_STEP	4096u

/**
 * struct order - one connection
 * @fd: socket, non-blocking
 * @handle: its watch in the event loop
 * @timer: its deadline
 * @began_ms: now_ms() of order_send()
 * @done: whom to tell
 * @opaque: for @done
 * @buf: what came of the answer; room for @room bytes
 * @room: ..
 * @used: ..
 */
struct order {
	int		fd;
	int		handle;
	int		timer;
	uint64_t	began_ms;
	order_done_fn	done;
	void		*opaque;
	char		*buf;
	size_t		room;
	size_t		used;
};

static void release(void *opaque)
{
	struct order *o = opaque;

	free(o->buf);
	free(o);
}

void order_drop(struct order *o)
{
	if (!o)
		return;
	virEventRemoveTimeout(o->timer);
	/* The loop frees it when nothing of it is on its stack any more. */
	virEventRemoveHandle(o->handle);
	close(o->fd);
}

static void finish(struct order *o, int ret, struct json_object *reply)
{
	uint32_t took = (uint32_t)(now_ms() - o->began_ms);
	order_done_fn done = o->done;
	void *opaque = o->opaque;

	order_drop(o);
	done(opaque, ret, reply, took);
	json_object_put(reply);
}

/* The first line is the answer; @end is its end. */
static void answer(struct order *o, char *end)
{
	struct json_object *reply;

	*end = '\0';
	reply = json_tokener_parse(o->buf);
	if (json_object_is_type(reply, json_type_object)) {
		finish(o, 0, reply);
		return;
	}
	json_object_put(reply);
	finish(o, -EPROTO, NULL);
}

static int make_room(struct order *o)
{
	size_t room = o->room ? o->room * 2 : ANSWER_STEP;
	char *buf;

	if (o->room - o->used > 1)
		return 0;
	if (room > ANSWER_MAX)
		return -EMSGSIZE;
	buf = realloc(o->buf, room);
	if (!buf)
		return -ENOMEM;
	o->buf = buf;
	o->room = room;
	return 0;
}

static void readable(int watch, int fd, int events, void *opaque)
{
	struct order *o = opaque;
	int ret = make_room(o);
	ssize_t n;
	char *end;

	if (ret) {
		finish(o, ret, NULL);
		return;
	}
	n = recv(o->fd, o->buf + o->used, o->room - o->used - 1, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		finish(o, n ? -errno : -ECONNRESET, NULL);
		return;
	}
	o->buf[o->used + n] = '\0';
	end = memchr(o->buf + o->used, '\n', n);
	o->used += n;
	if (end)
		answer(o, end);
}

static void too_late(int timer, void *opaque)
{
	finish(opaque, -ETIME, NULL);
}

static int open_socket(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, ret;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

/* A fresh socket has room for a line; one that has not is no reader. */
static int put_line(int fd, const char *line)
{
	char text[128];
	int n = snprintf(text, sizeof(text), "%s\n", line);

	if (n >= (int)sizeof(text))
		return -EMSGSIZE;
	if (send(fd, text, n, MSG_NOSIGNAL | MSG_DONTWAIT) == n)
		return 0;
	return errno ? -errno : -EAGAIN;
}

static int watch_answer(struct order *o, uint32_t timeout_ms)
{
	o->timer = virEventAddTimeout((int)timeout_ms, too_late, o, NULL);
	if (o->timer < 0)
		return -ENOMEM;
	o->handle = virEventAddHandle(o->fd, VIR_EVENT_HANDLE_READABLE |
				      VIR_EVENT_HANDLE_HANGUP |
				      VIR_EVENT_HANDLE_ERROR, readable, o,
				      release);
	if (o->handle >= 0)
		return 0;
	virEventRemoveTimeout(o->timer);
	return -ENOMEM;
}

int order_send(const char *path, const char *line, uint32_t timeout_ms,
	       order_done_fn done, void *opaque, struct order **order)
{
	struct order *o = calloc(1, sizeof(*o));
	int ret;

	*order = NULL;
	if (!o)
		return -ENOMEM;
	o->done = done;
	o->opaque = opaque;
	o->began_ms = now_ms();
	ret = o->fd = open_socket(path);
	if (ret >= 0)
		ret = put_line(o->fd, line);
	if (!ret)
		ret = watch_answer(o, timeout_ms);
	if (ret) {
		if (o->fd >= 0)
			close(o->fd);
		free(o);
		return ret;
	}
	*order = o;
	return 0;
}

const char *order_fault(int ret)
{
	switch (ret) {
	case -ENOENT:
		return "no reader runs";
	case -ECONNREFUSED:
		return "the reader has died and left its socket";
	case -EAGAIN:
		return "the reader accepts no connection";
	case -ETIME:
		return "the reader did not answer in time";
	case -ECONNRESET:
	case -EPIPE:
		return "the reader hung up";
	case -EPROTO:
	case -EMSGSIZE:
		return "the reader's answer makes no sense";
	default:
		return strerror(-ret);
	}
}
