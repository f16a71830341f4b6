// SPDX-License-Identifier: GPL-2.0
/* mem_size - what QEMU would abort on is refused, with a size that is good */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdint.h>
#include <string.h>

#include "lib/mem_size.h"

static char text[MEM_SIZE_TEXT];

static const char *fault(uint64_t size)
{
	const char *f = mem_size_fault(size, text, sizeof(text));

	assert_true(!f || strlen(f) + 1 < sizeof(text));
	return f;
}

static void good(void **state)
{
	int shift;

	for (shift = 16; shift <= 36; shift++)
		assert_null(fault(1ull << shift));
}

static void bad(void **state)
{
	assert_string_equal(fault(0), "0 is too small, use 64K or more");
	assert_string_equal(fault(4096), "4K is too small, use 64K or more");
	assert_string_equal(fault(3 << 20),
			    "3M is not a power of two, use 2M or 4M");
	assert_string_equal(fault((64 << 10) + 1),
			    "65537 is not a power of two, use 64K or 128K");
	assert_string_equal(fault(1ull << 37),
			    "128G is too large, use 64G or less");
	assert_non_null(fault(UINT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
