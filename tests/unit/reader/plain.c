// SPDX-License-Identifier: GPL-2.0
/* plain.c - the life of a plain file: late, stale, replaced, cut, parked */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/users.h"
#include "tests/unit/reader/reader_kit.h"

static struct kit k;
static char path[128];

static int setup(void **state)
{
	kit_open(&k, KIT_SIZE, 0, 0);
	log_init("test", getenv("KIT_VERBOSE") ? LOG_L_DEBUG : LOG_L_ERR);
	snprintf(path, sizeof(path), "%s/memory", k.dir);
	k.conf.shm = path;
	k.conf.drain.poll = true;
	k.conf.poll_ms = 5;
	return 0;
}

static int teardown(void **state)
{
	kit_close(&k);
	return 0;
}

/* The device comes: the file, and a guest that formats it */
static void plug(void)
{
	sim_close(&k.g);
	assert_int_equal(sim_open_plain(&k.g, path, KIT_SIZE), 0);
	assert_int_equal(sim_format(&k.g, 2, IVR_POLICY_DISCARD), 0);
}

static void attach(void)
{
	plug();
	kit_attach(&k);
}

static void pages(int n)
{
	while (n--)
		assert_true(sim_page(&k.g, 0, 3));
}

static void reader_steps(int n)
{
	while (n--)
		assert_int_equal(session_step(&k.s, 5), 0);
}

static void reader_until(enum session_state state)
{
	uint64_t waited = 0;

	while (k.s.state != state && kit_waiting(&waited))
		assert_int_equal(session_step(&k.s, 5), 0);
}

/* More ticks than it could need if it were fooled */
static void stays(enum session_state state)
{
	uint64_t until = now_ms() + 8 * IVR_HEARTBEAT_MS;

	while (now_ms() < until) {
		assert_int_equal(session_step(&k.s, 5), 0);
		assert_int_equal(k.s.state, state);
	}
}

static void trace_and_stop(void)
{
	int i;

	for (i = 0; i < 300; i++) {
		assert_true(sim_page(&k.g, i % 2, 3));
		if (i % 20 == 0)
			kit_caught_up(&k);
	}
	kit_caught_up(&k);
	kit_stop(&k);
	audit_whole(&k);
}

static void file_appears_late(void **state)
{
	struct json_object *o;

	kit_reader(&k);
	stays(SESSION_WAIT_VM);
	plug();
	kit_until(&k, SESSION_ATTACHED);
	o = kit_ask(&k, "status\n");
	assert_string_equal(json_object_get_string(kit_field(o, "transport")),
			    "plain");
	json_object_put(o);
	assert_true(sim_host_ring(&k.g, 0)->wake == IVR_WAKE_NEVER);
	trace_and_stop();
}

static void memory_is_closed_to_others(void **state)
{
	struct stat st;

	plug();
	assert_int_equal(chmod(path, 0644), 0);
	kit_reader(&k);
	reader_until(SESSION_WAIT_HELLO);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	kit_until(&k, SESSION_ATTACHED);
	trace_and_stop();
}

/* Neither root nor the owner: it is not ours to change. */
static void memory_of_others_is_left(void **state)
{
	struct stat st;

	if (geteuid())
		skip();
	kit_reader(&k);
	assert_int_equal(chmod(k.dir, 0711), 0);
	plug();
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(seteuid(65534), 0);
	reader_until(SESSION_WAIT_HELLO);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(k.s.state, SESSION_WAIT_HELLO);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0666);
}

/* A file in /dev/shm can be anybody's, a guest in it too. */
static void strangers_file_is_not_read(void **state)
{
	char second[160];

	if (geteuid())
		skip();
	plug();
	assert_int_equal(chown(path, 65534, 65534), 0);
	k.conf.qemu_uid = USER_NONE;
	kit_reader(&k);
	stays(SESSION_WAIT_VM);
	/* QEMU's user may own it, but not under two names. */
	k.conf.qemu_uid = 65534;
	snprintf(second, sizeof(second), "%s/second", k.dir);
	assert_int_equal(link(path, second), 0);
	stays(SESSION_WAIT_VM);
	assert_int_equal(unlink(second), 0);
	kit_until(&k, SESSION_ATTACHED);
	trace_and_stop();
}

static void status_tells_stopping(void **state)
{
	struct json_object *o;

	attach();
	o = kit_ask(&k, "status\n");
	assert_false(json_object_get_boolean(kit_field(o, "stopping")));
	json_object_put(o);
	k.s.stopping = true;
	o = kit_ask(&k, "status\n");
	assert_true(json_object_get_boolean(kit_field(o, "stopping")));
	json_object_put(o);
	k.s.stopping = false;
}

