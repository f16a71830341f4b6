// SPDX-License-Identifier: GPL-2.0
/* cli.c - the program itself: options, exit codes, readiness, signals */
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/reader/reader_kit.h"

static struct kit k;
static char log_path[128], events_path[128];
static int ready_fd;

static int setup(void **state)
{
	kit_open(&k, KIT_SIZE, 2, IVR_POLICY_DISCARD);
	snprintf(log_path, sizeof(log_path), "%s/log", k.dir);
	snprintf(events_path, sizeof(events_path), "%s/events", k.dir);
	ready_fd = -1;
	return 0;
}

static int teardown(void **state)
{
	if (ready_fd >= 0)
		close(ready_fd);
	kit_close(&k);
	return 0;
}

/* Start the program with the kit's paths and two more arguments */
static pid_t start(const char *more, const char *value)
{
	char fd[16];
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	snprintf(fd, sizeof(fd), "%d", ends[1]);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[0]);
		execl(TEST_BIN_DIR "/ivring-reader", "ivring-reader", "--vm",
		      KIT_VM, k.conf.shm ? "--shm" : "--server",
		      k.conf.shm ? k.conf.shm : k.conf.server, "--ctl",
		      k.conf.ctl, "--store", k.conf.store, "--ready-fd", fd,
		      "--log-file", log_path, "--event-log", events_path, more,
		      value, NULL);
		_exit(127);
	}
	close(ends[1]);
	ready_fd = ends[0];
	return child;
}

static int status_of(pid_t child)
{
	uint64_t waited = 0;
	int status;

	while (waitpid(child, &status, WNOHANG) != child &&
	       kit_waiting(&waited))
		sim_step(&k.g);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void serve(uint32_t type, const char *vm)
{
	uint64_t waited = 0;

	while (k.conn < 0 && kit_waiting(&waited))
		kit_accept(&k);
	kit_send(&k, type, vm);
}

static void await_ready(void)
{
	struct pollfd p = { .fd = ready_fd, .events = POLLIN };
	char c;

	assert_int_equal(poll(&p, 1, KIT_PATIENCE_MS), 1);
	assert_int_equal(read(ready_fd, &c, 1), 1);
	assert_int_equal(c, '\n');
}

static bool file_has(const char *path, const char *text)
{
	static char buf[1 << 16];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	buf[n < 0 ? 0 : n] = 0;
	return strstr(buf, text);
}

static void wrong_vm_exits_before_ready(void **state)
{
	pid_t child = start(NULL, NULL);
	char c;

	serve(IVR_MSG_VM_DOWN, "other");
	assert_int_equal(status_of(child), 1);
	assert_int_equal(read(ready_fd, &c, 1), 0);
	assert_true(file_has(log_path, "serves VM other, not vm"));
}

static void second_reader_exits(void **state)
{
	pid_t child = start(NULL, NULL);

	serve(IVR_MSG_BUSY, KIT_VM);
	assert_int_equal(status_of(child), 1);
	assert_true(file_has(log_path, "another reader is connected"));
}

static void bad_options_exit(void **state)
{
	assert_int_equal(status_of(start("--wake", "tea")), 1);
	close(ready_fd);
	assert_int_equal(status_of(start("--uuid", "1234")), 1);
	close(ready_fd);
	assert_int_equal(status_of(start("--file-size", "1")), 1);
	close(ready_fd);
	assert_int_equal(status_of(start("--nonsense", NULL)), 1);
	close(ready_fd);
	assert_int_equal(status_of(start("--shm", "/dev/shm/x")), 1);
}

static void signal_ends_in_good_order(void **state)
{
	pid_t child = start("--wake", "poll");
	uint64_t waited = 0;
	int i;

	serve(IVR_MSG_VM_UP, KIT_VM);
	await_ready();
	while (!file_has(events_path, "\"attached\"") && kit_waiting(&waited))
		sim_step(&k.g);
	for (i = 0; i < 50; i++)
		sim_page(&k.g, i % 2, 5);
	kill(child, SIGTERM);
	assert_int_equal(status_of(child), 0);
	audit_whole(&k);
	assert_true(file_has(events_path, "\"connected\""));
	assert_true(file_has(events_path, "\"hello\""));
	assert_true(file_has(events_path, "\"end\""));
	assert_true(file_has(events_path, "\"reader-stopped\""));
	assert_int_equal(access(k.conf.ctl, F_OK), -1);
}

static void ready_without_server(void **state)
{
	pid_t child;

	listener_close(&k.listener);
	child = start(NULL, NULL);
	await_ready();
	kill(child, SIGINT);
	assert_int_equal(status_of(child), 0);
}

static void plain_file_instead_of_a_server(void **state)
{
	char path[128];
	uint64_t waited = 0;
	pid_t child;
	int i;

	snprintf(path, sizeof(path), "%s/memory", k.dir);
	k.conf.shm = path;
	child = start(NULL, NULL);
	await_ready();
	sim_close(&k.g);
	assert_int_equal(sim_open_plain(&k.g, path, KIT_SIZE), 0);
	assert_int_equal(sim_format(&k.g, 2, IVR_POLICY_DISCARD), 0);
	while (!file_has(events_path, "\"attached\"") && kit_waiting(&waited)) {
		sim_step(&k.g);
		usleep(1000);
	}
	for (i = 0; i < 50; i++)
		sim_page(&k.g, i % 2, 5);
	kill(child, SIGTERM);
	assert_int_equal(status_of(child), 0);
	audit_whole(&k);
	assert_int_equal(access(k.conf.ctl, F_OK), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wrong_vm_exits_before_ready),
		TEST(second_reader_exits),
		TEST(bad_options_exit),
		TEST(signal_ends_in_good_order),
		TEST(ready_without_server),
		TEST(plain_file_instead_of_a_server),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
