// SPDX-License-Identifier: GPL-2.0
/* qemu.c - the connection to QEMU */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ivr_wire.h"
#include "lib/fault.h"
#include "lib/sock.h"
#include "server/qemu.h"

int qemu_send(int fd, int64_t value, int passed)
{
	uint64_t wire = htole64((uint64_t)value);

	return sock_send(fd, &wire, sizeof(wire), &passed, passed < 0 ? 0 : 1);
}

static void enqueue(struct qemu *q, int64_t value, int fd)
{
	q->queue[q->queued++] = (struct qemu_msg) { value, fd };
}

void qemu_start(struct qemu *q, int fd, pid_t pid, const struct memory *m)
{
	uint32_t i;

	q->fd = fd;
	q->pid = pid;
	q->queued = 0;
	q->sent = 0;
	enqueue(q, QEMU_PROTOCOL, -1);
	enqueue(q, IVR_PEER_GUEST, -1);
	enqueue(q, -1, m->fd);
	for (i = 0; i < m->vectors; i++)
		enqueue(q, IVR_PEER_READER, m->to_reader[i]);
	for (i = 0; i < m->vectors; i++)
		enqueue(q, IVR_PEER_GUEST, m->to_guest[i]);
}

/**
 * struct parcel - one message as the kernel wants it
 * @wire: its number
 * @iov: of @wire
 * @control: room for a descriptor
 */
struct parcel {
	uint64_t wire;
	struct iovec iov;
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
};

static void pack(struct parcel *p, struct msghdr *h, const struct qemu_msg *msg)
{
	struct cmsghdr *c;

	p->wire = htole64((uint64_t)msg->value);
	p->iov = (struct iovec) { &p->wire, sizeof(p->wire) };
	*h = (struct msghdr) { .msg_iov = &p->iov, .msg_iovlen = 1 };
	if (msg->fd < 0)
		return;
	memset(&p->control, 0, sizeof(p->control));
	h->msg_control = p->control.room;
	h->msg_controllen = sizeof(p->control.room);
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &msg->fd, sizeof(int));
}

/*
 * All in one system call: a signal, SIGKILL too, is taken before it or after it,
 * so nothing can kill us in the middle of a handshake, which QEMU would wait for
 * without end.
 */
int qemu_flush(struct qemu *q)
{
	struct parcel parcels[QEMU_MAX_MSGS];
	struct mmsghdr all[QEMU_MAX_MSGS];
	unsigned int n = q->queued - q->sent, i;
	int ret = q->sent ? 0 : fault_point("server-handshake-first");

	for (i = 0; i < n; i++)
		pack(&parcels[i], &all[i].msg_hdr, &q->queue[q->sent + i]);
	while (!ret && q->sent < q->queued) {
		ret = sendmmsg(q->fd, all + n - (q->queued - q->sent),
			       q->queued - q->sent,
			       MSG_NOSIGNAL | MSG_DONTWAIT);
		if (ret >= 0)
			q->sent += ret;
		ret = ret >= 0 || errno == EINTR ? 0 : -errno;
	}
	return ret;
}

void qemu_close(struct qemu *q)
{
	if (q->fd >= 0)
		close(q->fd);
	q->fd = -1;
	q->queued = 0;
	q->sent = 0;
}