static void impossible_size_is_waited_out(void **state)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	kit_reader(&k);
	stays(SESSION_WAIT_VM);
	assert_int_equal(ftruncate(fd, KIT_SIZE + 1), 0);
	stays(SESSION_WAIT_VM);
	assert_int_equal(ftruncate(fd, KIT_SIZE), 0);
	reader_until(SESSION_WAIT_HELLO);
	close(fd);
	plug();
	kit_until(&k, SESSION_ATTACHED);
	trace_and_stop();
}

static void no_regular_file_is_waited_out(void **state)
{
	assert_int_equal(mkfifo(path, 0600), 0);
	kit_reader(&k);
	stays(SESSION_WAIT_VM);
	unlink(path);
	plug();
	kit_until(&k, SESSION_ATTACHED);
}

static bool is_mapped(void)
{
	char line[512];
	bool found = false;
	FILE *f = fopen("/proc/self/maps", "r");
	int n = 0;

	while (fgets(line, sizeof(line), f))
		if (strstr(line, path))
			n++;
	fclose(f);
	/* The guest's own mapping is one. */
	found = n > 1;
	return found;
}

/* What an earlier guest left: magic, flags, rings; but no heartbeat */
static void stale_content_is_not_mapped(void **state)
{
	plug();
	sim_step(&k.g);
	pages(5);
	k.g.mute = true;
	kit_reader(&k);
	reader_until(SESSION_WAIT_HELLO);
	stays(SESSION_WAIT_HELLO);
	assert_false(is_mapped());
	assert_int_equal(sim_host_page(&k.g)->epoch, 0);
	/* One change proves nothing yet. */
	sim_guest_page(&k.g)->heartbeat++;
	reader_until(SESSION_WAIT_HELLO2);
	stays(SESSION_WAIT_HELLO2);
	assert_false(is_mapped());
	/* The next guest */
	k.g.mute = false;
	assert_int_equal(sim_format(&k.g, 2, IVR_POLICY_DISCARD), 0);
	kit_until(&k, SESSION_ATTACHED);
	assert_true(is_mapped());
	trace_and_stop();
}

static void replaced_file_is_another_vm(void **state)
{
	struct sim_guest first;
	struct audit a;

	attach();
	pages(7);
	first = k.g;
	unlink(path);
	assert_int_equal(sim_open_plain(&k.g, path, KIT_SIZE), 0);
	assert_int_equal(sim_format(&k.g, 1, IVR_POLICY_DISCARD), 0);
	kit_until(&k, SESSION_WAIT_HELLO);
	kit_until(&k, SESSION_ATTACHED);
	audit_ring(&a, kit_store(&k), sim_guest_page(&first)->stream, 0);
	assert_int_equal(a.delivered, 21);
	audit_mark(kit_store(&k), IVR_MARK_END, IVR_WHY_VM_GONE, 0);
	pages(3);
	kit_caught_up(&k);
	kit_stop(&k);
	audit_whole(&k);
	sim_close(&first);
}

static void removed_file_is_no_vm(void **state)
{
	attach();
	pages(7);
	unlink(path);
	reader_until(SESSION_WAIT_VM);
	audit_whole(&k);
	stays(SESSION_WAIT_VM);
}

static void cut_file_is_survived(void **state)
{
	uint8_t stream[16];
	struct audit a;

	attach();
	pages(7);
	kit_caught_up(&k);
	memcpy(stream, sim_guest_page(&k.g)->stream, 16);
	assert_int_equal(ftruncate(k.g.mem, IVR_PAGE_SIZE), 0);
	reader_until(SESSION_WAIT_VM);
	audit_ring(&a, kit_store(&k), stream, 0);
	assert_int_equal(a.delivered, 21);
	audit_mark(kit_store(&k), IVR_MARK_END, IVR_WHY_RESET, 0);
	stays(SESSION_WAIT_VM);
	plug();
	kit_until(&k, SESSION_ATTACHED);
	trace_and_stop();
}

/* Cut between two looks at its size: what follows faults */
static void cut_file_is_survived_at_the_access(void **state)
{
	uint8_t stream[16];
	struct audit a;
	int i;

	attach();
	pages(7);
	kit_caught_up(&k);
	pages(9);
	memcpy(stream, sim_guest_page(&k.g)->stream, 16);
	assert_int_equal(ftruncate(k.g.mem, 0), 0);
	for (i = 0; i < 5; i++) {
		k.s.att.work = true;
		assert_int_equal(session_step(&k.s, 0), 0);
	}
	reader_until(SESSION_WAIT_VM);
	audit_ring(&a, kit_store(&k), stream, 0);
	assert_true(a.delivered >= 21);
	assert_int_equal(a.torn, 0);
	audit_mark(kit_store(&k), IVR_MARK_END, IVR_WHY_RESET, 0);
}

