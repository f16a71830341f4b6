// SPDX-License-Identifier: GPL-2.0
/* fdstore - a server is killed, the next one takes over; QEMU sees nothing */
#include "tests/unit/server/server_kit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/sock.h"
#include "server/qemu.h"

#define PROGRAM TEST_BIN_DIR "/ivring-server"
#define VECTORS 2
#define SET	(2 + 2 * VECTORS)
#define UP_FDS	(1 + 2 * VECTORS)
/* Above what a server is given from 3 on. */
#define OUT_OF_THE_WAY 100

/**
 * struct manager - a service manager with a descriptor store
 * @fd: where servers notify
 * @fds: the store
 * @names: their names
 * @count: how many
 */
struct manager {
	int fd;
	int fds[32];
	char names[32][64];
	int count;
};

static char dir[] = "/tmp/ivr-keep.XXXXXX";
static char q[64], r[64], notify[64], out[64];

static int setup(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(q, sizeof(q), "%s/q", dir);
	snprintf(r, sizeof(r), "%s/r", dir);
	snprintf(notify, sizeof(notify), "%s/notify", dir);
	snprintf(out, sizeof(out), "%s/out", dir);
	return 0;
}

static int teardown(void **state)
{
	unlink(q);
	unlink(r);
	unlink(out);
	return rmdir(dir);
}

