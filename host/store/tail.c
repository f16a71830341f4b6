// SPDX-License-Identifier: GPL-2.0
/* tail.c - a file of entries of one size to which somebody may still append */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/file.h"
#include "store/tail.h"

void tail_init(struct tail *t, size_t size)
{
	*t = (struct tail) { .size = size };
}

static int read_upto(struct tail *t, int fd, size_t upto)
{
	size_t have = t->n * t->size;
	int ret;

	if (upto <= t->n)
		return 0;
	if (array_room(&t->data, &t->cap, upto, t->size))
		return -ENOMEM;
	ret = file_read_at(fd, t->data + have, upto * t->size - have, have);
	if (ret)
		return ret;
	t->n = upto;
	return 0;
}

int tail_read(struct tail *t, int dirfd, const char *name)
{
	int fd = file_open_regular_at(dirfd, name);
	struct stat st;
	int ret;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	ret = fstat(fd, &st) ? -errno : read_upto(t, fd, st.st_size / t->size);
	close(fd);
	return ret;
}

void tail_free(struct tail *t)
{
	free(t->data);
	tail_init(t, t->size);
}
