// SPDX-License-Identifier: GPL-2.0
/* sandbox.c - give up rights that are not needed, for good */
#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/sandbox.h"

int sandbox_become(uid_t uid, gid_t gid)
{
	int cap;

	if (geteuid())
		return 0;
	/* EINVAL: the first number that is no capability of this kernel. */
	for (cap = 0; !prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); cap++)
		;
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid))
		return -errno;
	return 0;
}

int sandbox_filter(const struct sandbox_rule *rules, size_t n)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret = filter ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; i < n && !ret; i++) {
		int call = seccomp_syscall_resolve_name(rules[i].call);

		if (call != __NR_SCMP_ERROR)
			ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
	}
	if (!ret)
		ret = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return ret;
}
