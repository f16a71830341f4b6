// SPDX-License-Identifier: GPL-2.0
/* quiesce.c - orders and rounds, with a guest that obeys, or does not */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/reader/attached.h"

#define WINDOW 8

static enum quiesce_state state_of(void)
{
	return k.s.att.quiesce.state;
}

static void until(enum quiesce_state state)
{
	uint64_t waited = 0;

	while (state_of() != state && kit_waiting(&waited))
		kit_step(&k);
}

static uint64_t pos(void)
{
	return sim_host_ring(&k.g, 0)->pos;
}

static void assert_refused(struct json_object *o, const char *why)
{
	assert_false(json_object_get_boolean(kit_field(o, "drained")));
	if (!strstr(json_object_get_string(kit_field(o, "reason")), why))
		fail_msg("not \"%s\": %s", why, json_object_to_json_string(o));
	json_object_put(o);
}

/* Normal draining goes on, and the account is whole */
static void all_is_well(void)
{
	uint32_t i;

	assert_int_equal(k.s.state, SESSION_ATTACHED);
	for (i = 0; i < 2 * k.g.rings[0].place.slots; i++) {
		sim_page(&k.g, i % 2, 2);
		if (i % 16 == 0)
			kit_caught_up(&k);
	}
	kit_caught_up(&k);
	kit_stop(&k);
	audit_whole(&k);
	assert_int_equal(audit_marks(kit_store(&k), IVR_MARK_GAP,
				     IVR_WHY_CORRUPT, UINT32_MAX),
			 0);
}

static void drained_and_frozen(void **state)
{
	struct json_object *o, *ring;

	pages(20);
	o = kit_ask(&k, "quiesce 60000 8\n");
	assert_true(json_object_get_boolean(kit_field(o, "drained")));
	ring = json_object_array_get_idx(kit_field(o, "rings"), 0);
	assert_int_equal(json_object_get_int(kit_field(ring, "head")), 21);
	assert_int_equal(json_object_get_int(kit_field(ring, "pos")), 21);
	json_object_put(o);
	assert_int_equal(state_of(), QUIESCE_FROZEN);
	assert_int_equal(sim_guest_page(&k.g)->state, IVR_GUEST_QUIESCED);
	assert_int_equal(sim_ctl(&k.g, 0)->seg_span, WINDOW);

	/* Less than half of the window: nothing is taken. */
	pages(WINDOW / 2 - 1);
	kit_ticks(&k, 4);
	assert_int_equal(pos(), 21);
	assert_int_equal(k.g.rings[0].mirror, 21);
	assert_int_equal(k.s.att.quiesce.round, 1);

	o = kit_ask(&k, "status\n");
	ring = kit_field(o, "quiesce");
	assert_string_equal(json_object_get_string(kit_field(ring, "state")),
			    "frozen");
	assert_string_equal(json_object_get_string(kit_field(ring, "op")),
			    "quiesce");
	assert_int_equal(json_object_get_int(kit_field(ring, "window")),
			 WINDOW);
	assert_true(json_object_get_int64(kit_field(ring, "lease_ms")) > 0);
	assert_true(json_object_get_int64(kit_field(ring, "frozen_since")) > 0);
	ring = json_object_array_get_idx(kit_field(o, "rings"), 0);
	assert_int_equal(json_object_get_int(kit_field(ring, "seg_span")),
			 WINDOW);
	json_object_put(o);

	assert_true(kit_asked(&k, "resume\n", "resumed"));
	assert_int_equal(sim_guest_page(&k.g)->state, IVR_GUEST_ATTACHED);
	kit_caught_up(&k);
	assert_int_equal(pos(), 21 + WINDOW / 2 - 1);
	all_is_well();
}

static void half_a_window_is_a_round(void **state)
{
	uint64_t waited = 0;
	int i;

	assert_true(kit_asked(&k, "quiesce 60000 8\n", "drained"));
	for (i = 0; i < 10; i++) {
		uint64_t round = k.s.att.quiesce.round;

		pages(WINDOW / 2);
		while ((k.s.att.quiesce.round == round ||
			state_of() != QUIESCE_FROZEN) &&
		       kit_waiting(&waited))
			kit_step(&k);
		assert_int_equal(pos(), 1 + (i + 1) * WINDOW / 2);
		assert_int_equal(k.g.rings[0].mirror, pos());
	}
	assert_int_equal(k.g.rings[0].lost, 0);
	assert_true(kit_asked(&k, "resume\n", "resumed"));
	all_is_well();
}

