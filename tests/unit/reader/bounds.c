// SPDX-License-Identifier: GPL-2.0
/* bounds.c - a guest makes the host write no more than the host allows */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "tests/unit/reader/reader_kit.h"

static struct kit k;
static char events[160], said[160];

static int setup(void **state)
{
	kit_open(&k, KIT_SIZE, 2, IVR_POLICY_DISCARD);
	snprintf(events, sizeof(events), "%s/events", k.dir);
	snprintf(said, sizeof(said), "%s/log", k.dir);
	k.conf.event_log = events;
	return 0;
}

static int teardown(void **state)
{
	log_rate(0, 1);
	kit_close(&k);
	return 0;
}

static int lines(const char *path)
{
	FILE *f = fopen(path, "re");
	int c, n = 0;

	while (f && (c = getc(f)) != EOF)
		n += c == '\n';
	if (f)
		fclose(f);
	return n;
}

static int legs(void)
{
	return k.s.store.legs;
}

/* Streams without end: each of them is a leg, and a leg is for ever. */
static void legs_are_few(void **state)
{
	uint64_t until = now_ms() + 2000;
	int streams = 0;

	kit_attach(&k);
	while (now_ms() < until) {
		if (k.s.state == SESSION_ATTACHED) {
			assert_int_equal(sim_format(&k.g, 2,
						    IVR_POLICY_DISCARD),
					 0);
			streams++;
		}
		kit_step(&k);
	}
	assert_int_equal(legs(), LEGS_MOST);
	assert_true(streams >= LEGS_MOST);
	/* It is not shut out for ever. */
	k.s.legs_ms = 0;
	kit_until(&k, SESSION_ATTACHED);
	assert_int_equal(legs(), LEGS_MOST + 1);
	kit_stop(&k);
}

static void bells_cost_no_lines(void **state)
{
	uint64_t until = now_ms() + 1000;

	sim_guest_page(&k.g)->magic = 0;
	kit_reader(&k);
	kit_send(&k, IVR_MSG_VM_UP, KIT_VM);
	while (now_ms() < until) {
		sim_hello(&k.g);
		sim_hello(&k.g);
		assert_int_equal(session_step(&k.s, 0), 0);
	}
	/* HELLOS_MOST at once and 20 in a second, three lines each, and some. */
	assert_in_range(lines(events), 10, 4 * (HELLOS_MOST + 20));
	kit_stop(&k);
}

/* The tail of a flight recorder runs away: one mark, however far it goes. */
static void gaps_are_one_mark(void **state)
{
	uint64_t until = now_ms() + 500;
	struct ivr_ring_ctl *c;

	teardown(state);
	kit_open(&k, KIT_SIZE, 2, IVR_POLICY_OVERWRITE);
	kit_attach(&k);
	c = sim_ctl(&k.g, 0);
	c->head = 1ull << 40;
	while (now_ms() < until) {
		c->tail += 3;
		k.s.att.work = true;
		assert_int_equal(session_step(&k.s, 10), 0);
	}
	assert_int_equal(audit_marks(kit_store(&k), IVR_MARK_GAP,
				     IVR_WHY_OVERWRITTEN, 0),
			 1);
	assert_true(
		audit_mark(kit_store(&k), IVR_MARK_GAP, IVR_WHY_OVERWRITTEN, 0)
			.to > 15);
	kit_stop(&k);
}

static void produce(int n)
{
	while (n--) {
		sim_page(&k.g, 0, 3);
		kit_step(&k);
	}
}

static void until_refused(int error)
{
	uint64_t waited = 0;

	while (k.s.store_error != error && kit_waiting(&waited)) {
		sim_page(&k.g, 0, 3);
		kit_step(&k);
	}
}

/* Over all legs; what does not fit the guest counts, and nothing is undeclared. */
static void quota_holds(void **state)
{
	struct json_object *o;
	char shell[512];

	k.conf.quota = 600 << 10;
	kit_attach(&k);
	produce(60);
	kit_caught_up(&k);
	kit_stop(&k);
	kit_attach(&k);
	until_refused(-EDQUOT);
	o = kit_ask(&k, "status\n");
	assert_non_null(
		strstr(json_object_get_string(kit_field(o, "store_why")),
		       "quota"));
	assert_true(json_object_get_uint64(kit_field(o, "store_bytes")) <=
		    k.conf.quota);
	json_object_put(o);
	produce(50);
	assert_true(k.s.store.quota.used <= k.conf.quota);
	/* Somebody removes the first leg. */
	snprintf(shell, sizeof(shell), "rm -r %s/leg-0001-*", kit_store(&k));
	assert_int_equal(system(shell), 0);
	k.s.store.quota.count_ms = 0;
	kit_caught_up(&k);
	assert_int_equal(k.s.store_error, 0);
	kit_stop(&k);
}

static void no_more_than_the_disk_can_spare(void **state)
{
	struct quota q = { .keep_free = UINT64_MAX };
	uint64_t room;

	/* A twentieth of it at most. */
	assert_int_equal(quota_room(&q, k.s.store.fd < 0 ? 0 : k.s.store.fd, 0),
			 0);
	kit_attach(&k);
	assert_int_equal(quota_room(&q, k.s.store.fd, 4096), 0);
	room = q.room;
	quota_wrote(&q, 4096);
	assert_int_equal(q.room, room - 4096);
	assert_int_equal(quota_room(&q, k.s.store.fd, 1ull << 62), -ENOSPC);
	kit_stop(&k);
}

static void log_is_bounded(void **state)
{
	uint64_t until;
	int i;

	assert_int_equal(log_to_file(said), 0);
	log_rate(10, 1000);
	for (i = 0; i < 1000; i++)
		err("line %d", i);
	assert_in_range(lines(said), 10, 12);
	/* A line more, in time, and how many were not there. */
	until = now_ms() + KIT_PATIENCE_MS;
	for (i = lines(said); lines(said) == i && now_ms() < until;)
		err("later");
	assert_int_equal(lines(said), i + 2);
}

static void allowance_counts(void **state)
{
	struct allowance a = { .most = 3, .every_ms = 100 };

	assert_true(allowance_take(&a, 1000) && allowance_take(&a, 1000) &&
		    allowance_take(&a, 1000));
	assert_false(allowance_take(&a, 1000));
	assert_int_equal(allowance_ms(&a, 1030), 70);
	assert_false(allowance_take(&a, 1099));
	assert_true(allowance_take(&a, 1100));
	assert_false(allowance_take(&a, 1150));
	/* Never more than @most, however long nothing was taken. */
	assert_true(allowance_take(&a, UINT64_MAX / 2));
	assert_int_equal(a.left, 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(legs_are_few),
		TEST(bells_cost_no_lines),
		TEST(gaps_are_one_mark),
		TEST(quota_holds),
		TEST(no_more_than_the_disk_can_spare),
		TEST(log_is_bounded),
		cmocka_unit_test(allowance_counts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
