// SPDX-License-Identifier: GPL-2.0
/* file - whole files, and what is none */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"

static char dir[] = "/tmp/ivring-file-XXXXXX";
static char path[64];

static void put(const char *bytes, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

static void every_length(void **state)
{
	static char bytes[9000];
	static const size_t lengths[] = { 0, 1, 4095, 4096, 4097, 8191, 9000 };
	size_t i, len;
	char *text;

	memset(bytes, 'x', sizeof(bytes));
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		put(bytes, lengths[i]);
		assert_int_equal(file_read(path, 9000, &text, &len), 0);
		assert_int_equal(len, lengths[i]);
		assert_int_equal(strlen(text), len);
		free(text);
		/* One byte too many is told, none too many is not. */
		assert_int_equal(file_read(path, lengths[i], &text, &len), 0);
		free(text);
		if (!lengths[i])
			continue;
		assert_int_equal(file_read(path, lengths[i] - 1, &text, &len),
				 -EFBIG);
		assert_null(text);
	}
}

static void no_file(void **state)
{
	char line[8], *text;

	unlink(path);
	assert_int_equal(file_read(path, 10, &text, NULL), -ENOENT);
	assert_null(text);
	assert_int_equal(file_read(dir, 10, &text, NULL), -EISDIR);
	assert_int_equal(file_line(path, line, sizeof(line)), -ENOENT);
	assert_string_equal(line, "");
	/* Nobody writes there: nothing comes, and nothing is waited for. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(file_read(path, 10, &text, NULL), 0);
	assert_string_equal(text, "");
	free(text);
	unlink(path);
}

static void first_line(void **state)
{
	char line[8];

	put("first\nsecond\n", 13);
	assert_int_equal(file_line(path, line, sizeof(line)), 0);
	assert_string_equal(line, "first");
	put("without an end", 14);
	assert_int_equal(file_line(path, line, sizeof(line)), 0);
	assert_string_equal(line, "without");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length),
		cmocka_unit_test(no_file),
		cmocka_unit_test(first_line),
	};
	int ret;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/f", dir);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(dir);
	return ret;
}