/* The bell for that comes from the wake position, not from a tick */
static void wake_position_is_half_a_window(void **state)
{
	assert_true(kit_asked(&k, "quiesce 60000 8\n", "drained"));
	kit_ticks(&k, 1);
	assert_int_equal(sim_host_ring(&k.g, 0)->wake, pos() + WINDOW / 2 - 1);
}

static void third_of_a_lease_is_a_round(void **state)
{
	uint64_t waited = 0;

	assert_true(kit_asked(&k, "quiesce 1500\n", "drained"));
	while (k.s.att.quiesce.round < 3 && kit_waiting(&waited))
		kit_step(&k);
	assert_int_not_equal(sim_guest_page(&k.g)->state, IVR_GUEST_ATTACHED);
	/* And the order's own lease ends it. */
	until(QUIESCE_RESUMING);
	until(QUIESCE_NONE);
	assert_int_equal(sim_guest_page(&k.g)->state, IVR_GUEST_ATTACHED);
	assert_int_equal(k.s.att.quiesce.op, IVR_OP_NONE);
	all_is_well();
}

static void renewed_order_is_a_round(void **state)
{
	uint64_t end;

	assert_true(kit_asked(&k, "quiesce 5000\n", "drained"));
	end = k.s.att.quiesce.until_ms;
	pages(2);
	assert_true(kit_asked(&k, "quiesce 60000\n", "drained"));
	assert_true(k.s.att.quiesce.until_ms > end + 50000);
	assert_int_equal(k.s.att.quiesce.round, 2);
	assert_int_equal(pos(), 3);
	assert_true(k.s.att.quiesce.lease_ms > 50000);
}

static void short_order_gives_the_guest_a_second(void **state)
{
	assert_true(kit_asked(&k, "quiesce 400\n", "drained"));
	assert_int_equal(k.s.att.quiesce.lease_ms, QUIESCE_LEASE_MIN_MS);
	until(QUIESCE_NONE);
	assert_int_equal(sim_guest_page(&k.g)->state, IVR_GUEST_ATTACHED);
	all_is_well();
}

static void drain_while_frozen_is_a_round(void **state)
{
	assert_true(kit_asked(&k, "quiesce 60000\n", "drained"));
	pages(2);
	assert_true(kit_asked(&k, "drain 10000\n", "drained"));
	assert_int_equal(pos(), 3);
	assert_int_equal(k.s.att.quiesce.round, 2);
	assert_int_equal(state_of(), QUIESCE_FROZEN);
}

static void order_takes_the_place_of_a_flush(void **state)
{
	int a = kit_client(&k), b = kit_client(&k);
	uint64_t waited = 0;
	struct json_object *o;

	k.g.unlisten = true;
	pages(5);
	kit_say(a, "drain 60000\n");
	while (k.s.att.flush.phase != FLUSH_ASKED && kit_waiting(&waited))
		kit_step(&k);
	kit_say(b, "quiesce 60000\n");
	until(QUIESCE_ASKED);
	assert_int_equal(k.s.att.flush.phase, FLUSH_NONE);
	k.g.unlisten = false;
	o = kit_answer(&k, a);
	assert_true(json_object_get_boolean(kit_field(o, "drained")));
	json_object_put(o);
	o = kit_answer(&k, b);
	assert_true(json_object_get_boolean(kit_field(o, "drained")));
	json_object_put(o);
	close(a);
	close(b);
	assert_int_equal(k.s.att.request.seq, 2);
}

/* An order that fails leaves the drain that it took over to a FLUSH */
static void failed_order_does_not_fail_a_drain(void **state)
{
	int a = kit_client(&k);
	struct json_object *o;
	uint64_t waited = 0;

	k.g.unlisten = true;
	kit_say(a, "drain 60000\n");
	while (k.s.att.flush.phase != FLUSH_ASKED && kit_waiting(&waited))
		kit_step(&k);
	k.g.refuse = -ENOMEM;
	k.g.unlisten = false;
	assert_refused(kit_ask(&k, "spill 60000\n"), "not enough memory");
	o = kit_answer(&k, a);
	assert_true(json_object_get_boolean(kit_field(o, "drained")));
	json_object_put(o);
	close(a);
	all_is_well();
}

