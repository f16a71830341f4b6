// SPDX-License-Identifier: GPL-2.0
/* ctl.c - status, drain and stop over the control socket */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/reader/reader_kit.h"

static struct kit k;

static int setup(void **state)
{
	kit_open(&k, KIT_SIZE, 2, IVR_POLICY_DISCARD);
	return 0;
}

static int teardown(void **state)
{
	kit_close(&k);
	return 0;
}

static int client(void)
{
	return kit_client(&k);
}

static void say(int fd, const char *line)
{
	kit_say(fd, line);
}

static struct json_object *answer(int fd)
{
	return kit_answer(&k, fd);
}

static struct json_object *field(struct json_object *o, const char *key)
{
	return kit_field(o, key);
}

static void assert_text(struct json_object *o, const char *key, const char *is)
{
	assert_string_equal(json_object_get_string(field(o, key)), is);
}

static void status_tells_all(void **state)
{
	struct json_object *o, *ring;
	int fd;

	kit_reader(&k);
	fd = client();
	say(fd, "status\n");
	o = answer(fd);
	assert_text(o, "state", "no-server");
	assert_text(o, "vm", KIT_VM);
	json_object_put(o);

	kit_send(&k, IVR_MSG_VM_UP, KIT_VM);
	kit_until(&k, SESSION_ATTACHED);
	sim_page(&k.g, 1, 7);
	kit_caught_up(&k);
	say(fd, "status\n");
	o = answer(fd);
	assert_text(o, "state", "attached");
	assert_text(o, "guest", "attached");
	assert_text(o, "policy", "discard");
	assert_int_equal(json_object_get_int(field(o, "legs")), 1);
	assert_int_equal(json_object_array_length(field(o, "rings")), 3);
	ring = json_object_array_get_idx(field(o, "rings"), 1);
	assert_int_equal(json_object_get_int(field(ring, "head")), 2);
	assert_int_equal(json_object_get_int(field(ring, "pos")), 2);
	assert_int_equal(json_object_get_int(field(ring, "produced")), 7);
	assert_int_equal(json_object_get_int(field(ring, "stored_bytes")),
			 IVR_PAGE_SIZE);
	assert_true(json_object_get_int64(field(o, "connected_ns")) <=
		    json_object_get_int64(field(o, "hello1_ns")));
	assert_true(json_object_get_int64(field(o, "hello1_ns")) <=
		    json_object_get_int64(field(o, "hello2_ns")));
	assert_true(json_object_get_int64(field(o, "hello2_ns")) <=
		    json_object_get_int64(field(o, "attached_ns")));
	json_object_put(o);
	close(fd);
}

static void drain_is_confirmed(void **state)
{
	struct json_object *o, *ring;
	int a, b, i;

	kit_attach(&k);
	a = client();
	b = client();
	for (i = 0; i < 20; i++)
		sim_page(&k.g, 0, 3);
	say(a, "drain 10000\n");
	say(b, "drain 10000\n");
	o = answer(a);
	assert_true(json_object_get_boolean(field(o, "drained")));
	ring = json_object_array_get_idx(field(o, "rings"), 0);
	assert_int_equal(json_object_get_int(field(ring, "pos")), 21);
	json_object_put(o);
	o = answer(b);
	assert_true(json_object_get_boolean(field(o, "drained")));
	json_object_put(o);
	/* The connection goes on. */
	say(a, "drain 10000\n");
	o = answer(a);
	assert_true(json_object_get_boolean(field(o, "drained")));
	json_object_put(o);
	close(a);
	close(b);
}

static void drain_has_a_deadline(void **state)
{
	struct json_object *o;
	int fd;

	kit_attach(&k);
	k.g.mute = true;
	fd = client();
	say(fd, "drain 120\n");
	o = answer(fd);
	assert_false(json_object_get_boolean(field(o, "drained")));
	assert_non_null(strstr(json_object_get_string(field(o, "reason")),
			       "guest has not answered"));
	json_object_put(o);
	assert_int_equal(k.s.state, SESSION_ATTACHED);
	k.g.mute = false;
	say(fd, "drain 10000\n");
	o = answer(fd);
	assert_true(json_object_get_boolean(field(o, "drained")));
	json_object_put(o);
	close(fd);
}

