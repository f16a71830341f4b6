// SPDX-License-Identifier: GPL-2.0
/* handshake - what QEMU is sent, message by message */
#include "tests/unit/server/server_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ivr_wire.h"
#include "lib/sock.h"
#include "server/qemu.h"

static void assert_memory(int fd)
{
	struct stat st;
	char *p;
	size_t i;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, TEST_SIZE);
	assert_int_equal(fcntl(fd, F_GET_SEALS),
			 F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	assert_int_equal(ftruncate(fd, 0), -1);
	p = mmap(NULL, TEST_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(p, MAP_FAILED);
	for (i = 0; i < TEST_SIZE; i++)
		if (p[i])
			fail_msg("byte %zu is %d", i, p[i]);
	/* For the one who comes next: it must not see this. */
	memset(p, 0xa5, TEST_SIZE);
	munmap(p, TEST_SIZE);
}

/* All bells are different ones, and none rings another. */
static void assert_bells(const struct taken *t)
{
	uint32_t i, j;

	for (i = 0; i < t->vectors; i++) {
		for (j = 0; j < t->vectors; j++) {
			assert_false(same_eventfd(t->reader[i], t->own[j]));
			if (i == j)
				continue;
			assert_false(same_eventfd(t->reader[i], t->reader[j]));
			assert_false(same_eventfd(t->own[i], t->own[j]));
		}
	}
}

static void check_vectors(uint32_t vectors)
{
	struct fixture f;
	struct taken t;
	int fd;

	fixture_start(&f, vectors);
	fd = connect_to(f.qemu_path, SOCK_STREAM);
	qemu_handshake(fd, &t, vectors);
	assert_silent(fd);
	assert_memory(t.memory);
	assert_bells(&t);
	taken_close(&t);
	close(fd);
	fixture_stop(&f);
}

static void one_vector(void **state)
{
	check_vectors(1);
}

static void two_vectors(void **state)
{
	check_vectors(2);
}

static void eight_vectors(void **state)
{
	check_vectors(8);
}

/* The bytes themselves: no descriptor, signed, little endian. */
static void raw_bytes(void **state)
{
	static const unsigned char start[24] = {
		0, 0, 0, 0, 0,	 0,   0,   0,	0,   0,	  0,   0,
		0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255,
	};
	unsigned char got[24];
	struct fixture f;
	int fd;

	fixture_start(&f, 2);
	fd = connect_to(f.qemu_path, SOCK_STREAM);
	assert_int_equal(recv(fd, got, 16, MSG_WAITALL), 16);
	assert_int_equal(recv(fd, got + 16, 8, MSG_WAITALL), 8);
	assert_memory_equal(got, start, sizeof(start));
	close(fd);
	fixture_stop(&f);
}

/* A QEMU that reads late gets all; the server does not wait for it. */
static void slow_client(void **state)
{
	int fds[IVR_MSG_MAX_FDS];
	struct fixture f;
	struct taken t;
	int fd, reader;

	fixture_start(&f, 8);
	fd = connect_to(f.qemu_path, SOCK_STREAM);
	wait_readable(fd);
	reader = connect_to(f.reader_path, SOCK_SEQPACKET);
	expect_up(reader, 1, 8, fds);
	close_fds(fds, 17);
	close(reader);
	reader = connect_to(f.reader_path, SOCK_SEQPACKET);
	expect_up(reader, 1, 8, fds);
	qemu_handshake(fd, &t, 8);
	assert_silent(fd);
	assert_true(same_file(fds[0], t.memory));
	close_fds(fds, 17);
	taken_close(&t);
	close(reader);
	close(fd);
	fixture_stop(&f);
}

/* With a socket that takes only a few messages nothing is lost or repeated. */
static void full_socket(void **state)
{
	int ends[2], small = 1, waits = 0, ret;
	unsigned int read_so_far = 0;
	struct memory m;
	struct qemu q;
	int64_t value;
	int fd;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small,
				    sizeof(small)),
			 0);
	assert_int_equal(memory_open(&m, "vm", TEST_SIZE, 8, 1), 0);
	qemu_start(&q, ends[0], getpid(), &m);
	do {
		ret = qemu_flush(&q);
		if (ret) {
			assert_int_equal(ret, -EAGAIN);
			assert_true(q.sent > read_so_far);
			waits++;
		}
		for (; read_so_far < q.sent; read_so_far++) {
			fd = qemu_receive(ends[1], &value);
			assert_int_equal(value, q.queue[read_so_far].value);
			if (q.queue[read_so_far].fd < 0) {
				assert_int_equal(fd, -1);
				continue;
			}
			if (read_so_far == 2)
				assert_true(same_file(fd, m.fd));
			else
				assert_true(
					same_eventfd(fd,
						     q.queue[read_so_far].fd));
			close(fd);
		}
	} while (ret);
	assert_true(waits > 0);
	assert_int_equal(read_so_far, 19);
	qemu_close(&q);
	memory_close(&m);
	close(ends[1]);
}

/* What QEMU and the reader get belongs together, by vector and direction. */
static void same_as_reader(void **state)
{
	int fds[IVR_MSG_MAX_FDS];
	struct fixture f;
	struct taken t;
	int fd, reader, i;

	fixture_start(&f, 2);
	fd = connect_to(f.qemu_path, SOCK_STREAM);
	qemu_handshake(fd, &t, 2);
	reader = connect_to(f.reader_path, SOCK_SEQPACKET);
	expect_up(reader, 1, 2, fds);
	assert_true(same_file(fds[0], t.memory));
	for (i = 0; i < 2; i++) {
		assert_true(same_eventfd(t.reader[i], fds[1 + i]));
		assert_true(same_eventfd(fds[3 + i], t.own[i]));
	}
	close_fds(fds, 5);
	taken_close(&t);
	close(reader);
	close(fd);
	fixture_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_vector),	  cmocka_unit_test(two_vectors),
		cmocka_unit_test(eight_vectors),  cmocka_unit_test(raw_bytes),
		cmocka_unit_test(slow_client),	  cmocka_unit_test(full_socket),
		cmocka_unit_test(same_as_reader),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