static uint64_t bells(void)
{
	uint64_t n = 0;

	if (read(k.g.to_guest[IVR_BELL_CONTROL], &n, sizeof(n)) < 0)
		return 0;
	return n;
}

/* No clock questions, and so no bells for them, from now on */
static void no_clock(void)
{
	uint64_t waited = 0;

	while (k.s.att.clock.waiting && kit_waiting(&waited))
		kit_step(&k);
	k.s.att.clock.left = 1;
	k.s.att.clock.next_ms = UINT64_MAX;
}

static void lost_bells_ring_again(void **state)
{
	int fd = kit_client(&k), i;
	uint64_t waited;

	no_clock();
	k.g.unlisten = true;
	kit_say(fd, "quiesce 60000\n");
	until(QUIESCE_ASKED);
	for (i = 0; i < 4; i++) {
		bells();
		for (waited = 0; !bells() && kit_waiting(&waited);)
			assert_int_equal(session_step(&k.s, 5), 0);
	}
	assert_int_equal(state_of(), QUIESCE_ASKED);
	k.g.slow = true;
	k.g.unlisten = false;
	until(QUIESCE_WAITING);
	for (i = 0; i < 4; i++) {
		bells();
		for (waited = 0; !bells() && kit_waiting(&waited);)
			assert_int_equal(session_step(&k.s, 5), 0);
	}
	assert_int_equal(state_of(), QUIESCE_WAITING);
	k.g.slow = false;
	until(QUIESCE_FROZEN);
	close(fd);
}

/* The guest's bells to us: every one of them lost */
static void lost_answers_are_seen(void **state)
{
	uint64_t waited = 0, n;
	int fd = kit_client(&k);

	kit_say(fd, "quiesce 60000\n");
	while (state_of() != QUIESCE_FROZEN && kit_waiting(&waited)) {
		kit_step(&k);
		while (read(k.g.to_host[IVR_BELL_DATA], &n, sizeof(n)) > 0)
			;
	}
	close(fd);
}

static void never_accepts(void **state)
{
	pages(3);
	k.g.unlisten = true;
	assert_refused(kit_ask(&k, "quiesce 300\n"), "has not accepted");
	assert_int_equal(k.s.state, SESSION_ATTACHED);
	kit_caught_up(&k);
	/* The guest hears again and finds RESUME there, not the old order. */
	k.g.unlisten = false;
	until(QUIESCE_NONE);
	assert_int_equal(sim_guest_page(&k.g)->state, IVR_GUEST_ATTACHED);
	all_is_well();
}

static void draining_goes_on_until_accepted(void **state)
{
	int fd = kit_client(&k);

	k.g.unlisten = true;
	kit_say(fd, "quiesce 60000\n");
	until(QUIESCE_ASKED);
	pages(30);
	kit_caught_up(&k);
	assert_int_equal(state_of(), QUIESCE_ASKED);
	close(fd);
}

static void never_answers(void **state)
{
	k.g.slow = true;
	pages(3);
	assert_refused(kit_ask(&k, "quiesce 300\n"), "has not answered");
	until(QUIESCE_NONE);
	k.g.slow = false;
	all_is_well();
}

static void refuses(int status, const char *why)
{
	k.g.refuse = status;
	assert_refused(kit_ask(&k, "quiesce 60000\n"), why);
	assert_int_equal(state_of(), QUIESCE_NONE);
	assert_false(k.s.att.drain.held);
}

static void refusals_are_told(void **state)
{
	pages(3);
	refuses(-ENOSYS, "too old");
	refuses(-ENOMEM, "not enough memory");
	refuses(-ETIME, "lease ended first");
	refuses(-ECANCELED, "something newer");
	refuses(-7777, "status -7777");
	refuses(7777, "status 7777");
	all_is_well();
}

/* The guest gives a round up after having accepted it */
static void refused_in_the_midst(void **state)
{
	int fd = kit_client(&k);

	k.g.slow = true;
	kit_say(fd, "quiesce 60000\n");
	until(QUIESCE_WAITING);
	k.g.lease_until_ms = 1;
	assert_refused(kit_answer(&k, fd), "lease ended first");
	close(fd);
	k.g.slow = false;
	all_is_well();
}

