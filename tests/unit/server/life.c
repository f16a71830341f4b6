// SPDX-License-Identifier: GPL-2.0
/* life - who comes, who goes, who is turned away */
#include "tests/unit/server/server_kit.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ivr_wire.h"
#include "lib/sock.h"
#include "server/qemu.h"
#include "server/refusals.h"

#define VECTORS	   2
#define UP_FDS	   (1 + 2 * VECTORS)
#define NOBODY	   65534
#define RECONNECTS 200

static void assert_refused(int fd)
{
	int64_t value;

	assert_int_equal(qemu_receive(fd, &value), -1);
	assert_int_equal(value, QEMU_REFUSAL);
	/* An end of file now would make QEMU loop for ever. */
	assert_silent(fd);
}

static void second_qemu(void **state)
{
	int first, second[REFUSALS_MAX + 1], before, i;
	int fds[IVR_MSG_MAX_FDS];
	struct fixture f;
	struct taken t;
	int reader;

	fixture_start(&f, VECTORS);
	first = connect_to(f.qemu_path, SOCK_STREAM);
	qemu_handshake(first, &t, VECTORS);
	reader = connect_to(f.reader_path, SOCK_SEQPACKET);
	expect_up(reader, 1, VECTORS, fds);
	before = fd_count(f.pid);
	for (i = 0; i < REFUSALS_MAX; i++) {
		second[i] = connect_to(f.qemu_path, SOCK_STREAM);
		assert_refused(second[i]);
	}
	assert_int_equal(fd_count(f.pid), before + REFUSALS_MAX);

	/* One too many: the oldest has to go, not the first QEMU. */
	second[i] = connect_to(f.qemu_path, SOCK_STREAM);
	assert_refused(second[i]);
	assert_ended(second[0]);
	assert_int_equal(fd_count(f.pid), before + REFUSALS_MAX);

	close_fds(second, REFUSALS_MAX + 1);
	wait_fd_count(&f, before);
	assert_silent(first);
	assert_silent(reader);
	assert_true(log_has(&f, "refused: another QEMU is connected"));
	assert_true(same_eventfd(t.reader[1], fds[2]));

	close(first);
	expect_down(reader, 1);
	close(reader);
	close_fds(fds, UP_FDS);
	taken_close(&t);
	fixture_stop(&f);
}

/* One that was refused gets in when it comes again after the first has gone. */
static void refused_comes_again(void **state)
{
	struct fixture f;
	struct taken t;
	int first, second;

	fixture_start(&f, VECTORS);
	first = connect_to(f.qemu_path, SOCK_STREAM);
	qemu_handshake(first, &t, VECTORS);
	taken_close(&t);
	second = connect_to(f.qemu_path, SOCK_STREAM);
	assert_refused(second);
	close(second);
	close(first);
	second = connect_to(f.qemu_path, SOCK_STREAM);
	qemu_handshake(second, &t, VECTORS);
	taken_close(&t);
	close(second);
	fixture_stop(&f);
}

