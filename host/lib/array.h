/* SPDX-License-Identifier: GPL-2.0 */
/* array.h - arrays that grow */
#ifndef IVR_LIB_ARRAY_H
#define IVR_LIB_ARRAY_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/**
 * array_room() - make room for more elements
 * @array: address of the pointer to the elements; may point to NULL
 * @cap: elements there is room for; updated
 * @want: elements there must be room for
 * @size: bytes of an element
 *
 * Return: 0; -ENOMEM, and the array is as before
 */
static inline int array_room(void *array, size_t *cap, size_t want, size_t size)
{
	void **p = array;
	size_t n = *cap ? *cap : 16;
	void *bigger;

	if (want <= *cap)
		return 0;
	while (n < want)
		n = n > SIZE_MAX / 2 ? want : n * 2;
	bigger = reallocarray(*p, n, size);
	if (!bigger)
		return -ENOMEM;
	*p = bigger;
	*cap = n;
	return 0;
}

/** sat_add() - add, and stay at the largest number instead of wrapping */
static inline uint64_t sat_add(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

#endif
