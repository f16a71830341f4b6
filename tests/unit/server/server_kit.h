/* SPDX-License-Identifier: GPL-2.0 */
/* server_kit.h - a server in a child process, and fake peers for it */
#ifndef SERVER_UTIL_H
#define SERVER_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/types.h>
#include <cmocka.h>

#include "lib/ivr_msg.h"

#define TEST_SIZE (1ull << 20)
/* Nothing here takes long; what takes this long is broken. */
#define DEADLINE_MS 20000

/**
 * struct fixture - one server
 * @pid: child that runs it
 * @dir: its own directory
 * @qemu_path: socket
 * @reader_path: socket
 * @log_path: its messages
 */
struct fixture {
	pid_t pid;
	char dir[32];
	char qemu_path[64];
	char reader_path[64];
	char log_path[64];
};

/** fixture_start() - a listening server for VM "vm" with TEST_SIZE bytes */
void fixture_start(struct fixture *f, uint32_t vectors);

/** fixture_stop() - SIGTERM; asserts exit 0 and that the sockets are gone */
void fixture_stop(struct fixture *f);

/** log_has() - does a line of the server's log contain @text? */
bool log_has(const struct fixture *f, const char *text);

/** fd_count() - open descriptors of a process */
int fd_count(pid_t pid);

/** wait_fd_count() - assert that the server comes to @count descriptors */
void wait_fd_count(const struct fixture *f, int count);

/** connect_to() - connect, with a deadline on every later receive */
int connect_to(const char *path, int type);

/**
 * qemu_receive() - read one message as QEMU reads it: 8 bytes, one recvmsg()
 * @fd: socket
 * @value: the number
 *
 * Return: the descriptor that came with it, or -1; asserts all else
 */
int qemu_receive(int fd, int64_t *value);

/**
 * struct taken - what a fake QEMU was given
 * @memory: the memfd
 * @reader: eventfds of the peer
 * @own: its own eventfds
 * @vectors: how many of each
 */
struct taken {
	int memory;
	int reader[IVR_MSG_MAX_VECTORS];
	int own[IVR_MSG_MAX_VECTORS];
	uint32_t vectors;
};

/** qemu_handshake() - take the whole handshake; asserts every message of it */
void qemu_handshake(int fd, struct taken *t, uint32_t vectors);

/** taken_close() - close what a fake QEMU was given */
void taken_close(struct taken *t);

/** wait_readable() - the server has seen us and said something; not read yet */
void wait_readable(int fd);

/** assert_silent() - nothing stands in the socket, and it has not ended */
void assert_silent(int fd);

/** assert_ended() - the other side hangs up, and sends nothing before */
void assert_ended(int fd);

/**
 * reader_receive() - one packet to the reader
 * @fd: socket
 * @msg: the packet
 * @fds: room for IVR_MSG_MAX_FDS descriptors
 *
 * Return: how many descriptors came; asserts magic, version, VM name, length
 */
int reader_receive(int fd, struct ivr_msg *msg, int *fds);

/** expect_down() - the reader's next packet is DOWN of this generation */
void expect_down(int fd, uint64_t generation);

/** expect_up() - the reader's next packet is UP; descriptors go to @fds */
void expect_up(int fd, uint64_t generation, uint32_t vectors, int *fds);

/** close_fds() - close so many descriptors */
void close_fds(const int *fds, int count);

/** same_file() - do two descriptors name one object? */
bool same_file(int a, int b);

/** same_eventfd() - does a bell on @a arrive on @b? takes it off again */
bool same_eventfd(int a, int b);

#endif