static void guest_that_resumed_is_asked_again(void **state)
{
	uint64_t waited = 0;

	assert_true(kit_asked(&k, "quiesce 60000\n", "drained"));
	k.g.lease_until_ms = 1;
	while (k.s.att.quiesce.round < 2 && kit_waiting(&waited))
		kit_step(&k);
	until(QUIESCE_FROZEN);
	assert_int_equal(sim_guest_page(&k.g)->state, IVR_GUEST_QUIESCED);
}

/* A second round that the guest does not take up, its lease being over */
static void frozen_for_nothing_thaws(void **state)
{
	uint64_t waited = 0;

	assert_true(kit_asked(&k, "quiesce 60000\n", "drained"));
	k.g.unlisten = true;
	k.g.lease_until_ms = 1;
	pages(20);
	while (pos() != 21 && kit_waiting(&waited))
		kit_step(&k);
	assert_int_equal(state_of(), QUIESCE_ASKED);
	k.g.unlisten = false;
	until(QUIESCE_FROZEN);
}

static void lie(uint64_t accepted, uint64_t answer, int64_t status)
{
	struct ivr_guest_page *p = sim_guest_page(&k.g);

	p->accepted = accepted;
	p->answer_status = status;
	__atomic_store_n(&p->answer, answer, __ATOMIC_RELEASE);
}

static void answer_without_acceptance_is_none(void **state)
{
	int fd = kit_client(&k);

	k.g.unlisten = true;
	kit_say(fd, "quiesce 60000\n");
	until(QUIESCE_ASKED);
	lie(0, k.s.att.request.word, 0);
	assert_refused(kit_answer(&k, fd), "has not accepted");
	close(fd);
	k.g.unlisten = false;
	all_is_well();
}

static void early_answer_freezes_nothing_early(void **state)
{
	int fd = kit_client(&k);
	struct json_object *o;

	k.g.unlisten = true;
	kit_say(fd, "quiesce 60000\n");
	until(QUIESCE_ASKED);
	kit_ticks(&k, 1);
	pages(30);
	lie(k.s.att.request.word, k.s.att.request.word, 0);
	o = kit_answer(&k, fd);
	assert_true(json_object_get_boolean(kit_field(o, "drained")));
	json_object_put(o);
	close(fd);
	assert_int_equal(pos(), 31);
}

static void accepted_with_absurd_heads(void **state)
{
	struct ivr_ring_ctl *c = sim_ctl(&k.g, 0);
	int fd = kit_client(&k);

	k.g.unlisten = true;
	pages(4);
	kit_caught_up(&k);
	kit_say(fd, "quiesce 700\n");
	until(QUIESCE_ASKED);
	c->head = 1ull << 60;
	lie(k.s.att.request.word, 0, 0);
	until(QUIESCE_TAKING);
	assert_refused(kit_answer(&k, fd), "not all in the store");
	close(fd);
	c->head = k.g.rings[0].head;
	k.g.unlisten = false;
	until(QUIESCE_NONE);
	pages(3);
	kit_caught_up(&k);
	kit_stop(&k);
	audit_whole(&k);
}

static void accepted_with_a_head_that_went_back(void **state)
{
	struct ivr_ring_ctl *c = sim_ctl(&k.g, 0);

	pages(4);
	kit_caught_up(&k);
	c->head = 2;
	assert_true(kit_asked(&k, "quiesce 60000\n", "drained"));
	assert_int_equal(pos(), 5);
	c->head = k.g.rings[0].head;
}

static void orders_must_make_sense(void **state)
{
	struct json_object *o = kit_ask(&k, "quiesce\n");

	kit_field(o, "error");
	json_object_put(o);
	assert_refused(kit_ask(&k, "quiesce \n"), "needs a lease");
	assert_refused(kit_ask(&k, "quiesce 0\n"), "needs a lease");
	assert_refused(kit_ask(&k, "quiesce -5\n"), "needs a lease");
	assert_refused(kit_ask(&k, "quiesce 3600001\n"), "needs a lease");
	assert_refused(kit_ask(&k, "quiesce 500 x\n"), "needs a lease");
	assert_refused(kit_ask(&k, "spill 500 8\n"), "needs a lease");
	assert_true(kit_asked(&k, "resume\n", "resumed"));
	assert_int_equal(k.s.att.request.seq, 0);
}

