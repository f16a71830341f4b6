// SPDX-License-Identifier: GPL-2.0
/* ctl_request.c - orders to readers that are silent, dead, late or mad */
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

#include "lib/ctl_client.h"
#include "lib/sock.h"
#include "migration/watch/ctl_request.h"

/* Far from any machine's stall; only a failing test waits so long. */
#define PATIENT_MS 20000

static char dir[] = "/tmp/ivring-order-XXXXXX";
static char path[64];
static struct listener fake;

static struct {
	int calls;
	int ret;
	char text[64];
} got;

static void done(void *opaque, int ret, struct json_object *reply,
		 uint32_t took_ms)
{
	assert_ptr_equal(opaque, &got);
	got.calls++;
	got.ret = ret;
	assert_true(!ret == !!reply);
	snprintf(got.text, sizeof(got.text), "%s",
		 reply ? json_object_to_json_string_ext(reply,
							JSON_C_TO_STRING_PLAIN) :
			 "");
}

static int setup(void **state)
{
	memset(&got, 0, sizeof(got));
	return listener_open(&fake, path, SOCK_STREAM, 0600, (uid_t)-1);
}

static int teardown(void **state)
{
	listener_close(&fake);
	return 0;
}

static struct ctl_request *send_it(uint32_t timeout_ms)
{
	struct ctl_request *o;

	assert_int_equal(ctl_request_send(&o, path, "quiesce 3000", timeout_ms,
					  done, &got),
			 0);
	assert_non_null(o);
	assert_int_equal(got.calls, 0);
	return o;
}

static int take_it(void)
{
	char line[64] = "";
	struct ucred who;
	int fd = listener_accept(&fake, &who);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, line, sizeof(line)), 13);
	assert_string_equal(line, "quiesce 3000\n");
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void expect(int ret, const char *text)
{
	while (!got.calls)
		virEventRunDefaultImpl();
	assert_int_equal(got.ret, ret);
	assert_string_equal(got.text, text);
	assert_int_equal(got.calls, 1);
}

static void an_answer(void **state)
{
	int fd;

	send_it(PATIENT_MS);
	fd = take_it();
	say(fd, "{\"drained\":true}\n");
	expect(0, "{\"drained\":true}");
	close(fd);
}

/* The loop must come round between the parts. */
static void turn(int timer, void *opaque)
{
	int *fd = opaque;

	virEventUpdateTimeout(timer, -1);
	say(*fd, "ained\":1}\n{\"more\":2}\n");
}

static void an_answer_in_parts(void **state)
{
	int fd, timer;

	send_it(PATIENT_MS);
	fd = take_it();
	say(fd, "{\"dr");
	timer = virEventAddTimeout(5, turn, &fd, NULL);
	expect(0, "{\"drained\":1}");
	virEventRemoveTimeout(timer);
	close(fd);
}

static void silence(void **state)
{
	int fd;

	send_it(30);
	fd = take_it();
	expect(-ETIME, "");
	close(fd);
}

static void nobody_accepts(void **state)
{
	send_it(30);
	expect(-ETIME, "");
}

static void the_reader_dies(void **state)
{
	int fd;

	send_it(PATIENT_MS);
	fd = take_it();
	say(fd, "{\"drained\":");
	close(fd);
	expect(-ECONNRESET, "");
}

static void garbage(void **state)
{
	static const char *const texts[] = {
		"\n", "yes\n", "[1]\n", "{\n", "\"x\"\n", "\377\376\n",
	};
	size_t i;
	int fd;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		got.calls = 0;
		send_it(PATIENT_MS);
		fd = take_it();
		say(fd, texts[i]);
		expect(-EPROTO, "");
		close(fd);
	}
}

/* A megabyte and no end of line; the order hangs up, so the fake stops. */
static void flood(int watch, int fd, int events, void *opaque)
{
	char text[65536];

	memset(text, 'x', sizeof(text));
	if (send(fd, text, sizeof(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
	    errno != EAGAIN)
		virEventRemoveHandle(watch);
}

static void an_endless_line(void **state)
{
	int fd, watch;

	send_it(PATIENT_MS);
	fd = take_it();
	watch = virEventAddHandle(fd, VIR_EVENT_HANDLE_WRITABLE, flood, NULL,
				  NULL);
	expect(-EMSGSIZE, "");
	virEventRemoveHandle(watch);
	close(fd);
}

/* The return says what the loop will tell, and the loop tells it once. */
static void not_sent(const char *to, int fault)
{
	struct ctl_request *o;

	got.calls = 0;
	assert_int_equal(ctl_request_send(&o, to, "status", 10, done, &got),
			 fault);
	assert_non_null(o);
	assert_int_equal(got.calls, 0);
	expect(fault, "");
}

static void no_reader(void **state)
{
	char long_path[200];

	not_sent("/nonexistent/ctl.sock", -ENOENT);
	/* A socket file without its owner. */
	close(fake.fd);
	fake.fd = -1;
	not_sent(path, -ECONNREFUSED);
	unlink(path);
	memset(long_path, 'a', sizeof(long_path));
	long_path[sizeof(long_path) - 1] = '\0';
	not_sent(long_path, -ENAMETOOLONG);
}

static void a_fault_from_outside(void **state)
{
	struct ctl_request *o;

	assert_int_equal(ctl_request_fail(&o, -EIO, done, &got), -EIO);
	assert_int_equal(got.calls, 0);
	expect(-EIO, "");
	got.calls = 0;
	/* It can be dropped as any other. */
	ctl_request_fail(&o, -EIO, done, &got);
	ctl_request_drop(o);
	send_it(30);
	expect(-ETIME, "");
}

/* A reader that hangs leaves its backlog full; nobody waits for it. */
static void a_full_backlog(void **state)
{
	struct ctl_request *orders[600];
	int i, n = 0, ret = 0;

	for (i = 0; i < 600 && !ret; i++)
		ret = ctl_request_send(&orders[n++], path, "status", PATIENT_MS,
				       done, &got);
	assert_int_equal(ret, -EAGAIN);
	while (n--)
		ctl_request_drop(orders[n]);
	assert_int_equal(got.calls, 0);
}

static void a_dropped_order_says_nothing(void **state)
{
	struct ctl_request *o = send_it(10);
	int fd = take_it();

	ctl_request_drop(o);
	ctl_request_drop(NULL);
	close(fd);
	/* Another one after it comes through, so the loop has been round. */
	send_it(30);
	expect(-ETIME, "");
}

static void faults_have_words(void **state)
{
	static const int rets[] = { -ENOENT,	 -ECONNREFUSED, -EAGAIN, -ETIME,
				    -ECONNRESET, -EPROTO,	-EACCES };
	size_t i;

	for (i = 0; i < sizeof(rets) / sizeof(rets[0]); i++)
		assert_non_null(ctl_fault(rets[i]));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer),
		TEST(an_answer_in_parts),
		TEST(silence),
		TEST(nobody_accepts),
		TEST(the_reader_dies),
		TEST(garbage),
		TEST(an_endless_line),
		TEST(no_reader),
		TEST(a_fault_from_outside),
		TEST(a_full_backlog),
		TEST(a_dropped_order_says_nothing),
		cmocka_unit_test(faults_have_words),
	};
	int ret;

	if (virEventRegisterDefaultImpl() || !mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/ctl.sock", dir);
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return ret;
}
