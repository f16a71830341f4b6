/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ctl_request.h - one line to a reader, one line back, without ever waiting
 *
 * "People to reader" in ivr_msg.h. Each order has a connection of its own, so
 * that none waits behind another, and a deadline. Everything runs in libvirt's
 * event loop; nothing here blocks.
 */
#ifndef IVR_WATCH_CTL_REQUEST_H
#define IVR_WATCH_CTL_REQUEST_H

#include <stdint.h>

struct json_object;
struct order;

/**
 * typedef order_done_fn - an order has come to its end
 * @opaque: as given
 * @ret: 0; -ETIME: no answer in time; -EPROTO, -EMSGSIZE: the answer is no
 *	line of JSON; -ECONNRESET: the reader hung up; negative errno
 * @reply: the answer (an object) if @ret is 0, else NULL; the caller's
 * @took_ms: since order_send()
 */
typedef void (*order_done_fn)(void *opaque, int ret, struct json_object *reply,
			      uint32_t took_ms);

/**
 * order_send() - send a line to the socket at a path
 * @path: the reader's control socket
 * @line: without newline
 * @timeout_ms: how long the answer may take
 * @done: called once, from the event loop, never from here
 * @opaque: for @done
 * @order: set to the order, for order_drop(); it is valid until @done
 *
 * Return: 0; -ENOENT, -ECONNREFUSED: no reader; -EAGAIN: it is not accepting;
 * negative errno. @done is not called then
 */
int order_send(const char *path, const char *line, uint32_t timeout_ms,
	       order_done_fn done, void *opaque, struct order **order);

/** order_drop() - forget an order; its @done is not called; NULL is nothing */
void order_drop(struct order *o);

/** order_fault() - a negative return in words about the reader */
const char *order_fault(int ret);

#endif
