// SPDX-License-Identifier: GPL-2.0
/* quota.c - how much of the disk a VM may take */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "store/names.h"
#include "store/quota.h"

/* Between two counts while the quota is used up */
#define COUNT_MS 10000
/* The file system is asked again after this at the latest. */
#define ROOM_MAX (64ull << 20)

static uint64_t count_leg(int store, const char *name)
{
	DIR *d = file_list(store, name);
	uint64_t bytes = QUOTA_FILE_BYTES;
	struct dirent *e;
	struct stat st;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' &&
		    !fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW))
			bytes += st.st_size + QUOTA_FILE_BYTES;
	if (d)
		closedir(d);
	return bytes;
}

void quota_count(struct quota *q, int dir)
{
	DIR *d = file_list(dir, ".");
	struct dirent *e;
	uint32_t number;

	q->used = 0;
	q->count_ms = now_ms() + COUNT_MS;
	while (d && (e = readdir(d)))
		if (name_is_leg(e->d_name, &number))
			q->used += count_leg(dir, e->d_name);
	if (d)
		closedir(d);
}

static uint64_t free_beyond(const struct quota *q, const struct statvfs *fs)
{
	uint64_t all = (uint64_t)fs->f_blocks * fs->f_frsize;
	uint64_t left = (uint64_t)fs->f_bavail * fs->f_frsize;
	uint64_t keep = q->keep_free < all / QUOTA_FREE_PART ?
				q->keep_free :
				all / QUOTA_FREE_PART;

	/* A leg needs several inodes, and others need some too. */
	if (q->keep_free && fs->f_files &&
	    fs->f_favail < fs->f_files / QUOTA_FREE_PART && fs->f_favail < 1000)
		return 0;
	return left > keep ? left - keep : 0;
}

static int ask_file_system(struct quota *q, int dir, uint64_t bytes)
{
	struct statvfs fs;

	if (fstatvfs(dir, &fs))
		return -errno;
	q->room = free_beyond(q, &fs);
	if (q->room > ROOM_MAX)
		q->room = ROOM_MAX;
	return bytes > q->room ? -ENOSPC : 0;
}

int quota_room(struct quota *q, int dir, uint64_t bytes)
{
	if (q->most && q->used + bytes > q->most) {
		if (now_ms() >= q->count_ms)
			quota_count(q, dir);
		if (q->used + bytes > q->most)
			return -EDQUOT;
	}
	return bytes > q->room && q->keep_free ?
		       ask_file_system(q, dir, bytes) :
		       0;
}

int quota_fits(struct quota *q, int dir, uint64_t size, uint32_t n)
{
	int ret;

	if (!quota_room(q, dir, n * size))
		return n;
	ret = quota_room(q, dir, size);
	if (ret)
		return ret;
	if (q->most && (q->most - q->used) / size < n)
		n = (q->most - q->used) / size;
	if (q->keep_free && q->room / size < n)
		n = q->room / size;
	return n;
}

void quota_wrote(struct quota *q, uint64_t bytes)
{
	q->used += bytes;
	q->room -= bytes < q->room ? bytes : q->room;
}

void quota_freed(struct quota *q, uint64_t bytes)
{
	q->used -= bytes < q->used ? bytes : q->used;
}
