// SPDX-License-Identifier: GPL-2.0
/* cli.c - the program itself: options, readiness, a libvirt that is away */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/opts.h"

#define PROGRAM TEST_BIN_DIR "/ivring-watch"
/* Nothing listens there. */
#define NOWHERE "qemu+unix:///system?socket=/nonexistent/libvirt-sock"

static char output[16384];

static pid_t start(int *out, char *const argv[])
{
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setenv("LC_ALL", "C", 1);
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		execv(PROGRAM, argv);
		_exit(127);
	}
	close(ends[1]);
	*out = ends[0];
	return child;
}

/* Read until @word is there, or to the end if it is NULL. */
static bool read_until(int fd, const char *word)
{
	size_t used = 0;
	ssize_t n;

	output[0] = '\0';
	while (used < sizeof(output) - 1 && (!word || !strstr(output, word))) {
		n = read(fd, output + used, sizeof(output) - 1 - used);
		if (n <= 0)
			return false;
		output[used += n] = '\0';
	}
	return true;
}

static int status_of(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int run(char *a, char *b, char *c)
{
	char *argv[] = { "ivring-watch", a, b, c, NULL };
	int fd;
	pid_t child = start(&fd, argv);

	read_until(fd, NULL);
	close(fd);
	return status_of(child);
}

static void help_and_version(void **state)
{
	assert_int_equal(run("--help", NULL, NULL), 0);
	assert_non_null(strstr(output, "--observe"));
	assert_int_equal(run("--version", NULL, NULL), 0);
	assert_non_null(strstr(output, "ivring-watch " IVR_VERSION_STRING));
}

static void bad_input(void **state)
{
	assert_int_equal(run("vm", NULL, NULL), 1);
	assert_non_null(strstr(output, "unexpected argument 'vm'"));
	assert_int_equal(run("--lease", "10", NULL), 1);
	assert_non_null(strstr(output, "--lease 10 ms: give 300 ms"));
	assert_int_equal(run("--lease", "61m", NULL), 1);
	assert_int_equal(run("--lease", "soon", NULL), 1);
	assert_int_equal(run("--nothing", NULL, NULL), 1);
	assert_int_equal(run("--log-file", "/nonexistent/log", NULL), 1);
	assert_non_null(strstr(output, "/nonexistent/log"));
}

static void once_without_libvirt_fails(void **state)
{
	assert_int_equal(run("--once", "--connect", NOWHERE), 1);
	assert_non_null(strstr(output, "no connection to libvirt"));
}

/* It goes on trying, and ends in good order when told to. */
static void waits_for_libvirt(void **state)
{
	char *argv[] = { "ivring-watch", "--connect", NOWHERE, NULL };
	int fd;
	pid_t child = start(&fd, argv);

	assert_true(read_until(fd, "trying again"));
	kill(child, SIGTERM);
	assert_int_equal(status_of(child), 0);
	close(fd);
}

/* A connection that has no QEMU behind it says so. */
static void another_hypervisor(void **state)
{
	assert_int_equal(run("--once", "--connect", "test:///default"), 1);
	assert_non_null(strstr(output, "no connection to libvirt"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_and_version),
		cmocka_unit_test(bad_input),
		cmocka_unit_test(once_without_libvirt_fails),
		cmocka_unit_test(waits_for_libvirt),
		cmocka_unit_test(another_hypervisor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
