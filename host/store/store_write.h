/* SPDX-License-Identifier: GPL-2.0 */
/* store_write.h - the directory of one VM's trace on this host (ivr_store.h) */
#ifndef IVR_STORE_STORE_WRITE_H
#define IVR_STORE_STORE_WRITE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/ivr_store.h"
#include "store/quota.h"
#include "store/store_sync.h"

/**
 * struct store - an open store
 * @path: directory
 * @fd: the directory; -1 if not open
 * @lock: file in it that is locked against a second reader, or -1
 * @sync: brings what is stored to the disk
 * @quota: how much may be stored; @most and @keep_free are the user's
 * @legs: legs in it
 * @number: number of the newest leg, 0 if there is none
 * @newest: name of the newest leg, empty if there is none
 */
struct store {
	char path[PATH_MAX];
	int fd;
	int lock;
	struct store_sync sync;
	struct quota quota;
	uint32_t legs;
	uint32_t number;
	char newest[NAME_MAX + 1];
};

/**
 * struct store_last - where an earlier leg stopped in one ring
 * @found: is there a stored page?
 * @file: private: number of the file
 * @desc: descriptor of the last stored page
 */
struct store_last {
	bool found;
	uint32_t file;
	struct ivr_desc desc;
};

/**
 * store_init() - name a store; nothing is opened
 * @s: filled in
 * @path: directory
 *
 * Return: 0 or -ENAMETOOLONG
 */
int store_init(struct store *s, const char *path);

/**
 * store_open() - open or make the directory, lock it, tidy its newest leg
 * @s: store after store_init() or store_close()
 *
 * What a reader that died left half written is cut off: pages without
 * descriptors, half descriptors, half marks, legs without a name.
 *
 * Return: 0; -EBUSY if another reader works on it; negative errno
 */
int store_open(struct store *s);

/** store_close() - unlock; harmless if not open */
void store_close(struct store *s);

/**
 * store_give() - give the store to the user as whom we shall go on
 * @s: open store; one that is not open yet is skipped
 * @uid: user
 * @gid: group
 *
 * The directory, the lock, and the newest leg with its files.
 *
 * Return: 0 or negative errno
 */
int store_give(const struct store *s, uid_t uid, gid_t gid);

/** store_is_there() - is it open, and was the directory not removed? */
bool store_is_there(const struct store *s);

/**
 * store_last() - the last stored page of each ring of the newest leg
 * @s: open store
 * @stream: stream that is to be continued
 * @last: one for each ring and one more for the metadata, zeroed by the call
 * @nrings: data rings
 *
 * Return: 0; -ENOENT if there is no leg or it is of another stream, and then
 * nothing is marked as found; negative errno
 */
int store_last(const struct store *s, const uint8_t stream[16],
	       struct store_last *last, uint32_t nrings);

/** store_added() - a new leg was put in place */
void store_added(struct store *s, uint32_t number, const char *name);

/** store_discard() - remove a draft of a leg */
void store_discard(const struct store *s, const char *draft);

/** write_at() - pwrite() all of it; 0 or negative errno */
int write_at(int fd, const void *buf, size_t len, uint64_t at);

#endif
