// SPDX-License-Identifier: GPL-2.0
/* pid_file.c - one instance of a program, and which process that is */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/pid_file.h"

#define MODE 0600

static struct flock whole_file(void)
{
	return (struct flock) { .l_type = F_WRLCK, .l_whence = SEEK_SET };
}

/* Can nobody but us and root have opened it? */
static bool is_ours(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
	       (!st.st_uid || st.st_uid == geteuid()) && !(st.st_mode & 077);
}

/* Did somebody remove the file between our open and our lock? */
static bool is_there(int fd, const char *path)
{
	struct stat ours, there;

	return !fstat(fd, &ours) && !stat(path, &there) &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* The file, trusted; an untrusted one in its place is removed first */
static int open_ours(const char *path)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = open(path, flags);

	if (fd >= 0 && is_ours(fd))
		return fd;
	/* ELOOP, ENXIO: a link, a socket. All else says nothing of the file. */
	if (fd < 0 && errno != ENOENT && errno != ELOOP && errno != ENXIO)
		return -errno;
	if (fd >= 0)
		close(fd);
	if (unlink(path) && errno != ENOENT)
		return -errno;
	fd = open(path, flags | O_CREAT | O_EXCL, MODE);
	return fd < 0 ? -errno : fd;
}

static int lock(int fd)
{
	struct flock l = whole_file();

	if (!fcntl(fd, F_SETLK, &l))
		return 0;
	return errno == EACCES || errno == EAGAIN ? -EEXIST : -errno;
}

static int write_pid(int fd)
{
	return ftruncate(fd, 0) || dprintf(fd, "%ld\n", (long)getpid()) < 0 ?
		       -errno :
		       0;
}

int pid_file_take(const char *path)
{
	int fd, ret;

	for (;;) {
		fd = open_ours(path);
		/* Another one was faster: its file is there now. */
		if (fd == -EEXIST)
			continue;
		if (fd < 0)
			return fd;
		ret = lock(fd);
		if (!ret && !is_there(fd, path)) {
			close(fd);
			continue;
		}
		if (!ret)
			ret = write_pid(fd);
		if (!ret)
			return fd;
		close(fd);
		return ret;
	}
}

void pid_file_leave(const char *path, int fd)
{
	/* Removed while locked, so nobody's new file can be hit. */
	unlink(path);
	close(fd);
}

pid_t pid_file_holder(const char *path)
{
	struct flock l = whole_file();
	pid_t pid = 0;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (is_ours(fd)) {
		if (fcntl(fd, F_GETLK, &l))
			pid = -errno;
		else if (l.l_type != F_UNLCK)
			/* 0: of a process in another pid namespace */
			pid = l.l_pid > 0 ? l.l_pid : -ESRCH;
	}
	close(fd);
	return pid;
}

int pid_file_signal(const char *path, pid_t pid, int sig)
{
	int fd = pidfd_open(pid, 0);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (pid_file_holder(path) != pid)
		ret = -ESRCH;
	else if (pidfd_send_signal(fd, sig, NULL, 0))
		ret = -errno;
	close(fd);
	return ret;
}
