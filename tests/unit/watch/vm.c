// SPDX-License-Identifier: GPL-2.0
/* vm.c - one VM with a reader of ours: what is ordered when, and recorded */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <libvirt/libvirt.h>

#include "lib/clock.h"
#include "lib/ivr_migrations.h"
#include "lib/ivr_msg.h"
#include "lib/log.h"
#include "lib/sock.h"
#include "migration/watch/vm_events.h"

#define UUID	"00000000-0000-0000-0000-000000000001"
#define OTHER	"00000000-0000-0000-0000-000000000002"
#define CLIENTS 64

/**
 * struct fake - a reader as far as its control socket goes
 * @l: socket
 * @watch: of the socket
 * @status: its answer to "status"; NULL here and below: silence
 * @quiesce: to "quiesce"
 * @resume: to "resume"
 * @moved: to "moved"
 * @got: the orders that came, but for "status", a blank after each
 * @fds: connections
 * @n: how many
 */
static struct fake {
	struct listener l;
	int watch;
	const char *status, *quiesce, *resume, *moved;
	char got[4096];
	int fds[CLIENTS];
	int n;
} fake;

static char dir[] = "/tmp/ivring-vm-XXXXXX";
static char run_dir[96], store_dir[96], record[128], ctl_path[128];
static struct watch_conf conf;
static struct vm *vm;

#define STATUS                                                                \
	"{\"state\":\"attached\",\"guest\":\"attached\",\"size\":1048576,"    \
	"\"stream\":\"ab\",\"rings\":[{\"head\":10,\"pos\":10,\"slots\":100," \
	"\"seg_span\":20},{\"head\":1,\"pos\":1,\"slots\":6,\"seg_span\":6}]}"

static const char *answer_to(const char *line)
{
	if (!strcmp(line, "status"))
		return fake.status;
	snprintf(fake.got + strlen(fake.got),
		 sizeof(fake.got) - strlen(fake.got), "%s ", line);
	if (!strncmp(line, "quiesce ", 8))
		return fake.quiesce;
	return !strcmp(line, "resume") ? fake.resume :
	       !strcmp(line, "moved")  ? fake.moved :
					 "{\"error\":\"?\"}";
}

static void on_line(int watch, int fd, int events, void *opaque)
{
	char line[128];
	ssize_t n = read(fd, line, sizeof(line) - 1);
	const char *answer;

	if (n <= 0) {
		virEventRemoveHandle(watch);
		return;
	}
	line[n - 1] = '\0';
	answer = answer_to(line);
	if (answer)
		dprintf(fd, "%s\n", answer);
}

static void on_client(int watch, int fd, int events, void *opaque)
{
	struct ucred who;
	int client = listener_accept(&fake.l, &who);

	if (client < 0 || fake.n == CLIENTS)
		return;
	fake.fds[fake.n++] = client;
	virEventAddHandle(client, VIR_EVENT_HANDLE_READABLE, on_line, NULL,
			  NULL);
}

static void fake_open(void)
{
	assert_int_equal(listener_open(&fake.l, ctl_path, SOCK_STREAM, 0600,
				       (uid_t)-1),
			 0);
	fake.watch = virEventAddHandle(fake.l.fd, VIR_EVENT_HANDLE_READABLE,
				       on_client, NULL, NULL);
}

static void fake_close(void)
{
	if (fake.l.fd < 0)
		return;
	virEventRemoveHandle(fake.watch);
	listener_close(&fake.l);
}

static int setup(void **state)
{
	memset(&fake, 0, sizeof(fake));
	fake.l.fd = -1;
	fake.status = STATUS;
	fake.quiesce = "{\"drained\":true}";
	fake.resume = "{\"resumed\":true}";
	fake.moved = "{\"moved\":true}";
	conf = (struct watch_conf) { .lease_ms = 60000 };
	unlink(record);
	fake_open();
	vm = vm_get(&conf, UUID, "vm");
	assert_non_null(vm);
	vm->migration.up = vm->migration.running = true;
	return 0;
}

