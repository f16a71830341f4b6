// SPDX-License-Identifier: GPL-2.0
/* drain.c - every record is delivered or declared */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
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

/* What the guest does while pages are being copied, and once they are */
static void (*while_copying)(void);
static void (*after_copy)(void);

ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
	ssize_t ret;

	if (while_copying)
		while_copying();
	ret = __real_pwritev(fd, iov, n, at);
	if (after_copy)
		after_copy();
	return ret;
}

ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t at)
{
	return __real_pwrite(fd, buf, len, at);
}

int __wrap_renameat(int a, const char *from, int b, const char *to)
{
	return __real_renameat(a, from, b, to);
}

static struct kit k;

static int setup_with(uint32_t nrings, uint32_t policy)
{
	while_copying = NULL;
	after_copy = NULL;
	kit_open(&k, KIT_SIZE, nrings, policy);
	return 0;
}

static int setup(void **state)
{
	return setup_with(2, IVR_POLICY_DISCARD);
}

static int setup_overwrite(void **state)
{
	return setup_with(1, IVR_POLICY_OVERWRITE);
}

static int teardown(void **state)
{
	while_copying = NULL;
	after_copy = NULL;
	kit_close(&k);
	return 0;
}

static void wraps_round_many_times(void **state)
{
	uint32_t i, slots = k.g.rings[0].place.slots;

	kit_attach(&k);
	for (i = 0; i < slots * 7; i++) {
		assert_true(sim_page(&k.g, 0, 1 + i % SIM_PER_PAGE));
		if (i % 5 == 0)
			assert_true(sim_page(&k.g, 1, 1));
		if (i % (slots - 3) == 0)
			kit_caught_up(&k);
	}
	kit_stop(&k);
	audit_whole(&k);
	assert_int_equal(k.g.rings[0].lost, 0);
	assert_int_equal(audit_marks(kit_store(&k), IVR_MARK_GAP,
				     IVR_WHY_CORRUPT, UINT32_MAX),
			 0);
}

static void discarded_records_are_counted(void **state)
{
	uint32_t i, slots = k.g.rings[0].place.slots;
	struct ivr_store_mark m;
	struct audit a;

	kit_attach(&k);
	for (i = 0; i < slots + 10; i++)
		assert_int_equal(sim_page(&k.g, 0, 3), i < slots);
	kit_caught_up(&k);
	assert_true(sim_page(&k.g, 0, 3));
	for (i = 0; i < slots + 10; i++)
		sim_page(&k.g, 0, 2);
	kit_stop(&k);
	audit_whole(&k);
	audit_ring(&a, kit_store(&k), sim_guest_page(&k.g)->stream, 0);
	assert_int_equal(a.lost, 30);
	m = audit_mark(kit_store(&k), IVR_MARK_END, IVR_WHY_READER_STOPPED, 0);
	assert_int_equal(m.lost, k.g.rings[0].lost);
	assert_int_equal(m.produced, k.g.rings[0].next);
}

static void overwritten_pages_are_marked(void **state)
{
	uint32_t i, slots = k.g.rings[0].place.slots;
	struct ivr_store_mark m;
	struct audit a;

	kit_attach(&k);
	for (i = 0; i < slots + 25; i++)
		assert_true(sim_page(&k.g, 0, 4));
	kit_caught_up(&k);
	m = audit_mark(kit_store(&k), IVR_MARK_GAP, IVR_WHY_OVERWRITTEN, 0);
	assert_int_equal(m.from, 1);
	assert_int_equal(m.to, 26);
	sim_page(&k.g, 0, 1);
	kit_stop(&k);
	audit_whole(&k);
	audit_ring(&a, kit_store(&k), sim_guest_page(&k.g)->stream, 0);
	assert_int_equal(a.delivered, slots * 4 + 1);
}

static void overwritten_before_anyone_came(void **state)
{
	uint32_t i, slots = k.g.rings[0].place.slots;
	struct ivr_store_mark m;

	for (i = 0; i < slots + 25; i++)
		assert_true(sim_page(&k.g, 0, 4));
	kit_attach(&k);
	m = audit_mark(kit_store(&k), IVR_MARK_GAP, IVR_WHY_OVERWRITTEN, 0);
	assert_int_equal(m.from, 1);
	assert_int_equal(m.to, 26);
	m = audit_mark(kit_store(&k), IVR_MARK_START, IVR_WHY_NONE, 0);
	assert_int_equal(m.from, 26);
	kit_caught_up(&k);
	kit_stop(&k);
	audit_whole(&k);
}

