// SPDX-License-Identifier: GPL-2.0
/* cli - ivring-server as it is started: options, daemon, one instance */
#include "tests/unit/server/server_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM TEST_BIN_DIR "/ivring-server"

static char dir[] = "/tmp/ivr-cli.XXXXXX";
static char q[64], r[64], pid_path[64], log_path[64], out_path[64];

static int setup(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(q, sizeof(q), "%s/q", dir);
	snprintf(r, sizeof(r), "%s/r", dir);
	snprintf(pid_path, sizeof(pid_path), "%s/pid", dir);
	snprintf(log_path, sizeof(log_path), "%s/log", dir);
	snprintf(out_path, sizeof(out_path), "%s/out", dir);
	return 0;
}

static int teardown(void **state)
{
	unlink(log_path);
	unlink(out_path);
	return rmdir(dir);
}

/* Starts the program with our sockets and up to six more words. */
static pid_t start(const char *const *extra, int keep_fd)
{
	char *argv[16] = { PROGRAM, "--vm", "vm", "-q", q, "-r", r };
	int argc = 7, fd;
	pid_t pid;

	while (*extra)
		argv[argc++] = (char *)*extra++;
	argv[argc] = NULL;
	pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	if (keep_fd < 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open(out_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	execv(PROGRAM, argv);
	_exit(127);
}

static int wait_exit(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define RUN(...) \
	wait_exit(start((const char *const[]) { __VA_ARGS__, NULL }, -1))

/* All that the last program printed: exactly one line with this in it. */
static void assert_said(const char *text)
{
	char line[4096];
	FILE *file = fopen(out_path, "r");

	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	if (!strstr(line, text))
		fail_msg("'%s' lacks '%s'", line, text);
	assert_null(fgets(line, sizeof(line), file));
	fclose(file);
}

static void bad_sizes(void **state)
{
	static const char *const cases[][2] = {
		{ "3M", "3M is not a power of two, use 2M or 4M" },
		{ "65537", "not a power of two, use 64K or 128K" },
		{ "48G", "not a power of two, use 32G or 64G" },
		{ "0", "0 is too small, use 64K or more" },
		{ "4K", "4K is too small, use 64K or more" },
		{ "32K", "too small" },
		{ "128G", "128G is too large, use 64G or less" },
		{ "big", "give a size such as" },
		{ "-1M", "give a size such as" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(RUN("--size", cases[i][0]), 1);
		assert_said(cases[i][1]);
	}
	assert_int_equal(access(q, F_OK), -1);
}

static void bad_options(void **state)
{
	assert_int_equal(RUN("--vectors", "1"), 1);
	assert_said("give 2 to 8");
	assert_int_equal(RUN("--vectors", "9"), 1);
	assert_said("give 2 to 8");
	assert_int_equal(RUN("--vm", "a/b"), 1);
	assert_said("is not a name");
	assert_int_equal(RUN("--socket-mode", "0888"), 1);
	assert_said("octal mode");
	assert_int_equal(RUN("--qemu-uid", "no-such-user-here"), 1);
	assert_said("no such user");
	assert_int_equal(RUN("surplus"), 1);
	assert_said("unexpected argument 'surplus'");
	assert_int_equal(RUN("--ready-fd", "77"), 1);
	assert_said("not an open descriptor");
	assert_int_equal(RUN("--pid-file", "/nonexistent/pid"), 1);
	assert_said("/nonexistent/pid");
	assert_int_equal(access(q, F_OK), -1);
	assert_int_equal(access(r, F_OK), -1);
}

static void run_dir_of_environment(void **state)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "IVRING_RUN_DIR=/dev/null/x " PROGRAM " --vm vm >%s 2>&1",
		 out_path);
	assert_int_equal(WEXITSTATUS(system(command)), 1);
	assert_said("/dev/null/x/vm: ");
}

static void foreground(void **state)
{
	char byte[2], fd_text[16];
	struct stat st;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	snprintf(fd_text, sizeof(fd_text), "%d", ends[1]);
	pid = start((const char *const[]) { "--ready-fd", fd_text, "-p",
					    pid_path, "-m", "0600", NULL },
		    -1);
	close(ends[1]);
	assert_int_equal(read(ends[0], byte, sizeof(byte)), 1);
	assert_int_equal(read(ends[0], byte, sizeof(byte)), 0);
	close(ends[0]);
	assert_int_equal(stat(q, &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0600);
	assert_int_equal(stat(r, &st), 0);
	assert_int_equal(access(pid_path, F_OK), 0);

	/* Hang-up is nothing to it; termination is. */
	assert_int_equal(kill(pid, SIGHUP), 0);
	close(connect_to(r, SOCK_SEQPACKET));
	assert_int_equal(kill(pid, SIGINT), 0);
	assert_int_equal(wait_exit(pid), 0);
	assert_int_equal(access(q, F_OK), -1);
	assert_int_equal(access(r, F_OK), -1);
	assert_int_equal(access(pid_path, F_OK), -1);
}

static pid_t pid_in_file(void)
{
	FILE *file = fopen(pid_path, "r");
	int pid = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &pid), 1);
	fclose(file);
	return pid;
}

static void background(void **state)
{
	int fds[IVR_MSG_MAX_FDS], qemu, reader;
	struct taken t;
	pid_t pid;

	/* Children of the daemon's parent come to us, so that we can wait. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = start((const char *const[]) { "-d", "-p", pid_path, "-s", "1M",
					    "-L", log_path, NULL },
		    0);
	assert_int_equal(wait_exit(pid), 0);
	pid = pid_in_file();
	assert_int_equal(getsid(pid), pid);

	/* When the parent is back it serves. */
	qemu = connect_to(q, SOCK_STREAM);
	qemu_handshake(qemu, &t, 2);
	reader = connect_to(r, SOCK_SEQPACKET);
	expect_up(reader, 1, 2, fds);

	assert_int_equal(RUN("-p", pid_path), 1);
	assert_said("already running with pid");
	assert_int_equal(RUN("-d", "-p", pid_path), 1);
	assert_said("already running with pid");
	/* Without a pid file the sockets tell. */
	assert_int_equal(RUN("-d"), 1);
	assert_said("another server answers there");
	assert_silent(qemu);

	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(wait_exit(pid), 0);
	assert_int_equal(access(q, F_OK), -1);
	assert_int_equal(access(pid_path, F_OK), -1);
	assert_ended(qemu);
	close_fds(fds, 5);
	taken_close(&t);
	close(qemu);
	close(reader);
}

/* What a killed server left behind does not hinder the next one. */
static void after_a_kill(void **state)
{
	pid_t pid;
	int i;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (i = 0; i < 3; i++) {
		pid = start((const char *const[]) { "-d", "-p", pid_path,
						    NULL },
			    0);
		assert_int_equal(wait_exit(pid), 0);
		pid = pid_in_file();
		assert_int_equal(kill(pid, i < 2 ? SIGKILL : SIGTERM), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_int_equal(access(q, F_OK), i < 2 ? 0 : -1);
	}
}

/* A VM whose server cannot write its log starts all the same. */
static void no_log(void **state)
{
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = start((const char *const[]) { "-d", "-p", pid_path, "--log-file",
					    "/nonexistent/log", NULL },
		    0);
	assert_int_equal(wait_exit(pid), 0);
	assert_said("/nonexistent/log");
	pid = pid_in_file();
	assert_int_equal(access(q, F_OK), 0);
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_sizes),
		cmocka_unit_test(bad_options),
		cmocka_unit_test(foreground),
		cmocka_unit_test(background),
		cmocka_unit_test(after_a_kill),
		cmocka_unit_test(no_log),
		cmocka_unit_test(run_dir_of_environment),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
