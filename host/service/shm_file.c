// SPDX-License-Identifier: GPL-2.0
/* shm_file.c - the file in /dev/shm that is the memory of a VM of role peer */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/dirs.h"
#include "lib/ivr_msg.h"
#include "service/shm_file.h"

int shm_file_path(const char *vm, char *path, size_t len)
{
	int n = snprintf(path, len, "%s/" IVR_SHM_PREFIX "%s", dirs_shm(), vm);

	return n < 0 || (size_t)n >= len ? -ENAMETOOLONG : 0;
}

/* proc(5): address perms offset major:minor inode path */
static bool maps(const char *pid, const struct stat *file)
{
	unsigned int major, minor;
	unsigned long long inode;
	char path[64], line[512];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.16s/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	/* A rest of a long line has no such beginning. */
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*x-%*x %*s %*x %x:%x %llu", &major,
			       &minor, &inode) == 3 &&
			inode == file->st_ino &&
			makedev(major, minor) == file->st_dev;
	fclose(f);
	return found;
}

pid_t shm_file_user(const char *path, pid_t reader)
{
	struct dirent *e;
	struct stat st;
	pid_t user = 0;
	DIR *proc;

	if (lstat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	proc = opendir("/proc");
	while (proc && !user && (e = readdir(proc)))
		if (isdigit((unsigned char)e->d_name[0]) &&
		    atol(e->d_name) != reader && maps(e->d_name, &st))
			user = atol(e->d_name);
	if (proc)
		closedir(proc);
	return user;
}

int shm_file_remove(const char *path)
{
	return unlink(path) && errno != ENOENT ? -errno : 0;
}
