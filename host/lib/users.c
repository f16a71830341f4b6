// SPDX-License-Identifier: GPL-2.0
/* users.c - users of this host, and which of them count as ours */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/dirs.h"
#include "lib/users.h"

int user_find(const char *text, uid_t *uid)
{
	struct passwd *user = getpwnam(text);
	unsigned long number;
	char *end;

	if (user) {
		*uid = user->pw_uid;
		return 0;
	}
	if (!isdigit((unsigned char)text[0]))
		return -ENOENT;
	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno || *end || number >= USER_NONE)
		return -ENOENT;
	*uid = (uid_t)number;
	return 0;
}

/*
 * A line `user = "NAME"`; "+7" is a number, as libvirt has it. -ENOENT: the
 * file does not say.
 */
static int configured_user(uid_t *uid)
{
	char path[PATH_MAX], line[256], name[64];
	int ret = -ENOENT;
	FILE *f;

	snprintf(path, sizeof(path), "%s/qemu.conf", dirs_libvirt_conf());
	f = fopen(path, "re");
	if (!f)
		return -ENOENT;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " user = \"%63[^\"]\"", name) == 1)
			ret = user_find(name + (name[0] == '+'), uid);
	fclose(f);
	return ret;
}

uid_t user_qemu(void)
{
	static const char *const names[] = { "libvirt-qemu", "qemu" };
	struct passwd *user;
	unsigned int i;
	uid_t uid;

	if (!configured_user(&uid))
		return uid;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		user = getpwnam(names[i]);
		if (user)
			return user->pw_uid;
	}
	return USER_NONE;
}

bool user_allowed(uid_t uid, uid_t extra)
{
	return !uid || uid == geteuid() || (extra != USER_NONE && uid == extra);
}

bool user_owns_file(const struct stat *st, uid_t extra)
{
	return S_ISREG(st->st_mode) && st->st_nlink == 1 &&
	       user_allowed(st->st_uid, extra);
}

int user_ivring(const char *text, uid_t *uid, gid_t *gid)
{
	bool chosen = text && text[0];
	struct passwd *user;

	*uid = 0;
	*gid = 0;
	if (user_find(chosen ? text : USER_IVRING, uid))
		return chosen ? -ENOENT : 0;
	user = getpwuid(*uid);
	*gid = user ? user->pw_gid : (gid_t)*uid;
	return 0;
}
