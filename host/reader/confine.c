// SPDX-License-Identifier: GPL-2.0
/* confine.c - what the reader may do once it reads: nothing but that */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/sandbox.h"
#include "reader/confine.h"
#include "store/leg_write.h"

/* Sanitizers and fault points do what a reader must not. */
#if defined(__SANITIZE_ADDRESS__) || defined(IVR_FAULTS)
#define FILTERED false
#else
#define FILTERED true
#endif

/* clang-format off */
static const struct sandbox_rule rules[] = {
	{ "dup2",	     "ready_tell: to the background" },
	{ "dup3",	     "likewise, where libc has only that" },
	{ "epoll_wait",	     "the event loop" },
	{ "epoll_pwait",     "the event loop, where libc has only that" },
	{ "epoll_ctl",	     "the event loop" },
	{ "timerfd_settime", "poll timer" },
	{ "read",	     "signals, timers, bells, files" },
	{ "write",	     "bells, logs" },
	{ "pread64",	     "descriptors of the newest leg" },
	{ "pwrite64",	     "marks, clock, descriptors" },
	{ "pwritev",	     "pages" },
	{ "fsync",	     "the store's sync" },
	{ "fallocate",	     "room for marks" },
	{ "ftruncate",	     "what could not be written whole" },
	{ "openat",	     "files of the store; role peer: the memory" },
	{ "mkdirat",	     "legs" },
	{ "mkdir",	     "a store that was removed" },
	{ "renameat",	     "legs" },
	{ "renameat2",	     "legs, where libc has only that" },
	{ "unlinkat",	     "rotation, drafts of legs" },
	{ "unlink",	     "control socket and pid file, at the end" },
	{ "chmod",	     "a store that was removed" },
	{ "fchmod",	     "role peer: memory that others could read" },
	{ "fstat",	     "files of the store" },
	{ "stat",	     "role peer: is the file still that one?" },
	{ "lstat",	     "is the control socket still ours?" },
	{ "newfstatat",	     "all of these" },
	{ "fstatfs",	     "quota" },
	{ "getdents64",	     "legs and files of the store" },
	{ "fcntl",	     "lock of the store, flags, dup" },
	{ "lseek",	     "directories" },
	{ "close",	     "what is over" },
	{ "mmap",	     "the memory; malloc" },
	{ "munmap",	     "the memory; malloc" },
	{ "mprotect",	     "malloc in the sync thread" },
	{ "madvise",	     "malloc in the sync thread" },
	{ "mremap",	     "malloc" },
	{ "brk",	     "malloc" },
	{ "socket",	     "the server; sd_notify" },
	{ "connect",	     "the server; sd_notify" },
	{ "sendmsg",	     "answers; sd_notify" },
	{ "sendto",	     "answers" },
	{ "recvmsg",	     "the server" },
	{ "recvfrom",	     "commands" },
	{ "accept4",	     "commands" },
	{ "getsockopt",	     "who asks (SO_PEERCRED)" },
	{ "setsockopt",	     "room for answers" },
	{ "getrandom",	     "epochs" },
	{ "uname",	     "name of the host" },
	{ "futex",	     "the sync thread" },
	{ "getpid",	     "sd_notify" },
	{ "getuid",	     "sd_notify" },
	{ "geteuid",	     "owners of files" },
	{ "getgid",	     "sd_notify" },
	{ "getegid",	     "sd_notify" },
	{ "clock_gettime",   "without vDSO" },
	{ "rt_sigaction",    "a memory that was cut (SIGBUS)" },
	{ "rt_sigprocmask",  "likewise" },
	{ "rt_sigreturn",    "likewise" },
	{ "rseq",	     "the sync thread, while it starts" },
	{ "set_robust_list", "likewise" },
	{ "sched_getaffinity", "malloc in the sync thread" },
	{ "gettid",	     "abort" },
	{ "tgkill",	     "abort" },
	{ "exit",	     "end of the sync thread" },
	{ "exit_group",	     "end" },
};
/* clang-format on */

static int give_store_away(const struct session *s)
{
	const struct conf *c = s->conf;

	return geteuid() || !c->uid ? 0 : store_give(&s->store, c->uid, c->gid);
}

static const char *dir_of(const char *path, char buf[PATH_MAX])
{
	snprintf(buf, PATH_MAX, "%s", path ? path : "/nowhere/x");
	return dirname(buf);
}

static int see_few_files(const struct session *s)
{
	const struct conf *c = s->conf;
	char store[PATH_MAX], shm[PATH_MAX], ctl[PATH_MAX], pid[PATH_MAX];
	const struct sandbox_path paths[] = {
		/* The one above: a store that was removed is made again. */
		{ dir_of(s->store.path, store), SANDBOX_CHANGE },
		{ dir_of(c->shm, shm), SANDBOX_CHANGE },
		{ dir_of(c->ctl, ctl), SANDBOX_REMOVE },
		{ dir_of(c->ready.pid_file, pid), SANDBOX_REMOVE },
	};
	int ret = sandbox_paths(paths, sizeof(paths) / sizeof(paths[0]));

	return ret == -EOPNOTSUPP ? 0 : ret;
}

static int told(int ret)
{
	if (ret)
		err("cannot give up rights: %s", strerror(-ret));
	return ret;
}

int confine_rights(struct session *s)
{
	int ret;

	store_learn_host();
	ret = give_store_away(s);
	if (!ret)
		ret = see_few_files(s);
	if (!ret)
		ret = sandbox_rights(s->conf->uid, s->conf->gid);
	return told(ret);
}

int confine_calls(void)
{
	if (!FILTERED)
		return 0;
	return told(
		sandbox_filter(rules, sizeof(rules) / sizeof(rules[0]), false));
}
