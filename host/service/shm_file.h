/* SPDX-License-Identifier: GPL-2.0 */
/*
 * shm_file.h - the file in /dev/shm that is the memory of a VM of role peer
 *
 * DOC: Whose it is
 *
 * libvirt gives QEMU a name in /dev/shm, where anybody may make files, and QEMU
 * takes the file that is there. Whoever made it would have the guest's memory
 * mapped, and could be the guest for the reader. So the hook makes it before
 * QEMU starts, with no access for others, and puts it in the place of anything
 * that is there already, in one step; the sticky bit of the directory keeps
 * others from touching it after that. A file counts as ours if it is a plain
 * file with one name, owned by root, by us or by QEMU's user.
 */
#ifndef IVR_SERVICE_SHM_FILE_H
#define IVR_SERVICE_SHM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/**
 * shm_file_path() - where it is
 * @vm: name that vm_name_check() accepts
 * @path: set to it
 * @len: room in @path
 *
 * Return: 0 or -ENAMETOOLONG
 */
int shm_file_path(const char *vm, char *path, size_t len);

/**
 * shm_file_user() - which process has it mapped?
 * @path: of shm_file_path()
 * @reader: pid that does not count, or 0
 *
 * Return: pid, or 0 if none has, or there is no file
 */
pid_t shm_file_user(const char *path, pid_t reader);

/**
 * shm_file_make() - make the memory of the next device, zeroed
 * @path: of shm_file_path(); what is there is replaced, whoever made it
 * @size: bytes
 * @qemu: user as whom QEMU runs, who shall own it; USER_NONE: we
 * @reader: group of the reader, who shall have access too
 *
 * Return: 0; negative errno, and what was there may be there still
 */
int shm_file_make(const char *path, uint64_t size, uid_t qemu, gid_t reader);

/**
 * shm_file_renew() - the same as it was, but with fresh memory
 * @path: of shm_file_path()
 *
 * After an unplug, so that the next device does not see the old memory.
 *
 * Return: 0, also if there is none; negative errno
 */
int shm_file_renew(const char *path);

/**
 * shm_file_remove() - remove it: its VM is gone
 * @path: of shm_file_path()
 *
 * Return: 0, also if there is none; negative errno
 */
int shm_file_remove(const char *path);

#endif
