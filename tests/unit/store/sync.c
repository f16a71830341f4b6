// SPDX-License-Identifier: GPL-2.0
/* sync.c - what is acknowledged reaches the disk, in order, or is declared */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "tests/unit/reader/reader_kit.h"

#define CALLS_MAX 256

int __real_fsync(int fd);
int __wrap_fsync(int fd);

static struct kit k;

/* What was synced, by the last part of its path; the sync thread writes it too */
static char names[CALLS_MAX][64];
static int calls;
static int fail_errno;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int __wrap_fsync(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	pthread_mutex_lock(&lock);
	if (calls < CALLS_MAX)
		snprintf(names[calls++], sizeof(names[0]), "%.63s",
			 strrchr(path, '/') + 1);
	errno = fail_errno;
	pthread_mutex_unlock(&lock);
	return errno ? -1 : 0;
}

static void forget(void)
{
	pthread_mutex_lock(&lock);
	calls = 0;
	pthread_mutex_unlock(&lock);
}

/* Number of the first call for a file from call @from on, or -1 */
static int call_of(const char *name, int from)
{
	int i, found = -1;

	pthread_mutex_lock(&lock);
	for (i = from; i < calls && found < 0; i++)
		if (!strncmp(names[i], name, strlen(name)))
			found = i;
	pthread_mutex_unlock(&lock);
	return found;
}

static int setup(void **state)
{
	fail_errno = 0;
	forget();
	kit_open(&k, KIT_SIZE, 2, IVR_POLICY_DISCARD);
	k.conf.sync_ms = 100;
	return 0;
}

static int teardown(void **state)
{
	fail_errno = 0;
	kit_close(&k);
	return 0;
}

static void pages(int n)
{
	while (n--)
		assert_true(sim_page(&k.g, 0, 3));
}

static int await_call(const char *name)
{
	uint64_t waited = 0;

	while (call_of(name, 0) < 0 && kit_waiting(&waited))
		kit_step(&k);
	return call_of(name, 0);
}

static void leg_is_synced_when_made(void **state)
{
	int leg, marks, draft, store;

	kit_attach(&k);
	leg = call_of("leg", 0);
	marks = call_of("marks", 0);
	draft = call_of(".leg-", 0);
	store = call_of(strrchr(kit_store(&k), '/') + 1, 0);
	assert_true(leg >= 0 && leg < marks && marks < draft && draft < store);
	kit_stop(&k);
}

static void pages_before_descriptors_before_marks(void **state)
{
	int p, d;

	kit_attach(&k);
	forget();
	pages(5);
	kit_caught_up(&k);
	d = await_call("ring-000-0000.desc");
	p = call_of("ring-000-0000.pages", 0);
	assert_true(p >= 0 && p < d);
	/* A file that was made needs its name: the leg's directory first. */
	assert_true(call_of("leg-", 0) >= 0 && call_of("leg-", 0) < p);
	kit_stop(&k);
	assert_true(call_of("marks", d) > d);
	audit_whole(&k);
}

/* END marks say that all is there, so nothing is left to sync before them. */
static void end_marks_come_last(void **state)
{
	int p;

	k.conf.sync_ms = 3600000;
	kit_attach(&k);
	forget();
	pages(5);
	kit_caught_up(&k);
	assert_int_equal(call_of("ring-", 0), -1);
	kit_stop(&k);
	p = call_of("ring-000-0000.desc", 0);
	assert_true(p >= 0);
	assert_true(call_of("marks", p) > p);
	assert_int_equal(call_of("ring-", call_of("marks", p)), -1);
}

static void idle_disk_is_left_alone(void **state)
{
	uint64_t until;

	k.conf.clock_ms = 20;
	kit_attach(&k);
	pages(1);
	kit_caught_up(&k);
	await_call("ring-000-0000.desc");
	until = now_ms() + 400;
	while (now_ms() < until)
		kit_step(&k);
	forget();
	until = now_ms() + 400;
	while (now_ms() < until)
		kit_step(&k);
	assert_int_equal(calls, 0);
	kit_stop(&k);
}

static void off_by_option(void **state)
{
	k.conf.sync_ms = 0;
	kit_attach(&k);
	pages(5);
	kit_caught_up(&k);
	kit_stop(&k);
	assert_int_equal(calls, 0);
	audit_whole(&k);
}

/* After an error nothing is assumed: what might be lost is declared, once. */
static void error_is_declared(void **state)
{
	uint64_t waited = 0;

	kit_attach(&k);
	pages(3);
	kit_caught_up(&k);
	await_call("ring-000-0000.desc");
	fail_errno = EIO;
	pages(4);
	kit_caught_up(&k);
	while (!k.s.sync_error && kit_waiting(&waited))
		kit_step(&k);
	assert_int_equal(k.s.sync_error, -EIO);
	fail_errno = 0;
	kit_stop(&k);
	assert_int_equal(audit_marks(kit_store(&k), IVR_MARK_GAP,
				     IVR_WHY_UNSYNCED, 0),
			 1);
	audit_whole(&k);
}

/* The last round before the END marks: they must not call the leg whole. */
static void last_error_is_declared(void **state)
{
	k.conf.sync_ms = 3600000;
	kit_attach(&k);
	pages(4);
	kit_caught_up(&k);
	fail_errno = EIO;
	kit_stop(&k);
	assert_int_equal(audit_marks(kit_store(&k), IVR_MARK_GAP,
				     IVR_WHY_UNSYNCED, 0),
			 1);
	assert_int_equal(audit_marks(kit_store(&k), IVR_MARK_END,
				     IVR_WHY_READER_STOPPED, UINT32_MAX),
			 3);
}

/* The newest leg of the store, as another boot of this host would have left it */
static void rewrite_leg(const char *host, const char *boot)
{
	char shell[1024];

	snprintf(shell, sizeof(shell),
		 "cd %s && for l in leg-*/leg; do :; done && "
		 "sed -i 's/^host .*/host %s/; s/^boot .*/boot %s/' $l",
		 kit_store(&k), host, boot);
	assert_int_equal(system(shell), 0);
}

static void reader_after(const char *host, const char *boot)
{
	kit_attach(&k);
	pages(4);
	kit_caught_up(&k);
	kit_reader_end(&k);
	rewrite_leg(host, boot);
	assert_int_equal(session_open(&k.s, &k.conf), 0);
}

static void next_boot_ends_the_leg(void **state)
{
	char host[HOST_NAME_MAX + 1] = "";

	gethostname(host, HOST_NAME_MAX);
	reader_after(host, "another");
	assert_int_equal(audit_marks(kit_store(&k), IVR_MARK_END,
				     IVR_WHY_HOST_DOWN, UINT32_MAX),
			 3);
	session_close(&k.s);
	/* Once is enough. */
	assert_int_equal(session_open(&k.s, &k.conf), 0);
	assert_int_equal(audit_marks(kit_store(&k), IVR_MARK_END,
				     IVR_WHY_HOST_DOWN, UINT32_MAX),
			 3);
}

static void other_hosts_legs_are_left(void **state)
{
	reader_after("elsewhere", "another");
	assert_int_equal(audit_marks(kit_store(&k), IVR_MARK_END,
				     IVR_WHY_HOST_DOWN, UINT32_MAX),
			 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(leg_is_synced_when_made),
		TEST(pages_before_descriptors_before_marks),
		TEST(end_marks_come_last),
		TEST(idle_disk_is_left_alone),
		TEST(off_by_option),
		TEST(error_is_declared),
		TEST(last_error_is_declared),
		TEST(next_boot_ends_the_leg),
		TEST(other_hosts_legs_are_left),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
