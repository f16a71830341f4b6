/* SPDX-License-Identifier: GPL-2.0 */
/*
 * store_sync.h - what was stored reaches the disk, and nobody waits for it
 *
 * DOC: Rounds
 *
 * A thread syncs while the reader goes on, because a disk can take seconds and
 * the guest takes a reader whose heartbeat stands still for 300 ms for dead. A
 * round is a list of descriptors in the order in which they must reach the disk:
 * pages before the descriptors that cover them, these before marks. Only one
 * round is under way; what is stored meanwhile waits for the next.
 *
 * An error of fsync() is told once and means that what was written since the
 * round before may be lost: the kernel drops such pages, so trying again proves
 * nothing.
 */
#ifndef IVR_STORE_STORE_SYNC_H
#define IVR_STORE_STORE_SYNC_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * enum sync_order - what reaches the disk before what
 * @SYNC_DIR: directories: files have a name
 * @SYNC_PAGES: pages
 * @SYNC_DESC: descriptors
 * @SYNC_MARKS: marks and clock
 */
enum sync_order { SYNC_DIR, SYNC_PAGES, SYNC_DESC, SYNC_MARKS, SYNC_ORDERS };

/**
 * struct sync_list - descriptors of one rank in a round
 */
struct sync_list {
	int *fd;
	size_t n;
	size_t cap;
};

/**
 * struct store_sync - the thread and its round
 * @running: the thread was started
 * @done: eventfd, readable when a round has ended; -1: not running
 * @lists: descriptors of the next round, owned
 * @thread: private, as all that follows; under @lock
 * @lock: ..
 * @wake: ..
 * @round: descriptors of the round under way
 * @busy: it is under way
 * @quit: the thread shall end
 * @error: of the last round, 0 or negative errno
 */
struct store_sync {
	bool running;
	int done;
	struct sync_list lists[SYNC_ORDERS];
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct sync_list round[SYNC_ORDERS];
	bool busy;
	bool quit;
	int error;
};

/** store_sync_init() - not running; all that follows is harmless then */
void store_sync_init(struct store_sync *s);

/** store_sync_start() - start the thread; 0 or negative errno */
int store_sync_start(struct store_sync *s);

/** store_sync_stop() - finish the round under way and the next one, end */
void store_sync_stop(struct store_sync *s);

/**
 * store_sync_add() - have a file synced in the next round
 * @s: sync
 * @order: its rank
 * @fd: a descriptor that is duplicated; -1 is none
 *
 * Return: 0 or negative errno: it will not be synced
 */
int store_sync_add(struct store_sync *s, enum sync_order order, int fd);

/** store_sync_give() - the same, and @fd is closed after that, in any case */
void store_sync_give(struct store_sync *s, enum sync_order order, int fd);

/**
 * store_sync_round() - begin a round with what was added
 *
 * Return: true if there is one under way now; false if nothing was added
 */
bool store_sync_round(struct store_sync *s);

/** store_sync_busy() - is a round under way? */
bool store_sync_busy(struct store_sync *s);

/** store_sync_error() - error of a round since the last call, or 0 */
int store_sync_error(struct store_sync *s);

#endif
