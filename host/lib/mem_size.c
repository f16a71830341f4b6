// SPDX-License-Identifier: GPL-2.0
/* mem_size.c - which sizes the shared memory of a VM can have */
#include <stdio.h>

#include "ivr_wire.h"
#include "lib/mem_size.h"

static const char *size_text(uint64_t size, char *text, size_t len)
{
	static const char units[] = "KMG";
	int unit = -1;

	while (unit < 2 && size && !(size & 1023)) {
		size >>= 10;
		unit++;
	}
	if (unit < 0)
		snprintf(text, len, "%llu", (unsigned long long)size);
	else
		snprintf(text, len, "%llu%c", (unsigned long long)size,
			 units[unit]);
	return text;
}

const char *mem_size_fault(uint64_t size, char *text, size_t len)
{
	uint64_t below = IVR_MIN_SIZE;
	char given[24], a[24], b[24];

	size_text(size, given, sizeof(given));
	if (size < IVR_MIN_SIZE) {
		snprintf(text, len, "%s is too small, use %s or more", given,
			 size_text(IVR_MIN_SIZE, a, sizeof(a)));
		return text;
	}
	if (size > IVR_MAX_SIZE) {
		snprintf(text, len, "%s is too large, use %s or less", given,
			 size_text(IVR_MAX_SIZE, a, sizeof(a)));
		return text;
	}
	if (!(size & (size - 1)))
		return NULL;
	while (below <= size / 2)
		below *= 2;
	snprintf(text, len, "%s is not a power of two, use %s or %s", given,
		 size_text(below, a, sizeof(a)),
		 size_text(below * 2, b, sizeof(b)));
	return text;
}