static void order_unattached_is_refused(void **state)
{
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	kit_until(&k, SESSION_WAIT_VM);
	assert_refused(kit_ask(&k, "quiesce 500\n"), "not attached: wait-vm");
	assert_false(kit_asked(&k, "resume\n", "resumed"));
	assert_false(kit_asked(&k, "moved\n", "moved"));
}

static void resume_before_the_guest_accepts(void **state)
{
	int a = kit_client(&k), b = kit_client(&k);
	struct json_object *o;

	k.g.unlisten = true;
	kit_say(a, "quiesce 60000\n");
	until(QUIESCE_ASKED);
	kit_say(b, "resume\n");
	assert_refused(kit_answer(&k, a), "resumed by request");
	k.g.unlisten = false;
	o = kit_answer(&k, b);
	assert_true(json_object_get_boolean(kit_field(o, "resumed")));
	json_object_put(o);
	close(a);
	close(b);
	all_is_well();
}

static void new_order_while_resuming(void **state)
{
	int a = kit_client(&k);
	struct json_object *o;

	assert_true(kit_asked(&k, "quiesce 60000\n", "drained"));
	k.g.unlisten = true;
	kit_say(a, "resume\n");
	until(QUIESCE_RESUMING);
	k.g.unlisten = false;
	k.g.mute = true;
	{
		int b = kit_client(&k);

		kit_say(b, "quiesce 60000\n");
		until(QUIESCE_ASKED);
		k.g.mute = false;
		o = kit_answer(&k, b);
		assert_true(json_object_get_boolean(kit_field(o, "drained")));
		json_object_put(o);
		close(b);
	}
	o = kit_answer(&k, a);
	assert_false(json_object_get_boolean(kit_field(o, "resumed")));
	json_object_put(o);
	close(a);
	assert_int_equal(state_of(), QUIESCE_FROZEN);
}

/* The guest may have been stopped, to go on elsewhere. */
static void unanswered_resume_thaws_nothing(void **state)
{
	int a = kit_client(&k), i;
	struct json_object *o;
	uint64_t pos;

	assert_true(kit_asked(&k, "quiesce 60000\n", "drained"));
	k.g.unlisten = true;
	kit_say(a, "resume\n");
	until(QUIESCE_RESUMING);
	k.s.att.quiesce.asked_ms -= RESUME_PATIENCE_MS;
	o = kit_answer(&k, a);
	assert_false(json_object_get_boolean(kit_field(o, "resumed")));
	json_object_put(o);
	close(a);
	pos = k.s.att.drain.rings[0].pos;
	pages(2);
	for (i = 0; i < 50; i++)
		kit_step(&k);
	assert_int_equal(state_of(), QUIESCE_RESUMING);
	assert_int_equal(k.s.att.drain.rings[0].pos, pos);
	k.g.unlisten = false;
	until(QUIESCE_NONE);
	kit_caught_up(&k);
}

static void client_that_leaves_leaves_its_order(void **state)
{
	int fd = kit_client(&k);

	kit_say(fd, "quiesce 60000\n");
	until(QUIESCE_ASKED);
	close(fd);
	until(QUIESCE_FROZEN);
	assert_int_equal(sim_guest_page(&k.g)->state, IVR_GUEST_QUIESCED);
}

static void stop_tells_the_guest(void **state)
{
	assert_true(kit_asked(&k, "quiesce 60000\n", "drained"));
	pages(2);
	session_stop(&k.s);
	kit_until(&k, SESSION_STOPPED);
	assert_int_equal(IVR_REQUEST_OP(sim_host_page(&k.g)->request),
			 IVR_OP_RESUME);
	sim_step(&k.g);
	assert_int_equal(sim_guest_page(&k.g)->state, IVR_GUEST_ATTACHED);
	audit_whole(&k);
}

static void reset_while_frozen(void **state)
{
	uint8_t old[16];
	struct audit a;

	pages(5);
	assert_true(kit_asked(&k, "quiesce 60000\n", "drained"));
	pages(1);
	memcpy(old, sim_guest_page(&k.g)->stream, 16);
	assert_int_equal(sim_format(&k.g, 2, IVR_POLICY_DISCARD), 0);
	kit_until(&k, SESSION_WAIT_HELLO);
	assert_false(quiesce_active(&k.s.att.quiesce));
	kit_until(&k, SESSION_ATTACHED);
	pages(5);
	kit_caught_up(&k);
	kit_stop(&k);
	audit_whole(&k);
	audit_ring(&a, kit_store(&k), old, 0);
	assert_int_equal(a.delivered, 15);
	audit_mark(kit_store(&k), IVR_MARK_END, IVR_WHY_RESET, 0);
}

