/* SPDX-License-Identifier: GPL-2.0 */
/*
 * server.h - one VM: two sockets, one QEMU, one reader
 *
 * DOC: Who is there
 *
 * QEMU and the reader come and go independently. What the server holds follows
 * from QEMU alone: each that connects gets memory and eventfds made for it, and
 * when it goes the server lets go of them. The reader keeps its mapping and
 * drains it. QEMU never learns of readers.
 *
 * Every event is taken as a hint: the handlers look at the sockets themselves,
 * so a stale event of an epoll batch does no harm, and the end of one QEMU is
 * always seen before the next is let in.
 */
#ifndef IVR_SERVER_SERVER_H
#define IVR_SERVER_SERVER_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/log.h"
#include "lib/sock.h"
#include "server/memory.h"
#include "server/qemu.h"
#include "server/readers.h"
#include "server/refusals.h"

/**
 * struct server_config - what the command line decides; strings are borrowed
 * @vm: name of the VM
 * @qemu_path: socket for QEMU
 * @reader_path: socket for the reader
 * @mode: of both sockets
 * @size: bytes of the memory, good for mem_size_fault()
 * @vectors: eventfds per direction, 1 .. IVR_MSG_MAX_VECTORS
 * @qemu_uid: user who may connect as QEMU and owns that socket, beside root
 *	and ourselves, or USER_NONE
 * @reader_uid: the same for the reader
 */
struct server_config {
	const char *vm;
	const char *qemu_path;
	const char *reader_path;
	mode_t mode;
	uint64_t size;
	uint32_t vectors;
	uid_t qemu_uid;
	uid_t reader_uid;
};

/**
 * struct server - everything
 * @config: as given
 * @for_qemu: where QEMU connects
 * @for_reader: where the reader connects
 * @qemu: the QEMU that is served
 * @memory: what it got; none without QEMU
 * @generation: number of the last memory
 * @readers: the reader
 * @refusals: QEMUs that were told no
 * @epoll: -1 until server_run()
 * @signals: signalfd of SIGTERM and SIGINT; -1 until server_run()
 * @limit: for lines that a stranger can cause
 */
struct server {
	struct server_config config;
	struct listener for_qemu;
	struct listener for_reader;
	struct qemu qemu;
	struct memory memory;
	uint64_t generation;
	struct readers readers;
	struct refusals refusals;
	int epoll;
	int signals;
	struct log_limit limit;
};

/**
 * server_open() - listen on both sockets
 * @s: filled in
 * @config: copied
 *
 * Blocks SIGTERM and SIGINT, which server_run() takes, and ignores SIGHUP.
 * Logs what went wrong.
 *
 * Return: 0 or negative errno
 */
int server_open(struct server *s, const struct server_config *config);

/**
 * server_run() - serve until SIGTERM or SIGINT
 *
 * Return: 0, or negative errno if it cannot go on
 */
int server_run(struct server *s);

/** server_close() - hang up on all, remove the sockets */
void server_close(struct server *s);

#endif
