// SPDX-License-Identifier: GPL-2.0
/* paths.c - names of VMs, and where their files lie */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/ivr_msg.h"
#include "lib/paths.h"

int vm_name_check(const char *vm)
{
	const unsigned char *c;

	if (!vm[0] || !strcmp(vm, ".") || !strcmp(vm, ".."))
		return -EINVAL;
	for (c = (const unsigned char *)vm; *c; c++)
		if (*c == '/' || *c < ' ' || *c == 0x7f)
			return -EINVAL;
	if (c - (const unsigned char *)vm >= IVR_VM_NAME_MAX)
		return -ENAMETOOLONG;
	return 0;
}

const char *vm_name_error(int ret)
{
	if (ret == -ENAMETOOLONG)
		return "is longer than 63 bytes";
	return "is not a name: it is empty, '.', '..', or has a '/' or a control character";
}

int path_of_vm(char *buf, size_t len, const char *root, const char *vm,
	       const char *file)
{
	int ret = vm_name_check(vm);
	int n;

	if (ret)
		return ret;
	n = snprintf(buf, len, "%s/%s%s%s", root, vm, file ? "/" : "",
		     file ? file : "");
	return n < 0 || (size_t)n >= len ? -ENAMETOOLONG : 0;
}

static int make_one(const char *path, mode_t mode)
{
	struct stat st;

	if (!mkdir(path, mode)) {
		if (chmod(path, mode))
			return -errno;
		return 0;
	}
	if (errno != EEXIST)
		return -errno;
	if (stat(path, &st))
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int path_make_dir(const char *path, mode_t mode)
{
	char part[PATH_MAX];
	char *slash;
	int ret;

	if (strlen(path) >= sizeof(part))
		return -ENAMETOOLONG;
	strcpy(part, path);
	for (slash = strchr(part + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		ret = make_one(part, mode);
		if (ret)
			return ret;
		*slash = '/';
	}
	return make_one(part, mode);
}
