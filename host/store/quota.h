/* SPDX-License-Identifier: GPL-2.0 */
/* quota.h - how much of the disk a VM may take */
#ifndef IVR_STORE_QUOTA_H
#define IVR_STORE_QUOTA_H

#include <stdint.h>

/* Unless the user says otherwise */
#define QUOTA_BYTES (16ull << 30)
#define QUOTA_FREE  (1ull << 30)
/* .. but no more than this part of the file system stays free. */
#define QUOTA_FREE_PART 20
/* What a file costs beside its bytes: an inode and a half-filled block. */
#define QUOTA_FILE_BYTES 4096u

/**
 * struct quota - of one store
 * @most: bytes of all its legs; 0: any
 * @keep_free: bytes that stay free on the file system; 0: none. At most one
 *	QUOTA_FREE_PART of it, so that small file systems are of use too
 * @used: bytes of all its legs, as counted
 * @room: bytes that may be written before the file system is asked again
 * @count_ms: when @used may be counted again: somebody may have removed legs
 */
struct quota {
	uint64_t most;
	uint64_t keep_free;
	uint64_t used;
	uint64_t room;
	uint64_t count_ms;
};

/** quota_count() - count what a store has now; @dir: its directory */
void quota_count(struct quota *q, int dir);

/**
 * quota_room() - may some bytes be written?
 * @q: quota
 * @dir: directory of the store
 * @bytes: how many
 *
 * Return: 0; -EDQUOT: the VM has as much as it may have; -ENOSPC: the file
 * system would have too little left, or has no inodes
 */
int quota_room(struct quota *q, int dir, uint64_t bytes);

/**
 * quota_fits() - how many things of one size may be written?
 * @q: quota
 * @dir: directory of the store
 * @size: bytes of one
 * @n: how many there are, at least 1
 *
 * Return: how many, at least 1; else as quota_room() for one
 */
int quota_fits(struct quota *q, int dir, uint64_t size, uint32_t n);

/** quota_wrote() - they were written */
void quota_wrote(struct quota *q, uint64_t bytes);

/** quota_freed() - some were removed */
void quota_freed(struct quota *q, uint64_t bytes);

#endif
