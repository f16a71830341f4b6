/* SPDX-License-Identifier: GPL-2.0 */
/* ivring.h - writing records into the host's trace from another module */
#ifndef IVRING_H
#define IVRING_H

#include <linux/types.h>

/**
 * ivring_write() - write one record into this vCPU's ring
 * @data: the payload; copied
 * @len: its length, up to IVRING_MAX_WRITE bytes
 *
 * The record shows up in the merged trace as event ``ivring:write`` with the
 * payload as its field ``data``. Any context, NMI included; never sleeps, never
 * waits for the host, takes no lock. Costs about as much as two reads of the
 * clock.
 *
 * Return: 0; -ENOBUFS if the ring was full (the loss is counted and declared in
 * the trace); -EMSGSIZE if @len is too large; -ENODEV without a device
 */
int ivring_write(const void *data, size_t len);

/* What fits in one trace page beside the event's own fields. */
#define IVRING_MAX_WRITE 4056

#endif
