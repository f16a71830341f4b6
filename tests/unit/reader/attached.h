/* SPDX-License-Identifier: GPL-2.0 */
/* attached.h - a guest of two rings whose reader has it; cmocka fixtures */
#ifndef READER_ATTACHED_H
#define READER_ATTACHED_H

#include "tests/unit/reader/reader_kit.h"

static struct kit k;

static int setup(void **state)
{
	kit_open(&k, KIT_SIZE, 2, IVR_POLICY_DISCARD);
	kit_attach(&k);
	return 0;
}

static int teardown(void **state)
{
	kit_close(&k);
	return 0;
}

/* So many pages in ring 0 */
static void pages(int n)
{
	while (n--)
		assert_true(sim_page(&k.g, 0, 3));
}

#endif
