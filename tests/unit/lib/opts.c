// SPDX-License-Identifier: GPL-2.0
/* opts - sizes, times, and command lines good and bad */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/opts.h"

struct values {
	bool flag;
	const char *string;
	uint32_t number;
	uint64_t size;
	uint32_t ms;
};

static int parse(struct values *v, int argc, char **argv)
{
	const struct opt table[] = {
		{ "flag", 'f', OPT_FLAG, &v->flag, NULL, "a flag" },
		{ "string", 's', OPT_STRING, &v->string, "TEXT", "a text" },
		{ "number", 'n', OPT_U32, &v->number, "N", "a number" },
		{ "size", 0, OPT_SIZE, &v->size, "SIZE", "a size" },
		{ "time", 0, OPT_MS, &v->ms, "TIME", "a time" },
		{ .name = NULL },
	};

	return opts_parse("prog", "[options] FILE", "About it.", table, argc,
			  argv);
}

#define PARSE(v, ...)                                            \
	parse(v,                                                 \
	      (int)(sizeof((char *[]) { "prog", __VA_ARGS__ }) / \
		    sizeof(char *)),                             \
	      (char *[]) { "prog", __VA_ARGS__, NULL })

/* Exit status of a parse, and all it printed in @text. */
static int status_of(const char *arg, const char *value, char *text, size_t len)
{
	char *argv[] = { "prog", (char *)arg, (char *)value, NULL };
	int ends[2], status;
	size_t have = 0;
	struct values v;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		parse(&v, value ? 3 : 2, argv);
		_exit(99);
	}
	close(ends[1]);
	while ((n = read(ends[0], text + have, len - 1 - have)) > 0)
		have += (size_t)n;
	text[have] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void sizes(void **state)
{
	uint64_t bytes = 7;

	assert_int_equal(parse_size("0", &bytes), 0);
	assert_int_equal(bytes, 0);
	assert_int_equal(parse_size("4096", &bytes), 0);
	assert_int_equal(bytes, 4096);
	assert_int_equal(parse_size("64K", &bytes), 0);
	assert_int_equal(bytes, 65536);
	assert_int_equal(parse_size("3m", &bytes), 0);
	assert_int_equal(bytes, 3 << 20);
	assert_int_equal(parse_size("64G", &bytes), 0);
	assert_int_equal(bytes, 64ull << 30);
	assert_int_equal(parse_size("18446744073709551615", &bytes), 0);
	assert_true(bytes == UINT64_MAX);

	assert_int_equal(parse_size("", &bytes), -EINVAL);
	assert_int_equal(parse_size("M", &bytes), -EINVAL);
	assert_int_equal(parse_size("-1", &bytes), -EINVAL);
	assert_int_equal(parse_size(" 1", &bytes), -EINVAL);
	assert_int_equal(parse_size("1 M", &bytes), -EINVAL);
	assert_int_equal(parse_size("1MB", &bytes), -EINVAL);
	assert_int_equal(parse_size("0x10", &bytes), -EINVAL);
	assert_int_equal(parse_size("18446744073709551616", &bytes), -ERANGE);
	assert_int_equal(parse_size("17179869184G", &bytes), -ERANGE);
	assert_true(bytes == UINT64_MAX);
}

static void times(void **state)
{
	uint32_t ms;

	assert_int_equal(parse_ms("250", &ms), 0);
	assert_int_equal(ms, 250);
	assert_int_equal(parse_ms("250ms", &ms), 0);
	assert_int_equal(ms, 250);
	assert_int_equal(parse_ms("2s", &ms), 0);
	assert_int_equal(ms, 2000);
	assert_int_equal(parse_ms("3m", &ms), 0);
	assert_int_equal(ms, 180000);
	assert_int_equal(parse_ms("4294967295", &ms), 0);
	assert_int_equal(parse_ms("4294967296", &ms), -ERANGE);
	assert_int_equal(parse_ms("71583m", &ms), -ERANGE);
	assert_int_equal(parse_ms("1h", &ms), -EINVAL);
}

static void all_types(void **state)
{
	struct values v = { 0 };

	assert_int_equal(PARSE(&v, "-f", "--string", "text", "-n", "42",
			       "--size=1M", "--time", "2s"),
			 9);
	assert_true(v.flag);
	assert_string_equal(v.string, "text");
	assert_int_equal(v.number, 42);
	assert_int_equal(v.size, 1 << 20);
	assert_int_equal(v.ms, 2000);
}

static void operands_come_last(void **state)
{
	char *argv[] = { "prog", "one", "-f", "two", "--", "-n", NULL };
	struct values v = { 0 };
	int i = parse(&v, 6, argv);

	assert_int_equal(i, 3);
	assert_string_equal(argv[3], "one");
	assert_string_equal(argv[4], "two");
	assert_string_equal(argv[5], "-n");
	assert_true(v.flag);
}

static void help_and_version(void **state)
{
	char text[4096];

	assert_int_equal(status_of("--help", NULL, text, sizeof(text)), 0);
	assert_non_null(
		strstr(text, "usage: prog [options] FILE\nAbout it.\n"));
	assert_non_null(strstr(text, "-n, --number N"));
	assert_non_null(strstr(text, "    --size SIZE"));
	assert_int_equal(status_of("--version", NULL, text, sizeof(text)), 0);
	assert_string_equal(text, "prog " IVR_VERSION_STRING "\n");
}

static void one_clear_line(void **state)
{
	static const struct {
		const char *arg, *value, *said;
	} cases[] = {
		{ "--nonsense", NULL, "unknown option '--nonsense'" },
		{ "-x", NULL, "unknown option '-x'" },
		{ "--string", NULL, "option '--string' needs a value" },
		{ "-n", NULL, "option '-n' needs a value" },
		{ "--flag=1", NULL, "option '--flag=1' takes no value" },
		{ "--number", "many", "--number 'many': not a valid value" },
		{ "-n", "4294967296", "--number 4294967296: too large" },
		{ "--size", "1X", "give a size such as 512K" },
		{ "--time", "soon", "give a time such as 500ms" },
	};
	char text[4096];
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(status_of(cases[i].arg, cases[i].value, text,
					   sizeof(text)),
				 1);
		assert_ptr_equal(strstr(text, "prog: error: "), text);
		if (!strstr(text, cases[i].said))
			fail_msg("'%s' lacks '%s'", text, cases[i].said);
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(times),
		cmocka_unit_test(all_types),
		cmocka_unit_test(operands_come_last),
		cmocka_unit_test(help_and_version),
		cmocka_unit_test(one_clear_line),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
