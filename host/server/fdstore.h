/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fdstore.h - what outlives the server: systemd's descriptor store
 *
 * QEMU cannot connect again to an ivshmem server. So a restart or a crash of
 * the server must leave the accepted socket, the memory and the eventfds open,
 * and the next server takes them over as they are; QEMU is told nothing. Each
 * descriptor is stored under a name with its generation and its place:
 *
 *	memory-G-0  reader-G-I  guest-G-I  qemu-G-0
 *
 * The unit needs FileDescriptorStoreMax=64. Without a service manager all of
 * this does nothing.
 */
#ifndef IVR_SERVER_FDSTORE_H
#define IVR_SERVER_FDSTORE_H

#include <stdint.h>

#include "server/memory.h"
#include "server/qemu.h"

/**
 * keep_store() - hand copies of all descriptors to the service manager
 * @q: QEMU, its handshake sent
 * @m: its memory
 *
 * An incomplete set is of no use, so QEMU's socket goes last.
 */
void keep_store(const struct qemu *q, const struct memory *m);

/** keep_forget() - have the service manager close its copies of @m and QEMU's */
void keep_forget(const struct memory *m);

/**
 * keep_restore() - take over what an earlier server left
 * @q: filled in if there was a QEMU that is still connected
 * @m: its memory
 *
 * Whatever does not make up a whole set is closed and forgotten.
 *
 * Return: number of the last generation that is known of; 0: none
 */
uint64_t keep_restore(struct qemu *q, struct memory *m);

#endif
