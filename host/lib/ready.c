// SPDX-License-Identifier: GPL-2.0
/* ready.c - one instance, in the background if wished, and "I am ready" */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/pid_file.h"
#include "lib/ready.h"

/* The parent ends when the child is ready or dead, and says so by its status */
static void __attribute__((noreturn)) wait_for_child(int fd, pid_t child)
{
	char byte;
	ssize_t n;

	do {
		n = read(fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 1)
		_exit(EXIT_SUCCESS);
	waitpid(child, NULL, 0);
	_exit(EXIT_FAILURE);
}

static int go_background(struct ready *r)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	child = fork();
	if (child < 0) {
		int ret = -errno;

		close(ends[0]);
		close(ends[1]);
		return ret;
	}
	if (child) {
		close(ends[1]);
		wait_for_child(ends[0], child);
	}
	close(ends[0]);
	r->parent_fd = ends[1];
	r->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	setsid();
	return 0;
}

static int take_pid_file(struct ready *r)
{
	int fd = pid_file_take(r->pid_file);

	if (fd == -EEXIST)
		err("already running with pid %ld (%s)",
		    (long)pid_file_holder(r->pid_file), r->pid_file);
	else if (fd < 0)
		err("pid file %s: %s", r->pid_file, strerror(-fd));
	if (fd < 0)
		return fd;
	r->pid_fd = fd;
	return 0;
}

int ready_begin(struct ready *r)
{
	int ret;

	if (r->notify_fd != READY_NO_FD && fcntl(r->notify_fd, F_GETFD) < 0) {
		err("--ready-fd %u: not an open descriptor", r->notify_fd);
		return -EBADF;
	}
	if (r->daemonize) {
		ret = go_background(r);
		if (ret) {
			err("cannot go to the background: %s", strerror(-ret));
			return ret;
		}
	}
	return r->pid_file ? take_pid_file(r) : 0;
}

static void detach_stdio(int fd)
{
	if (fd < 0)
		return;
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void tell_on(int fd)
{
	if (write(fd, "\n", 1) < 0)
		warn("cannot tell readiness on descriptor %d: %s", fd,
		     strerror(errno));
	close(fd);
}

void ready_tell(struct ready *r)
{
	sd_notifyf(0, "READY=1\nMAINPID=%ld", (long)getpid());
	if (r->notify_fd != READY_NO_FD) {
		tell_on((int)r->notify_fd);
		r->notify_fd = READY_NO_FD;
	}
	if (r->parent_fd < 0)
		return;
	detach_stdio(r->null_fd);
	tell_on(r->parent_fd);
	r->parent_fd = -1;
}

void ready_status(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sd_notifyf(0, "STATUS=%s", text);
}

void ready_end(struct ready *r)
{
	sd_notify(0, "STOPPING=1");
	if (r->pid_fd < 0)
		return;
	pid_file_leave(r->pid_file, r->pid_fd);
	r->pid_fd = -1;
}
