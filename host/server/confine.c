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
#define FILTERED false
#else
#define FILTERED true
#endif

/* Two sockets and a pid file */
#define FILES_MAX 3

/* clang-format off */
static const struct sandbox_rule rules[] = {
	{ "epoll_create1",   "server_run" },
	{ "signalfd4",	     "server_run" },
	{ "dup2",	     "ready_tell: to the background" },
	{ "dup3",	     "likewise, where libc has only that" },
	{ "epoll_wait",	     "server_run" },
	{ "epoll_pwait",     "server_run, where libc has only that" },
	{ "epoll_ctl",	     "connections come and go" },
	{ "accept4",	     "connections" },
	{ "getsockopt",	     "who connects (SO_PEERCRED)" },
	{ "sendmsg",	     "handshakes, news for the reader, sd_notify" },
	{ "recvmsg",	     "hang-ups" },
	{ "recvfrom",	     "hang-ups" },
	{ "memfd_create",    "fresh memory for each QEMU" },
	{ "ftruncate",	     "its size" },
	{ "fcntl",	     "its seals" },
	{ "eventfd2",	     "fresh bells for each QEMU" },
	{ "close",	     "what is over" },
	{ "read",	     "signals" },
	{ "write",	     "the log" },
	{ "socket",	     "sd_notify" },
	{ "connect",	     "sd_notify" },
	{ "setsockopt",	     "sd_notify" },
	{ "getpid",	     "sd_notify" },
	{ "getuid",	     "sd_notify" },
	{ "geteuid",	     "access" },
	{ "getgid",	     "sd_notify" },
	{ "getegid",	     "sd_notify" },
	{ "fstat",	     "sd_notify" },
	{ "newfstatat",	     "is the socket's file still ours?" },
	{ "lstat",	     "likewise" },
	{ "unlink",	     "sockets and pid file, at the end" },
	{ "clock_gettime",   "without vDSO" },
	{ "clock_nanosleep", "pause without descriptors" },
	{ "poll",	     "pause without descriptors" },
	{ "brk",	     "malloc" },
	{ "mmap",	     "malloc" },
	{ "munmap",	     "malloc" },
	{ "rt_sigprocmask",  "libc, at the end" },
	{ "rt_sigreturn",    "signals" },
	{ "exit_group",	     "end" },
};
/* clang-format on */

static int see_no_files(const char *const *files, size_t n)
{
	char dirs[FILES_MAX][PATH_MAX];
	struct sandbox_path paths[FILES_MAX];
	size_t i;
	int ret;

	for (i = 0; i < n && i < FILES_MAX; i++) {
		snprintf(dirs[i], PATH_MAX, "%s", files[i] ? files[i] : "/nil");
		paths[i] = (struct sandbox_path) { dirname(dirs[i]),
						   SANDBOX_REMOVE };
	}
	ret = sandbox_paths(paths, i);
	return ret == -EOPNOTSUPP ? 0 : ret;
}

int server_confine(uid_t uid, gid_t gid, const char *const *files, size_t n)
{
	int ret = see_no_files(files, n);

	if (!ret)
		ret = sandbox_rights(uid, gid);
	if (!ret && FILTERED)
		ret = sandbox_filter(rules, sizeof(rules) / sizeof(rules[0]),
				     false);
	if (ret)
		err("cannot give up rights: %s", strerror(-ret));
	return ret;
}
