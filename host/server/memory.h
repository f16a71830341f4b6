/* SPDX-License-Identifier: GPL-2.0 */
/* memory.h - what one QEMU gets: memory and eventfds, never used again */
#ifndef IVR_SERVER_MEMORY_H
#define IVR_SERVER_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/ivr_msg.h"

/**
 * struct memory - one generation
 * @fd: sealed memfd (SHRINK, GROW, SEAL), zero when made; -1: there is none
 * @generation: number of this one, from 1
 * @size: bytes
 * @vectors: eventfds per direction
 * @to_reader: eventfds that the guest rings, by enum ivr_bell
 * @to_guest: eventfds that the reader rings
 *
 * All descriptors are close-on-exec and owned by this struct.
 */
struct memory {
	int fd;
	uint64_t generation;
	uint64_t size;
	uint32_t vectors;
	int to_reader[IVR_MSG_MAX_VECTORS];
	int to_guest[IVR_MSG_MAX_VECTORS];
};

/**
 * memory_open() - make fresh zeroed memory and fresh eventfds
 * @m: filled in; @m->fd is -1 on error
 * @vm: goes into the name seen in /proc
 * @size: bytes, good for mem_size_fault()
 * @vectors: eventfds per direction, 1 .. IVR_MSG_MAX_VECTORS
 * @generation: number of this one
 *
 * Return: 0 or negative errno
 */
int memory_open(struct memory *m, const char *vm, uint64_t size,
		uint32_t vectors, uint64_t generation);

/** memory_none() - there is none; for a struct that was never opened */
void memory_none(struct memory *m);

/** memory_close() - let go; others that hold the descriptors keep them */
void memory_close(struct memory *m);

#endif
