// SPDX-License-Identifier: GPL-2.0
/* loop.c - one epoll set */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/loop.h"

int loop_open(struct loop *l)
{
	l->nfired = 0;
	l->fd = epoll_create1(EPOLL_CLOEXEC);
	return l->fd < 0 ? -errno : 0;
}

void loop_close(struct loop *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

static int control(struct loop *l, int op, struct watch *w, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	return epoll_ctl(l->fd, op, w->fd, &ev) ? -errno : 0;
}

int loop_add(struct loop *l, struct watch *w, int fd, uint32_t events)
{
	int ret;

	w->fd = fd;
	ret = control(l, EPOLL_CTL_ADD, w, events);
	if (ret)
		w->fd = -1;
	return ret;
}

void loop_del(struct loop *l, struct watch *w)
{
	int i;

	if (w->fd < 0)
		return;
	control(l, EPOLL_CTL_DEL, w, 0);
	w->fd = -1;
	for (i = 0; i < l->nfired; i++)
		if (l->fired[i] == w)
			l->fired[i] = NULL;
}

int loop_step(struct loop *l, int timeout_ms)
{
	struct epoll_event ev[LOOP_BATCH];
	int i, n;

	n = epoll_wait(l->fd, ev, LOOP_BATCH, timeout_ms);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	l->nfired = n;
	for (i = 0; i < n; i++)
		l->fired[i] = ev[i].data.ptr;
	for (i = 0; i < n; i++)
		if (l->fired[i])
			l->fired[i]->ready(l->fired[i], ev[i].events);
	l->nfired = 0;
	return n;
}
