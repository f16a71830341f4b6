// SPDX-License-Identifier: GPL-2.0
/* session.c - attaching, ending, and what the server and guest may do */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/clock.h"
#include "tests/unit/reader/reader_kit.h"

static int setup(void **state)
{
	static struct kit k;

	kit_open(&k, KIT_SIZE, 2, IVR_POLICY_DISCARD);
	*state = &k;
	return 0;
}

static int teardown(void **state)
{
	kit_close(*state);
	return 0;
}

/* Steps of the reader only: the guest says nothing */
static void reader_until(struct kit *k, enum session_state state)
{
	uint64_t waited = 0;

	while (k->s.state != state && kit_waiting(&waited))
		assert_int_equal(session_step(&k->s, 5), 0);
}

static uint64_t bells(struct kit *k)
{
	uint64_t n = 0;

	if (read(k->g.to_guest[IVR_BELL_CONTROL], &n, sizeof(n)) < 0)
		return 0;
	return n;
}

/* Rings the guest again and again while it waits */
static void await_bell(struct kit *k)
{
	uint64_t waited = 0;

	bells(k);
	while (!bells(k) && kit_waiting(&waited))
		assert_int_equal(session_step(&k->s, 5), 0);
}

static bool host_pages_are(struct kit *k, uint8_t byte)
{
	uint64_t i;

	for (i = IVR_PAGE_SIZE; i < k->g.layout.base * IVR_PAGE_SIZE; i++)
		if (k->g.base[i] != byte)
			return false;
	return true;
}

static void maps_nothing_before_two_hellos(void **state)
{
	struct kit *k = *state;
	int before = kit_mappings(k);

	memset(k->g.base + IVR_PAGE_SIZE, 0xee,
	       (k->g.layout.base - 1) * IVR_PAGE_SIZE);
	kit_reader(k);
	kit_send(k, IVR_MSG_VM_UP, KIT_VM);
	reader_until(k, SESSION_WAIT_HELLO);
	await_bell(k);
	assert_int_equal(k->s.state, SESSION_WAIT_HELLO);
	assert_int_equal(kit_mappings(k), before);

	sim_hello(&k->g);
	reader_until(k, SESSION_WAIT_HELLO2);
	await_bell(k);
	await_bell(k);
	assert_int_equal(k->s.state, SESSION_WAIT_HELLO2);
	assert_int_equal(kit_mappings(k), before);
	assert_true(host_pages_are(k, 0xee));

	sim_hello(&k->g);
	reader_until(k, SESSION_WAIT_ACK);
	assert_int_equal(kit_mappings(k), before + 1);
	assert_int_not_equal(sim_host_page(&k->g)->epoch, 0);
	assert_int_equal(sim_host_page(&k->g)->request, 0);
	assert_int_equal(sim_host_page(&k->g)->clock_seq, 0);
	assert_int_equal(sim_host_ring(&k->g, 1)->pos, 0);
	assert_int_equal(sim_host_ring(&k->g, 1)->wake, 0);
	kit_until(k, SESSION_ATTACHED);
	kit_stop(k);
	assert_int_equal(kit_mappings(k), before);
}

static void data_bell_is_no_hello(void **state)
{
	struct kit *k = *state;
	const uint64_t many = 100;

	kit_reader(k);
	kit_send(k, IVR_MSG_VM_UP, KIT_VM);
	reader_until(k, SESSION_WAIT_HELLO);
	assert_true(write(k->g.to_host[IVR_BELL_DATA], &many, 8) == 8);
	await_bell(k);
	await_bell(k);
	assert_int_equal(k->s.state, SESSION_WAIT_HELLO);
}

static void count_of_two_is_two(void **state)
{
	struct kit *k = *state;

	sim_hello(&k->g);
	sim_hello(&k->g);
	kit_reader(k);
	kit_send(k, IVR_MSG_VM_UP, KIT_VM);
	reader_until(k, SESSION_WAIT_ACK);
	assert_int_equal(kit_mappings(k), 2);
}