/* Runs in place of time: the guest laps the reader by 7 pages in the copy */
static void lap(void)
{
	int i;

	while_copying = NULL;
	after_copy = NULL;
	for (i = 0; i < 7; i++)
		sim_page(&k.g, 0, 11);
}

static void check_overtaken(void (**when)(void))
{
	uint32_t i, slots = k.g.rings[0].place.slots;
	struct ivr_store_mark m;
	struct audit a;

	kit_attach(&k);
	kit_caught_up(&k);
	for (i = 0; i < slots; i++)
		sim_page(&k.g, 0, 4);
	*when = lap;
	kit_caught_up(&k);
	assert_null(*when);
	m = audit_mark(kit_store(&k), IVR_MARK_GAP, IVR_WHY_OVERWRITTEN, 0);
	assert_int_equal(m.from, 1);
	assert_int_equal(m.to, 8);
	sim_page(&k.g, 0, 1);
	kit_stop(&k);
	audit_whole(&k);
	audit_ring(&a, kit_store(&k), sim_guest_page(&k.g)->stream, 0);
	assert_int_equal(a.pages, slots + 1);
}

static void overtaken_before_the_copy(void **state)
{
	check_overtaken(&while_copying);
}

static void overtaken_after_the_copy(void **state)
{
	check_overtaken(&after_copy);
}

/* The whole batch is gone when the copy is done */
static void lap_all(void)
{
	uint32_t i;

	while_copying = NULL;
	for (i = 0; i < k.g.rings[0].place.slots + 9; i++)
		sim_page(&k.g, 0, 2);
}

static void overtaken_as_a_whole(void **state)
{
	uint32_t i;

	kit_attach(&k);
	for (i = 0; i < 20; i++)
		sim_page(&k.g, 0, 4);
	while_copying = lap_all;
	kit_caught_up(&k);
	sim_page(&k.g, 0, 1);
	kit_stop(&k);
	audit_whole(&k);
}

static bool racing;

static void *race(void *arg)
{
	uint32_t i;

	for (i = 0; i < 200000 && __atomic_load_n(&racing, __ATOMIC_RELAXED);
	     i++)
		sim_page(&k.g, 0, 1 + i % 5);
	return NULL;
}

