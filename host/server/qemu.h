/* SPDX-License-Identifier: GPL-2.0 */
/*
 * qemu.h - the connection to QEMU
 *
 * DOC: The ivshmem server protocol, as this server speaks it
 *
 * Server to QEMU only. A message is a signed 64-bit little-endian number, with
 * at most one descriptor, and each is one message: QEMU reads 8 bytes at a
 * time and takes a descriptor for that of the bytes it came with. In order:
 *
 *	QEMU_PROTOCOL			version
 *	IVR_PEER_GUEST			QEMU's own id
 *	-1, memory			the shared memory
 *	IVR_PEER_READER, eventfd	once per vector: where the guest rings
 *	IVR_PEER_GUEST, eventfd		once per vector: the guest's interrupts
 *
 * and then never anything again. QEMU reads the first three synchronously in
 * realize, with its big lock held: a pause freezes the VM, and an end of file
 * makes it loop for ever. So the whole handshake is put in a queue and sent by
 * one sendmmsg(), as far as the socket takes it, before anything else is done. Its own vectors must
 * follow the memory (QEMU allocates what they fill when it has that) and must
 * be as many as the device has; a peer that was disconnected must not come back
 * (use after free in QEMU up to 10.2), so none is ever disconnected.
 *
 * QEMU writes nothing. Source of all this: docs/specs/ivshmem-spec and
 * hw/misc/ivshmem.c of QEMU 7.2.
 */
#ifndef IVR_SERVER_QEMU_H
#define IVR_SERVER_QEMU_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "server/memory.h"

#define QEMU_PROTOCOL 0
/* A version that no QEMU takes: it then ends with an error message. */
#define QEMU_REFUSAL 1

#define QEMU_MAX_MSGS (3 + 2 * IVR_MSG_MAX_VECTORS)

/**
 * struct qemu_msg - one message of the handshake
 * @value: number, in the machine's byte order
 * @fd: descriptor, borrowed from struct memory; -1: none
 */
struct qemu_msg {
	int64_t value;
	int fd;
};

/**
 * struct qemu - the connection to the one QEMU
 * @fd: socket, owned; -1: no QEMU
 * @pid: who connected, for people
 * @queue: the handshake
 * @queued: messages in @queue
 * @sent: of these, how many are gone
 */
struct qemu {
	int fd;
	pid_t pid;
	struct qemu_msg queue[QEMU_MAX_MSGS];
	unsigned int queued;
	unsigned int sent;
};

/**
 * qemu_send() - send one message
 * @fd: socket
 * @value: number
 * @passed: descriptor or -1
 *
 * Return: 0; -EAGAIN if the socket is full; negative errno
 */
int qemu_send(int fd, int64_t value, int passed);

/**
 * qemu_start() - queue the handshake for a QEMU that just connected
 * @q: filled in
 * @fd: its socket; @q owns it from here on
 * @pid: who it is
 * @m: what it gets; must outlive the handshake
 *
 * Call qemu_flush() next.
 */
void qemu_start(struct qemu *q, int fd, pid_t pid, const struct memory *m);

/**
 * qemu_flush() - send as much of the handshake as the socket takes
 *
 * Return: 0 if all is sent; -EAGAIN: again when writable; negative errno
 */
int qemu_flush(struct qemu *q);

/** qemu_close() - hang up */
void qemu_close(struct qemu *q);

#endif