static void unformatted_memory_waits_on(void **state)
{
	struct kit *k = *state;

	sim_guest_page(&k->g)->magic = 0;
	kit_reader(k);
	kit_send(k, IVR_MSG_VM_UP, KIT_VM);
	reader_until(k, SESSION_WAIT_HELLO);
	sim_hello(&k->g);
	reader_until(k, SESSION_WAIT_HELLO2);
	sim_hello(&k->g);
	reader_until(k, SESSION_WAIT_HELLO);
	assert_int_equal(kit_mappings(k), 1);
	sim_guest_page(&k->g)->magic = IVR_MAGIC;
	kit_until(k, SESSION_ATTACHED);
}

static void unacknowledged_epoch_is_given_up(void **state)
{
	struct kit *k = *state;

	kit_reader(k);
	kit_send(k, IVR_MSG_VM_UP, KIT_VM);
	k->g.mute = true;
	sim_hello(&k->g);
	sim_hello(&k->g);
	reader_until(k, SESSION_WAIT_ACK);
	reader_until(k, SESSION_WAIT_HELLO);
	assert_int_equal(kit_mappings(k), 1);
	k->g.mute = false;
	kit_until(k, SESSION_ATTACHED);
}

static void wrong_vm_ends(void **state)
{
	struct kit *k = *state;

	kit_reader(k);
	kit_send(k, IVR_MSG_VM_UP, "other");
	reader_until(k, SESSION_STOPPED);
	assert_int_equal(k->s.error, -EXDEV);
}

static void busy_ends(void **state)
{
	struct kit *k = *state;

	kit_reader(k);
	kit_send(k, IVR_MSG_BUSY, KIT_VM);
	reader_until(k, SESSION_STOPPED);
	assert_int_equal(k->s.error, -EBUSY);
}

static void wrong_uuid_is_refused(void **state)
{
	struct kit *k = *state;

	k->conf.have_uuid = true;
	assert_int_equal(parse_uuid("12345678-9abc-def0-1234-56789abcdef0",
				    k->conf.uuid),
			 0);
	memset(sim_guest_page(&k->g)->vm_uuid, 0x77, 16);
	kit_reader(k);
	kit_send(k, IVR_MSG_VM_UP, KIT_VM);
	kit_until(k, SESSION_REFUSED);
	assert_int_equal(kit_mappings(k), 1);
	kit_send(k, IVR_MSG_VM_DOWN, KIT_VM);
	kit_until(k, SESSION_WAIT_VM);
	memcpy(sim_guest_page(&k->g)->vm_uuid, k->conf.uuid, 16);
	kit_send(k, IVR_MSG_VM_UP, KIT_VM);
	kit_until(k, SESSION_ATTACHED);
}

static void unsealed_memory_is_refused(void **state)
{
	struct kit *k = *state;
	int good = k->g.mem;

	k->g.mem = memfd_create("bare", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(k->g.mem, k->g.size), 0);
	kit_reader(k);
	kit_send(k, IVR_MSG_VM_UP, KIT_VM);
	kit_until(k, SESSION_WAIT_VM);
	close(k->g.mem);
	k->g.mem = good;
	kit_send(k, IVR_MSG_VM_UP, KIT_VM);
	kit_until(k, SESSION_ATTACHED);
}

static void other_version_is_refused(void **state)
{
	struct kit *k = *state;
	uint64_t waited = 0;

	sim_guest_page(&k->g)->version++;
	kit_reader(k);
	kit_send(k, IVR_MSG_VM_UP, KIT_VM);
	while (sim_guest_page(&k->g)->hellos < 4 && kit_waiting(&waited)) {
		kit_step(k);
		assert_int_not_equal(k->s.state, SESSION_WAIT_ACK);
	}
	assert_int_equal(sim_host_page(&k->g)->epoch, 0);
}

