// SPDX-License-Identifier: GPL-2.0
/* memory.c - what one QEMU gets: memory and eventfds, never used again */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ivr_wire.h"
#include "server/memory.h"

/*
 * Nobody can pull the memory away under QEMU or a reader (SIGBUS). Not sealed
 * against writing: QEMU could not map it then, and post-copy punches holes.
 */
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int open_sealed(const char *vm, uint64_t size)
{
	char name[sizeof("ivring:") + IVR_VM_NAME_MAX];
	int fd, ret;

	snprintf(name, sizeof(name), "ivring:%s", vm);
	fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, (off_t)size) && !fcntl(fd, F_ADD_SEALS, SEALS))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

static int open_eventfds(int *fds, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (fds[i] < 0)
			return -errno;
	}
	return 0;
}

void memory_none(struct memory *m)
{
	int i;

	*m = (struct memory) { .fd = -1 };
	for (i = 0; i < IVR_MSG_MAX_VECTORS; i++)
		m->to_reader[i] = m->to_guest[i] = -1;
}

int memory_open(struct memory *m, const char *vm, uint64_t size,
		uint32_t vectors, uint64_t generation)
{
	int ret;

	memory_none(m);
	if (!vectors || vectors > IVR_MSG_MAX_VECTORS)
		return -EINVAL;
	ret = open_sealed(vm, size);
	if (ret < 0)
		return ret;
	m->fd = ret;
	m->size = size;
	m->vectors = vectors;
	m->generation = generation;
	ret = open_eventfds(m->to_reader, vectors);
	if (!ret)
		ret = open_eventfds(m->to_guest, vectors);
	if (ret)
		memory_close(m);
	return ret;
}

static void close_all(const int *fds)
{
	int i;

	for (i = 0; i < IVR_MSG_MAX_VECTORS; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

void memory_close(struct memory *m)
{
	if (m->fd >= 0)
		close(m->fd);
	close_all(m->to_reader);
	close_all(m->to_guest);
	memory_none(m);
}
