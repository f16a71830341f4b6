// SPDX-License-Identifier: GPL-2.0
/* output.c - a file that is there whole or not at all */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/output.h"

/* As the kernel: MAXSYMLINKS */
#define LINKS_MAX 40

/* One step along a link; 1: there was one */
static int follow(char path[PATH_MAX])
{
	char to[PATH_MAX];
	ssize_t n = readlink(path, to, sizeof(to) - 1);
	char *slash = strrchr(path, '/');
	size_t dir = slash ? (size_t)(slash - path) + 1 : 0;

	if (n < 0)
		return errno == EINVAL || errno == ENOENT ? 0 : -errno;
	to[n] = '\0';
	if (to[0] == '/')
		dir = 0;
	if (dir + n >= PATH_MAX)
		return -ENAMETOOLONG;
	strcpy(path + dir, to);
	return 1;
}

static int resolve(char path[PATH_MAX])
{
	int i, ret = 1;

	for (i = 0; i < LINKS_MAX && ret > 0; i++)
		ret = follow(path);
	return ret > 0 ? -ELOOP : ret;
}

static int open_draft(struct output *o)
{
	mode_t mask = umask(0);
	int fd, ret;

	umask(mask);
	if (snprintf(o->draft, sizeof(o->draft), "%s.XXXXXX", o->path) >=
	    (int)sizeof(o->draft))
		return -ENAMETOOLONG;
	fd = mkostemp(o->draft, O_CLOEXEC);
	if (fd < 0) {
		o->draft[0] = '\0';
		return -errno;
	}
	if (!fchmod(fd, 0666 & ~mask)) {
		o->file = fdopen(fd, "w");
		if (o->file)
			return 0;
	}
	ret = -errno;
	close(fd);
	unlink(o->draft);
	o->draft[0] = '\0';
	return ret;
}

int output_open(struct output *o, const char *path)
{
	struct stat st;
	int ret;

	*o = (struct output) { .file = NULL };
	if (strlen(path) >= sizeof(o->path))
		return -ENAMETOOLONG;
	strcpy(o->path, path);
	/* First of all: /dev/stdout is a link to something without a name. */
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		o->file = tmpfile();
		return o->file ? 0 : -errno;
	}
	ret = resolve(o->path);
	if (!ret)
		ret = open_draft(o);
	if (!ret && !stat(o->path, &st) &&
	    fchmod(fileno(o->file), st.st_mode & 0777))
		ret = -errno;
	return ret;
}

static int write_all(int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			buf += n;
			len -= n;
		}
	}
	return 0;
}

static int copy_into(struct output *o)
{
	int fd = open(o->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	char buf[65536];
	int ret = 0;
	size_t n;

	if (fd < 0)
		return -errno;
	rewind(o->file);
	while (!ret && (n = fread(buf, 1, sizeof(buf), o->file)))
		ret = write_all(fd, buf, n);
	if (!ret && ferror(o->file))
		ret = -EIO;
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

int output_commit(struct output *o)
{
	int ret;

	if (fflush(o->file))
		return -errno;
	if (!o->draft[0])
		return copy_into(o);
	ret = fclose(o->file) ? -errno : 0;
	o->file = NULL;
	if (!ret && rename(o->draft, o->path))
		ret = -errno;
	if (!ret)
		o->draft[0] = '\0';
	return ret;
}

void output_close(struct output *o)
{
	if (o->file)
		fclose(o->file);
	o->file = NULL;
	if (o->draft[0])
		unlink(o->draft);
	o->draft[0] = '\0';
}
