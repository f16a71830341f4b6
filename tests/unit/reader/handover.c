// SPDX-License-Identifier: GPL-2.0
/* handover.c - the VM goes: whose are the pages that it leaves? */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/reader/attached.h"

/* Steps of the reader only: the guest has stopped */
static void reader_until(enum session_state state)
{
	uint64_t waited = 0;

	while (k.s.state != state && kit_waiting(&waited))
		assert_int_equal(session_step(&k.s, 5), 0);
}

static void reader_steps(int n)
{
	while (n--)
		assert_int_equal(session_step(&k.s, 5), 0);
}

/* Frozen at page 21, with 5 pages in the window that nobody has taken */
static void freeze(void)
{
	pages(20);
	assert_true(kit_asked(&k, "quiesce 60000 32\n", "drained"));
	pages(5);
	kit_ticks(&k, 2);
}

static void assert_moved(void)
{
	struct ivr_store_mark m;

	m = audit_mark(kit_store(&k), IVR_MARK_END, IVR_WHY_MOVED, 0);
	assert_int_equal(m.to, 21);
	assert_int_equal(m.head, 26);
	assert_int_equal(m.produced, 75);
	assert_int_equal(k.g.rings[0].mirror, 21);
}

static void moved_is_said_first(void **state)
{
	freeze();
	assert_true(kit_asked(&k, "moved\n", "moved"));
	reader_steps(10);
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(SESSION_WAIT_VM);
	assert_moved();
	assert_int_equal(kit_mappings(&k), 1);
}

static void moved_is_said_after(void **state)
{
	freeze();
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(SESSION_HANDOVER);
	reader_steps(5);
	assert_true(kit_asked(&k, "moved\n", "moved"));
	reader_until(SESSION_WAIT_VM);
	assert_moved();
}

static void a_stop_does_not_cut_it_short(void **state)
{
	struct json_object *o;

	freeze();
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(SESSION_HANDOVER);
	o = kit_ask(&k, "stop\n");
	assert_true(json_object_get_boolean(kit_field(o, "stopping")));
	json_object_put(o);
	reader_steps(5);
	assert_int_equal(k.s.state, SESSION_HANDOVER);
	assert_true(kit_asked(&k, "moved\n", "moved"));
	reader_until(SESSION_STOPPED);
	assert_moved();
}

static void a_stop_ends_it_in_the_end(void **state)
{
	freeze();
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(SESSION_HANDOVER);
	session_stop(&k.s);
	reader_until(SESSION_STOPPED);
	assert_int_equal(k.s.error, 0);
	audit_whole(&k);
}

static void nobody_says_so(void **state)
{
	int fd = kit_client(&k);
	struct json_object *o;

	freeze();
	k.g.slow = true;
	kit_say(fd, "quiesce 60000\n");
	while (k.s.att.quiesce.state != QUIESCE_WAITING)
		kit_step(&k);
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	o = kit_answer(&k, fd);
	assert_false(json_object_get_boolean(kit_field(o, "drained")));
	json_object_put(o);
	close(fd);
	reader_until(SESSION_WAIT_VM);
	audit_mark(kit_store(&k), IVR_MARK_END, IVR_WHY_VM_GONE, 0);
	audit_whole(&k);
}

static void without_an_order_nothing_waits(void **state)
{
	pages(20);
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	while (k.s.state != SESSION_WAIT_VM) {
		assert_int_equal(session_step(&k.s, 5), 0);
		assert_int_not_equal(k.s.state, SESSION_HANDOVER);
	}
	audit_whole(&k);
}

static void moved_without_an_order(void **state)
{
	pages(20);
	kit_caught_up(&k);
	assert_true(kit_asked(&k, "moved\n", "moved"));
	reader_steps(3);
	pages(5);
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(SESSION_WAIT_VM);
	assert_int_equal(audit_mark(kit_store(&k), IVR_MARK_END, IVR_WHY_MOVED,
				    0)
				 .to,
			 21);
}

static void moved_but_still_here(void **state)
{
	uint64_t waited = 0;

	freeze();
	assert_true(kit_asked(&k, "moved\n", "moved"));
	pages(11);
	kit_ticks(&k, 3);
	assert_int_equal(sim_host_ring(&k.g, 0)->pos, 21);
	k.s.att.moved_ms -= MOVED_PATIENCE_MS;
	kit_caught_up(&k);
	while (k.s.att.quiesce.state != QUIESCE_FROZEN && kit_waiting(&waited))
		kit_step(&k);
	assert_int_equal(k.s.att.quiesce.round, 2);
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(SESSION_WAIT_VM);
	audit_whole(&k);
	audit_mark(kit_store(&k), IVR_MARK_END, IVR_WHY_VM_GONE, 0);
}

static void resume_takes_moved_back(void **state)
{
	freeze();
	assert_true(kit_asked(&k, "moved\n", "moved"));
	assert_true(kit_asked(&k, "resume\n", "resumed"));
	kit_caught_up(&k);
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(SESSION_WAIT_VM);
	audit_mark(kit_store(&k), IVR_MARK_END, IVR_WHY_VM_GONE, 0);
	audit_whole(&k);
}

