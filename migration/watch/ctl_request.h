/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ctl_request.h - ctl_client.h in libvirt's event loop, with a deadline
 *
 * Each request has a connection of its own, so that none waits behind another.
 * Also one that cannot be sent ends in the loop, so there is one way to learn how
 * a request went.
 */
#ifndef IVR_WATCH_CTL_REQUEST_H
#define IVR_WATCH_CTL_REQUEST_H

#include <stdint.h>

struct json_object;
struct ctl_request;

/**
 * typedef ctl_request_done_fn - a request has come to its end
 * @opaque: as given
 * @ret: 0; -ETIME: no answer in time; else as ctl_client_receive(), or as
 *	ctl_client_open() if it was not sent
 * @reply: the answer (an object) if @ret is 0, else NULL; not the callee's
 * @took_ms: since ctl_request_send()
 */
typedef void (*ctl_request_done_fn)(void *opaque, int ret,
				    struct json_object *reply,
				    uint32_t took_ms);

/**
 * ctl_request_send() - send a line to the socket at a path
 * @request: set to the request, for ctl_request_drop(); valid until @done
 * @path: the reader's control socket
 * @line: without newline
 * @timeout_ms: how long the answer may take
 * @done: called once, from the event loop, never from here
 * @opaque: for @done
 *
 * Return: 0; else it was not sent, as @done will be told. For want of memory
 * *@request is NULL and @done not called.
 */
int ctl_request_send(struct ctl_request **request, const char *path,
		     const char *line, uint32_t timeout_ms,
		     ctl_request_done_fn done, void *opaque);

/** ctl_request_fail() - as if it could not be sent, for this reason */
int ctl_request_fail(struct ctl_request **request, int fault,
		     ctl_request_done_fn done, void *opaque);

/** ctl_request_drop() - forget one; its @done is not called; NULL is nothing */
void ctl_request_drop(struct ctl_request *r);

#endif
