// SPDX-License-Identifier: GPL-2.0
/* output - a file is there whole or not at all, and a device stays a device */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/output.h"
#include "tests/unit/folder.h"

static int setup(void **state)
{
	return folder_open();
}

static int write_to(const char *path, bool commit)
{
	struct output o;
	int ret = output_open(&o, path);

	if (ret)
		return ret;
	assert_true(fputs("contents", o.file) >= 0);
	ret = commit ? output_commit(&o) : 0;
	output_close(&o);
	return ret;
}

static void expect(const char *file, const char *text)
{
	char buf[32];

	read_file(file, buf, sizeof(buf));
	assert_string_equal(buf, text);
}

static int entries(void)
{
	char shell[128];

	snprintf(shell, sizeof(shell), "exit $(ls -A %s | wc -l)", top);
	return WEXITSTATUS(system(shell));
}

static void whole_or_not_at_all(void **state)
{
	struct stat st;

	assert_int_equal(write_to(in_top("new"), true), 0);
	expect("new", "contents");
	write_file("old", "before");
	assert_int_equal(chmod(in_top("old"), 0600), 0);
	assert_int_equal(write_to(in_top("old"), false), 0);
	expect("old", "before");
	assert_int_equal(write_to(in_top("old"), true), 0);
	expect("old", "contents");
	assert_int_equal(entries(), 2);
	/* What was private stays so. */
	assert_int_equal(stat(in_top("old"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(in_top("new"));
	unlink(in_top("old"));
}

static void links_are_followed(void **state)
{
	struct stat st;

	assert_int_equal(mkdir(in_top("dir"), 0755), 0);
	assert_int_equal(symlink("dir/second", in_top("first")), 0);
	assert_int_equal(symlink("target", in_top("dir/second")), 0);
	assert_int_equal(write_to(in_top("first"), true), 0);
	expect("dir/target", "contents");
	assert_int_equal(lstat(in_top("first"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(symlink("loop", in_top("loop")), 0);
	assert_int_equal(write_to(in_top("loop"), true), -ELOOP);
	assert_int_equal(write_to(in_top("dir"), true), -EISDIR);
	assert_int_equal(write_to(in_top("none/x"), true), -ENOENT);
}

static void *read_fifo(void *buf)
{
	FILE *f = fopen(in_top("fifo"), "r");

	if (f && !fgets(buf, 32, f))
		*(char *)buf = '-';
	if (f)
		fclose(f);
	return NULL;
}

static void devices_and_fifos_stay(void **state)
{
	char buf[32] = "", *null;
	pthread_t reader;
	struct stat st;

	assert_int_equal(mkfifo(in_top("fifo"), 0600), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_fifo, buf), 0);
	assert_int_equal(write_to(in_top("fifo"), true), 0);
	pthread_join(reader, NULL);
	assert_string_equal(buf, "contents");
	assert_int_equal(lstat(in_top("fifo"), &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	/* A node of our own: the real one would be at stake. */
	null = in_top("null");
	if (mknod(null, S_IFCHR | 0600, 1 << 8 | 3))
		skip();
	assert_int_equal(write_to(null, true), 0);
	assert_int_equal(lstat(null, &st), 0);
	assert_true(S_ISCHR(st.st_mode));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_or_not_at_all),
		cmocka_unit_test(links_are_followed),
		cmocka_unit_test(devices_and_fifos_stay),
	};

	return cmocka_run_group_tests(tests, setup, folder_close);
}
