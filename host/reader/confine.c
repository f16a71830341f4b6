// SPDX-License-Identifier: GPL-2.0
/* confine.c - what the reader may do once it reads: nothing but that */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/boot.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "reader/confine.h"

/* Sanitizers and fault points do what a reader must not. */
#if defined(__SANITIZE_ADDRESS__) || defined(IVR_FAULTS)
#define CONFINED false
#else
#define CONFINED true
#endif

/* clang-format off */
static const struct sandbox_rule rules[] = {
	SANDBOX_CALL("dup2", "ready_tell: to the background"),
	SANDBOX_CALL("dup3", "likewise, where libc has only that"),
	SANDBOX_CALL("epoll_wait", "the event loop"),
	SANDBOX_CALL("epoll_pwait", "the event loop, where libc has only that"),
	SANDBOX_CALL("epoll_ctl", "the event loop"),
	SANDBOX_CALL("timerfd_settime", "poll timer"),
	SANDBOX_CALL("read", "signals, timers, bells, files"),
	SANDBOX_CALL("write", "bells, logs"),
	SANDBOX_CALL("pread64", "descriptors of the newest leg"),
	SANDBOX_CALL("pwrite64", "marks, clock, descriptors"),
	SANDBOX_CALL("pwritev", "pages"),
	SANDBOX_CALL("fsync", "the store's sync"),
	SANDBOX_CALL("fallocate", "room for marks"),
	SANDBOX_CALL("ftruncate", "what could not be written whole"),
	SANDBOX_CALL("openat", "files of the store; role peer: the memory"),
	SANDBOX_CALL("mkdirat", "legs"),
	SANDBOX_CALL("mkdir", "a store for which there was no room"),
	SANDBOX_CALL("chmod", "likewise"),
	SANDBOX_CALL("renameat", "legs"),
	SANDBOX_CALL("renameat2", "legs, where libc has only that"),
	SANDBOX_CALL("unlinkat", "rotation, drafts of legs"),
	SANDBOX_CALL("unlink", "control socket and pid file, at the end"),
	SANDBOX_CALL("fchmod", "role peer: memory that others could read"),
	SANDBOX_CALL("fstat", "files of the store"),
	SANDBOX_CALL("stat", "role peer: is the file still that one?"),
	SANDBOX_CALL("lstat", "is the control socket still ours?"),
	SANDBOX_CALL("newfstatat", "all of these"),
	SANDBOX_CALL("fstatfs", "quota"),
	SANDBOX_CALL("getdents64", "legs and files of the store"),
	SANDBOX_CALL("fcntl", "lock of the store, flags, dup"),
	SANDBOX_CALL("lseek", "directories"),
	SANDBOX_CALL("close", "what is over"),
	{ "mmap", "the memory; malloc", SANDBOX_NO_EXEC },
	SANDBOX_CALL("munmap", "the memory; malloc"),
	{ "mprotect", "malloc in the sync thread", SANDBOX_NO_EXEC },
	SANDBOX_CALL("madvise", "malloc in the sync thread"),
	SANDBOX_CALL("mremap", "malloc"),
	SANDBOX_CALL("brk", "malloc"),
	{ "socket", "the server; sd_notify", SANDBOX_AF_UNIX },
	SANDBOX_CALL("connect", "the server; sd_notify"),
	SANDBOX_CALL("sendmsg", "answers; sd_notify"),
	SANDBOX_CALL("sendto", "answers"),
	SANDBOX_CALL("recvmsg", "the server"),
	SANDBOX_CALL("recvfrom", "commands"),
	SANDBOX_CALL("accept4", "commands"),
	SANDBOX_CALL("getsockopt", "who asks (SO_PEERCRED)"),
	SANDBOX_CALL("setsockopt", "room for answers"),
	SANDBOX_CALL("getrandom", "epochs"),
	SANDBOX_CALL("uname", "name of the host"),
	SANDBOX_CALL("futex", "the sync thread"),
	SANDBOX_CALL("getpid", "sd_notify"),
	SANDBOX_CALL("getuid", "sd_notify"),
	SANDBOX_CALL("geteuid", "owners of files"),
	SANDBOX_CALL("getgid", "sd_notify"),
	SANDBOX_CALL("getegid", "sd_notify"),
	SANDBOX_CALL("clock_gettime", "without vDSO"),
	SANDBOX_CALL("rt_sigaction", "a memory that was cut (SIGBUS)"),
	SANDBOX_CALL("rt_sigprocmask", "likewise"),
	SANDBOX_CALL("rt_sigreturn", "likewise"),
	SANDBOX_CALL("rseq", "the sync thread, while it starts"),
	SANDBOX_CALL("set_robust_list", "likewise"),
	SANDBOX_CALL("sched_getaffinity", "malloc in the sync thread"),
	SANDBOX_CALL("gettid", "abort"),
	{ "tgkill", "abort", SANDBOX_SELF },
	SANDBOX_CALL("exit", "end of the sync thread"),
	SANDBOX_CALL("exit_group", "end"),
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
	char above[PATH_MAX], shm[PATH_MAX], ctl[PATH_MAX], pid[PATH_MAX];
	const struct sandbox_path paths[] = {
		/*
		 * Not the one above, where other VMs have theirs, unless a
		 * full disk let nobody make ours.
		 */
		{ s->store.fd < 0 ? dir_of(s->store.path, above) :
				    s->store.path,
		  SANDBOX_CHANGE },
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

	/* For the legs to come; /proc will be out of reach. */
	boot_id();
	ret = give_store_away(s);
	if (!ret && CONFINED)
		ret = see_few_files(s);
	/* Whoever is to make it later, when there is room, must be root. */
	if (!ret && s->store.fd < 0)
		ret = sandbox_rights(0, 0);
	else if (!ret)
		ret = sandbox_rights(s->conf->uid, s->conf->gid);
	return told(ret);
}

void confine_calls(void)
{
	int ret = 0;

	if (CONFINED)
		ret = sandbox_filter(rules, sizeof(rules) / sizeof(rules[0]),
				     false);
	if (ret)
		warn("no filter of system calls: %s", strerror(-ret));
}