static void manager_open(struct manager *m)
{
	struct timeval limit = { .tv_sec = DEADLINE_MS / 1000 };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	m->count = 0;
	m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	strcpy(addr.sun_path, notify);
	assert_int_equal(bind(m->fd, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	setsockopt(m->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

static void manager_remove(struct manager *m, int i)
{
	close(m->fds[i]);
	m->count--;
	m->fds[i] = m->fds[m->count];
	memmove(m->names[i], m->names[m->count], sizeof(m->names[i]));
}

static void manager_close(struct manager *m)
{
	while (m->count)
		manager_remove(m, 0);
	close(m->fd);
	unlink(notify);
}

/* Obeys one notification. */
static void manager_step(struct manager *m)
{
	char text[512], *name;
	int fds[4], nfds = 4, i;
	ssize_t n = sock_recv(m->fd, text, sizeof(text) - 1, fds, &nfds);

	assert_true(n > 0);
	text[n] = '\0';
	name = strstr(text, "FDNAME=");
	if (!name)
		return;
	name += strlen("FDNAME=");
	name[strcspn(name, "\n")] = '\0';
	if (!strncmp(text, "FDSTORE=1", 9)) {
		assert_int_equal(nfds, 1);
		m->fds[m->count] = fds[0];
		strcpy(m->names[m->count++], name);
		return;
	}
	assert_int_equal(nfds, 0);
	for (i = m->count - 1; i >= 0; i--)
		if (!strcmp(m->names[i], name))
			manager_remove(m, i);
}

static void manager_wait(struct manager *m, int count)
{
	while (m->count != count)
		manager_step(m);
}

static void __attribute__((noreturn)) child(struct manager *m, int ready)
{
	char names[32 * 64] = "", text[16];
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Nothing may be in the way of 3, 4, .. */
	ready = fcntl(ready, F_DUPFD, OUT_OF_THE_WAY);
	for (i = 0; i < m->count; i++)
		m->fds[i] = fcntl(m->fds[i], F_DUPFD, OUT_OF_THE_WAY);
	for (i = 0; i < m->count; i++) {
		dup2(m->fds[i], 3 + i);
		close(m->fds[i]);
		strcat(names, i ? ":" : "");
		strcat(names, m->names[i]);
	}
	close_range(3 + m->count, OUT_OF_THE_WAY - 1, 0);
	i = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(i, STDERR_FILENO);
	close(i);
	snprintf(text, sizeof(text), "%d", getpid());
	setenv("LISTEN_PID", text, 1);
	snprintf(text, sizeof(text), "%d", m->count);
	setenv("LISTEN_FDS", text, 1);
	setenv("LISTEN_FDNAMES", names, 1);
	setenv("NOTIFY_SOCKET", notify, 1);
	snprintf(text, sizeof(text), "%d", ready);
	execl(PROGRAM, PROGRAM, "--vm", "vm", "-q", q, "-r", r, "-s", "1M",
	      "--ready-fd", text, NULL);
	_exit(127);
}

/* Starts a server with what is in the store; returns when it is ready. */
static pid_t start(struct manager *m)
{
	struct pollfd polls[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		child(m, ends[1]);
	close(ends[1]);
	/* A full notification socket would stop the server. */
	polls[0].fd = ends[0];
	polls[1].fd = m->fd;
	do {
		assert_true(poll(polls, 2, DEADLINE_MS) > 0);
		if (polls[1].revents)
			manager_step(m);
	} while (!polls[0].revents);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return pid;
}

static void end(struct manager *m, pid_t pid, int signal)
{
	struct pollfd polls[2] = { { .events = POLLIN }, { .events = POLLIN } };

	polls[0].fd = (int)syscall(SYS_pidfd_open, pid, 0);
	polls[1].fd = m->fd;
	assert_true(polls[0].fd >= 0);
	assert_int_equal(kill(pid, signal), 0);
	do {
		assert_true(poll(polls, 2, DEADLINE_MS) > 0);
		if (polls[1].revents)
			manager_step(m);
	} while (!polls[0].revents);
	close(polls[0].fd);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void assert_bells(const struct taken *t, const int *fds)
{
	int i;

	assert_true(same_file(fds[0], t->memory));
	for (i = 0; i < VECTORS; i++) {
		assert_true(same_eventfd(t->reader[i], fds[1 + i]));
		assert_true(same_eventfd(fds[1 + VECTORS + i], t->own[i]));
	}
}

static void taken_over(void **state)
{
	static const int signals[] = { SIGKILL, SIGTERM, SIGKILL };
	int fds[IVR_MSG_MAX_FDS], qemu, reader, extra;
	struct manager m;
	struct taken t;
	int64_t value;
	pid_t pid;
	int i;

	manager_open(&m);
	pid = start(&m);
	qemu = connect_to(q, SOCK_STREAM);
	qemu_handshake(qemu, &t, VECTORS);
	manager_wait(&m, SET);
	for (i = 0; i < 3; i++) {
		end(&m, pid, signals[i]);
		assert_silent(qemu);
		pid = start(&m);
		reader = connect_to(r, SOCK_SEQPACKET);
		expect_up(reader, 1, VECTORS, fds);
		assert_bells(&t, fds);
		close_fds(fds, UP_FDS);
		close(reader);
		extra = connect_to(q, SOCK_STREAM);
		assert_int_equal(qemu_receive(extra, &value), -1);
		assert_int_equal(value, QEMU_REFUSAL);
		close(extra);
		assert_silent(qemu);
	}
	reader = connect_to(r, SOCK_SEQPACKET);
	expect_up(reader, 1, VECTORS, fds);
	close_fds(fds, UP_FDS);

	/* It goes, and nothing of it stays in the store. */
	close(qemu);
	manager_wait(&m, 0);
	expect_down(reader, 1);
	taken_close(&t);
	qemu = connect_to(q, SOCK_STREAM);
	qemu_handshake(qemu, &t, VECTORS);
	expect_up(reader, 2, VECTORS, fds);
	assert_bells(&t, fds);
	manager_wait(&m, SET);
	close_fds(fds, UP_FDS);
	taken_close(&t);
	close(reader);
	close(qemu);
	end(&m, pid, SIGTERM);
	manager_close(&m);
}

/* A QEMU that went while no server was there is not taken over. */
static void gone_meanwhile(void **state)
{
	int fds[IVR_MSG_MAX_FDS], qemu, reader;
	struct manager m;
	struct taken t;
	pid_t pid;

	manager_open(&m);
	pid = start(&m);
	qemu = connect_to(q, SOCK_STREAM);
	qemu_handshake(qemu, &t, VECTORS);
	taken_close(&t);
	manager_wait(&m, SET);
	end(&m, pid, SIGKILL);
	close(qemu);
	pid = start(&m);
	manager_wait(&m, 0);
	reader = connect_to(r, SOCK_SEQPACKET);
	expect_down(reader, 1);
	qemu = connect_to(q, SOCK_STREAM);
	qemu_handshake(qemu, &t, VECTORS);
	expect_up(reader, 2, VECTORS, fds);
	close_fds(fds, UP_FDS);
	taken_close(&t);
	close(qemu);
	close(reader);
	end(&m, pid, SIGTERM);
	manager_close(&m);
}

/* Each part that is missing makes the rest useless. */
static void incomplete_set(void **state)
{
	int qemu, reader, missing;
	struct manager m;
	struct taken t;
	pid_t pid;

	for (missing = 0; missing < SET; missing++) {
		manager_open(&m);
		pid = start(&m);
		qemu = connect_to(q, SOCK_STREAM);
		qemu_handshake(qemu, &t, VECTORS);
		taken_close(&t);
		manager_wait(&m, SET);
		end(&m, pid, SIGKILL);
		manager_remove(&m, missing);
		if (!missing)
			strcpy(m.names[0], "not-one-of-ours");
		pid = start(&m);
		reader = connect_to(r, SOCK_SEQPACKET);
		expect_down(reader, 1);
		close(reader);
		while (m.count > (missing ? 0 : 1))
			manager_step(&m);
		close(qemu);
		end(&m, pid, SIGTERM);
		manager_close(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_over),
		cmocka_unit_test(gone_meanwhile),
		cmocka_unit_test(incomplete_set),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
