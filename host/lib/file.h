/* SPDX-License-Identifier: GPL-2.0 */
/* file.h - whole files in memory */
#ifndef IVR_LIB_FILE_H
#define IVR_LIB_FILE_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>

/**
 * file_read_fd() - read to the end
 * @fd: descriptor; it stays the caller's
 * @max: bytes at most
 * @text: set to what was read and a NUL; to be freed
 * @len: set to its length without the NUL; may be NULL
 *
 * Return: 0; -EFBIG: there is more; -ENOMEM; negative errno. @text is NULL then
 */
int file_read_fd(int fd, size_t max, char **text, size_t *len);

/**
 * file_read() - the same, of a path
 *
 * Waits for no writer: of a FIFO without one comes nothing.
 */
int file_read(const char *path, size_t max, char **text, size_t *len);

/**
 * file_read_regular() - the same; -EINVAL if it is no regular file
 *
 * @flags: O_NOFOLLOW, or 0
 */
int file_read_regular(const char *path, int flags, size_t max, char **text,
		      size_t *len);

/**
 * file_open_regular() - open a file for reading that must be a regular one
 *
 * Follows no link and waits for nobody.
 *
 * Return: descriptor; -EINVAL if it is anything else; negative errno
 */
int file_open_regular(const char *path);

/** file_open_regular_at() - the same, below a directory */
int file_open_regular_at(int dirfd, const char *name);

/**
 * file_read_at() - pread() all of it
 *
 * Return: 0; -EIO if the file is shorter; negative errno
 */
int file_read_at(int fd, void *to, size_t len, uint64_t at);

/**
 * file_list() - what is in a directory
 * @dirfd: directory; stays as it is
 * @name: directory in it; "." is that itself
 *
 * Return: for readdir() and closedir(); NULL and errno
 */
DIR *file_list(int dirfd, const char *name);

/** file_line() - first line of a file into @buf; 0 or negative errno */
int file_line(const char *path, char *buf, size_t len);

#endif
