/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ctl_client.h - one line to the reader of a VM, one line back, "People to
 * reader" in ivr_msg.h
 *
 * Nothing here waits for the other side but ctl_ask(), which has a deadline: a
 * reader that hangs leaves its backlog full and its answers unwritten.
 */
#ifndef IVR_LIB_CTL_CLIENT_H
#define IVR_LIB_CTL_CLIENT_H

#include <stddef.h>
#include <stdint.h>

struct json_object;

/**
 * struct ctl_client - one connection
 * @fd: socket, non-blocking; -1: none
 * @buf: what came of the answer
 * @room: bytes there is room for
 * @used: bytes in it
 */
struct ctl_client {
	int fd;
	char *buf;
	size_t room;
	size_t used;
};

/**
 * ctl_client_open() - connect and send one line
 * @c: filled in
 * @path: the reader's control socket
 * @line: without newline
 *
 * Return: 0; -ENOENT, -ECONNREFUSED: no reader; -EAGAIN: it is not accepting;
 * negative errno
 */
int ctl_client_open(struct ctl_client *c, const char *path, const char *line);

/**
 * ctl_client_receive() - the socket is readable: take what is there
 * @c: connection
 * @reply: set to the answer, an object and the caller's, if it is complete
 *
 * Return: 0; -EAGAIN: there is more to come; -ECONNRESET: the reader hung up;
 * -EPROTO, -EMSGSIZE: the answer is no line of JSON; negative errno
 */
int ctl_client_receive(struct ctl_client *c, struct json_object **reply);

/** ctl_client_close() - hang up; harmless if there is no connection */
void ctl_client_close(struct ctl_client *c);

/**
 * ctl_ask() - send one line to the reader and wait for the answer
 * @vm: name of the VM
 * @line: "status", "drain 500", .., without newline
 * @deadline: of now_ms()
 * @reply: set to the answer, to be freed with json_object_put()
 *
 * Return: 0; -ETIME: none came in time; else as the functions above
 */
int ctl_ask(const char *vm, const char *line, uint64_t deadline,
	    struct json_object **reply);

/** ctl_fault() - a negative return of these in words about the reader */
const char *ctl_fault(int ret);

#endif
