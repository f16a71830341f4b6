// SPDX-License-Identifier: GPL-2.0
/* confine.c - what the server may do once it serves: nothing but that */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/sandbox.h"
#include "server/confine.h"

/* Sanitizers and fault points do what a server must not. */
#if defined(__SANITIZE_ADDRESS__) || defined(IVR_FAULTS)
#define CONFINED false
#else
#define CONFINED true
#endif

/* Two sockets and a pid file */
#define FILES_MAX 3

/* clang-format off */
static const struct sandbox_rule rules[] = {
	SANDBOX_CALL("epoll_create1", "server_run"),
	SANDBOX_CALL("signalfd4", "server_run"),
	SANDBOX_CALL("dup2", "ready_tell: to the background"),
	SANDBOX_CALL("dup3", "likewise, where libc has only that"),
	SANDBOX_CALL("epoll_wait", "server_run"),
	SANDBOX_CALL("epoll_pwait", "server_run, where libc has only that"),
	SANDBOX_CALL("epoll_ctl", "connections come and go"),
	SANDBOX_CALL("accept4", "connections"),
	SANDBOX_CALL("getsockopt", "who connects (SO_PEERCRED)"),
	SANDBOX_CALL("sendmmsg", "handshakes"),
	SANDBOX_CALL("sendmsg", "refusals, news for the reader, sd_notify"),
	SANDBOX_CALL("recvmsg", "hang-ups"),
	SANDBOX_CALL("recvfrom", "hang-ups"),
	SANDBOX_CALL("memfd_create", "fresh memory for each QEMU"),
	SANDBOX_CALL("ftruncate", "its size"),
	SANDBOX_CALL("fcntl", "its seals"),
	SANDBOX_CALL("eventfd2", "fresh bells for each QEMU"),
	SANDBOX_CALL("close", "what is over"),
	SANDBOX_CALL("read", "signals"),
	SANDBOX_CALL("write", "the log"),
	{ "socket", "sd_notify", SANDBOX_AF_UNIX },
	SANDBOX_CALL("connect", "sd_notify"),
	SANDBOX_CALL("setsockopt", "sd_notify"),
	SANDBOX_CALL("getpid", "sd_notify"),
	SANDBOX_CALL("getuid", "sd_notify"),
	SANDBOX_CALL("geteuid", "access"),
	SANDBOX_CALL("getgid", "sd_notify"),
	SANDBOX_CALL("getegid", "sd_notify"),
	SANDBOX_CALL("fstat", "sd_notify"),
	SANDBOX_CALL("newfstatat", "is the socket's file still ours?"),
	SANDBOX_CALL("lstat", "likewise"),
	SANDBOX_CALL("unlink", "sockets and pid file, at the end"),
	SANDBOX_CALL("clock_gettime", "without vDSO"),
	SANDBOX_CALL("clock_nanosleep", "pause without descriptors"),
	SANDBOX_CALL("poll", "pause without descriptors"),
	SANDBOX_CALL("brk", "malloc"),
	{ "mmap", "malloc", SANDBOX_NO_EXEC },
	SANDBOX_CALL("munmap", "malloc"),
	SANDBOX_CALL("rt_sigprocmask", "libc, at the end"),
	SANDBOX_CALL("rt_sigreturn", "signals"),
	SANDBOX_CALL("exit_group", "end"),
};
/* clang-format on */

static int see_no_files(const char *const *files, size_t n)
{
	char dirs[FILES_MAX][PATH_MAX];
	struct sandbox_path paths[FILES_MAX];
	size_t i;
	int ret;

	for (i = 0; i < n && i < FILES_MAX; i++) {
		snprintf(dirs[i], PATH_MAX, "%s",
			 files[i] ? files[i] : "/nowhere/x");
		paths[i] = (struct sandbox_path) { dirname(dirs[i]),
						   SANDBOX_REMOVE };
	}
	ret = sandbox_paths(paths, i);
	return ret == -EOPNOTSUPP ? 0 : ret;
}

int server_confine(uid_t uid, gid_t gid, const char *const *files, size_t n)
{
	int ret = CONFINED ? see_no_files(files, n) : 0;

	if (!ret)
		ret = sandbox_rights(uid, gid);
	if (ret) {
		err("cannot give up rights: %s", strerror(-ret));
		return ret;
	}
	/* A kernel that has none must not keep a VM from starting. */
	if (CONFINED)
		ret = sandbox_filter(rules, sizeof(rules) / sizeof(rules[0]),
				     false);
	if (ret)
		warn("no filter of system calls: %s", strerror(-ret));
	return 0;
}