static void guest_ends_while_frozen(void **state)
{
	assert_true(kit_asked(&k, "quiesce 60000\n", "drained"));
	pages(3);
	sim_gone(&k.g, IVR_END_SHUTDOWN);
	kit_until(&k, SESSION_WAIT_HELLO);
	audit_whole(&k);
	audit_mark(kit_store(&k), IVR_MARK_END, IVR_WHY_GUEST_GONE, 0);
}

/* A reader that dies anywhere: the next epoch ends it, and nothing is lost */
static void die_and_come_back(enum quiesce_state in)
{
	struct audit a;

	assert_int_equal(state_of(), in);
	kit_reader_end(&k);
	k.g.unlisten = false;
	k.g.slow = false;
	pages(3);
	kit_attach(&k);
	assert_int_equal(sim_guest_page(&k.g)->state, IVR_GUEST_ATTACHED);
	assert_int_equal(state_of(), QUIESCE_NONE);
	audit_ring(&a, kit_store(&k), sim_guest_page(&k.g)->stream, 0);
	all_is_well();
}

static void dies_asked(void **state)
{
	int fd = kit_client(&k);

	k.g.unlisten = true;
	pages(9);
	kit_say(fd, "quiesce 60000\n");
	until(QUIESCE_ASKED);
	die_and_come_back(QUIESCE_ASKED);
	close(fd);
}

static void dies_taking(void **state)
{
	int fd = kit_client(&k);

	kit_caught_up(&k);
	k.s.store_ms = UINT64_MAX;
	pages(9);
	kit_say(fd, "quiesce 60000\n");
	until(QUIESCE_TAKING);
	die_and_come_back(QUIESCE_TAKING);
	close(fd);
}

static void dies_waiting(void **state)
{
	int fd = kit_client(&k);

	k.g.slow = true;
	pages(9);
	kit_say(fd, "quiesce 60000\n");
	until(QUIESCE_WAITING);
	die_and_come_back(QUIESCE_WAITING);
	close(fd);
}

static void dies_frozen(void **state)
{
	pages(9);
	assert_true(kit_asked(&k, "quiesce 60000 8\n", "drained"));
	pages(2);
	die_and_come_back(QUIESCE_FROZEN);
}

static void dies_frozen_in_a_spill(void **state)
{
	pages(9);
	assert_true(kit_asked(&k, "spill 60000\n", "drained"));
	pages(20);
	die_and_come_back(QUIESCE_FROZEN);
}

static void dies_resuming(void **state)
{
	int fd = kit_client(&k);

	assert_true(kit_asked(&k, "quiesce 60000\n", "drained"));
	k.g.unlisten = true;
	kit_say(fd, "resume\n");
	until(QUIESCE_RESUMING);
	die_and_come_back(QUIESCE_RESUMING);
	close(fd);
}

static void spilled_pages_come_back(void **state)
{
	uint64_t waited = 0;

	pages(9);
	assert_true(kit_asked(&k, "spill 60000\n", "drained"));
	assert_int_equal(sim_guest_page(&k.g)->state, IVR_GUEST_SPILLING);
	pages(40);
	kit_ticks(&k, 3);
	assert_int_equal(pos(), 10);
	assert_int_equal(k.g.rings[0].head, 10);
	assert_int_equal(k.s.att.quiesce.round, 1);
	assert_true(kit_asked(&k, "resume\n", "resumed"));
	while (k.g.nspill && kit_waiting(&waited))
		kit_step(&k);
	kit_caught_up(&k);
	assert_int_equal(pos(), 50);
	all_is_well();
}

static void spill_ends_with_its_lease(void **state)
{
	uint64_t waited = 0;

	assert_true(kit_asked(&k, "spill 400\n", "drained"));
	k.g.spill_max = 10;
	while (k.g.nspill < 10)
		sim_page(&k.g, 0, 3);
	assert_false(sim_page(&k.g, 0, 3));
	until(QUIESCE_NONE);
	while (k.g.nspill && kit_waiting(&waited))
		kit_step(&k);
	kit_caught_up(&k);
	assert_int_equal(k.g.rings[0].lost, 3);
	all_is_well();
}

