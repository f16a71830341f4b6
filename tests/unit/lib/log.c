// SPDX-License-Identifier: GPL-2.0
/* log - lines, levels, limits */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"

static char path[] = "/tmp/ivr-log.XXXXXX";

/* Reads what was logged so far and empties the file. */
static size_t logged(char *text, size_t len)
{
	FILE *file = fopen(path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, len - 1, file);
	text[n] = '\0';
	fclose(file);
	assert_int_equal(truncate(path, 0), 0);
	return n;
}

static int setup(void **state)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return -1;
	close(fd);
	return log_to_file(path);
}

static int teardown(void **state)
{
	return unlink(path);
}

static void levels(void **state)
{
	char text[4096];

	log_init("prog", LOG_L_WARN);
	err("one");
	warn("two");
	info("three");
	debug("four");
	logged(text, sizeof(text));
	assert_non_null(strstr(text, "Z prog: error: one\n"));
	assert_non_null(strstr(text, "Z prog: warning: two\n"));
	assert_null(strstr(text, "three"));
	assert_null(strstr(text, "four"));
	log_init("prog", LOG_L_DEBUG);
	info("three");
	debug("four");
	logged(text, sizeof(text));
	assert_non_null(strstr(text, "prog: three\n"));
	assert_non_null(strstr(text, "prog: debug: four\n"));
}

static void one_line_each(void **state)
{
	char text[8192], longer[4096];
	size_t n;

	log_init("prog", LOG_L_INFO);
	info("evil\nprog: error: forged\x1b[2J");
	n = logged(text, sizeof(text));
	assert_ptr_equal(strchr(text, '\n'), text + n - 1);
	assert_null(strchr(text, 0x1b));

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	info("%s", longer);
	n = logged(text, sizeof(text));
	assert_in_range(n, 1000, 2048);
	assert_ptr_equal(strchr(text, '\n'), text + n - 1);
}

static void keeps_errno(void **state)
{
	char text[64];

	errno = ENOTTY;
	info("hello");
	assert_int_equal(errno, ENOTTY);
	logged(text, sizeof(text));
}

static void limit(void **state)
{
	struct log_limit l = { .every_ms = 3600000 };
	struct log_limit none = { .every_ms = 0 };

	assert_true(log_allowed(&l));
	assert_false(log_allowed(&l));
	assert_false(log_allowed(&l));
	assert_int_equal(l.suppressed, 2);
	l.next_ms = 0;
	assert_true(log_allowed(&l));
	assert_true(log_allowed(&none));
	assert_true(log_allowed(&none));
}

static void no_such_directory(void **state)
{
	assert_int_equal(log_to_file("/nonexistent/log"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels),
		cmocka_unit_test(one_line_each),
		cmocka_unit_test(keeps_errno),
		cmocka_unit_test(limit),
		cmocka_unit_test(no_such_directory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