static void drain_ends_with_the_vm(void **state)
{
	struct json_object *o;
	uint64_t waited = 0;
	int fd;

	kit_attach(&k);
	k.g.mute = true;
	fd = client();
	say(fd, "drain 100000\n");
	while (k.s.att.flush.phase == FLUSH_NONE && kit_waiting(&waited))
		kit_step(&k);
	kit_send(&k, IVR_MSG_VM_DOWN, KIT_VM);
	o = answer(fd);
	assert_false(json_object_get_boolean(field(o, "drained")));
	json_object_put(o);
	close(fd);
}

static void drain_unattached_is_refused(void **state)
{
	struct json_object *o;
	int fd;

	kit_reader(&k);
	fd = client();
	say(fd, "drain 100000\n");
	o = answer(fd);
	assert_false(json_object_get_boolean(field(o, "drained")));
	assert_text(o, "reason", "not attached: no-server");
	json_object_put(o);
	close(fd);
}

static void nonsense_is_answered(void **state)
{
	char flood[1000];
	struct json_object *o;
	uint64_t waited = 0;
	int fd;

	kit_reader(&k);
	fd = client();
	say(fd, "tea\n");
	o = answer(fd);
	field(o, "error");
	json_object_put(o);
	say(fd, "drain soon\n");
	o = answer(fd);
	field(o, "reason");
	json_object_put(o);
	memset(flood, 'x', sizeof(flood));
	assert_int_equal(sock_send(fd, flood, sizeof(flood), NULL, 0), 0);
	o = answer(fd);
	field(o, "error");
	json_object_put(o);
	while (recv(fd, flood, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN &&
	       kit_waiting(&waited))
		kit_step(&k);
	close(fd);
	assert_int_equal(k.s.state, SESSION_NO_SERVER);
}

/* The first has to wait for the guest; nothing more is sent by the client. */
static void commands_in_one_packet(void **state)
{
	struct json_object *o;
	int fd;

	kit_attach(&k);
	fd = client();
	say(fd, "drain 500\nstatus\ndrain 500\nstatus\n");
	o = answer(fd);
	assert_true(json_object_get_boolean(field(o, "drained")));
	json_object_put(o);
	o = answer(fd);
	assert_string_equal(json_object_get_string(field(o, "state")),
			    "attached");
	json_object_put(o);
	o = answer(fd);
	assert_true(json_object_get_boolean(field(o, "drained")));
	json_object_put(o);
	o = answer(fd);
	assert_string_equal(json_object_get_string(field(o, "vm")), "vm");
	json_object_put(o);
	close(fd);
}

static void clients_beyond_the_limit_are_hung_up_on(void **state)
{
	int fd[CTL_CLIENTS + 1], i;
	uint64_t waited = 0;
	char c;

	kit_reader(&k);
	for (i = 0; i <= CTL_CLIENTS; i++)
		fd[i] = client();
	while (recv(fd[CTL_CLIENTS], &c, 1, MSG_DONTWAIT) < 0 &&
	       kit_waiting(&waited))
		kit_step(&k);
	for (i = 0; i <= CTL_CLIENTS; i++)
		close(fd[i]);
}

static void stop_ends_in_good_order(void **state)
{
	struct json_object *o;
	int fd, i;

	kit_attach(&k);
	for (i = 0; i < 20; i++)
		sim_page(&k.g, 0, 3);
	fd = client();
	say(fd, "stop\n");
	o = answer(fd);
	assert_true(json_object_get_boolean(field(o, "stopping")));
	json_object_put(o);
	close(fd);
	kit_until(&k, SESSION_STOPPED);
	assert_int_equal(k.s.error, 0);
	audit_whole(&k);
	assert_int_equal(audit_marks(kit_store(&k), IVR_MARK_END,
				     IVR_WHY_READER_STOPPED, UINT32_MAX),
			 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(status_tells_all),
		TEST(drain_is_confirmed),
		TEST(drain_has_a_deadline),
		TEST(drain_ends_with_the_vm),
		TEST(drain_unattached_is_refused),
		TEST(nonsense_is_answered),
		TEST(commands_in_one_packet),
		TEST(clients_beyond_the_limit_are_hung_up_on),
		TEST(stop_ends_in_good_order),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