static void quiesce_may_become_a_spill(void **state)
{
	assert_true(kit_asked(&k, "quiesce 60000 8\n", "drained"));
	assert_false(k.s.att.spilling);
	pages(3);
	assert_true(kit_asked(&k, "spill 60000\n", "drained"));
	kit_ticks(&k, 1);
	assert_true(k.s.att.spilling);
	assert_int_equal(pos(), 4);
	assert_true(kit_asked(&k, "resume\n", "resumed"));
	all_is_well();
}

/* The segment in change: the one before it still says where pages lie */
static void change_that_stands_still_hides_nothing(void **state)
{
	kit_caught_up(&k);
	kit_ticks(&k, 1);
	pages(3);
	kit_caught_up(&k);
	sim_seg_seq(&k.g, 0, true);
	pages(9);
	kit_caught_up(&k);
	assert_int_equal(pos(), 13);
	sim_seg_seq(&k.g, 0, false);
	all_is_well();
}

static void first_look_into_a_change_waits(void **state)
{
	kit_stop(&k);
	sim_seg_seq(&k.g, 0, true);
	pages(9);
	kit_attach(&k);
	kit_ticks(&k, 6);
	assert_int_equal(k.s.att.drain.rings[0].pos, 1);
	sim_seg_seq(&k.g, 0, false);
	kit_caught_up(&k);
	all_is_well();
}

static void change_without_end_is_flagged_once(void **state)
{
	kit_stop(&k);
	sim_seg_seq(&k.g, 0, true);
	pages(9);
	kit_attach(&k);
	k.s.att.drain.rings[0].unsettled = DRAIN_UNSETTLED_MAX - 2;
	kit_ticks(&k, 8);
	assert_int_equal(audit_marks(kit_store(&k), IVR_MARK_GAP,
				     IVR_WHY_CORRUPT, 0),
			 1);
	/* At the end nobody will find them any more. */
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	kit_until(&k, SESSION_WAIT_VM);
	assert_int_equal(audit_mark(kit_store(&k), IVR_MARK_GAP,
				    IVR_WHY_CORRUPT, 0)
				 .to,
			 10);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(drained_and_frozen),
		TEST(half_a_window_is_a_round),
		TEST(wake_position_is_half_a_window),
		TEST(third_of_a_lease_is_a_round),
		TEST(renewed_order_is_a_round),
		TEST(short_order_gives_the_guest_a_second),
		TEST(drain_while_frozen_is_a_round),
		TEST(order_takes_the_place_of_a_flush),
		TEST(failed_order_does_not_fail_a_drain),
		TEST(lost_bells_ring_again),
		TEST(lost_answers_are_seen),
		TEST(never_accepts),
		TEST(draining_goes_on_until_accepted),
		TEST(never_answers),
		TEST(refusals_are_told),
		TEST(refused_in_the_midst),
		TEST(guest_that_resumed_is_asked_again),
		TEST(frozen_for_nothing_thaws),
		TEST(answer_without_acceptance_is_none),
		TEST(early_answer_freezes_nothing_early),
		TEST(accepted_with_absurd_heads),
		TEST(accepted_with_a_head_that_went_back),
		TEST(orders_must_make_sense),
		TEST(order_unattached_is_refused),
		TEST(resume_before_the_guest_accepts),
		TEST(new_order_while_resuming),
		TEST(unanswered_resume_thaws_nothing),
		TEST(client_that_leaves_leaves_its_order),
		TEST(stop_tells_the_guest),
		TEST(reset_while_frozen),
		TEST(guest_ends_while_frozen),
		TEST(dies_asked),
		TEST(dies_taking),
		TEST(dies_waiting),
		TEST(dies_frozen),
		TEST(dies_frozen_in_a_spill),
		TEST(dies_resuming),
		TEST(spilled_pages_come_back),
		TEST(spill_ends_with_its_lease),
		TEST(quiesce_may_become_a_spill),
		TEST(change_that_stands_still_hides_nothing),
		TEST(first_look_into_a_change_waits),
		TEST(change_without_end_is_flagged_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
