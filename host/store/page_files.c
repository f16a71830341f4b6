// SPDX-License-Identifier: GPL-2.0
/* page_files.c - the files of one ring in a leg */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "store/names.h"
#include "store/page_files.h"
#include "store/store_write.h"

#define PAGES_MODE 0640

void page_files_init(struct page_files *p, struct store_sync *sync, int dir,
		     uint32_t ring, uint32_t nrings, uint64_t file_size)
{
	uint64_t per_file = file_size / IVR_PAGE_SIZE;

	*p = (struct page_files) {
		.sync = sync,
		.dir = dir,
		.ring = ring,
		.nrings = nrings,
		.pages = -1,
		.desc = -1,
		.per_file = per_file > INT32_MAX ? INT32_MAX :
			    per_file		 ? per_file :
						   1,
	};
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void close_files(struct page_files *p)
{
	if (p->made)
		store_sync_add(p->sync, SYNC_DIR, p->dir);
	if (p->dirty) {
		store_sync_give(p->sync, SYNC_PAGES, p->pages);
		store_sync_give(p->sync, SYNC_DESC, p->desc);
	} else {
		close_fd(p->pages);
		close_fd(p->desc);
	}
	p->pages = -1;
	p->desc = -1;
	p->dirty = false;
	p->made = false;
}

bool page_files_sync(struct page_files *p)
{
	bool any = p->made || p->dirty;

	if (p->made)
		p->made = store_sync_add(p->sync, SYNC_DIR, p->dir);
	if (p->dirty)
		p->dirty = store_sync_add(p->sync, SYNC_PAGES, p->pages) ||
			   store_sync_add(p->sync, SYNC_DESC, p->desc);
	return any;
}

void page_files_close(struct page_files *p)
{
	close_files(p);
}

static int open_file(struct page_files *p, const char *suffix)
{
	char name[FILE_NAME_MAX];
	int fd;

	name_ring_file(name, p->ring, p->nrings, p->file, suffix);
	fd = openat(p->dir, name, O_RDWR | O_CREAT | O_CLOEXEC, PAGES_MODE);
	return fd < 0 ? -errno : fd;
}

/* A file that could be made only in part is found again by the next try */
static int open_files(struct page_files *p)
{
	p->pages = open_file(p, ".pages");
	p->desc = p->pages < 0 ? p->pages : open_file(p, ".desc");
	if (p->desc < 0) {
		int ret = p->desc;

		close_files(p);
		return ret;
	}
	p->count = 0;
	p->made = true;
	return 0;
}

int page_files_room(struct page_files *p)
{
	int ret;

	if (p->pages >= 0 && p->count >= p->per_file) {
		close_files(p);
		p->file++;
	}
	if (p->pages < 0) {
		ret = open_files(p);
		if (ret)
			return ret;
	}
	return p->per_file - p->count;
}

static uint64_t end_of(const struct page_files *p)
{
	return (uint64_t)p->count * IVR_PAGE_SIZE;
}

void page_files_undo(struct page_files *p)
{
	/* Harmless if it fails: the next try writes at the same place. */
	if (p->pages >= 0 && ftruncate(p->pages, end_of(p)))
		debug("cannot cut .pages: %s", strerror(errno));
	if (p->desc >= 0 &&
	    ftruncate(p->desc, p->count * sizeof(struct ivr_desc)))
		debug("cannot cut .desc: %s", strerror(errno));
}

static void advance(struct iovec **iov, int *n, size_t done)
{
	while (*n && done >= (*iov)->iov_len) {
		done -= (*iov)->iov_len;
		(*iov)++;
		(*n)--;
	}
	if (*n) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + done;
		(*iov)->iov_len -= done;
	}
}

int page_files_put(struct page_files *p, const struct iovec *iov, int n)
{
	struct iovec copy[PAGES_MAX_IOV], *v = copy;
	uint64_t at = end_of(p);
	ssize_t done;

	memcpy(copy, iov, n * sizeof(*iov));
	while (n) {
		done = pwritev(p->pages, v, n, at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			int ret = done ? -errno : -ENOSPC;

			page_files_undo(p);
			return ret;
		}
		at += done;
		advance(&v, &n, done);
	}
	return 0;
}

int page_files_take_back(struct page_files *p, uint32_t skip, uint32_t keep)
{
	char page[IVR_PAGE_SIZE];
	uint64_t to = end_of(p), from = to + (uint64_t)skip * IVR_PAGE_SIZE;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < keep && !ret; i++) {
		if (pread(p->pages, page, sizeof(page), from) !=
		    (ssize_t)sizeof(page))
			ret = -EIO;
		else
			ret = write_at(p->pages, page, sizeof(page), to);
		from += sizeof(page);
		to += sizeof(page);
	}
	if (ret)
		page_files_undo(p);
	else if (ftruncate(p->pages, to))
		ret = -errno;
	return ret;
}

/* What is written into a file without a name is lost when it is closed */
static int has_name(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	return st.st_nlink ? 0 : -ESTALE;
}

int page_files_commit(struct page_files *p, const struct ivr_desc *desc,
		      uint32_t n)
{
	int ret = has_name(p->pages);

	if (!ret)
		ret = write_at(p->desc, desc, n * sizeof(*desc),
			       p->count * sizeof(*desc));
	if (!ret)
		ret = has_name(p->desc);
	if (ret) {
		page_files_undo(p);
		return ret;
	}
	p->count += n;
	p->stored += n;
	p->dirty = true;
	return 0;
}

uint32_t page_files_count(const struct page_files *p)
{
	return p->file - p->oldest + (p->pages >= 0);
}

int page_files_oldest(const struct page_files *p, uint64_t *from, uint64_t *to)
{
	struct ivr_desc first = { 0 }, last = { 0 };
	char name[FILE_NAME_MAX];
	struct stat st;
	int fd, ret = 0;

	name_ring_file(name, p->ring, p->nrings, p->oldest, ".desc");
	fd = openat(p->dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		ret = -errno;
	else if (st.st_size < (off_t)sizeof(first))
		ret = -ENODATA;
	else if (pread(fd, &first, sizeof(first), 0) != sizeof(first) ||
		 pread(fd, &last, sizeof(last), st.st_size - sizeof(last)) !=
			 sizeof(last))
		ret = -EIO;
	close(fd);
	if (!ret) {
		*from = first.page;
		*to = last.page + 1;
	}
	return ret;
}

static uint64_t drop(const struct page_files *p, const char *suffix)
{
	char name[FILE_NAME_MAX];
	struct stat st = { .st_size = 0 };

	name_ring_file(name, p->ring, p->nrings, p->oldest, suffix);
	if (fstatat(p->dir, name, &st, AT_SYMLINK_NOFOLLOW) ||
	    unlinkat(p->dir, name, 0))
		return 0;
	return st.st_size;
}

uint64_t page_files_drop_oldest(struct page_files *p)
{
	uint64_t bytes = drop(p, ".desc") + drop(p, ".pages");

	p->oldest++;
	return bytes;
}
