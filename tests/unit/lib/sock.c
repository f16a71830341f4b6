// SPDX-License-Identifier: GPL-2.0
/* sock - listeners and their files, descriptors in messages */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ivr_msg.h"
#include "lib/sock.h"

#define SAME_OWNER ((uid_t)-1)

static char dir[] = "/tmp/ivr-sock.XXXXXX";
static char path[64];

static int fd_count(void)
{
	DIR *d = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(d))
		count++;
	closedir(d);
	return count;
}

static int setup(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/s", dir);
	return 0;
}

static int teardown(void **state)
{
	return rmdir(dir);
}

static void listen_and_close(void **state)
{
	struct listener l;
	struct ucred peer;
	struct stat st;
	int a, b;

	umask(0077);
	assert_int_equal(listener_open(&l, path, SOCK_STREAM, 0660, SAME_OWNER),
			 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0660);
	assert_int_equal(listener_accept(&l, &peer), -EAGAIN);
	a = sock_connect(path, SOCK_STREAM);
	assert_true(a >= 0);
	b = listener_accept(&l, &peer);
	assert_true(b >= 0);
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(peer.uid, geteuid());
	assert_int_equal(fcntl(b, F_GETFD), FD_CLOEXEC);
	assert_true(fcntl(b, F_GETFL) & O_NONBLOCK);
	close(a);
	close(b);
	listener_close(&l);
	assert_int_equal(lstat(path, &st), -1);
	listener_close(&l);
}