static int teardown(void **state)
{
	vm_forget_all();
	fake_close();
	return 0;
}

static void nudge(int timer, void *opaque)
{
}

/* Round until nothing is awaited any more. */
static void settle(void)
{
	while (vm_any_request())
		virEventRunDefaultImpl();
}

static void tell(enum migration_event ev)
{
	vm_event(vm, ev, realtime_ns(), "test");
}

/* Lines of the record with this event. */
static int lines(const char *event)
{
	char line[4096], key[64];
	FILE *f = fopen(record, "r");
	int n = 0;

	if (!f)
		return 0;
	snprintf(key, sizeof(key), "\"event\":\"%s\"", event);
	while (fgets(line, sizeof(line), f))
		n += !!strstr(line, key);
	fclose(f);
	return n;
}

/* The event of the first line of the record that is one of two. */
static void assert_before(const char *first, const char *second)
{
	char line[4096], a[64], b[64];
	FILE *f = fopen(record, "r");
	bool found = false;

	assert_non_null(f);
	snprintf(a, sizeof(a), "\"event\":\"%s\"", first);
	snprintf(b, sizeof(b), "\"event\":\"%s\"", second);
	while (!found && fgets(line, sizeof(line), f)) {
		found = strstr(line, a);
		assert_null(strstr(line, b));
	}
	fclose(f);
	assert_true(found);
}

static void plain(void **state)
{
	tell(EV_SETUP);
	settle();
	assert_string_equal(fake.got, "");
	vm_pass(vm, 1, realtime_ns());
	settle();
	assert_string_equal(fake.got, "quiesce 60000 ");
	assert_int_equal(vm->migration.state, MIG_QUIESCED);
	assert_int_equal(vm->timer_ms, 20000);
	vm_pass(vm, 2, realtime_ns());
	settle();
	assert_string_equal(fake.got, "quiesce 60000 quiesce 60000 ");
	tell(EV_STOP);
	settle();
	vm_pass(vm, 3, realtime_ns());
	tell(EV_SENT);
	settle();
	/* A guest that stands is not asked, and QEMU's word is not enough. */
	assert_string_equal(fake.got, "quiesce 60000 quiesce 60000 ");
	assert_int_equal(vm->timer_ms, -1);
	tell(EV_MOVED);
	settle();
	tell(EV_MOVED);
	settle();
	assert_string_equal(fake.got, "quiesce 60000 quiesce 60000 moved ");
	assert_int_equal(lines("setup"), 1);
	assert_int_equal(lines("pass"), 3);
	assert_int_equal(lines("quiesced"), 2);
	assert_int_equal(lines("stop"), 1);
	assert_int_equal(lines("completed"), 1);
	assert_int_equal(lines("told"), 1);
	/* The region once, and at pass 2 and the stop what can be dirty. */
	assert_int_equal(vm->tally.ring_bytes, 1048576 + 2 * 10 * 4096);
	assert_int_equal(vm->tally.rounds, 2);
}

static void cancelled(void **state)
{
	tell(EV_SETUP);
	tell(EV_ACTIVE);
	settle();
	tell(EV_CANCELLED);
	settle();
	assert_string_equal(fake.got, "quiesce 60000 resume ");
	assert_int_equal(lines("cancelled"), 1);
	assert_int_equal(lines("released"), 1);
}

static void cancelled_in_the_middle_of_an_order(void **state)
{
	fake.quiesce = NULL;
	conf.lease_ms = 300;
	tell(EV_SETUP);
	tell(EV_ACTIVE);
	tell(EV_CANCELLED);
	settle();
	/* Whichever the reader saw first: the last word is to resume. */
	assert_string_equal(fake.got, "quiesce 300 resume resume ");
	assert_int_equal(vm->migration.state, MIG_CANCELLED);
}

static void returned(void **state)
{
	tell(EV_SETUP);
	tell(EV_ACTIVE);
	settle();
	tell(EV_STOP);
	tell(EV_SENT);
	settle();
	tell(EV_RESUME);
	settle();
	assert_string_equal(fake.got, "quiesce 60000 resume ");
	assert_int_equal(lines("running"), 1);
	assert_int_equal(lines("returned"), 1);
}

