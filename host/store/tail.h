/* SPDX-License-Identifier: GPL-2.0 */
/* tail.h - a file of entries of one size to which somebody may still append */
#ifndef IVR_STORE_TAIL_H
#define IVR_STORE_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct tail - the entries read so far
 * @fd: the file, or -1 while it is not there
 * @size: bytes of an entry
 * @base: entries forgotten; @data begins with entry number @base
 * @n: entries in @data
 * @cap: entries there is room for
 * @data: the entries
 */
struct tail {
	int fd;
	size_t size;
	uint64_t base;
	size_t n;
	size_t cap;
	unsigned char *data;
};

/** tail_init() - nothing read yet, no file */
void tail_init(struct tail *t, size_t size);

/**
 * tail_open() - open the file if that was not done before
 * @t: tail
 * @dirfd: directory
 * @name: file in it
 *
 * Return: 0, -ENOENT, or another negative errno of openat()
 */
int tail_open(struct tail *t, int dirfd, const char *name);

/**
 * tail_entries() - how many whole entries the file has now
 * @t: tail
 * @torn: set to the bytes of a last entry that is not whole; may be NULL
 *
 * Return: entries, or negative errno
 */
int64_t tail_entries(const struct tail *t, unsigned int *torn);

/**
 * tail_read() - read what was appended
 * @t: tail
 * @upto: entry number to stop at; more than tail_entries() said is an error
 *
 * Return: 0, -EIO if the file is shorter, -ENOMEM, negative errno of pread()
 */
int tail_read(struct tail *t, uint64_t upto);

/** tail_forget() - free the entries, go on after them */
void tail_forget(struct tail *t);

/** tail_close() - close the file, free the entries */
void tail_close(struct tail *t);

/** tail_at() - entry @i of those in memory (0 .. t->n - 1) */
static inline const void *tail_at(const struct tail *t, size_t i)
{
	return t->data + i * t->size;
}

#endif
