// SPDX-License-Identifier: GPL-2.0
/* shm_file.c - the file in /dev/shm that is the memory of a VM of role peer */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/dirs.h"
#include "lib/ivr_msg.h"
#include "lib/users.h"
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

static bool in_place(const char *path, const char *draft)
{
	if (!rename(draft, path))
		return true;
	/* A directory of somebody's: it gets our draft's name instead. */
	if (errno == EISDIR &&
	    !renameat2(AT_FDCWD, draft, AT_FDCWD, path, RENAME_EXCHANGE)) {
		rmdir(draft);
		return true;
	}
	return false;
}

static int make(const char *path, uint64_t size, uid_t uid, gid_t gid,
		mode_t mode)
{
	char draft[PATH_MAX];
	int fd, ret = 0;

	if (snprintf(draft, sizeof(draft), "%s.XXXXXX", path) >=
	    (int)sizeof(draft))
		return -ENAMETOOLONG;
	fd = mkostemp(draft, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size) ||
	    (!geteuid() && fchown(fd, uid, gid)) || fchmod(fd, mode) ||
	    !in_place(path, draft)) {
		ret = -errno;
		unlink(draft);
	}
	close(fd);
	return ret;
}

int shm_file_make(const char *path, uint64_t size, uid_t qemu, gid_t reader)
{
	return make(path, size, qemu, reader, 0660);
}

int shm_file_renew(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(st.st_mode))
		return shm_file_remove(path);
	return make(path, st.st_size, st.st_uid, st.st_gid, st.st_mode & 0660);
}

int shm_file_remove(const char *path)
{
	return unlink(path) && errno != ENOENT ? -errno : 0;
}
