// SPDX-License-Identifier: GPL-2.0
/* virsh.c - ask libvirt through virsh */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/process.h"
#include "lib/stop_signal.h"
#include "migration/move/virsh.h"

#define MAX_ARGS 96
#define OUT_MAX	 (4u << 20) /* a domain's XML, see domain_xml.h */

/* A cancelled migration ends soon, or the connection is dead. */
#define CANCEL_MS 60000
/* Between two attempts to abort the job. */
#define ABORT_MS 1000

static int memory_file(const char *text)
{
	size_t len = text ? strlen(text) : 0;
	int fd = memfd_create("virsh", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (len && pwrite(fd, text, len, 0) != (ssize_t)len) {
		close(fd);
		return -EIO;
	}
	return fd;
}

static char *contents(int fd)
{
	off_t len = lseek(fd, 0, SEEK_END);
	char *text = len < 0 || len > OUT_MAX ? NULL : malloc(len + 1);
	ssize_t n;

	if (!text)
		return NULL;
	n = pread(fd, text, len, 0);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* "error: it failed", "error: because" become "it failed: because". */
static void explain(struct virsh *v, int errors)
{
	char *text = contents(errors), *line, *rest = text;
	size_t n = 0;

	v->why[0] = '\0';
	while (rest && (line = strsep(&rest, "\n"))) {
		if (strncmp(line, "error: ", 7) || n >= sizeof(v->why))
			continue;
		n += snprintf(v->why + n, sizeof(v->why) - n, "%s%s",
			      n ? ": " : "", line + 7);
	}
	if (!v->why[0])
		snprintf(v->why, sizeof(v->why),
			 "virsh failed and does not say why");
	free(text);
}

/* In the child, away from the terminal: a Ctrl-C there is ours to judge. */
static void __attribute__((noreturn))
become(char *const *argv, int in, int out, int errors)
{
	setsid();
	stop_signal_child();
	setenv("LC_ALL", "C", 1);
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(errors, STDERR_FILENO) < 0)
		_exit(127);
	execv(argv[0], argv);
	_exit(127);
}

static int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

/* 0 when it has ended; -EINTR when we are to end; -ETIME. */
static int await(int pidfd, uint64_t deadline)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	for (;;) {
		if (stop_signal_poll(&p, 1,
				     deadline == UINT64_MAX ?
					     UINT32_MAX :
					     ms_until(deadline)) > 0)
			return 0;
		if (stop_signal_asked())
			return -EINTR;
		if (deadline != UINT64_MAX && !ms_until(deadline))
			return -ETIME;
	}
}

static int run(struct virsh *v, char *const *argv, const int *fds,
	       uint64_t deadline)
{
	pid_t pid = fork();
	int pidfd, ret, end;

	if (pid < 0)
		return -errno;
	if (!pid)
		become(argv, fds[0], fds[1], fds[2]);
	pidfd = pidfd_open(pid, 0);
	ret = pidfd < 0 ? -errno : await(pidfd, deadline);
	if (ret)
		kill(pid, SIGKILL);
	end = reap(pid);
	if (pidfd >= 0)
		close(pidfd);
	if (ret == -ETIME)
		snprintf(v->why, sizeof(v->why), "no answer from %s in time",
			 v->uri);
	else if (ret)
		snprintf(v->why, sizeof(v->why), "%s",
			 ret == -EINTR ? "interrupted" : strerror(-ret));
	else if (end)
		explain(v, fds[2]);
	return ret ? ret : end;
}

static int begin(struct virsh *v, char *path, const char **argv)
{
	if (process_find("virsh", path, PATH_MAX)) {
		snprintf(v->why, sizeof(v->why), "virsh is not installed");
		return -ENOENT;
	}
	argv[0] = path;
	argv[1] = "--quiet";
	argv[2] = "--connect";
	argv[3] = v->uri;
	return 4;
}

int virsh_call(struct virsh *v, uint64_t deadline, const char *in, char **out,
	       const char *const *args)
{
	const char *argv[MAX_ARGS];
	char path[PATH_MAX];
	int fds[3], ret, n, i;

	if (out)
		*out = NULL;
	v->why[0] = '\0';
	n = begin(v, path, argv);
	if (n < 0)
		return n;
	while (*args && n < MAX_ARGS - 1)
		argv[n++] = *args++;
	argv[n] = NULL;
	for (i = 0; i < 3; i++)
		fds[i] = memory_file(i ? NULL : in);
	ret = run(v, (char *const *)argv, fds, deadline);
	if (!ret && out) {
		*out = contents(fds[1]);
		ret = *out ? 0 : -ENOMEM;
	}
	for (i = 0; i < 3; i++)
		close(fds[i]);
	return ret;
}

static void __attribute__((noreturn))
become_migrate(char *const *argv, pid_t parent, bool to_stderr)
{
	stop_signal_child();
	prctl(PR_SET_PDEATHSIG, SIGINT);
	/* It may have died before that. */
	if (getppid() != parent)
		_exit(127);
	if (to_stderr && dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(127);
	execv(argv[0], argv);
	_exit(127);
}

/*
 * Its end, or if we are asked, the end of its cancelling. By SIGINT virsh should
 * cancel, but that of libvirt 9.0 does not; and before the job has begun there is
 * none to abort, hence again and again.
 */
static int await_migrate(struct virsh *v, const char *vm, int pidfd, pid_t pid)
{
	uint64_t deadline;

	if (!await(pidfd, UINT64_MAX))
		return reap(pid);
	stop_signal_ignore();
	kill(pid, SIGINT);
	deadline = now_ms() + CANCEL_MS;
	do {
		virsh_call(v, deadline, NULL, NULL,
			   (const char *const[]) { "domjobabort", vm, NULL });
	} while (await(pidfd, now_ms() + ABORT_MS) && ms_until(deadline));
	if (!ms_until(deadline))
		kill(pid, SIGKILL);
	return reap(pid) ? -EINTR : 0;
}

int virsh_migrate(struct virsh *v, const char *vm, const char *dest,
		  char *const *options, bool to_stderr)
{
	const char *argv[MAX_ARGS];
	pid_t pid, parent = getpid();
	char path[PATH_MAX];
	int n, ret, pidfd;

	v->why[0] = '\0';
	n = begin(v, path, argv);
	if (n < 0)
		return n;
	argv[n++] = "migrate";
	argv[n++] = "--live";
	argv[n++] = vm;
	argv[n++] = dest;
	while (*options && n < MAX_ARGS - 1)
		argv[n++] = *options++;
	argv[n] = NULL;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		become_migrate((char *const *)argv, parent, to_stderr);
	pidfd = pidfd_open(pid, 0);
	ret = pidfd < 0 ? reap(pid) : await_migrate(v, vm, pidfd, pid);
	if (pidfd >= 0)
		close(pidfd);
	if (ret)
		snprintf(v->why, sizeof(v->why), "%s",
			 ret == -EINTR ? "cancelled" :
					 "virsh migrate failed, see above");
	return ret;
}
