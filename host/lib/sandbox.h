/* SPDX-License-Identifier: GPL-2.0 */
/* sandbox.h - give up rights that are not needed, for good */
#ifndef IVR_LIB_SANDBOX_H
#define IVR_LIB_SANDBOX_H

#include <stddef.h>
#include <sys/types.h>

/* "nobody" of Debian and Fedora; files of nobody's are nobody's fault */
#define SANDBOX_NOBODY ((uid_t)65534)

/**
 * struct sandbox_rule - a system call that stays allowed
 * @call: its name; one that this kernel or libseccomp does not know is skipped
 * @why: who needs it, for those who read the table
 */
struct sandbox_rule {
	const char *call;
	const char *why;
};

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

/**
 * sandbox_filter() - allow these system calls and no other
 * @rules: what stays allowed
 * @n: how many
 *
 * Any other call ends the process with SIGSYS. Sets no_new_privs.
 *
 * Return: 0 or negative errno: nothing has changed but no_new_privs
 */
int sandbox_filter(const struct sandbox_rule *rules, size_t n);

#endif
