// SPDX-License-Identifier: GPL-2.0
/* store_write.c - a store that fails loses nothing, and one that was torn is mended */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/unit/reader/reader_kit.h"

ssize_t __real_pwritev(int fd, const struct iovec *iov, int n, off_t at);
ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t at);
ssize_t __real_pwrite(int fd, const void *buf, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t at);
int __real_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to);

static struct kit k;

/* Calls fail from number @fail_at on, @fail_count of them; 0: none */
static int calls, fail_at, fail_count, fail_errno;
static bool fail_short;

static bool fails(void)
{
	calls++;
	return fail_at && calls >= fail_at && calls < fail_at + fail_count;
}

ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
	struct iovec half = iov[0];

	if (!fails())
		return __real_pwritev(fd, iov, n, at);
	if (fail_short) {
		/* Room for a part, that is no whole page */
		half.iov_len = half.iov_len / 2 + 100;
		fail_short = false;
		return __real_pwritev(fd, &half, 1, at);
	}
	errno = fail_errno;
	return -1;
}

ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t at)
{
	if (!fails())
		return __real_pwrite(fd, buf, len, at);
	if (fail_short) {
		fail_short = false;
		return __real_pwrite(fd, buf, len / 2, at);
	}
	errno = fail_errno;
	return -1;
}

int __wrap_renameat(int a, const char *from, int b, const char *to)
{
	if (!fails())
		return __real_renameat(a, from, b, to);
	errno = fail_errno;
	return -1;
}

static int setup(void **state)
{
	calls = 0;
	fail_at = 0;
	kit_open(&k, KIT_SIZE, 2, IVR_POLICY_DISCARD);
	return 0;
}

static int teardown(void **state)
{
	fail_at = 0;
	kit_close(&k);
	return 0;
}

static void write_some(int pages)
{
	int i;

	for (i = 0; i < pages; i++)
		sim_page(&k.g, i % 2, 4);
	kit_caught_up(&k);
}

/* Return: writes of the whole run */
static int run_with_failure(int at, int error, bool is_short)
{
	calls = 0;
	fail_at = at;
	fail_count = 3;
	fail_errno = error;
	fail_short = is_short;
	kit_open(&k, KIT_SIZE, 2, IVR_POLICY_DISCARD);
	k.conf.drain.file_size = 8 * IVR_PAGE_SIZE;
	kit_attach(&k);
	write_some(40);
	sim_gone(&k.g, IVR_END_REMOVED);
	kit_until(&k, SESSION_WAIT_HELLO);
	audit_whole(&k);
	assert_int_equal(k.g.rings[0].lost, 0);
	assert_int_equal(audit_marks(kit_store(&k), IVR_MARK_END,
				     IVR_WHY_GUEST_GONE, UINT32_MAX),
			 3);
	kit_close(&k);
	return calls;
}

/* As SQLite is tested: the first write fails, the second, .. until none does */
static void every_write_may_fail(void **state)
{
	int total = run_with_failure(0, 0, false), at;

	assert_true(total > 10);
	for (at = 1; at <= total; at++) {
		run_with_failure(at, at % 2 ? ENOSPC : EIO, false);
		run_with_failure(at, ENOSPC, true);
	}
}

static void trouble_is_told_once(void **state)
{
	char line[512], path[128];
	int full = 0, ok = 0;
	uint64_t waited = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/events", k.dir);
	k.conf.event_log = path;
	kit_attach(&k);
	fail_errno = EROFS;
	fail_count = INT32_MAX / 2;
	fail_at = calls + 1;
	sim_page(&k.g, 0, 4);
	while (calls < fail_at + 3 && kit_waiting(&waited))
		kit_step(&k);
	/* Not taken, so the guest does not think so either. */
	assert_int_equal(sim_host_ring(&k.g, 0)->pos, 1);
	fail_at = 0;
	kit_caught_up(&k);
	kit_stop(&k);
	audit_whole(&k);
	f = fopen(path, "r");
	while (fgets(line, sizeof(line), f)) {
		full += !!strstr(line, "\"store-full\"");
		ok += !!strstr(line, "\"store-ok\"");
	}
	fclose(f);
	assert_int_equal(full, 1);
	assert_int_equal(ok, 1);
}

static void file_size_limit(void **state)
{
	const struct rlimit small = { 50000, RLIM_INFINITY };
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	uint32_t slots = k.g.rings[0].place.slots, i;
	uint64_t waited = 0;

	signal(SIGXFSZ, SIG_IGN);
	kit_attach(&k);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (i = 0; i < slots + 20; i++)
		sim_page(&k.g, 0, 4);
	while (!k.s.store_ms && kit_waiting(&waited))
		kit_step(&k);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	kit_caught_up(&k);
	write_some(10);
	kit_stop(&k);
	audit_whole(&k);
	assert_int_equal(k.g.rings[0].lost, 80);
}

static void disk_without_room(void **state)
{
	uint32_t slots = k.g.rings[0].place.slots, i;
	char ballast[128];
	uint64_t waited = 0;
	int fd;

	mkdir(kit_store(&k), 0700);
	if (mount("none", kit_store(&k), "tmpfs", 0, "size=256k")) {
		print_message("# no right to mount: skipped\n");
		skip();
	}
	snprintf(ballast, sizeof(ballast), "%s/ballast", kit_store(&k));
	fd = open(ballast, O_WRONLY | O_CREAT, 0600);
	/* Room for the leg itself and a few pages */
	assert_int_equal(posix_fallocate(fd, 0, 160 << 10), 0);
	close(fd);
	kit_attach(&k);
	for (i = 0; i < slots; i++)
		sim_page(&k.g, 0, 4);
	while (!k.s.store_ms && kit_waiting(&waited))
		kit_step(&k);
	for (i = 0; i < 10; i++)
		sim_page(&k.g, 0, 4);
	assert_int_equal(unlink(ballast), 0);
	assert_int_equal(mount("none", kit_store(&k), "tmpfs", MS_REMOUNT,
			       "size=16m"),
			 0);
	kit_caught_up(&k);
	sim_page(&k.g, 0, 4);
	kit_stop(&k);
	audit_whole(&k);
	umount2(kit_store(&k), MNT_DETACH);
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *f)
{
	return remove(path);
}

