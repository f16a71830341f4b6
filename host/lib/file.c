// SPDX-License-Identifier: GPL-2.0
/* file.c - whole files in memory */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/file.h"

#define STEP 4096u

/* Return: bytes, 0 at the end; negative errno */
static ssize_t read_some(int fd, char *to, size_t room)
{
	ssize_t n;

	do {
		n = read(fd, to, room);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int file_read_fd(int fd, size_t max, char **text, size_t *len)
{
	size_t used = 0, room = 0;
	char *buf = NULL;
	ssize_t n;

	*text = NULL;
	do {
		/* One byte more than @max shows that there is more. */
		if (array_room(&buf, &room, used + STEP, 1)) {
			free(buf);
			return -ENOMEM;
		}
		n = read_some(fd, buf + used, room - used - 1);
		if (n > 0)
			used += n;
	} while (n > 0 && used <= max);
	if (n < 0 || used > max) {
		free(buf);
		return n < 0 ? (int)n : -EFBIG;
	}
	buf[used] = '\0';
	*text = buf;
	if (len)
		*len = used;
	return 0;
}

int file_read(const char *path, size_t max, char **text, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int ret;

	*text = NULL;
	if (fd < 0)
		return -errno;
	ret = file_read_fd(fd, max, text, len);
	close(fd);
	return ret;
}

static int open_regular(int dirfd, const char *name, int flags)
{
	int fd = openat(dirfd, name,
			O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
	struct stat st;
	int ret;

	if (fd < 0)
		return -errno;
	ret = fstat(fd, &st) ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

int file_open_regular_at(int dirfd, const char *name)
{
	return open_regular(dirfd, name, O_NOFOLLOW);
}

int file_open_regular(const char *path)
{
	return open_regular(AT_FDCWD, path, O_NOFOLLOW);
}

int file_read_regular(const char *path, int flags, size_t max, char **text,
		      size_t *len)
{
	int fd = open_regular(AT_FDCWD, path, flags);
	int ret;

	*text = NULL;
	if (fd < 0)
		return fd;
	ret = file_read_fd(fd, max, text, len);
	close(fd);
	return ret;
}

int file_read_at(int fd, void *to, size_t len, uint64_t at)
{
	size_t have = 0;

	while (have < len) {
		ssize_t got = pread(fd, (char *)to + have, len - have,
				    (off_t)(at + have));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -EIO;
		have += got;
	}
	return 0;
}

DIR *file_list(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

int file_line(const char *path, char *buf, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	buf[0] = '\0';
	if (fd < 0)
		return -errno;
	n = read_some(fd, buf, len - 1);
	close(fd);
	if (n < 0)
		return (int)n;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}
