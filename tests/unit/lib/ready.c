// SPDX-License-Identifier: GPL-2.0
/* ready - pid files, and telling that one is ready */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/ready.h"
#include "lib/sock.h"
#include "tests/unit/pid_file_kit.h"

static char dir[] = "/tmp/ivr-ready.XXXXXX";
static char pid_path[64], log_path[64], notify_path[64];

static int setup(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(pid_path, sizeof(pid_path), "%s/pid", dir);
	snprintf(log_path, sizeof(log_path), "%s/log", dir);
	snprintf(notify_path, sizeof(notify_path), "%s/notify", dir);
	log_init("ready", LOG_L_INFO);
	return log_to_file(log_path);
}

static int teardown(void **state)
{
	unlink(log_path);
	return rmdir(dir);
}

static long pid_in_file(void)
{
	FILE *file = fopen(pid_path, "r");
	long pid = 0;

	if (!file)
		return -1;
	if (fscanf(file, "%ld", &pid) != 1)
		pid = 0;
	fclose(file);
	return pid;
}

static void pid_file(void **state)
{
	struct ready first = READY_INIT, second = READY_INIT;
	pid_t other = pid_file_other_process(pid_path);

	first.pid_file = second.pid_file = pid_path;
	assert_int_equal(ready_begin(&second), -EEXIST);
	ready_end(&second);
	assert_int_equal(pid_in_file(), other);
	pid_file_end_other(other);
	assert_int_equal(ready_begin(&first), 0);
	assert_int_equal(pid_in_file(), getpid());
	ready_end(&first);
	assert_int_equal(pid_in_file(), -1);
	/* One that was left behind by a crash is no hindrance. */
	fclose(fopen(pid_path, "w"));
	assert_int_equal(ready_begin(&second), 0);
	assert_int_equal(pid_in_file(), getpid());
	ready_end(&second);

	second.pid_file = "/nonexistent/pid";
	assert_int_equal(ready_begin(&second), -ENOENT);
}

static void descriptor(void **state)
{
	struct ready r = READY_INIT;
	char text[8];
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	r.notify_fd = (uint32_t)ends[1];
	assert_int_equal(ready_begin(&r), 0);
	ready_tell(&r);
	assert_int_equal(read(ends[0], text, sizeof(text)), 1);
	assert_int_equal(text[0], '\n');
	assert_int_equal(read(ends[0], text, sizeof(text)), 0);
	close(ends[0]);
	ready_end(&r);

	r.notify_fd = 12345;
	assert_int_equal(ready_begin(&r), -EBADF);
}

static void systemd(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct ready r = READY_INIT;
	char text[256];
	ssize_t n;
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	strcpy(addr.sun_path, notify_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	setenv("NOTIFY_SOCKET", notify_path, 1);
	assert_int_equal(ready_begin(&r), 0);
	ready_tell(&r);
	n = recv(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_non_null(strstr(text, "READY=1"));
	ready_status("VM %s", "demo");
	n = recv(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text, "STATUS=VM demo");
	unsetenv("NOTIFY_SOCKET");
	close(fd);
	unlink(notify_path);
}

/* Status of a parent whose child becomes ready, or dies before. */
static int background(bool works, int wait_fd, pid_t *child)
{
	struct ready r = READY_INIT;
	int ends[2], status;
	pid_t parent;

	assert_int_equal(pipe(ends), 0);
	r.daemonize = true;
	r.pid_file = pid_path;
	parent = fork();
	if (!parent) {
		char byte;
		pid_t self;

		close(ends[0]);
		if (ready_begin(&r))
			_exit(9);
		self = getpid();
		if (write(ends[1], &self, sizeof(self)) != sizeof(self))
			_exit(9);
		if (works)
			ready_tell(&r);
		else
			_exit(9);
		/* Lives until the test lets it go. */
		if (read(wait_fd, &byte, 1) < 0)
			_exit(9);
		ready_end(&r);
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], child, sizeof(*child)), sizeof(*child));
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_true(WIFEXITED(status));
	close(ends[0]);
	if (works) {
		assert_int_equal(pid_in_file(), *child);
		assert_int_equal(getsid(*child), *child);
	}
	return WEXITSTATUS(status);
}

static void daemon_that_works(void **state)
{
	struct ready second = READY_INIT;
	int hold[2];
	pid_t child;

	assert_int_equal(pipe(hold), 0);
	assert_int_equal(background(true, hold[0], &child), 0);
	assert_int_equal(kill(child, 0), 0);
	second.pid_file = pid_path;
	assert_int_equal(ready_begin(&second), -EEXIST);
	assert_int_equal(write(hold[1], "x", 1), 1);
	while (ready_begin(&second) == -EEXIST)
		;
	ready_end(&second);
	assert_int_equal(pid_in_file(), -1);
	close(hold[0]);
	close(hold[1]);
}

static void daemon_that_dies(void **state)
{
	pid_t child;

	assert_int_equal(background(false, -1, &child), 1);
	unlink(pid_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pid_file),
		cmocka_unit_test(descriptor),
		cmocka_unit_test(systemd),
		cmocka_unit_test(daemon_that_works),
		cmocka_unit_test(daemon_that_dies),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