static void post_copy(void **state)
{
	tell(EV_SETUP);
	tell(EV_ACTIVE);
	settle();
	tell(EV_POSTCOPY);
	tell(EV_STOP);
	settle();
	vm_quiesce(vm);
	vm_pass(vm, 9, realtime_ns());
	settle();
	assert_string_equal(fake.got, "quiesce 60000 ");
	assert_int_equal(vm->timer_ms, -1);
	tell(EV_SENT);
	tell(EV_MOVED);
	settle();
	assert_string_equal(fake.got, "quiesce 60000 moved ");
	assert_int_equal(lines("stop"), 1);
}

static void a_paused_guest_is_left_alone(void **state)
{
	vm->migration.running = false;
	tell(EV_SETUP);
	tell(EV_ACTIVE);
	vm_pass(vm, 1, realtime_ns());
	settle();
	assert_string_equal(fake.got, "");
	/* Somebody lets it run on the way. */
	tell(EV_RESUME);
	assert_int_equal(vm->timer_ms, 20000);
	vm_pass(vm, 2, realtime_ns());
	settle();
	assert_string_equal(fake.got, "quiesce 60000 ");
}

static void the_lease_is_renewed(void **state)
{
	conf.lease_ms = 300;
	tell(EV_SETUP);
	tell(EV_ACTIVE);
	while (vm->tally.rounds < 4)
		virEventRunDefaultImpl();
	settle();
	assert_int_equal(vm->migration.state, MIG_QUIESCED);
	vm_lost_sight(vm);
	assert_int_equal(vm->timer_ms, -1);
}

static void a_round_that_fails(void **state)
{
	tell(EV_SETUP);
	tell(EV_ACTIVE);
	settle();
	fake.quiesce = "{\"drained\":false,\"reason\":\"guest says no\"}";
	vm_quiesce(vm);
	settle();
	assert_int_equal(vm->migration.state, MIG_PRECOPY);
	vm_quiesce(vm);
	settle();
	/* The same reason twice is told once. */
	assert_int_equal(lines("unquiesced"), 1);
	fake.quiesce = "{\"error\":\"unknown command\"}";
	vm_quiesce(vm);
	settle();
	assert_int_equal(lines("unquiesced"), 2);
	fake.quiesce = "{\"drained\":true}";
	vm_quiesce(vm);
	settle();
	assert_int_equal(vm->migration.state, MIG_QUIESCED);
}

static void a_dead_reader(void **state)
{
	fake_close();
	tell(EV_SETUP);
	tell(EV_ACTIVE);
	vm_pass(vm, 2, realtime_ns());
	tell(EV_STOP);
	tell(EV_SENT);
	tell(EV_MOVED);
	settle();
	assert_int_equal(vm->migration.state, MIG_COMPLETED);
	assert_int_equal(lines("completed"), 1);
	assert_int_equal(lines("untold"), 1);
	assert_true(vm->tally.blind);
}

/* What fails at once is told after what it happened in has begun. */
static void a_dead_reader_in_order(void **state)
{
	fake_close();
	fake.l.fd = -1;
	vm_pass(vm, 1, realtime_ns());
	settle();
	assert_int_equal(lines("setup"), 1);
	assert_int_equal(lines("unquiesced"), 1);
	assert_before("setup", "unquiesced");
}

static void a_silent_reader(void **state)
{
	fake.status = fake.quiesce = fake.moved = NULL;
	conf.lease_ms = 300;
	tell(EV_SETUP);
	tell(EV_ACTIVE);
	vm_pass(vm, 2, realtime_ns());
	tell(EV_STOP);
	tell(EV_SENT);
	tell(EV_MOVED);
	/* Nothing of that has waited: the word is under way at once. */
	assert_non_null(vm->requests[REQUEST_MOVED]);
	settle();
	assert_int_equal(vm->migration.state, MIG_COMPLETED);
	assert_int_equal(lines("stop"), 1);
	assert_int_equal(lines("untold"), 1);
}

