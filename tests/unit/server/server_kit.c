// SPDX-License-Identifier: GPL-2.0
/* server_kit.c - a server in a child process, and fake peers for it */
#include "lib/clock.h"
#include "tests/unit/server/server_kit.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ivr_wire.h"
#include "lib/log.h"
#include "lib/users.h"
#include "server/server.h"

static void __attribute__((noreturn)) child(struct server *s, const char *log)
{
	int ret;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	log_init("server", LOG_L_DEBUG);
	if (log_to_file(log))
		_exit(2);
	ret = server_run(s);
	server_close(s);
	_exit(ret ? 1 : 0);
}

void fixture_start(struct fixture *f, uint32_t vectors)
{
	struct server_config config = {
		.vm = "vm",
		.mode = 0666,
		.size = TEST_SIZE,
		.vectors = vectors,
		.qemu_uid = USER_NONE,
		.reader_uid = USER_NONE,
	};
	struct server s;
	sigset_t none;

	strcpy(f->dir, "/tmp/ivr-server.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(chmod(f->dir, 0755), 0);
	snprintf(f->qemu_path, sizeof(f->qemu_path), "%s/q", f->dir);
	snprintf(f->reader_path, sizeof(f->reader_path), "%s/r", f->dir);
	snprintf(f->log_path, sizeof(f->log_path), "%s/log", f->dir);
	config.qemu_path = f->qemu_path;
	config.reader_path = f->reader_path;

	/* It listens before the fork, so nobody has to wait for it. */
	assert_int_equal(server_open(&s, &config), 0);
	fclose(fopen(f->log_path, "w"));
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (!f->pid)
		child(&s, f->log_path);
	close(s.for_qemu.fd);
	close(s.for_reader.fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void fixture_stop(struct fixture *f)
{
	int status;

	assert_int_equal(kill(f->pid, SIGTERM), 0);
	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(access(f->qemu_path, F_OK), -1);
	assert_int_equal(access(f->reader_path, F_OK), -1);
	unlink(f->log_path);
	assert_int_equal(rmdir(f->dir), 0);
}

bool log_has(const struct fixture *f, const char *text)
{
	FILE *file = fopen(f->log_path, "r");
	char line[4096];
	bool found = false;

	assert_non_null(file);
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, text);
	fclose(file);
	return found;
}

int fd_count(pid_t pid)
{
	struct dirent *e;
	char path[32];
	int count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	assert_non_null(dir);
	while ((e = readdir(dir)))
		count += e->d_name[0] != '.';
	closedir(dir);
	return count;
}

void wait_fd_count(const struct fixture *f, int count)
{
	uint64_t end = now_ms() + DEADLINE_MS;

	while (fd_count(f->pid) != count && now_ms() < end)
		poll(NULL, 0, 1);
	assert_int_equal(fd_count(f->pid), count);
}

int connect_to(const char *path, int type)
{
	struct timeval limit = { .tv_sec = DEADLINE_MS / 1000 };
	int fd = sock_connect(path, type);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
				    sizeof(limit)),
			 0);
	return fd;
}

int qemu_receive(int fd, int64_t *value)
{
	int fds[2], nfds = 2;
	uint64_t wire;

	assert_int_equal(sock_recv(fd, &wire, sizeof(wire), fds, &nfds),
			 sizeof(wire));
	assert_in_range(nfds, 0, 1);
	*value = (int64_t)le64toh(wire);
	return nfds ? fds[0] : -1;
}

void qemu_handshake(int fd, struct taken *t, uint32_t vectors)
{
	int64_t value;
	uint32_t i;

	t->vectors = vectors;
	assert_int_equal(qemu_receive(fd, &value), -1);
	assert_int_equal(value, 0);
	assert_int_equal(qemu_receive(fd, &value), -1);
	assert_int_equal(value, IVR_PEER_GUEST);
	t->memory = qemu_receive(fd, &value);
	assert_int_equal(value, -1);
	assert_true(t->memory >= 0);
	for (i = 0; i < vectors; i++) {
		t->reader[i] = qemu_receive(fd, &value);
		assert_int_equal(value, IVR_PEER_READER);
		assert_true(t->reader[i] >= 0);
	}
	for (i = 0; i < vectors; i++) {
		t->own[i] = qemu_receive(fd, &value);
		assert_int_equal(value, IVR_PEER_GUEST);
		assert_true(t->own[i] >= 0);
	}
}

void close_fds(const int *fds, int count)
{
	while (count)
		close(fds[--count]);
}

void taken_close(struct taken *t)
{
	close(t->memory);
	close_fds(t->reader, (int)t->vectors);
	close_fds(t->own, (int)t->vectors);
}

void wait_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
	assert_int_equal(p.revents, POLLIN);
}

void assert_silent(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

void assert_ended(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, 0);

	/* A socket that is closed with unread bytes in it says ECONNRESET. */
	if (n < 0)
		assert_int_equal(errno, ECONNRESET);
	else
		assert_int_equal(n, 0);
}

int reader_receive(int fd, struct ivr_msg *msg, int *fds)
{
	int nfds = IVR_MSG_MAX_FDS;

	assert_int_equal(sock_recv(fd, msg, sizeof(*msg), fds, &nfds),
			 sizeof(*msg));
	assert_int_equal(msg->magic, IVR_MSG_MAGIC);
	assert_int_equal(msg->version, ivr_msg_version());
	assert_string_equal(msg->vm, "vm");
	return nfds;
}

void expect_down(int fd, uint64_t generation)
{
	int fds[IVR_MSG_MAX_FDS];
	struct ivr_msg msg;

	assert_int_equal(reader_receive(fd, &msg, fds), 0);
	assert_int_equal(msg.type, IVR_MSG_VM_DOWN);
	assert_int_equal(msg.generation, generation);
}

void expect_up(int fd, uint64_t generation, uint32_t vectors, int *fds)
{
	struct ivr_msg msg;

	assert_int_equal(reader_receive(fd, &msg, fds), 1 + 2 * vectors);
	assert_int_equal(msg.type, IVR_MSG_VM_UP);
	assert_int_equal(msg.generation, generation);
	assert_int_equal(msg.size, TEST_SIZE);
	assert_int_equal(msg.vectors, vectors);
	assert_int_equal(msg.qemu_pid, getpid());
}

bool same_file(int a, int b)
{
	struct stat sa, sb;

	assert_int_equal(fstat(a, &sa), 0);
	assert_int_equal(fstat(b, &sb), 0);
	return sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

bool same_eventfd(int a, int b)
{
	uint64_t count = 1;

	assert_int_equal(write(a, &count, sizeof(count)), sizeof(count));
	if (read(b, &count, sizeof(count)) == sizeof(count))
		return count == 1;
	assert_int_equal(read(a, &count, sizeof(count)), sizeof(count));
	return false;
}
