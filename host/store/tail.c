// SPDX-License-Identifier: GPL-2.0
/* tail.c - a file of entries of one size to which somebody may still append */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array.h"
#include "store/tail.h"

void tail_init(struct tail *t, size_t size)
{
	*t = (struct tail) { .fd = -1, .size = size };
}

int tail_open(struct tail *t, int dirfd, const char *name)
{
	if (t->fd >= 0)
		return 0;
	t->fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return t->fd < 0 ? -errno : 0;
}

int64_t tail_entries(const struct tail *t, unsigned int *torn)
{
	struct stat st;

	if (t->fd < 0)
		return 0;
	if (fstat(t->fd, &st))
		return -errno;
	if (torn)
		*torn = st.st_size % t->size;
	return st.st_size / t->size;
}

int tail_read(struct tail *t, uint64_t upto)
{
	size_t have = t->n * t->size, want;

	if (upto <= t->base + t->n)
		return 0;
	if (array_room(&t->data, &t->cap, upto - t->base, t->size))
		return -ENOMEM;
	want = (upto - t->base) * t->size;
	while (have < want) {
		ssize_t got = pread(t->fd, t->data + have, want - have,
				    t->base * t->size + have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -EIO;
		have += got;
	}
	t->n = upto - t->base;
	return 0;
}

void tail_forget(struct tail *t)
{
	free(t->data);
	t->data = NULL;
	t->base += t->n;
	t->n = t->cap = 0;
}

void tail_close(struct tail *t)
{
	if (t->fd >= 0)
		close(t->fd);
	free(t->data);
	tail_init(t, t->size);
}