static void moved_in_the_midst_of_taking(void **state)
{
	int fd = kit_client(&k);
	uint64_t waited = 0;
	struct ivr_store_mark m;

	kit_caught_up(&k);
	k.s.store_ms = UINT64_MAX;
	pages(20);
	kit_say(fd, "quiesce 60000\n");
	while (k.s.att.quiesce.state != QUIESCE_TAKING && kit_waiting(&waited))
		kit_step(&k);
	assert_true(kit_asked(&k, "moved\n", "moved"));
	k.s.store_ms = 0;
	reader_steps(10);
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(SESSION_WAIT_VM);
	m = audit_mark(kit_store(&k), IVR_MARK_END, IVR_WHY_MOVED, 0);
	assert_int_equal(m.to, 1);
	assert_int_equal(m.head, 21);
	close(fd);
}

static void too_late_is_told(void **state)
{
	pages(5);
	k.s.store_ms = UINT64_MAX;
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(SESSION_ENDING);
	assert_false(kit_asked(&k, "moved\n", "moved"));
	k.s.store_ms = 0;
	reader_until(SESSION_WAIT_VM);
	audit_whole(&k);
}

static void next_vm_while_waiting(void **state)
{
	struct sim_guest first;

	freeze();
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(SESSION_HANDOVER);
	first = k.g;
	assert_int_equal(sim_open(&k.g, KIT_SIZE), 0);
	assert_int_equal(sim_format(&k.g, 1, IVR_POLICY_DISCARD), 0);
	kit_send(&k, IVR_MSG_VM_UP, KIT_VM);
	kit_until(&k, SESSION_WAIT_HELLO);
	kit_until(&k, SESSION_ATTACHED);
	pages(3);
	kit_caught_up(&k);
	kit_stop(&k);
	audit_whole(&k);
	sim_close(&first);
}

/* The other end: a reader with a store of its own, where the guest goes on */
static void hands_over_without_overlap(void **state)
{
	char *here = (char *)k.conf.store, there[PATH_MAX];
	struct ivr_store_mark m;
	struct audit a, b;
	int i;

	snprintf(there, sizeof(there), "%s/there", k.dir);
	freeze();
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(SESSION_HANDOVER);
	assert_true(kit_asked(&k, "moved\n", "moved"));
	reader_until(SESSION_WAIT_VM);
	kit_reader_end(&k);

	k.conf.store = there;
	kit_attach(&k);
	for (i = 0; i < 300; i++) {
		pages(1);
		if (i % 10 == 0)
			kit_caught_up(&k);
	}
	kit_stop(&k);
	m = audit_mark(there, IVR_MARK_START, IVR_WHY_NONE, 0);
	assert_int_equal(m.from, 21);
	audit_ring(&a, here, sim_guest_page(&k.g)->stream, 0);
	audit_ring(&b, there, sim_guest_page(&k.g)->stream, 0);
	assert_int_equal(a.pages + b.pages, 325);
	assert_int_equal(a.last, 20);
	assert_int_equal(b.torn, 0);
	k.conf.store = here;
}

static void next_device(void)
{
	int i;

	assert_int_equal(sim_replug(&k.g, NULL, 2 * KIT_SIZE), 0);
	kit_send(&k, IVR_MSG_VM_UP, KIT_VM);
	kit_until(&k, SESSION_ATTACHED);
	for (i = 0; i < 300; i++) {
		sim_page(&k.g, i % 2, 4);
		if (i % 10 == 0)
			kit_caught_up(&k);
	}
	while (k.g.nspill)
		kit_step(&k);
	kit_caught_up(&k);
	kit_stop(&k);
	audit_whole(&k);
}

static void unplugged_and_plugged_again(void **state)
{
	struct ivr_store_mark m;

	pages(20);
	assert_true(kit_asked(&k, "spill 60000\n", "drained"));
	pages(30);
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(SESSION_WAIT_VM);
	m = audit_mark(kit_store(&k), IVR_MARK_END, IVR_WHY_UNPLUGGED, 0);
	assert_int_equal(m.to, 21);
	assert_int_equal(m.head, 21);
	next_device();
	assert_int_equal(k.g.rings[0].lost, 0);
}

static void unplugged_with_a_spill_that_ran_over(void **state)
{
	uint64_t lost = 0;
	int i;

	pages(20);
	assert_true(kit_asked(&k, "spill 60000\n", "drained"));
	k.g.spill_max = 10;
	for (i = 0; i < 30; i++)
		lost += sim_page(&k.g, i % 2, 3) ? 0 : 3;
	assert_int_equal(lost, 60);
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(SESSION_WAIT_VM);
	k.g.spill_max = SIM_SPILL;
	next_device();
	assert_int_equal(k.g.rings[0].lost + k.g.rings[1].lost, 60);
}

static void unplugged_without_a_word(void **state)
{
	/* SPILLING and `moved`: parked is parked. */
	pages(20);
	assert_true(kit_asked(&k, "spill 60000\n", "drained"));
	assert_true(kit_asked(&k, "moved\n", "moved"));
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(SESSION_WAIT_VM);
	audit_mark(kit_store(&k), IVR_MARK_END, IVR_WHY_UNPLUGGED, 0);
	next_device();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(moved_is_said_first),
		TEST(moved_is_said_after),
		TEST(a_stop_does_not_cut_it_short),
		TEST(a_stop_ends_it_in_the_end),
		TEST(nobody_says_so),
		TEST(without_an_order_nothing_waits),
		TEST(moved_without_an_order),
		TEST(moved_but_still_here),
		TEST(resume_takes_moved_back),
		TEST(moved_in_the_midst_of_taking),
		TEST(too_late_is_told),
		TEST(next_vm_while_waiting),
		TEST(hands_over_without_overlap),
		TEST(unplugged_and_plugged_again),
		TEST(unplugged_with_a_spill_that_ran_over),
		TEST(unplugged_without_a_word),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
