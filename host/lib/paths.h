/* SPDX-License-Identifier: GPL-2.0 */
/* paths.h - names of VMs, and where their files lie */
#ifndef IVR_LIB_PATHS_H
#define IVR_LIB_PATHS_H

#include <stddef.h>
#include <sys/types.h>

/**
 * vm_name_check() - can this be the name of a VM's directory?
 * @vm: name
 *
 * Return: 0; -EINVAL if it is empty, ".", "..", or has a slash or a control
 * character; -ENAMETOOLONG above IVR_VM_NAME_MAX - 1 bytes
 */
int vm_name_check(const char *vm);

/**
 * vm_name_error() - what is wrong with a name, for people
 * @ret: negative return of vm_name_check()
 *
 * Return: half a sentence that follows the name
 */
const char *vm_name_error(int ret);

/**
 * path_of_vm() - build ROOT/VM/FILE
 * @buf: result
 * @len: room in @buf
 * @root: IVR_RUN_DIR, IVR_STORE_DIR, ..
 * @vm: name of the VM
 * @file: file in its directory; NULL gives the directory
 *
 * Return: 0; -EINVAL or -ENAMETOOLONG as vm_name_check(), or no room
 */
int path_of_vm(char *buf, size_t len, const char *root, const char *vm,
	       const char *file);

/**
 * path_make_dir() - make a directory and what is missing above it
 * @path: directory
 * @mode: mode of those that are made, whatever the umask says
 *
 * Return: 0, also if it is there; -ENOTDIR if something else is; negative errno
 */
int path_make_dir(const char *path, mode_t mode);

#endif