/* A guest on another CPU that overwrites as fast as it can */
static void overwrite_race_leaves_no_torn_page(void **state)
{
	pthread_t t;
	uint64_t waited = 0;

	kit_attach(&k);
	racing = true;
	assert_int_equal(pthread_create(&t, NULL, race, NULL), 0);
	while (k.s.att.drain.rings[0].pos < 50000 && kit_waiting(&waited))
		assert_int_equal(session_step(&k.s, 0), 0);
	__atomic_store_n(&racing, false, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	sim_page(&k.g, 0, 1);
	kit_stop(&k);
	audit_whole(&k);
	assert_true(audit_marks(kit_store(&k), IVR_MARK_GAP,
				IVR_WHY_OVERWRITTEN, 0) > 0);
	assert_int_equal(audit_marks(kit_store(&k), IVR_MARK_GAP,
				     IVR_WHY_CORRUPT, 0),
			 0);
}

/* The module formats anew while its old pages are being copied */
static void format_under_us(void)
{
	while_copying = NULL;
	sim_format(&k.g, 2, IVR_POLICY_DISCARD);
	sim_page(&k.g, 0, 50);
}

static void reset_in_the_copy_stores_nothing_of_it(void **state)
{
	uint8_t old[16];
	struct audit a;

	kit_attach(&k);
	memcpy(old, sim_guest_page(&k.g)->stream, 16);
	sim_page(&k.g, 0, 5);
	kit_caught_up(&k);
	sim_page(&k.g, 0, 6);
	while_copying = format_under_us;
	kit_until(&k, SESSION_WAIT_HELLO);
	audit_ring(&a, kit_store(&k), old, 0);
	assert_int_equal(a.delivered, 5);
	assert_int_equal(a.torn, 0);
	kit_until(&k, SESSION_ATTACHED);
	kit_caught_up(&k);
	kit_stop(&k);
	audit_whole(&k);
}

static void metadata_is_stored_raw(void **state)
{
	uint8_t blob[40000];
	struct ivr_desc d[16];
	int fd, i, n;

	k.g.meta = 30000;
	kit_attach(&k);
	kit_caught_up(&k);
	kit_stop(&k);
	fd = open(kit_leg_file(&k, "meta-0000.desc"), O_RDONLY);
	n = read(fd, d, sizeof(d)) / (int)sizeof(d[0]);
	close(fd);
	assert_int_equal(n, 8);
	fd = open(kit_leg_file(&k, "meta-0000.pages"), O_RDONLY);
	assert_int_equal(read(fd, blob, sizeof(blob)), 8 * IVR_PAGE_SIZE);
	close(fd);
	assert_int_equal(d[7].first + d[7].count, 30000);
	for (i = 0; i < 30000; i++)
		assert_int_equal(blob[i], i % 251);
}

static void segments_are_followed(void **state)
{
	uint32_t slots = k.g.rings[0].place.slots, i, j;

	kit_attach(&k);
	for (i = 0; i < 6; i++) {
		for (j = 0; j < 30; j++) {
			sim_page(&k.g, 0, 3);
			if (j % 4 == 0)
				kit_caught_up(&k);
		}
		kit_caught_up(&k);
		assert_true(sim_segment(&k.g, 0, i % 2 ? 0 : slots - 9,
					i % 2 ? slots : 9));
	}
	kit_stop(&k);
	audit_whole(&k);
	assert_int_equal(k.g.rings[0].lost, 0);
}

static void ticks(int n)
{
	kit_ticks(&k, n);
}

static void impossible_words_take_nothing(void **state)
{
	struct ivr_ring_ctl *c = sim_ctl(&k.g, 0), good;
	uint32_t slots = k.g.rings[0].place.slots, i;
	const struct ivr_ring_ctl lies[] = {
		{ .head = 0, .seg_page = 1, .seg_span = slots },
		{ .head = 1ull << 60, .seg_page = 1, .seg_span = slots },
		{ .head = ~0ull, .seg_page = 1, .seg_span = slots },
		{ .head = 9, .seg_page = 1, .seg_span = 0 },
		{ .head = 9, .seg_page = 1, .seg_span = ~0u },
		{ .head = 9, .seg_page = 1, .seg_slot = ~0u, .seg_span = 1 },
		{ .head = 9, .seg_page = 1, .seg_slot = 1, .seg_span = slots },
		{ .head = 9, .seg_page = 10, .seg_span = slots },
	};

	kit_attach(&k);
	for (i = 0; i < 4; i++)
		sim_page(&k.g, 0, 3);
	kit_caught_up(&k);
	good = *c;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		*c = lies[i];
		ticks(3);
		assert_int_equal(sim_host_ring(&k.g, 0)->pos, 5);
		*c = good;
	}
	sim_page(&k.g, 0, 3);
	kit_caught_up(&k);
	kit_stop(&k);
	audit_whole(&k);
	/* Flagged, but once, whatever the guest says how often. */
	assert_int_equal(audit_marks(kit_store(&k), IVR_MARK_GAP,
				     IVR_WHY_CORRUPT, 0),
			 1);
}

static void bad_descriptor_costs_one_page(void **state)
{
	struct ivr_store_mark m;
	struct audit a;
	uint32_t i;

	kit_attach(&k);
	for (i = 0; i < 9; i++)
		sim_page(&k.g, 0, 3);
	sim_desc(&k.g, 0, 3)->page = 77;
	sim_desc(&k.g, 0, 5)->count = 5000;
	sim_desc(&k.g, 0, 7)->bytes = IVR_PAGE_PAYLOAD + 1;
	sim_desc(&k.g, 0, 9)->first = 0;
	kit_caught_up(&k);
	assert_int_equal(k.s.state, SESSION_ATTACHED);
	sim_page(&k.g, 0, 3);
	kit_stop(&k);
	m = audit_mark(kit_store(&k), IVR_MARK_GAP, IVR_WHY_CORRUPT, 0);
	assert_int_equal(m.from, 9);
	assert_int_equal(m.to, 10);
	audit_ring(&a, kit_store(&k), sim_guest_page(&k.g)->stream, 0);
	assert_int_equal(a.pages, 6);
	assert_int_equal(a.declared, 12);
	assert_int_equal(a.undeclared, 0);
}

