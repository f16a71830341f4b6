// SPDX-License-Identifier: GPL-2.0
/* server_link.c - the reader's end of the server's reader socket */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "ivr_wire.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/sock.h"
#include "reader/server_link.h"

void link_init(struct server_link *l, struct loop *loop, const char *path,
	       const struct server_link_ops *ops)
{
	*l = (struct server_link) {
		.path = path,
		.loop = loop,
		.ops = ops,
		.watch = { .fd = -1 },
	};
}

bool link_is_up(const struct server_link *l)
{
	return l->watch.fd >= 0;
}

void link_close(struct server_link *l)
{
	int fd = l->watch.fd;

	if (fd < 0)
		return;
	loop_del(l->loop, &l->watch);
	close(fd);
}

static void lose(struct server_link *l, const char *why)
{
	link_close(l);
	l->retry_ms = now_ms() + LINK_RETRY_MS;
	warn("%s: %s; trying to connect again", l->path, why);
	l->ops->lost(l);
}

static const char *fault_of(const struct ivr_msg *m, ssize_t len, int nfds)
{
	if (len != sizeof(*m) || m->magic != IVR_MSG_MAGIC)
		return "what answers there is no ivring-server";
	if (ivr_msg_check(m->version) > 0)
		return "the server is too new for this reader: update ivring, then start the reader again";
	if (ivr_msg_check(m->version) < 0)
		return "the server is too old for this reader: it stays until the VM's next start or migration";
	if (!memchr(m->vm, 0, sizeof(m->vm)))
		return "message without the end of a name";
	if (m->type != IVR_MSG_VM_UP)
		return nfds ? "message with surplus descriptors" : NULL;
	if (m->vectors < IVR_VECTORS || m->vectors > IVR_MSG_MAX_VECTORS ||
	    (uint32_t)nfds != 1 + 2 * m->vectors)
		return "message with a wrong number of descriptors";
	return NULL;
}

static void receive(struct watch *w, uint32_t events)
{
	struct server_link *l = watch_owner(w, struct server_link, watch);
	int fds[IVR_MSG_MAX_FDS], nfds = IVR_MSG_MAX_FDS;
	struct ivr_msg m = { 0 };
	const char *fault;
	ssize_t n = sock_recv(w->fd, &m, sizeof(m), fds, &nfds);

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		lose(l, n ? strerror(-n) : "the server hung up");
		return;
	}
	l->heard = true;
	fault = fault_of(&m, n, nfds);
	if (!fault) {
		l->ops->message(l, &m, fds);
		return;
	}
	while (nfds)
		close(fds[--nfds]);
	lose(l, fault);
}

void link_step(struct server_link *l, uint64_t now)
{
	int fd, ret;

	if (link_is_up(l) || now < l->retry_ms)
		return;
	l->retry_ms = now + LINK_RETRY_MS;
	/* A server that hangs lets its backlog fill up: it must not hold us. */
	fd = sock_connect(l->path, SOCK_SEQPACKET | SOCK_NONBLOCK);
	if (fd < 0) {
		l->heard = true;
		if (!l->missing_logged)
			info("%s: %s; waiting for the server", l->path,
			     strerror(-fd));
		l->missing_logged = true;
		return;
	}
	l->missing_logged = false;
	l->watch.ready = receive;
	ret = loop_add(l->loop, &l->watch, fd, EPOLLIN);
	if (ret) {
		err("cannot watch the server: %s", strerror(-ret));
		close(fd);
	}
}