static void observed_only(void **state)
{
	conf.observe = true;
	tell(EV_SETUP);
	tell(EV_ACTIVE);
	settle();
	tell(EV_CANCELLED);
	settle();
	tell(EV_MOVED);
	settle();
	vm_reconcile(vm, EV_NO_JOB, true);
	settle();
	assert_string_equal(fake.got, "");
	assert_int_equal(lines("setup"), 1);
	assert_int_equal(lines("completed"), 1);
}

static void reconciled(void **state)
{
	vm->migration.up = false;
	vm_reconcile(vm, EV_JOB_OUT, true);
	settle();
	assert_int_equal(vm->migration.state, MIG_QUIESCED);
	assert_string_equal(fake.got, "quiesce 60000 ");
	/* Its end was not seen. */
	vm_reconcile(vm, EV_NO_JOB, true);
	settle();
	assert_int_equal(vm->migration.state, MIG_RETURNED);
	assert_string_equal(fake.got, "quiesce 60000 resume ");
}

static void what_was_left_quiesced_is_released(void **state)
{
	vm_reconcile(vm, EV_NO_JOB, true);
	settle();
	assert_string_equal(fake.got, "");
	fake.status = "{\"guest\":\"quiesced\"}";
	vm_reconcile(vm, EV_NO_JOB, true);
	settle();
	assert_string_equal(fake.got, "resume ");
	fake.status =
		"{\"guest\":\"draining\",\"quiesce\":{\"op\":\"quiesce\"}}";
	vm_reconcile(vm, EV_NO_JOB, true);
	settle();
	assert_string_equal(fake.got, "resume resume ");
	/* A spill is not ours. */
	fake.status = "{\"guest\":\"spilling\",\"quiesce\":{\"op\":\"spill\"}}";
	vm_reconcile(vm, EV_NO_JOB, true);
	settle();
	assert_string_equal(fake.got, "resume resume ");
}

static void arrival(void **state)
{
	uint64_t at = realtime_ns() + 1000000000;
	char status[1024];

	vm->migration.up = vm->migration.running = false;
	/* Times of an earlier stay on this host. */
	fake.status =
		"{\"hello1_ns\":5,\"attached_ns\":6,\"state\":\"attached\"}";
	tell(EV_SETUP);
	tell(EV_INCOMING);
	tell(EV_ACTIVE);
	tell(EV_SENT);
	assert_int_equal(vm->timer_ms, -1);
	tell(EV_RESUME);
	assert_int_equal(vm->timer_ms, ARRIVAL_MS);
	vm_ask(vm);
	settle();
	assert_int_equal(vm->migration.state, MIG_RESUMED);

	snprintf(status, sizeof(status), "{\"hello1_ns\":%llu}",
		 (unsigned long long)at);
	fake.status = status;
	vm_ask(vm);
	settle();
	assert_int_equal(vm->migration.state, MIG_HELLO);

	/* Attached, and 5 pages behind. */
	snprintf(status, sizeof(status),
		 "{\"hello1_ns\":%llu,\"attached_ns\":%llu,"
		 "\"size\":65536,\"rings\":[{\"head\":10,\"pos\":5,\"slots\":20},"
		 "{\"head\":1,\"pos\":1,\"slots\":4}]}",
		 (unsigned long long)at, (unsigned long long)at + 1);
	vm_ask(vm);
	settle();
	assert_int_equal(vm->migration.state, MIG_ATTACHED);

	/* Never at its head, but past what came along. */
	snprintf(status, sizeof(status),
		 "{\"attached_ns\":%llu,"
		 "\"size\":65536,\"rings\":[{\"head\":30,\"pos\":10,\"slots\":20},"
		 "{\"head\":1,\"pos\":1,\"slots\":4}]}",
		 (unsigned long long)at + 1);
	while (vm->migration.state == MIG_ATTACHED)
		virEventRunDefaultImpl();
	settle();
	assert_int_equal(vm->migration.state, MIG_DRAINED);
	assert_int_equal(vm->timer_ms, -1);
	assert_string_equal(fake.got, "");
	assert_int_equal(lines("incoming"), 1);
	assert_int_equal(lines("arrived"), 1);
	assert_int_equal(lines("resume"), 1);
	assert_int_equal(lines("hello"), 1);
	assert_int_equal(lines("attached"), 1);
	assert_int_equal(lines("drained"), 1);
}

