/* SPDX-License-Identifier: GPL-2.0 */
/* tail.h - a file of entries of one size to which somebody may still append */
#ifndef IVR_STORE_TAIL_H
#define IVR_STORE_TAIL_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct tail - the entries read so far
 * @size: bytes of an entry
 * @n: entries in @data
 * @cap: entries there is room for
 * @data: the entries
 */
struct tail {
	size_t size;
	size_t n;
	size_t cap;
	unsigned char *data;
};

/** tail_init() - nothing read yet */
void tail_init(struct tail *t, size_t size);

/**
 * tail_read() - read what was appended
 * @t: tail
 * @dirfd: directory
 * @name: file in it; one that is not there is empty
 *
 * An entry at the end that is not whole is left out.
 *
 * Return: 0; -EINVAL: no regular file; -ENOMEM; negative errno
 */
int tail_read(struct tail *t, int dirfd, const char *name);

/** tail_free() - free the entries */
void tail_free(struct tail *t);

/** tail_at() - entry @i (0 .. t->n - 1) */
static inline const void *tail_at(const struct tail *t, size_t i)
{
	return t->data + i * t->size;
}

#endif