static void removed_store_is_made_again(void **state)
{
	struct ivr_store_mark m;
	struct audit a;

	kit_attach(&k);
	write_some(10);
	assert_int_equal(nftw(kit_store(&k), remove_one, 16,
			      FTW_DEPTH | FTW_PHYS),
			 0);
	write_some(10);
	kit_stop(&k);
	m = audit_mark(kit_store(&k), IVR_MARK_START, IVR_WHY_NONE, 0);
	audit_ring(&a, kit_store(&k), sim_guest_page(&k.g)->stream, 0);
	/* What was removed is gone; nothing behind it is. */
	assert_int_equal(m.from, 6);
	assert_int_equal(a.pages, 5);
	assert_int_equal(a.last, 10);
}

static void unwritable_leg_is_waited_for(void **state)
{
	fail_at = 1;
	fail_count = 4;
	fail_errno = ENOSPC;
	kit_reader(&k);
	kit_send(&k, IVR_MSG_VM_UP, KIT_VM);
	kit_until(&k, SESSION_WAIT_STORE);
	sim_page(&k.g, 0, 3);
	kit_until(&k, SESSION_ATTACHED);
	kit_caught_up(&k);
	kit_stop(&k);
	audit_whole(&k);
	assert_int_equal(k.s.store.legs, 1);
}

static void stop_waits_for_a_full_store_but_not_for_ever(void **state)
{
	kit_attach(&k);
	write_some(4);
	fail_errno = ENOSPC;
	fail_count = INT32_MAX / 2;
	fail_at = calls + 1;
	sim_page(&k.g, 0, 4);
	kit_stop(&k);
	fail_at = 0;
	kit_attach(&k);
	kit_caught_up(&k);
	kit_stop(&k);
	audit_whole(&k);
}

static void store_has_one_reader(void **state)
{
	struct session other;

	kit_attach(&k);
	assert_int_equal(session_open(&other, &k.conf), -EBUSY);
	session_close(&other);
}

static void append_junk(const char *file, size_t n)
{
	int fd = open(kit_leg_file(&k, file), O_WRONLY | O_APPEND);
	char junk[8192];

	memset(junk, 0x99, sizeof(junk));
	assert_int_equal(write(fd, junk, n), n);
	close(fd);
}

static off_t size_of(const char *file)
{
	struct stat st;

	assert_int_equal(stat(kit_leg_file(&k, file), &st), 0);
	return st.st_size;
}

static void torn_files_are_cut(void **state)
{
	struct store s;

	kit_attach(&k);
	write_some(10);
	kit_stop(&k);
	append_junk("ring-000-0000.pages", 5000);
	append_junk("ring-001-0000.desc", 33);
	append_junk("marks", 63);
	append_junk("clock", 31);
	assert_int_equal(store_init(&s, kit_store(&k)), 0);
	assert_int_equal(store_open(&s), 0);
	store_close(&s);
	assert_int_equal(size_of("ring-000-0000.pages"), 5 * IVR_PAGE_SIZE);
	assert_int_equal(size_of("ring-001-0000.desc"), 5 * 64);
	assert_int_equal(size_of("marks") % 64, 0);
	assert_int_equal(size_of("clock") % 32, 0);
	kit_attach(&k);
	write_some(10);
	kit_stop(&k);
	audit_whole(&k);
}

static void pages_cut_short_take_their_descriptors_along(void **state)
{
	struct store s;
	int ret;

	kit_attach(&k);
	write_some(10);
	kit_stop(&k);
	ret = truncate(kit_leg_file(&k, "ring-000-0000.pages"),
		       3 * IVR_PAGE_SIZE + 17);
	assert_int_equal(ret, 0);
	assert_int_equal(store_init(&s, kit_store(&k)), 0);
	assert_int_equal(store_open(&s), 0);
	store_close(&s);
	assert_int_equal(size_of("ring-000-0000.desc"), 3 * 64);
	assert_int_equal(size_of("ring-000-0000.pages"), 3 * IVR_PAGE_SIZE);
}

static void drafts_are_removed(void **state)
{
	char path[160];
	struct store s;

	snprintf(path, sizeof(path), "%s/.leg-0007", kit_store(&k));
	mkdir(kit_store(&k), 0700);
	mkdir(path, 0700);
	assert_int_equal(store_init(&s, kit_store(&k)), 0);
	assert_int_equal(store_open(&s), 0);
	assert_int_equal(s.legs, 0);
	store_close(&s);
	assert_int_equal(access(path, F_OK), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_write_may_fail),
		TEST(trouble_is_told_once),
		TEST(file_size_limit),
		TEST(disk_without_room),
		TEST(removed_store_is_made_again),
		TEST(unwritable_leg_is_waited_for),
		TEST(stop_waits_for_a_full_store_but_not_for_ever),
		TEST(store_has_one_reader),
		TEST(torn_files_are_cut),
		TEST(pages_cut_short_take_their_descriptors_along),
		TEST(drafts_are_removed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