static void names_that_are_no_directories(void **state)
{
	struct vm *odd = vm_get(&conf, OTHER, "../../etc");

	assert_ptr_not_equal(odd, vm);
	assert_string_equal(odd->ctl, "");
	odd->migration.up = odd->migration.running = true;
	vm_event(odd, EV_SETUP, realtime_ns(), "test");
	vm_event(odd, EV_ACTIVE, realtime_ns(), "test");
	vm_event(odd, EV_MOVED, realtime_ns(), "test");
	assert_int_equal(odd->migration.state, MIG_COMPLETED);
	assert_string_equal(fake.got, "");
	/* A VM is its UUID; its name may change. */
	assert_ptr_equal(vm_get(&conf, OTHER, "new"), odd);
	assert_ptr_equal(vm_by_name("new"), odd);
	assert_null(vm_by_name("../../etc"));
}

static void who_left_is_forgotten(void **state)
{
	struct vm *gone = vm_get(&conf, OTHER, "gone");

	vm_event(gone, EV_GONE, realtime_ns(), "test");
	vm_forget_old();
	assert_ptr_equal(vm_by_name("gone"), gone);
	gone->since_ms -= 3600000;
	vm->since_ms -= 3600000;
	vm_forget_old();
	assert_null(vm_by_name("gone"));
	assert_ptr_equal(vm_by_name("vm"), vm);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static int make_dirs(void)
{
	char path[200];

	if (!mkdtemp(dir))
		return -1;
	snprintf(run_dir, sizeof(run_dir), "%s/run", dir);
	snprintf(store_dir, sizeof(store_dir), "%s/store", dir);
	snprintf(record, sizeof(record), "%s/vm/" IVR_MIGRATIONS_FILE,
		 store_dir);
	snprintf(ctl_path, sizeof(ctl_path), "%s/vm/" IVR_CTL_SOCK, run_dir);
	setenv("IVRING_RUN_DIR", run_dir, 1);
	setenv("IVRING_STORE_DIR", store_dir, 1);
	setenv("IVRING_CONF_DIR", dir, 1);
	mkdir(run_dir, 0700);
	mkdir(store_dir, 0700);
	snprintf(path, sizeof(path), "%s/vm", run_dir);
	return mkdir(path, 0700);
}

static void remove_dirs(void)
{
	char path[200];

	unlink(record);
	snprintf(path, sizeof(path), "%s/vm", store_dir);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/vm", run_dir);
	rmdir(path);
	rmdir(store_dir);
	rmdir(run_dir);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(plain),
		TEST(cancelled),
		TEST(cancelled_in_the_middle_of_an_order),
		TEST(returned),
		TEST(post_copy),
		TEST(a_paused_guest_is_left_alone),
		TEST(the_lease_is_renewed),
		TEST(a_round_that_fails),
		TEST(a_dead_reader),
		TEST(a_dead_reader_in_order),
		TEST(a_silent_reader),
		TEST(observed_only),
		TEST(reconciled),
		TEST(what_was_left_quiesced_is_released),
		TEST(arrival),
		TEST(names_that_are_no_directories),
		TEST(who_left_is_forgotten),
	};
	int ret;

	log_init("watch_vm", LOG_L_ERR);
	/* The loop must come round even when nothing happens. */
	if (make_dirs() || virEventRegisterDefaultImpl() ||
	    virEventAddTimeout(20, nudge, NULL, NULL) < 0)
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	remove_dirs();
	return ret;
}
