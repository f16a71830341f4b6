// SPDX-License-Identifier: GPL-2.0
/* pid_file - one instance, and nobody who can be taken for it */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "tests/unit/folder.h"
#include "tests/unit/pid_file_kit.h"

static int setup(void **state)
{
	return folder_open();
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void one_instance(void **state)
{
	const char *path = in_top("pid");
	pid_t other = pid_file_other_process(path);
	char text[16];
	int fd;

	read_file("pid", text, sizeof(text));
	assert_int_equal(atol(text), other);
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(pid_file_holder(path), other);
	assert_int_equal(pid_file_take(path), -EEXIST);
	pid_file_end_other(other);
	assert_int_equal(pid_file_holder(path), 0);
	fd = pid_file_take(path);
	assert_true(fd >= 0);
	pid_file_leave(path, fd);
	assert_int_equal(access(path, F_OK), -1);
}

/* What was left by a crash names a process that has nothing to do with it. */
static void number_alone_names_nobody(void **state)
{
	const char *path = in_top("stale");
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	assert_true(dprintf(fd, "%ld\n", (long)getppid()) > 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(pid_file_holder(path), 0);
	assert_int_equal(pid_file_signal(path, getppid(), SIGKILL), -ESRCH);
	close(fd);
	unlink(path);
}

/* A file that others could open: their lock neither counts nor holds back. */
static void lock_of_a_stranger(void **state)
{
	const char *path = in_top("open");
	pid_t other = pid_file_other_process(path);
	int fd;

	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(pid_file_holder(path), 0);
	assert_int_equal(pid_file_signal(path, other, SIGKILL), -ESRCH);
	fd = pid_file_take(path);
	assert_true(fd >= 0);
	assert_int_equal(mode_of(path), 0600);
	pid_file_end_other(other);
	pid_file_leave(path, fd);
}

static void file_of_a_stranger(void **state)
{
	const char *path = in_top("foreign"), *link_to = in_top("link");
	int fd;

	if (geteuid())
		skip();
	write_file("foreign", "1\n");
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(chown(path, 65534, 65534), 0);
	fd = pid_file_take(path);
	assert_true(fd >= 0);
	pid_file_leave(path, fd);
	/* What a link points to is left alone. */
	write_file("target", "mine");
	assert_int_equal(symlink("target", link_to), 0);
	fd = pid_file_take(link_to);
	assert_true(fd >= 0);
	pid_file_leave(link_to, fd);
	assert_true(there_is("target"));
	/* A FIFO makes nobody wait. */
	path = in_top("fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(pid_file_holder(path), 0);
	fd = pid_file_take(path);
	assert_true(fd >= 0);
	pid_file_leave(path, fd);
}

static void signals_the_holder(void **state)
{
	const char *path = in_top("pid");
	pid_t other = pid_file_other_process(path);
	int status;

	assert_int_equal(pid_file_signal(path, getpid(), SIGKILL), -ESRCH);
	assert_int_equal(pid_file_signal(path, other, SIGTERM), 0);
	assert_int_equal(waitpid(other, &status, 0), other);
	assert_int_equal(WTERMSIG(status), SIGTERM);
	assert_int_equal(pid_file_signal(path, other, SIGTERM), -ESRCH);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_instance),
		cmocka_unit_test(number_alone_names_nobody),
		cmocka_unit_test(lock_of_a_stranger),
		cmocka_unit_test(file_of_a_stranger),
		cmocka_unit_test(signals_the_holder),
	};

	return cmocka_run_group_tests(tests, setup, folder_close);
}