static void owner(void **state)
{
	struct listener l;
	struct stat st;

	if (geteuid())
		skip();
	assert_int_equal(listener_open(&l, path, SOCK_STREAM, 0600, 65534), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(st.st_mode, S_IFSOCK | 0600);
	listener_close(&l);
}

static void live_socket_stays(void **state)
{
	struct listener l, second;

	assert_int_equal(listener_open(&l, path, SOCK_SEQPACKET, 0600,
				       SAME_OWNER),
			 0);
	assert_int_equal(listener_open(&second, path, SOCK_SEQPACKET, 0600,
				       SAME_OWNER),
			 -EADDRINUSE);
	assert_int_equal(second.fd, -1);
	/* A server of another kind is a server, too. */
	assert_int_equal(listener_open(&second, path, SOCK_STREAM, 0600,
				       SAME_OWNER),
			 -EADDRINUSE);
	assert_int_equal(access(path, F_OK), 0);
	listener_close(&l);
}

/* Nobody accepts, and there is no place to wait: that is said at once. */
static void hung_listener_holds_nobody(void **state)
{
	struct listener l;
	int fd[64], i, ret = 0;

	assert_int_equal(listener_open(&l, path, SOCK_SEQPACKET, 0600,
				       (uid_t)-1),
			 0);
	for (i = 0; i < 64 && ret >= 0; i++)
		ret = fd[i] = sock_connect(path,
					   SOCK_SEQPACKET | SOCK_NONBLOCK);
	assert_int_equal(ret, -EAGAIN);
	for (i--; i > 0;)
		close(fd[--i]);
	/* It is there, so it is not stale. */
	assert_int_equal(listener_open(&(struct listener) { 0 }, path,
				       SOCK_SEQPACKET, 0600, (uid_t)-1),
			 -EADDRINUSE);
	listener_close(&l);
}

static void stale_socket_goes(void **state)
{
	struct listener dead, l;

	assert_int_equal(listener_open(&dead, path, SOCK_STREAM, 0600,
				       SAME_OWNER),
			 0);
	close(dead.fd);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(listener_open(&l, path, SOCK_STREAM, 0600, SAME_OWNER),
			 0);
	listener_close(&l);
	assert_int_equal(access(path, F_OK), -1);
}

static void other_files_stay(void **state)
{
	struct listener l;
	struct stat st;
	char longer[256];

	fclose(fopen(path, "w"));
	assert_int_equal(listener_open(&l, path, SOCK_STREAM, 0600, SAME_OWNER),
			 -EEXIST);
	assert_int_equal(unlink(path), 0);

	assert_int_equal(listener_open(&l, path, SOCK_STREAM, 0600, SAME_OWNER),
			 0);
	assert_int_equal(unlink(path), 0);
	fclose(fopen(path, "w"));
	listener_close(&l);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(unlink(path), 0);

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(listener_open(&l, longer, SOCK_STREAM, 0600,
				       SAME_OWNER),
			 -ENAMETOOLONG);
}

static void descriptors(void **state)
{
	int ends[2], fds[IVR_MSG_MAX_FDS], got[IVR_MSG_MAX_FDS];
	int before, nfds, i;
	uint64_t count;
	char c;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	for (i = 0; i < IVR_MSG_MAX_FDS; i++)
		fds[i] = eventfd(i + 1, EFD_NONBLOCK);
	assert_int_equal(sock_send(ends[0], "x", 1, fds, IVR_MSG_MAX_FDS), 0);
	before = fd_count();
	nfds = IVR_MSG_MAX_FDS;
	assert_int_equal(sock_recv(ends[1], &c, 1, got, &nfds), 1);
	assert_int_equal(nfds, IVR_MSG_MAX_FDS);
	assert_int_equal(fd_count(), before + IVR_MSG_MAX_FDS);
	for (i = 0; i < IVR_MSG_MAX_FDS; i++) {
		assert_int_equal(fcntl(got[i], F_GETFD), FD_CLOEXEC);
		assert_int_equal(read(got[i], &count, sizeof(count)), 8);
		assert_int_equal(count, i + 1);
		close(got[i]);
		close(fds[i]);
	}
	assert_int_equal(sock_send(ends[0], "x", 1, fds, IVR_MSG_MAX_FDS + 1),
			 -EINVAL);
	assert_int_equal(sock_send(ends[0], "x", 0, NULL, 0), -EINVAL);
	close(ends[0]);
	nfds = IVR_MSG_MAX_FDS;
	assert_int_equal(sock_recv(ends[1], &c, 1, got, &nfds), 0);
	assert_int_equal(nfds, 0);
	close(ends[1]);
}

/* Whatever does not fit is an error, and none of it stays open. */
static void too_many_descriptors(void **state)
{
	int ends[2], fds[4], got[4], before, room, nfds, i;
	char c;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	for (i = 0; i < 4; i++)
		fds[i] = eventfd(0, 0);
	before = fd_count();
	for (room = 0; room < 4; room++) {
		assert_int_equal(sock_send(ends[0], "x", 1, fds, 4), 0);
		nfds = room;
		assert_int_equal(sock_recv(ends[1], &c, 1, got, &nfds),
				 -EMSGSIZE);
		assert_int_equal(nfds, 0);
		assert_int_equal(fd_count(), before);
	}
	/* The message itself too long: the same. */
	assert_int_equal(sock_send(ends[0], "xyz", 3, fds, 4), 0);
	nfds = 4;
	assert_int_equal(sock_recv(ends[1], &c, 1, got, &nfds), -EMSGSIZE);
	assert_int_equal(fd_count(), before);
	for (i = 0; i < 4; i++)
		close(fds[i]);
	close(ends[0]);
	close(ends[1]);
}

/* The process is out of descriptors in the middle of a message. */
static void out_of_descriptors(void **state)
{
	int ends[2], fds[4], got[4], before, nfds = 4, i;
	struct rlimit old, tight;
	char c;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	for (i = 0; i < 4; i++)
		fds[i] = eventfd(0, 0);
	assert_int_equal(sock_send(ends[0], "x", 1, fds, 4), 0);
	before = fd_count();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	tight = old;
	tight.rlim_cur = (rlim_t)fds[3] + 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	assert_int_equal(sock_recv(ends[1], &c, 1, got, &nfds), -EMSGSIZE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(nfds, 0);
	assert_int_equal(fd_count(), before);
	for (i = 0; i < 4; i++)
		close(fds[i]);
	close(ends[0]);
	close(ends[1]);
}

static void probe(void **state)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(sock_probe(ends[0]), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(sock_probe(ends[0]), -EPROTO);
	assert_int_equal(sock_probe(ends[0]), 0);
	close(ends[1]);
	assert_int_equal(sock_probe(ends[0]), -EPIPE);
	assert_int_equal(sock_send(ends[0], "x", 1, NULL, 0), -EPIPE);
	close(ends[0]);
}

static void full(void **state)
{
	int ends[2], ret, n = 0;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	while (!(ret = sock_send(ends[0], "12345678", 8, NULL, 0)))
		n++;
	assert_int_equal(ret, -EAGAIN);
	assert_true(n > 0);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listen_and_close),
		cmocka_unit_test(owner),
		cmocka_unit_test(live_socket_stays),
		cmocka_unit_test(stale_socket_goes),
		cmocka_unit_test(hung_listener_holds_nobody),
		cmocka_unit_test(other_files_stay),
		cmocka_unit_test(descriptors),
		cmocka_unit_test(too_many_descriptors),
		cmocka_unit_test(out_of_descriptors),
		cmocka_unit_test(probe),
		cmocka_unit_test(full),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
