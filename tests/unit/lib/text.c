// SPDX-License-Identifier: GPL-2.0
/* text.c - text from a guest is harmless when printed */
#include <string.h>

#include "lib/text.h"
#include "tests/unit/store/store_kit.h"

static void check(const char *in, size_t len, const char *want)
{
	char out[64];

	assert_int_equal(text_clean(out, sizeof(out), in, len), strlen(want));
	assert_string_equal(out, want);
}

#define CHECK(in, want) check(in, sizeof(in) - 1, want)

static void plain_text_stays(void **state)
{
	CHECK("hello world", "hello world");
	CHECK("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7",
	      "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7");
	CHECK("ends\0here", "ends");
}

static void control_characters(void **state)
{
	CHECK("\033[2Jx\x7f\ny\tz", "?[2Jx??y z");
	CHECK("\xc2\x9b"
	      "31m",
	      "??31m");
}

static void not_utf8(void **state)
{
	CHECK("\xff\xfe", "??");
	CHECK("\xc0\xaf", "??");
	CHECK("\xe0\x80\xaf", "???");
	CHECK("\xed\xa0\x80", "???");
	CHECK("\xf4\x90\x80\x80", "????");
	CHECK("\xe2\x82", "??");
	CHECK("a\xc3", "a?");
}

static void no_room(void **state)
{
	char out[4];

	assert_int_equal(text_clean(out, 4, "abcdef", 6), 3);
	assert_string_equal(out, "abc");
	assert_int_equal(text_clean(out, 4, "ab\xc3\xbc", 4), 2);
	assert_string_equal(out, "ab");
	assert_int_equal(text_clean(out, 1, "ab", 2), 0);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_stays),
		cmocka_unit_test(control_characters),
		cmocka_unit_test(not_utf8),
		cmocka_unit_test(no_room),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
