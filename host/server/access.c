// SPDX-License-Identifier: GPL-2.0
/* access.c - which users may connect */
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/access.h"

int access_user(const char *text, uid_t *uid)
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
	if (errno || *end || number >= ACCESS_NOBODY)
		return -ENOENT;
	*uid = (uid_t)number;
	return 0;
}

uid_t access_qemu_user(void)
{
	static const char *const names[] = { "libvirt-qemu", "qemu" };
	struct passwd *user;
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		user = getpwnam(names[i]);
		if (user)
			return user->pw_uid;
	}
	return ACCESS_NOBODY;
}

bool access_allowed(uid_t uid, uid_t extra)
{
	return !uid || uid == geteuid() ||
	       (extra != ACCESS_NOBODY && uid == extra);
}