static void assert_zero_and_soil(int memory)
{
	unsigned char *p = mmap(NULL, TEST_SIZE, PROT_READ | PROT_WRITE,
				MAP_SHARED, memory, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	assert_int_equal(p[0] | p[TEST_SIZE / 2] | p[TEST_SIZE - 1], 0);
	p[0] = p[TEST_SIZE / 2] = p[TEST_SIZE - 1] = 0xff;
	munmap(p, TEST_SIZE);
}

static void assert_all_new(const struct taken *old, const struct taken *new)
{
	int i, j;

	assert_false(same_file(old->memory, new->memory));
	for (i = 0; i < VECTORS; i++) {
		for (j = 0; j < VECTORS; j++) {
			assert_false(
				same_eventfd(old->reader[i], new->reader[j]));
			assert_false(same_eventfd(old->own[i], new->own[j]));
		}
	}
}

/* The end of the old and the start of the new, as close as can be. */
static void reconnect_loop(void **state)
{
	struct taken old, new;
	struct fixture f;
	int fd, before, i;

	fixture_start(&f, VECTORS);
	fd = connect_to(f.qemu_path, SOCK_STREAM);
	qemu_handshake(fd, &old, VECTORS);
	assert_zero_and_soil(old.memory);
	before = fd_count(f.pid);
	for (i = 0; i < RECONNECTS; i++) {
		close(fd);
		fd = connect_to(f.qemu_path, SOCK_STREAM);
		qemu_handshake(fd, &new, VECTORS);
		assert_all_new(&old, &new);
		assert_zero_and_soil(new.memory);
		taken_close(&old);
		old = new;
	}
	assert_int_equal(fd_count(f.pid), before);
	assert_false(log_has(&f, "refused"));
	taken_close(&old);
	close(fd);
	fixture_stop(&f);
}

/* Both are surely in one epoll batch: the server stands still meanwhile. */
static void end_and_start_in_one_batch(void **state)
{
	struct fixture f;
	struct taken t;
	int fd, status, i;

	fixture_start(&f, VECTORS);
	fd = connect_to(f.qemu_path, SOCK_STREAM);
	qemu_handshake(fd, &t, VECTORS);
	for (i = 0; i < 20; i++) {
		taken_close(&t);
		assert_int_equal(kill(f.pid, SIGSTOP), 0);
		assert_int_equal(waitpid(f.pid, &status, WUNTRACED), f.pid);
		close(fd);
		fd = connect_to(f.qemu_path, SOCK_STREAM);
		assert_int_equal(kill(f.pid, SIGCONT), 0);
		qemu_handshake(fd, &t, VECTORS);
	}
	assert_false(log_has(&f, "refused"));
	taken_close(&t);
	close(fd);
	fixture_stop(&f);
}

static void reader_first(void **state)
{
	int fds[IVR_MSG_MAX_FDS];
	int reader, qemu;
	struct fixture f;
	struct taken t;
	uint64_t i;

	fixture_start(&f, VECTORS);
	reader = connect_to(f.reader_path, SOCK_SEQPACKET);
	expect_down(reader, 0);
	for (i = 1; i <= 3; i++) {
		qemu = connect_to(f.qemu_path, SOCK_STREAM);
		qemu_handshake(qemu, &t, VECTORS);
		expect_up(reader, i, VECTORS, fds);
		assert_true(same_file(fds[0], t.memory));
		taken_close(&t);
		close(qemu);
		expect_down(reader, i);
		/* What it holds is its own; the server has let go. */
		assert_zero_and_soil(fds[0]);
		close_fds(fds, UP_FDS);
	}
	assert_silent(reader);
	close(reader);
	fixture_stop(&f);
}

/* Readers come and go, and QEMU is told nothing. */
static void qemu_first(void **state)
{
	int fds[IVR_MSG_MAX_FDS];
	int reader, qemu, i;
	struct fixture f;
	struct taken t;

	fixture_start(&f, VECTORS);
	qemu = connect_to(f.qemu_path, SOCK_STREAM);
	qemu_handshake(qemu, &t, VECTORS);
	for (i = 0; i < 100; i++) {
		reader = connect_to(f.reader_path, SOCK_SEQPACKET);
		expect_up(reader, 1, VECTORS, fds);
		assert_true(same_file(fds[0], t.memory));
		close_fds(fds, UP_FDS);
		close(reader);
	}
	assert_silent(qemu);
	reader = connect_to(f.reader_path, SOCK_SEQPACKET);
	expect_up(reader, 1, VECTORS, fds);
	close_fds(fds, UP_FDS);
	taken_close(&t);
	close(qemu);
	expect_down(reader, 1);
	close(reader);
	reader = connect_to(f.reader_path, SOCK_SEQPACKET);
	expect_down(reader, 1);
	close(reader);
	fixture_stop(&f);
}

static void second_reader(void **state)
{
	int fds[IVR_MSG_MAX_FDS];
	struct ivr_msg msg;
	struct fixture f;
	int first, second;

	fixture_start(&f, VECTORS);
	first = connect_to(f.reader_path, SOCK_SEQPACKET);
	expect_down(first, 0);
	second = connect_to(f.reader_path, SOCK_SEQPACKET);
	assert_int_equal(reader_receive(second, &msg, fds), 0);
	assert_int_equal(msg.type, IVR_MSG_BUSY);
	assert_ended(second);
	close(second);
	assert_silent(first);
	close(first);
	second = connect_to(f.reader_path, SOCK_SEQPACKET);
	expect_down(second, 0);
	close(second);
	fixture_stop(&f);
}

static void reader_that_talks(void **state)
{
	struct fixture f;
	int fd;

	fixture_start(&f, VECTORS);
	fd = connect_to(f.reader_path, SOCK_SEQPACKET);
	expect_down(fd, 0);
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_ended(fd);
	assert_true(log_has(&f, "reader (pid"));
	close(fd);
	fixture_stop(&f);
}

/* It stops taking packets: it is hung up, and QEMU is served on. */
static void reader_that_sleeps(void **state)
{
	struct fixture f;
	struct taken t;
	int reader, qemu, i, packets = 0;
	char waste[256];

	fixture_start(&f, VECTORS);
	reader = connect_to(f.reader_path, SOCK_SEQPACKET);
	for (i = 0; i < 500 && !log_has(&f, "does not take"); i++) {
		qemu = connect_to(f.qemu_path, SOCK_STREAM);
		qemu_handshake(qemu, &t, VECTORS);
		taken_close(&t);
		close(qemu);
	}
	assert_true(log_has(&f, "does not take its messages"));
	/* The descriptors in them are closed by the kernel: there is no room */
	while (recv(reader, waste, sizeof(waste), 0) > 0)
		packets++;
	assert_true(packets > 10);
	close(reader);
	fixture_stop(&f);
}

static void qemu_that_talks(void **state)
{
	struct fixture f;
	struct taken t;
	int fd, reader;

	fixture_start(&f, VECTORS);
	reader = connect_to(f.reader_path, SOCK_SEQPACKET);
	expect_down(reader, 0);
	fd = connect_to(f.qemu_path, SOCK_STREAM);
	qemu_handshake(fd, &t, VECTORS);
	taken_close(&t);
	assert_int_equal(send(fd, "12345678", 8, 0), 8);
	assert_ended(fd);
	assert_true(log_has(&f, "wrote to a one-way socket"));
	close(fd);
	fd = connect_to(f.qemu_path, SOCK_STREAM);
	qemu_handshake(fd, &t, VECTORS);
	taken_close(&t);
	close(fd);
	close(reader);
	fixture_stop(&f);
}

/* Runs @what as another user; the path of a failed assert is a bad status. */
static void as_nobody(void (*what)(const struct fixture *f),
		      const struct fixture *f)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(2);
		what(f);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void stranger_as_qemu(const struct fixture *f)
{
	uint64_t wire = 0;
	int fds[1], nfds = 1;
	int fd = sock_connect(f->qemu_path, SOCK_STREAM);

	if (fd < 0 || sock_recv(fd, &wire, sizeof(wire), fds, &nfds) != 8 ||
	    wire != QEMU_REFUSAL || nfds)
		_exit(3);
	/* Nothing follows: it does not end, and nothing is in it. */
	if (sock_probe(fd))
		_exit(4);
}

static void stranger_as_reader(const struct fixture *f)
{
	int fds[IVR_MSG_MAX_FDS], nfds = IVR_MSG_MAX_FDS;
	int fd = sock_connect(f->reader_path, SOCK_SEQPACKET);
	struct ivr_msg msg;

	if (fd < 0 || sock_recv(fd, &msg, sizeof(msg), fds, &nfds) != 0)
		_exit(3);
}

static void wrong_user(void **state)
{
	int fds[IVR_MSG_MAX_FDS];
	struct fixture f;
	struct taken t;
	int qemu, reader;

	if (geteuid())
		skip();
	fixture_start(&f, VECTORS);
	as_nobody(stranger_as_qemu, &f);
	as_nobody(stranger_as_reader, &f);
	assert_true(
		log_has(&f, "uid 65534) refused: not a user for --qemu-uid"));

	qemu = connect_to(f.qemu_path, SOCK_STREAM);
	qemu_handshake(qemu, &t, VECTORS);
	reader = connect_to(f.reader_path, SOCK_SEQPACKET);
	expect_up(reader, 1, VECTORS, fds);
	as_nobody(stranger_as_qemu, &f);
	as_nobody(stranger_as_reader, &f);
	assert_silent(qemu);
	assert_silent(reader);
	close_fds(fds, UP_FDS);
	taken_close(&t);
	close(reader);
	close(qemu);
	fixture_stop(&f);
}

/* After all have gone the server holds what it held before the first came. */
static void no_descriptor_left(void **state)
{
	int fds[IVR_MSG_MAX_FDS];
	int qemu, reader, extra, before;
	struct fixture f;
	struct taken t;
	int i;

	fixture_start(&f, VECTORS);
	reader = connect_to(f.reader_path, SOCK_SEQPACKET);
	expect_down(reader, 0);
	before = fd_count(f.pid) - 1;
	close(reader);
	for (i = 0; i < 50; i++) {
		qemu = connect_to(f.qemu_path, SOCK_STREAM);
		wait_readable(qemu);
		if (i % 2) {
			qemu_handshake(qemu, &t, VECTORS);
			taken_close(&t);
		}
		reader = connect_to(f.reader_path, SOCK_SEQPACKET);
		expect_up(reader, i + 1, VECTORS, fds);
		close_fds(fds, UP_FDS);
		extra = connect_to(f.qemu_path, SOCK_STREAM);
		assert_refused(extra);
		close(extra);
		close(connect_to(f.reader_path, SOCK_SEQPACKET));
		close(qemu);
		expect_down(reader, i + 1);
		close(reader);
	}
	wait_fd_count(&f, before);
	fixture_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(second_qemu),
		cmocka_unit_test(refused_comes_again),
		cmocka_unit_test(reconnect_loop),
		cmocka_unit_test(end_and_start_in_one_batch),
		cmocka_unit_test(reader_first),
		cmocka_unit_test(qemu_first),
		cmocka_unit_test(second_reader),
		cmocka_unit_test(reader_that_talks),
		cmocka_unit_test(reader_that_sleeps),
		cmocka_unit_test(qemu_that_talks),
		cmocka_unit_test(wrong_user),
		cmocka_unit_test(no_descriptor_left),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