static void hello_while_attached_is_ignored(void **state)
{
	struct kit *k = *state;
	uint64_t epoch, heartbeat, waited = 0;

	kit_attach(k);
	epoch = k->s.att.epoch;
	heartbeat = sim_host_page(&k->g)->heartbeat;
	sim_hello(&k->g);
	sim_hello(&k->g);
	while (sim_host_page(&k->g)->heartbeat < heartbeat + 3 &&
	       kit_waiting(&waited))
		kit_step(k);
	assert_int_equal(k->s.state, SESSION_ATTACHED);
	assert_true(k->s.att.epoch == epoch);
}

static void vm_down_drains_what_is_left(void **state)
{
	struct kit *k = *state;
	struct ivr_store_mark m;
	int i;

	kit_attach(k);
	for (i = 0; i < 20; i++)
		sim_page(&k->g, i % 2, 5);
	kit_send(k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(k, SESSION_WAIT_VM);
	audit_whole(k);
	m = audit_mark(kit_store(k), IVR_MARK_END, IVR_WHY_VM_GONE, 1);
	assert_int_equal(m.to, 11);
	assert_int_equal(m.head, 11);
	assert_int_equal(m.produced, 50);
	assert_int_equal(kit_mappings(k), 1);
}

static void once_ends_with_the_vm(void **state)
{
	struct kit *k = *state;

	k->conf.once = true;
	kit_attach(k);
	sim_page(&k->g, 0, 3);
	kit_send(k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(k, SESSION_STOPPED);
	assert_int_equal(k->s.error, 0);
	audit_whole(k);
}

static void ack_just_before_vm_down_counts(void **state)
{
	struct kit *k = *state;

	sim_page(&k->g, 0, 7);
	sim_hello(&k->g);
	sim_hello(&k->g);
	kit_reader(k);
	kit_send(k, IVR_MSG_VM_UP, KIT_VM);
	reader_until(k, SESSION_WAIT_ACK);
	sim_step(&k->g);
	kit_send(k, IVR_MSG_VM_DOWN, KIT_VM);
	reader_until(k, SESSION_WAIT_VM);
	audit_whole(k);
}

static void guest_gone_ends_the_leg(void **state)
{
	struct kit *k = *state;
	struct ivr_store_mark m;
	uint8_t old[16];
	struct audit a;

	kit_attach(k);
	sim_page(&k->g, 0, 9);
	memcpy(old, sim_guest_page(&k->g)->stream, 16);
	sim_gone(&k->g, IVR_END_SHUTDOWN);
	kit_until(k, SESSION_WAIT_HELLO);
	audit_ring(&a, kit_store(k), old, 0);
	assert_int_equal(a.delivered, 9);
	m = audit_mark(kit_store(k), IVR_MARK_END, IVR_WHY_GUEST_GONE, 0);
	assert_int_equal(m.guest_end, IVR_END_SHUTDOWN);
	/* Positions of the stream that is over must not meet the next. */
	assert_true(host_pages_are(k, 0));

	assert_int_equal(sim_format(&k->g, 3, IVR_POLICY_DISCARD), 0);
	sim_page(&k->g, 2, 4);
	kit_until(k, SESSION_ATTACHED);
	kit_caught_up(k);
	kit_stop(k);
	audit_whole(k);
}

static void reset_without_farewell(void **state)
{
	struct kit *k = *state;
	uint8_t old[16];
	struct audit a;
	int i;

	kit_attach(k);
	for (i = 0; i < 10; i++)
		sim_page(&k->g, 0, 9);
	kit_caught_up(k);
	memcpy(old, sim_guest_page(&k->g)->stream, 16);
	/* The guest crashed, and its new module formats while we look away. */
	assert_int_equal(sim_format(&k->g, 2, IVR_POLICY_DISCARD), 0);
	for (i = 0; i < 30; i++)
		sim_page(&k->g, 0, 2);
	kit_until(k, SESSION_WAIT_HELLO);
	kit_until(k, SESSION_ATTACHED);
	kit_caught_up(k);
	kit_stop(k);
	audit_whole(k);
	audit_ring(&a, kit_store(k), old, 0);
	assert_int_equal(a.delivered, 90);
	assert_int_equal(a.torn, 0);
	audit_mark(kit_store(k), IVR_MARK_END, IVR_WHY_RESET, 0);
}

static void server_may_come_back(void **state)
{
	struct kit *k = *state;
	uint64_t waited = 0, epoch;

	kit_attach(k);
	epoch = k->s.att.epoch;
	close(k->conn);
	k->conn = -1;
	sim_page(&k->g, 0, 5);
	kit_caught_up(k);
	while (k->conn < 0 && kit_waiting(&waited)) {
		kit_step(k);
		kit_accept(k);
	}
	k->generation = 0;
	kit_send(k, IVR_MSG_VM_UP, KIT_VM);
	sim_page(&k->g, 0, 5);
	kit_caught_up(k);
	assert_int_equal(k->s.state, SESSION_ATTACHED);
	assert_true(k->s.att.epoch == epoch);
	assert_int_equal(k->s.store.legs, 1);
	kit_stop(k);
	audit_whole(k);
}

static void another_qemu_ends_the_first(void **state)
{
	struct kit *k = *state;
	struct sim_guest first = k->g;
	struct audit a;

	kit_attach(k);
	sim_page(&k->g, 0, 5);
	first = k->g;
	assert_int_equal(sim_open(&k->g, KIT_SIZE), 0);
	assert_int_equal(sim_format(&k->g, 1, IVR_POLICY_DISCARD), 0);
	kit_send(k, IVR_MSG_VM_UP, KIT_VM);
	kit_until(k, SESSION_WAIT_HELLO);
	kit_until(k, SESSION_ATTACHED);
	sim_page(&k->g, 0, 6);
	kit_caught_up(k);
	audit_ring(&a, kit_store(k), sim_guest_page(&first)->stream, 0);
	assert_int_equal(a.delivered, 5);
	audit_mark(kit_store(k), IVR_MARK_END, IVR_WHY_VM_GONE, 0);
	kit_stop(k);
	audit_whole(k);
	sim_close(&first);
}

static void missing_server_is_waited_for(void **state)
{
	struct kit *k = *state;
	char *path = strdup(k->conf.server);
	uint64_t waited = 0;

	listener_close(&k->listener);
	assert_int_equal(kit_launch(k), 0);
	k->open = true;
	assert_int_equal(session_step(&k->s, 5), 0);
	assert_int_equal(k->s.state, SESSION_NO_SERVER);
	assert_int_equal(listener_open(&k->listener, path, SOCK_SEQPACKET, 0600,
				       (uid_t)-1),
			 0);
	free(path);
	while (k->conn < 0 && kit_waiting(&waited)) {
		kit_step(k);
		kit_accept(k);
	}
	kit_send(k, IVR_MSG_VM_DOWN, KIT_VM);
	kit_until(k, SESSION_WAIT_VM);
	kit_send(k, IVR_MSG_VM_UP, KIT_VM);
	kit_until(k, SESSION_ATTACHED);
}

static void clock_is_stored(void **state)
{
	struct kit *k = *state;
	struct ivr_store_clock c[8];
	uint64_t waited = 0;
	int fd, i, n;

	k->conf.clock_ms = 1;
	k->g.time = 123456789;
	kit_attach(k);
	while (k->s.att.leg.clock_len < 3 * sizeof(c[0]) &&
	       kit_waiting(&waited))
		kit_step(k);
	fd = open(kit_leg_file(k, "clock"), O_RDONLY);
	n = read(fd, c, sizeof(c)) / (int)sizeof(c[0]);
	close(fd);
	assert_true(n >= 3);
	for (i = 0; i < n; i++) {
		assert_int_equal(c[i].guest_ns, 123456789);
		assert_true(c[i].error_ns > 0);
		assert_true(c[i].realtime_ns <= realtime_ns());
		assert_true(c[i].raw_ns <= raw_ns());
		assert_true(c[i].realtime_ns >= k->s.times.connected_ns);
	}
}

static void unanswered_clock_is_asked_again(void **state)
{
	struct kit *k = *state;
	uint64_t waited = 0, seq;

	kit_reader(k);
	kit_send(k, IVR_MSG_VM_UP, KIT_VM);
	kit_until(k, SESSION_WAIT_ACK);
	while (k->s.state == SESSION_WAIT_ACK && kit_waiting(&waited)) {
		sim_step(&k->g);
		k->g.mute = k->s.att.epoch == sim_guest_page(&k->g)->epoch_ack;
		assert_int_equal(session_step(&k->s, 5), 0);
	}
	seq = sim_host_page(&k->g)->clock_seq;
	while (sim_host_page(&k->g)->clock_seq < seq + 2 &&
	       kit_waiting(&waited))
		assert_int_equal(session_step(&k->s, 5), 0);
	assert_int_equal(k->s.att.leg.clock_len, 0);
	k->g.mute = false;
	while (!k->s.att.leg.clock_len && kit_waiting(&waited))
		kit_step(k);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* A snapshot, loaded into the running QEMU: epoch and stream are as before. */
static void memory_that_jumps_back(void **state)
{
	struct kit *k = *state;
	uint8_t *image = malloc(KIT_SIZE);
	struct sim_ring rings[3];
	struct sim_guest then;
	uint64_t heartbeat, epoch, waited = 0;
	int i;

	kit_attach(k);
	for (i = 0; i < 10; i++)
		sim_page(&k->g, 0, 5);
	kit_caught_up(k);
	memcpy(image, k->g.base, KIT_SIZE);
	memcpy(rings, k->g.rings, sizeof(rings));
	then = k->g;
	for (i = 0; i < 20; i++)
		sim_page(&k->g, 0, 5);
	kit_caught_up(k);
	epoch = k->s.att.epoch;
	heartbeat = sim_host_page(&k->g)->heartbeat;
	while (sim_host_page(&k->g)->heartbeat < heartbeat + 4 &&
	       kit_waiting(&waited))
		kit_step(k);
	memcpy(k->g.base, image, KIT_SIZE);
	memcpy(k->g.rings, rings, sizeof(rings));
	then.time += 1000000;
	k->g = then;
	while (k->s.att.epoch == epoch && kit_waiting(&waited)) {
		sim_page(&k->g, 0, 5);
		kit_step(k);
	}
	kit_until(k, SESSION_ATTACHED);
	audit_mark(kit_store(k), IVR_MARK_END, IVR_WHY_RESET, 0);
	free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(maps_nothing_before_two_hellos),
		TEST(data_bell_is_no_hello),
		TEST(count_of_two_is_two),
		TEST(unformatted_memory_waits_on),
		TEST(unacknowledged_epoch_is_given_up),
		TEST(wrong_vm_ends),
		TEST(busy_ends),
		TEST(wrong_uuid_is_refused),
		TEST(unsealed_memory_is_refused),
		TEST(other_version_is_refused),
		TEST(hello_while_attached_is_ignored),
		TEST(vm_down_drains_what_is_left),
		TEST(once_ends_with_the_vm),
		TEST(ack_just_before_vm_down_counts),
		TEST(guest_gone_ends_the_leg),
		TEST(reset_without_farewell),
		TEST(server_may_come_back),
		TEST(another_qemu_ends_the_first),
		TEST(missing_server_is_waited_for),
		TEST(clock_is_stored),
		TEST(unanswered_clock_is_asked_again),
		TEST(memory_that_jumps_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
