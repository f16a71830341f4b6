// SPDX-License-Identifier: GPL-2.0
/* qemu.c - the connection to QEMU */
#include <endian.h>
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

/* QEMU has heard nothing; has its id and no memory; lacks one eventfd. */
static int before_send(const struct qemu *q)
{
	if (!q->sent)
		return fault_point("server-handshake-first");
	if (q->queue[q->sent].value < 0)
		return fault_point("server-handshake-memory");
	if (q->sent + 1 == q->queued)
		return fault_point("server-handshake-last");
	return 0;
}

int qemu_flush(struct qemu *q)
{
	int ret;

	for (; q->sent < q->queued; q->sent++) {
		const struct qemu_msg *msg = &q->queue[q->sent];

		ret = before_send(q);
		if (!ret)
			ret = qemu_send(q->fd, msg->value, msg->fd);
		if (ret)
			return ret;
	}
	return 0;
}

void qemu_close(struct qemu *q)
{
	if (q->fd >= 0)
		close(q->fd);
	q->fd = -1;
	q->queued = 0;
	q->sent = 0;
}
