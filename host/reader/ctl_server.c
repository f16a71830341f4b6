// SPDX-License-Identifier: GPL-2.0
/* ctl_server.c - the socket on which people ask the reader */
#include <errno.h>
#include <json-c/json.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/json.h"
#include "lib/log.h"
#include "reader/ctl_server.h"

#define CTL_MODE 0660

void ctl_init(struct ctl *c, struct loop *loop)
{
	int i;

	*c = (struct ctl) {
		.loop = loop,
		.listener = { .fd = -1 },
		.watch = { .fd = -1 },
	};
	for (i = 0; i < CTL_CLIENTS; i++) {
		c->clients[i].ctl = c;
		c->clients[i].watch.fd = -1;
	}
}

static void hang_up(struct ctl_client *c)
{
	int fd = c->watch.fd;

	if (fd < 0)
		return;
	loop_del(c->ctl->loop, &c->watch);
	close(fd);
	c->wait = CTL_IDLE;
	c->len = 0;
}

void ctl_reply(struct ctl_client *c, struct json_object *o)
{
	const char *text = json_line(o);
	char *buf = NULL;
	int n = asprintf(&buf, "%s\n", text), ret = -ENOMEM;

	c->wait = CTL_IDLE;
	if (n >= 0)
		ret = sock_send(c->watch.fd, buf, n, NULL, 0);
	if (n >= 0)
		free(buf);
	json_object_put(o);
	if (ret) {
		debug("control client: %s", strerror(-ret));
		hang_up(c);
	}
}

static void say_error(struct ctl_client *c, const char *what)
{
	struct json_object *o = json_object_new_object();

	json_put_text(o, "error", what);
	ctl_reply(c, o);
}

/* One command at a time; what comes behind an unanswered one waits */
static void run_lines(struct ctl_client *c)
{
	char line[IVR_CTL_LINE_MAX], *end;
	uint32_t used;

	while (c->watch.fd >= 0 && c->wait == CTL_IDLE) {
		end = memchr(c->line, '\n', c->len);
		if (!end && c->len == sizeof(c->line)) {
			c->len = 0;
			say_error(c, "line too long");
			hang_up(c);
		}
		if (!end)
			return;
		used = end - c->line + 1;
		memcpy(line, c->line, used);
		line[used - 1] = 0;
		memmove(c->line, c->line + used, c->len - used);
		c->len -= used;
		c->ctl->command(c, line);
	}
}

bool ctl_step(struct ctl *c)
{
	bool any = false;
	int i;

	for (i = 0; i < CTL_CLIENTS; i++) {
		struct ctl_client *one = &c->clients[i];

		if (one->watch.fd < 0 || one->wait != CTL_IDLE || !one->len)
			continue;
		any |= memchr(one->line, '\n', one->len) != NULL;
		run_lines(one);
	}
	return any;
}

static void receive(struct watch *w, uint32_t events)
{
	struct ctl_client *c = watch_owner(w, struct ctl_client, watch);
	char spill;
	bool full = c->len == sizeof(c->line);
	ssize_t n = recv(w->fd, full ? &spill : c->line + c->len,
			 full ? 1 : sizeof(c->line) - c->len, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || full) {
		hang_up(c);
		return;
	}
	c->len += n;
	run_lines(c);
}

static struct ctl_client *free_place(struct ctl *c)
{
	int i;

	for (i = 0; i < CTL_CLIENTS; i++)
		if (c->clients[i].watch.fd < 0)
			return &c->clients[i];
	return NULL;
}

static void accept_one(struct watch *w, uint32_t events)
{
	struct ctl *c = watch_owner(w, struct ctl, watch);
	struct ctl_client *place;
	int buf = IVR_CTL_ANSWER_MAX, fd;
	struct ucred who;

	fd = listener_accept(&c->listener, &who);
	if (fd < 0)
		return;
	place = free_place(c);
	if (!place) {
		warn("more than %d control clients: pid %d refused",
		     CTL_CLIENTS, who.pid);
		close(fd);
		return;
	}
	/* The client may read as late as it likes. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buf, sizeof(buf)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buf, sizeof(buf));
	place->len = 0;
	place->wait = CTL_IDLE;
	place->watch.ready = receive;
	if (loop_add(c->loop, &place->watch, fd, EPOLLIN))
		close(fd);
}

int ctl_open(struct ctl *c, const char *path,
	     void (*command)(struct ctl_client *c, const char *line))
{
	int ret = listener_open(&c->listener, path, SOCK_STREAM, CTL_MODE,
				(uid_t)-1);

	if (ret)
		return ret;
	c->command = command;
	c->watch.ready = accept_one;
	ret = loop_add(c->loop, &c->watch, c->listener.fd, EPOLLIN);
	if (ret)
		listener_close(&c->listener);
	return ret;
}

void ctl_close(struct ctl *c)
{
	int i;

	for (i = 0; i < CTL_CLIENTS; i++)
		hang_up(&c->clients[i]);
	loop_del(c->loop, &c->watch);
	listener_close(&c->listener);
}
