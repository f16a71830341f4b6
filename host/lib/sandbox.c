// SPDX-License-Identifier: GPL-2.0
/* sandbox.c - give up rights that are not needed, for good */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/sandbox.h"

static void empty_bounding_set(void)
{
	int cap;

	/* EINVAL: the first number that is no capability of this kernel. */
	for (cap = 0; !prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); cap++)
		;
}

int sandbox_become(uid_t uid, gid_t gid)
{
	if (geteuid())
		return 0;
	empty_bounding_set();
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid))
		return -errno;
	return 0;
}

int sandbox_rights(uid_t uid, gid_t gid)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
	int ret = 0;

	if (!geteuid() && uid)
		ret = sandbox_become(uid, gid);
	else if (!geteuid())
		empty_bounding_set();
	if (!ret && (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) ||
		     syscall(SYS_capset, &head, none) ||
		     prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)))
		ret = -errno;
	return ret;
}

/* All of the first version of Landlock (Linux 5.13) */
#define PATH_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define PATH_CHANGE                                                       \
	(PATH_READ | LANDLOCK_ACCESS_FS_WRITE_FILE |                      \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG)
#define PATH_ALL                                                        \
	(PATH_CHANGE | LANDLOCK_ACCESS_FS_EXECUTE |                     \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK |  \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
	 LANDLOCK_ACCESS_FS_MAKE_SYM)

static const uint64_t path_access[] = {
	[SANDBOX_REMOVE] = LANDLOCK_ACCESS_FS_REMOVE_FILE,
	[SANDBOX_CHANGE] = PATH_CHANGE,
};

static int allow_path(int rules, const struct sandbox_path *p)
{
	struct landlock_path_beneath_attr below = {
		.allowed_access = path_access[p->may],
	};
	int ret = 0;

	below.parent_fd = p->path ? open(p->path, O_PATH | O_CLOEXEC) : -1;
	if (below.parent_fd < 0)
		return 0;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		    &below, 0))
		ret = -errno;
	close(below.parent_fd);
	return ret;
}

int sandbox_paths(const struct sandbox_path *paths, size_t n)
{
	const struct landlock_ruleset_attr all = {
		.handled_access_fs = PATH_ALL,
	};
	/* ENOSYS: not built in; EOPNOTSUPP: not switched on */
	int rules = syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	int ret = 0;
	size_t i;

	if (rules < 0)
		return errno == ENOSYS ? -EOPNOTSUPP : -errno;
	for (i = 0; i < n && !ret; i++)
		ret = allow_path(rules, &paths[i]);
	if (!ret && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		     syscall(SYS_landlock_restrict_self, rules, 0)))
		ret = -errno;
	close(rules);
	return ret;
}

static int allow_call(scmp_filter_ctx filter, int call, enum sandbox_arg arg)
{
	switch (arg) {
	case SANDBOX_AF_UNIX:
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
					SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	case SANDBOX_NO_EXEC:
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
					SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC,
						0));
	case SANDBOX_SELF:
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
					SCMP_A0(SCMP_CMP_EQ, getpid()));
	case SANDBOX_ANY:
		break;
	}
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
}

int sandbox_filter(const struct sandbox_rule *rules, size_t n, bool kill)
{
	scmp_filter_ctx filter = seccomp_init(kill ? SCMP_ACT_KILL_PROCESS :
						     SCMP_ACT_ERRNO(EPERM));
	int ret = filter ? 0 : -ENOMEM;
	size_t i;

	if (!ret)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	for (i = 0; i < n && !ret; i++) {
		int call = seccomp_syscall_resolve_name(rules[i].call);

		if (call != __NR_SCMP_ERROR)
			ret = allow_call(filter, call, rules[i].arg);
	}
	if (!ret)
		ret = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return ret;
}
