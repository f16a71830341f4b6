// SPDX-License-Identifier: GPL-2.0
/* ctl_client.c - one line to the reader of a VM, one line back */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/clock.h"
#include "lib/ctl_client.h"
#include "lib/dirs.h"
#include "lib/ivr_msg.h"
#include "lib/json.h"
#include "lib/paths.h"
#include "lib/sock.h"

/* Read at least so much at a time. */
#define STEP 4096u

/* A fresh socket has room for a line; one that has not is no reader. */
static int put_line(int fd, const char *line)
{
	char text[IVR_CTL_LINE_MAX];
	int n = snprintf(text, sizeof(text), "%s\n", line), ret;

	if (n >= (int)sizeof(text))
		return -EMSGSIZE;
	ret = sock_send(fd, text, n, NULL, 0);
	return ret == -EMSGSIZE ? -EAGAIN : ret;
}

int ctl_client_open(struct ctl_client *c, const char *path, const char *line)
{
	int ret;

	*c = (struct ctl_client) { .fd = -1 };
	ret = sock_connect(path, SOCK_STREAM | SOCK_NONBLOCK);
	if (ret < 0)
		return ret;
	c->fd = ret;
	ret = put_line(c->fd, line);
	if (ret)
		ctl_client_close(c);
	return ret;
}

void ctl_client_close(struct ctl_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->buf);
	*c = (struct ctl_client) { .fd = -1 };
}

int ctl_client_receive(struct ctl_client *c, struct json_object **reply)
{
	ssize_t n;
	char *end;

	*reply = NULL;
	if (c->used >= IVR_CTL_ANSWER_MAX)
		return -EMSGSIZE;
	if (array_room(&c->buf, &c->room, c->used + STEP, 1))
		return -ENOMEM;
	n = recv(c->fd, c->buf + c->used, c->room - c->used, MSG_DONTWAIT);
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (!n)
		return -ECONNRESET;
	end = memchr(c->buf + c->used, '\n', n);
	c->used += n;
	if (!end)
		return -EAGAIN;
	*end = '\0';
	*reply = json_parse_object(c->buf);
	return *reply ? 0 : -EPROTO;
}

static int wait_readable(int fd, uint64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do {
		n = poll(&p, 1, ms_until(deadline));
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n ? 0 : -ETIME;
}

int ctl_ask(const char *vm, const char *line, uint64_t deadline,
	    struct json_object **reply)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct ctl_client c;
	int ret;

	*reply = NULL;
	ret = path_of_vm(path, sizeof(path), dirs_run(), vm, IVR_CTL_SOCK);
	if (ret)
		return ret;
	ret = ctl_client_open(&c, path, line);
	/* Who waits for it may wait a moment longer: it is there. */
	if (ret)
		return ret == -EAGAIN ? -ETIME : ret;
	do {
		ret = wait_readable(c.fd, deadline);
		if (!ret)
			ret = ctl_client_receive(&c, reply);
	} while (ret == -EAGAIN);
	ctl_client_close(&c);
	return ret;
}

const char *ctl_fault(int ret)
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
	case -EACCES:
		return "permission denied, ask as root";
	default:
		return strerror(-ret);
	}
}
