/* SPDX-License-Identifier: GPL-2.0 */
/* readers.h - the one reader, and those turned away; see ivr_msg.h */
#ifndef IVR_SERVER_READERS_H
#define IVR_SERVER_READERS_H

#include <sys/types.h>

#include "lib/ivr_msg.h"
#include "server/memory.h"

/**
 * struct readers - the connection to the one reader
 * @fd: socket, owned; -1: no reader
 * @pid: who connected, for people
 */
struct readers {
	int fd;
	pid_t pid;
};

/**
 * readers_tell() - say how it is with the VM
 * @r: readers
 * @vm: name of the VM
 * @m: memory of the QEMU that is there (UP); with @m->fd -1 there is none (DOWN)
 * @generation: the last one
 * @qemu_pid: pid of QEMU
 *
 * A reader that does not take its messages is no reader: what the socket does
 * not take at once is an error.
 *
 * Return: 0 also if there is no reader; negative errno
 */
int readers_tell(const struct readers *r, const char *vm,
		 const struct memory *m, uint64_t generation, pid_t qemu_pid);

/**
 * readers_busy() - turn one away
 * @fd: socket of the second reader; closed here
 * @vm: name of the VM
 */
void readers_busy(int fd, const char *vm);

/** readers_close() - hang up */
void readers_close(struct readers *r);

#endif
