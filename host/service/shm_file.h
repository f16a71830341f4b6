/* SPDX-License-Identifier: GPL-2.0 */
/*
 * shm_file.h - the file in /dev/shm that is the memory of a VM of role peer
 *
 * QEMU makes it when the device is plugged (mode 0644 less libvirt's umask,
 * owner is the user as whom QEMU runs), and nobody removes it.
 */
#ifndef IVR_SERVICE_SHM_FILE_H
#define IVR_SERVICE_SHM_FILE_H

#include <stddef.h>
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
 * shm_file_remove() - remove it, so that the next device has fresh memory
 * @path: of shm_file_path()
 *
 * Return: 0, also if there is none; negative errno
 */
int shm_file_remove(const char *path);

#endif
