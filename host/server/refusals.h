/* SPDX-License-Identifier: GPL-2.0 */
/*
 * refusals.h - QEMUs that were told no, until they hang up
 *
 * QEMU loops for ever in realize if the server's socket ends before it has read
 * its first message, and with a hot-plug that may be a while after it has
 * connected. So a QEMU that cannot be served gets a version that it does not
 * take, and the connection stays open until QEMU has ended it.
 */
#ifndef IVR_SERVER_REFUSALS_H
#define IVR_SERVER_REFUSALS_H

#include <stdbool.h>
#include <stdint.h>

#define REFUSALS_MAX 4
/* Longer than anybody takes from chardev-add to device_add. */
#define REFUSAL_MS 60000

/**
 * struct refusal - one of them
 * @fd: socket, owned; -1: free
 * @until_ms: CLOCK_MONOTONIC at which we hang up
 */
struct refusal {
	int fd;
	uint64_t until_ms;
};

/**
 * struct refusals - all of them
 * @slot: no order
 */
struct refusals {
	struct refusal slot[REFUSALS_MAX];
};

/** refusals_init() - none yet */
void refusals_init(struct refusals *r);

/**
 * refusals_add() - tell a QEMU no
 * @r: refusals; if it is full the oldest is hung up
 * @fd: socket; @r owns it from here on, also on an error
 *
 * Return: 0; negative errno if it could not be told (it is hung up then)
 */
int refusals_add(struct refusals *r, int fd);

/**
 * refusals_end() - hang up on those that hung up, or whose time is over
 *
 * Return: milliseconds until there is something to do, -1: nothing. Those that
 * hang up before are noticed through poll or epoll on their sockets.
 */
int refusals_end(struct refusals *r);

/** refusals_close() - hang up on all */
void refusals_close(struct refusals *r);

#endif
