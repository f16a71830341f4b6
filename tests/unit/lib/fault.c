// SPDX-License-Identifier: GPL-2.0
/* fault - points fire once, for one process, and only for their name */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/fault.h"

static char dir[] = "/tmp/ivring-fault-XXXXXX";
static char wanted[64];
static char fired[64];

static void want(const char *line)
{
	FILE *f = fopen(wanted, "w");

	assert_non_null(f);
	fputs(line, f);
	fclose(f);
	unlink(fired);
}

static void nothing_wanted(void **state)
{
	assert_int_equal(fault_point("a-b-c"), 0);
}

static void error_once(void **state)
{
	want("a-b-c error 5\n");
	assert_int_equal(fault_point("a-b"), 0);
	assert_int_equal(fault_point("a-b-c-d"), 0);
	assert_int_equal(access(fired, F_OK), -1);

	assert_int_equal(fault_point("a-b-c"), -EIO);
	assert_int_equal(access(fired, F_OK), 0);
	assert_int_equal(access(wanted, F_OK), -1);
	assert_int_equal(fault_point("a-b-c"), 0);
}

static void delay(void **state)
{
	struct timespec a, b;

	want("a-b-c delay 30\n");
	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_int_equal(fault_point("a-b-c"), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_true((b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec -
			    a.tv_nsec >=
		    30000000);
}

/* Exit status of a process that passes the point, negative signal if killed. */
static int passes(const char *name)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid)
		_exit(fault_point(name) ? 1 : 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void crash_one(void **state)
{
	want("a-b-c crash\n");
	assert_int_equal(passes("a-b-c"), -SIGKILL);
	assert_int_equal(passes("a-b-c"), 0);
}

static void one_of_many(void **state)
{
	int i, status, hits = 0;

	want("a-b-c error 5");
	for (i = 0; i < 16; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid)
			_exit(fault_point("a-b-c") ? 1 : 0);
	}
	for (i = 0; i < 16; i++) {
		assert_true(wait(&status) > 0);
		hits += WEXITSTATUS(status);
	}
	assert_int_equal(hits, 1);
}

static void nonsense(void **state)
{
	static const char *const lines[] = {
		"",
		"\n",
		"a-b-c\n",
		"a-b-c boom 1\n",
		"a-b-c error\n",
		"a-b-c delay x\n",
	};
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		want(lines[i]);
		assert_int_equal(fault_point("a-b-c"), 0);
		assert_int_equal(access(wanted, F_OK), 0);
	}
}

static int make_dir(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(wanted, sizeof(wanted), "%s/faults", dir);
	snprintf(fired, sizeof(fired), "%s/faults.fired", dir);
	/* Before it is told where to look, no point fires. */
	want("a-b-c error 5");
	if (fault_point("a-b-c"))
		return -1;
	unlink(wanted);
	fault_dir(dir);
	return 0;
}

static int remove_dir(void **state)
{
	unlink(wanted);
	unlink(fired);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_wanted), cmocka_unit_test(error_once),
		cmocka_unit_test(delay),	  cmocka_unit_test(crash_one),
		cmocka_unit_test(one_of_many),	  cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
