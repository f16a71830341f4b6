/* SPDX-License-Identifier: GPL-2.0 */
/* loop.h - one epoll set; who waits on a descriptor owns a struct watch */
#ifndef IVR_LIB_LOOP_H
#define IVR_LIB_LOOP_H

#include <stdint.h>

/**
 * struct watch - interest in one descriptor
 * @fd: the descriptor, or -1; it stays the owner's
 * @ready: called from loop_step() with the EPOLL* bits that are set
 *
 * The owner embeds it and finds itself with watch_owner(). It may remove any
 * watch from inside @ready: a removed one is not called any more.
 */
struct watch {
	int fd;
	void (*ready)(struct watch *w, uint32_t events);
};

#define watch_owner(w, type, member) \
	((type *)((char *)(w)-offsetof(type, member)))

#define LOOP_BATCH 32

/**
 * struct loop - the set
 * @fd: epoll descriptor
 * @fired: private: watches of the current step, NULL once removed
 * @nfired: private: how many of them
 */
struct loop {
	int fd;
	struct watch *fired[LOOP_BATCH];
	int nfired;
};

/** loop_open() - make an empty set; 0 or negative errno */
int loop_open(struct loop *l);

/** loop_close() - forget the set; the watched descriptors stay open */
void loop_close(struct loop *l);

/**
 * loop_add() - start to watch
 * @l: set
 * @w: the owner's watch, with @w->ready set
 * @fd: descriptor
 * @events: EPOLLIN, ..
 *
 * Return: 0 or negative errno, and then @w->fd is -1
 */
int loop_add(struct loop *l, struct watch *w, int fd, uint32_t events);

/** loop_del() - stop to watch; the descriptor stays open, @w->fd is -1 after */
void loop_del(struct loop *l, struct watch *w);

/**
 * loop_step() - wait once and call who is ready
 * @l: set
 * @timeout_ms: as for epoll_wait()
 *
 * Return: number of watches called; negative errno
 */
int loop_step(struct loop *l, int timeout_ms);

#endif