/* Pages beyond the cut, which write() meets and not we */
static void cut_in_the_middle_of_a_ring(void **state)
{
	uint8_t stream[16];
	struct audit a;

	attach();
	kit_caught_up(&k);
	pages(20);
	memcpy(stream, sim_guest_page(&k.g)->stream, 16);
	assert_int_equal(ftruncate(k.g.mem, k.g.rings[0].place.data +
						    10 * IVR_PAGE_SIZE),
			 0);
	k.s.att.work = true;
	reader_until(SESSION_WAIT_VM);
	audit_ring(&a, kit_store(&k), stream, 0);
	assert_int_equal(a.torn, 0);
	assert_int_equal(a.undeclared, 0);
}

static void device_with_interrupts_is_refused(void **state)
{
	plug();
	sim_guest_page(&k.g)->flags = 0;
	kit_reader(&k);
	kit_until(&k, SESSION_REFUSED);
	assert_false(is_mapped());
	stays(SESSION_REFUSED);
	/* Another guest in the same file */
	assert_int_equal(sim_format(&k.g, 2, IVR_POLICY_DISCARD), 0);
	kit_until(&k, SESSION_ATTACHED);
	trace_and_stop();
}

static void wrong_uuid_is_refused(void **state)
{
	k.conf.have_uuid = true;
	memset(k.conf.uuid, 1, 16);
	plug();
	memset(sim_guest_page(&k.g)->vm_uuid, 2, 16);
	kit_reader(&k);
	kit_until(&k, SESSION_REFUSED);
	stays(SESSION_REFUSED);
	assert_int_equal(sim_format(&k.g, 2, IVR_POLICY_DISCARD), 0);
	memset(sim_guest_page(&k.g)->vm_uuid, 1, 16);
	kit_until(&k, SESSION_ATTACHED);
}

static void paused_guest_is_waited_for(void **state)
{
	uint64_t epoch;

	attach();
	epoch = k.s.att.epoch;
	k.s.plain.heartbeat_ms -= PLAIN_SILENT_MS;
	reader_steps(1);
	stays(SESSION_ATTACHED);
	k.s.plain.heartbeat_ms -= PLAIN_SILENT_MS;
	stays(SESSION_ATTACHED);
	assert_true(k.s.plain.silence_logged);
	pages(2);
	kit_ticks(&k, 2);
	assert_false(k.s.plain.silence_logged);
	assert_true(k.s.att.epoch == epoch);
	trace_and_stop();
}

static void reset_is_seen(void **state)
{
	uint8_t old[16];
	struct audit a;

	attach();
	pages(6);
	kit_caught_up(&k);
	memcpy(old, sim_guest_page(&k.g)->stream, 16);
	assert_int_equal(sim_format(&k.g, 2, IVR_POLICY_DISCARD), 0);
	kit_until(&k, SESSION_WAIT_HELLO);
	kit_until(&k, SESSION_ATTACHED);
	audit_ring(&a, kit_store(&k), old, 0);
	assert_int_equal(a.delivered, 18);
	trace_and_stop();
}

static void reader_dies_and_comes_back(void **state)
{
	attach();
	pages(6);
	kit_caught_up(&k);
	kit_reader_end(&k);
	pages(6);
	kit_attach(&k);
	trace_and_stop();
}

static void quiesced_and_resumed(void **state)
{
	attach();
	pages(6);
	assert_true(kit_asked(&k, "quiesce 60000 8\n", "drained"));
	pages(3);
	kit_ticks(&k, 3);
	assert_int_equal(sim_host_ring(&k.g, 0)->pos, 7);
	assert_true(kit_asked(&k, "resume\n", "resumed"));
	trace_and_stop();
}

static void park(void)
{
	attach();
	pages(20);
	assert_true(kit_asked(&k, "spill 60000\n", "drained"));
	pages(30);
	kit_ticks(&k, 2);
}

/* The device goes: no heartbeat any more. The answer is waited for without it */
static void say_moved(void)
{
	int fd = kit_client(&k);
	uint64_t waited = 0;

	kit_say(fd, "moved\n");
	while (!kit_has_answer(fd) && kit_waiting(&waited))
		reader_steps(1);
	close(fd);
}

static void assert_unplugged(void)
{
	struct ivr_store_mark m;

	m = audit_mark(kit_store(&k), IVR_MARK_END, IVR_WHY_UNPLUGGED, 0);
	assert_int_equal(m.to, 21);
	assert_int_equal(m.head, 21);
}