static void rotation_declares_what_it_removes(void **state)
{
	struct audit a;
	uint32_t i;

	k.conf.drain.file_size = 4 * IVR_PAGE_SIZE;
	k.conf.drain.files = 3;
	k.g.meta = 40000;
	kit_attach(&k);
	for (i = 0; i < 30; i++) {
		sim_page(&k.g, 0, 3);
		if (i % 3 == 0)
			kit_caught_up(&k);
	}
	kit_stop(&k);
	audit_ring(&a, kit_store(&k), sim_guest_page(&k.g)->stream, 0);
	assert_int_equal(a.undeclared, 0);
	assert_int_equal(a.next, 90);
	assert_int_equal(a.pages, 10);
	assert_int_equal(a.declared + a.delivered, 90);
	assert_int_equal(audit_marks(kit_store(&k), IVR_MARK_GAP,
				     IVR_WHY_ROTATED, 0),
			 5);
	assert_int_equal(access(kit_leg_file(&k, "ring-000-0004.pages"), F_OK),
			 -1);
	assert_int_equal(access(kit_leg_file(&k, "ring-000-0005.pages"), F_OK),
			 0);
	assert_int_equal(access(kit_leg_file(&k, "meta-0000.pages"), F_OK), 0);
	assert_int_equal(access(kit_leg_file(&k, "meta-0002.pages"), F_OK), 0);
}

static void next_leg_continues_behind_the_store(void **state)
{
	struct ivr_store_mark m;
	struct audit a;
	int i;

	kit_attach(&k);
	for (i = 0; i < 10; i++)
		sim_page(&k.g, 0, 3);
	kit_caught_up(&k);
	kit_stop(&k);
	/* The guest took over nothing since: its mirror is behind the store. */
	assert_true(k.g.rings[0].mirror < 11);
	kit_attach(&k);
	for (i = 0; i < 5; i++)
		sim_page(&k.g, 0, 3);
	kit_caught_up(&k);
	kit_stop(&k);
	m = audit_mark(kit_store(&k), IVR_MARK_START, IVR_WHY_NONE, 0);
	assert_int_equal(m.from, 11);
	audit_whole(&k);
	audit_ring(&a, kit_store(&k), sim_guest_page(&k.g)->stream, 0);
	assert_int_equal(a.twice, 0);
}

static void store_of_another_life_is_not_continued(void **state)
{
	struct ivr_store_mark m;
	int i;

	kit_attach(&k);
	for (i = 0; i < 10; i++)
		sim_page(&k.g, 0, 3);
	kit_caught_up(&k);
	kit_stop(&k);
	/* As after a snapshot: same stream, same number, another page. */
	sim_desc(&k.g, 0, 10)->ts_first++;
	kit_attach(&k);
	m = audit_mark(kit_store(&k), IVR_MARK_START, IVR_WHY_NONE, 0);
	assert_true(m.from < 11);
	kit_stop(&k);
}

static void poll_mode_asks_for_no_bell(void **state)
{
	uint64_t n;
	int i;

	k.conf.drain.poll = true;
	kit_attach(&k);
	kit_caught_up(&k);
	ticks(1);
	assert_true(sim_host_ring(&k.g, 0)->wake == IVR_WAKE_NEVER);
	while (read(k.g.to_host[IVR_BELL_DATA], &n, sizeof(n)) > 0)
		;
	for (i = 0; i < 10; i++)
		sim_page(&k.g, 0, 3);
	assert_true(read(k.g.to_host[IVR_BELL_DATA], &n, sizeof(n)) < 0);
	kit_caught_up(&k);
	kit_stop(&k);
	audit_whole(&k);
}

static void batch_moves_the_wake_position(void **state)
{
	k.conf.drain.batch = 6;
	kit_attach(&k);
	sim_page(&k.g, 0, 3);
	kit_caught_up(&k);
	ticks(1);
	assert_int_equal(sim_host_ring(&k.g, 0)->wake, 2 + 6);
	kit_stop(&k);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define TEST_OVER(f) \
	cmocka_unit_test_setup_teardown(f, setup_overwrite, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wraps_round_many_times),
		TEST(discarded_records_are_counted),
		TEST_OVER(overwritten_pages_are_marked),
		TEST_OVER(overwritten_before_anyone_came),
		TEST_OVER(overtaken_before_the_copy),
		TEST_OVER(overtaken_after_the_copy),
		TEST_OVER(overtaken_as_a_whole),
		TEST_OVER(overwrite_race_leaves_no_torn_page),
		TEST(reset_in_the_copy_stores_nothing_of_it),
		TEST(metadata_is_stored_raw),
		TEST(segments_are_followed),
		TEST(impossible_words_take_nothing),
		TEST(bad_descriptor_costs_one_page),
		TEST(rotation_declares_what_it_removes),
		TEST(next_leg_continues_behind_the_store),
		TEST(store_of_another_life_is_not_continued),
		TEST(poll_mode_asks_for_no_bell),
		TEST(batch_moves_the_wake_position),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
