// SPDX-License-Identifier: GPL-2.0
/* readers.c - the one reader, and those turned away */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/fault.h"
#include "lib/sock.h"
#include "server/readers.h"

static struct ivr_msg make_msg(enum ivr_msg_type type, const char *vm)
{
	struct ivr_msg msg = {
		.magic = IVR_MSG_MAGIC,
		.version = ivr_msg_version(),
		.type = type,
	};

	snprintf(msg.vm, sizeof(msg.vm), "%s", vm);
	return msg;
}

int readers_tell(const struct readers *r, const char *vm,
		 const struct memory *m, uint64_t generation, pid_t qemu_pid)
{
	struct ivr_msg msg;
	int fds[IVR_MSG_MAX_FDS];
	int nfds = 0;
	int ret;

	if (r->fd < 0)
		return 0;
	ret = m->fd < 0 ? fault_point("server-tell-down") :
			  fault_point("server-tell-up");
	if (ret)
		return ret;
	msg = make_msg(m->fd < 0 ? IVR_MSG_VM_DOWN : IVR_MSG_VM_UP, vm);
	msg.generation = generation;
	if (m->fd >= 0) {
		msg.size = m->size;
		msg.vectors = m->vectors;
		msg.qemu_pid = qemu_pid;
		fds[0] = m->fd;
		memcpy(&fds[1], m->to_reader, m->vectors * sizeof(int));
		memcpy(&fds[1 + m->vectors], m->to_guest,
		       m->vectors * sizeof(int));
		nfds = (int)(1 + 2 * m->vectors);
	}
	return sock_send(r->fd, &msg, sizeof(msg), fds, nfds);
}

void readers_busy(int fd, const char *vm)
{
	struct ivr_msg msg = make_msg(IVR_MSG_BUSY, vm);

	/* It learns from the end of file, too, if this does not arrive. */
	sock_send(fd, &msg, sizeof(msg), NULL, 0);
	close(fd);
}

void readers_close(struct readers *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}
