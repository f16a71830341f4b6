/* SPDX-License-Identifier: GPL-2.0 */
/* sandbox.h - give up rights that are not needed, for good */
#ifndef IVR_LIB_SANDBOX_H
#define IVR_LIB_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* "nobody" of Debian and Fedora; files of nobody's are nobody's fault */
#define SANDBOX_NOBODY ((uid_t)65534)

/** enum sandbox_arg - which arguments a system call may have */
enum sandbox_arg {
	SANDBOX_ANY,
	SANDBOX_AF_UNIX, /* the first is AF_UNIX */
	SANDBOX_NO_EXEC, /* the third has no PROT_EXEC */
	SANDBOX_SELF, /* the first is our pid */
};

/**
 * struct sandbox_rule - a system call that stays allowed
 * @call: its name; one that this kernel or libseccomp does not know is skipped
 * @why: who needs it, for those who read the table
 * @arg: with which arguments
 */
struct sandbox_rule {
	const char *call;
	const char *why;
	enum sandbox_arg arg;
};

/* One with any arguments, as most are */
#define SANDBOX_CALL(call, why)        \
	{                              \
		call, why, SANDBOX_ANY \
	}

/**
 * sandbox_become() - be another user, without groups and capabilities
 * @uid: user
 * @gid: group
 *
 * Does nothing unless we are root. The bounding set is emptied too.
 *
 * Return: 0 or negative errno: some rights may be gone then, others not
 */
int sandbox_become(uid_t uid, gid_t gid);

/** enum sandbox_may - what stays allowed below a directory */
enum sandbox_may {
	SANDBOX_REMOVE, /* files */
	SANDBOX_CHANGE, /* make, write, read and remove files and directories */
};

/**
 * struct sandbox_path - a directory that stays open to us
 * @path: it; NULL or missing: skipped
 * @may: for what
 */
struct sandbox_path {
	const char *path;
	enum sandbox_may may;
};

/**
 * sandbox_rights() - become a user, lose all capabilities
 * @uid: user; if we are root and it is 0 we stay root, but one that may do only
 *	what the owner of root's files may
 * @gid: group
 *
 * Neither exec() nor a set-uid program brings anything back (no_new_privs, empty
 * bounding set). Of one thread: call it before there are others.
 *
 * Return: 0 or negative errno
 */
int sandbox_rights(uid_t uid, gid_t gid);

/**
 * sandbox_paths() - see no files but those below some directories
 * @paths: the directories
 * @n: how many
 *
 * By Landlock. Open descriptors stay as they are. Of this thread, and those that
 * it starts later.
 *
 * Return: 0; -EOPNOTSUPP if the kernel has no Landlock; negative errno
 */
int sandbox_paths(const struct sandbox_path *paths, size_t n);

/**
 * sandbox_filter() - allow these system calls and no other
 * @rules: what stays allowed
 * @n: how many
 * @kill: any other call ends the process with SIGSYS; false: it fails with EPERM,
 *	so that a daemon outlives a libc that does something new
 *
 * Of all threads. Sets no_new_privs.
 *
 * Return: 0 or negative errno: nothing has changed but no_new_privs
 */
int sandbox_filter(const struct sandbox_rule *rules, size_t n, bool kill);

#endif
