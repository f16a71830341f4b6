// SPDX-License-Identifier: GPL-2.0
/* page.c - a page and its descriptor */
#include <string.h>

#include "store/page.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char page[IVR_PAGE_SIZE] = { 0 };
	struct ivr_desc d = { 0 };
	const char *why;

	if (size < sizeof(d))
		return 0;
	memcpy(&d, data, sizeof(d));
	data += sizeof(d);
	size -= sizeof(d);
	memcpy(page, data, size < sizeof(page) ? size : sizeof(page));
	if (!desc_check(&d, &why) && !page_check(page, &d, &why))
		page_set_missed(page, 1);
	return 0;
}