static void unplugged_and_plugged_elsewhere(void **state)
{
	park();
	say_moved();
	reader_until(SESSION_WAIT_HELLO);
	assert_unplugged();
	assert_false(is_mapped());
	stays(SESSION_WAIT_HELLO);
	/* The same stream, in another file of the same name */
	unlink(path);
	assert_int_equal(sim_replug(&k.g, path, 2 * KIT_SIZE), 0);
	kit_until(&k, SESSION_ATTACHED);
	assert_int_equal(k.s.att.guest.plugged, 2);
	trace_and_stop();
	assert_int_equal(k.g.rings[0].lost, 0);
}

/* Nobody said so before the order was over */
static void unplugged_after_the_order(void **state)
{
	uint64_t waited = 0;

	park();
	k.s.att.quiesce.until_ms = 0;
	while (k.s.att.quiesce.op && kit_waiting(&waited))
		reader_steps(1);
	say_moved();
	reader_until(SESSION_WAIT_HELLO);
	assert_unplugged();
	assert_int_equal(sim_replug(&k.g, path, KIT_SIZE), 0);
	kit_until(&k, SESSION_ATTACHED);
	trace_and_stop();
}

static void moved_is_held_until_the_beat_ends(void **state)
{
	uint64_t until;

	park();
	assert_true(kit_asked(&k, "moved\n", "moved"));
	/* The device is still there. */
	for (until = now_ms() + 400; now_ms() < until;)
		kit_step(&k);
	assert_int_equal(k.s.state, SESSION_ATTACHED);
	reader_until(SESSION_WAIT_HELLO);
	assert_unplugged();
}

static void stopped_when_unplugged(void **state)
{
	park();
	reader_steps(1);
	k.s.plain.heartbeat_ms -= IVR_HEARTBEAT_LOST_MS;
	k.s.plain.heartbeat = sim_guest_page(&k.g)->heartbeat;
	session_stop(&k.s);
	reader_until(SESSION_STOPPED);
	assert_unplugged();
}

static void stopped_with_the_device_there(void **state)
{
	park();
	session_stop(&k.s);
	reader_until(SESSION_STOPPED);
	audit_mark(kit_store(&k), IVR_MARK_END, IVR_WHY_READER_STOPPED, 0);
}

static void file_goes_when_unplugged(void **state)
{
	park();
	unlink(path);
	reader_until(SESSION_WAIT_VM);
	assert_unplugged();
}

static void plugged_into_the_same_file(void **state)
{
	park();
	assert_int_equal(sim_replug(&k.g, path, KIT_SIZE), 0);
	kit_until(&k, SESSION_WAIT_HELLO);
	assert_unplugged();
	kit_until(&k, SESSION_ATTACHED);
	trace_and_stop();
	assert_int_equal(k.g.rings[0].lost, 0);
}

static void another_guest_in_the_file_of_a_parked_one(void **state)
{
	park();
	assert_int_equal(sim_format(&k.g, 2, IVR_POLICY_DISCARD), 0);
	kit_until(&k, SESSION_WAIT_HELLO);
	assert_unplugged();
	kit_until(&k, SESSION_ATTACHED);
	trace_and_stop();
}

/* The unplug was called off: the guest goes on in the old device */
static void resumed_after_all(void **state)
{
	park();
	assert_true(kit_asked(&k, "resume\n", "resumed"));
	trace_and_stop();
	assert_int_equal(k.g.rings[0].lost, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(file_appears_late),
		TEST(memory_is_closed_to_others),
		TEST(memory_of_others_is_left),
		TEST(strangers_file_is_not_read),
		TEST(status_tells_stopping),
		TEST(impossible_size_is_waited_out),
		TEST(no_regular_file_is_waited_out),
		TEST(stale_content_is_not_mapped),
		TEST(replaced_file_is_another_vm),
		TEST(removed_file_is_no_vm),
		TEST(cut_file_is_survived),
		TEST(cut_file_is_survived_at_the_access),
		TEST(cut_in_the_middle_of_a_ring),
		TEST(device_with_interrupts_is_refused),
		TEST(wrong_uuid_is_refused),
		TEST(paused_guest_is_waited_for),
		TEST(reset_is_seen),
		TEST(reader_dies_and_comes_back),
		TEST(quiesced_and_resumed),
		TEST(unplugged_and_plugged_elsewhere),
		TEST(unplugged_after_the_order),
		TEST(moved_is_held_until_the_beat_ends),
		TEST(stopped_when_unplugged),
		TEST(stopped_with_the_device_there),
		TEST(file_goes_when_unplugged),
		TEST(plugged_into_the_same_file),
		TEST(another_guest_in_the_file_of_a_parked_one),
		TEST(resumed_after_all),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
