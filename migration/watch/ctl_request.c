// SPDX-License-Identifier: GPL-2.0
/* ctl_request.c - ctl_client.h in libvirt's event loop, with a deadline */
#include <errno.h>
#include <json-c/json.h>
#include <libvirt/libvirt.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/ctl_client.h"
#include "migration/watch/ctl_request.h"

/**
 * struct ctl_request - one of them
 * @client: its connection
 * @handle: its watch in the event loop
 * @timer: its deadline
 * @fault: why it was not sent
 * @began_ms: now_ms() of ctl_request_send()
 * @done: whom to tell
 * @opaque: for @done
 */
struct ctl_request {
	struct ctl_client client;
	int handle;
	int timer;
	int fault;
	uint64_t began_ms;
	ctl_request_done_fn done;
	void *opaque;
};

void ctl_request_drop(struct ctl_request *r)
{
	if (!r)
		return;
	/* The loop frees it when nothing of it is on its stack any more. */
	virEventRemoveTimeout(r->timer);
	if (!r->fault)
		virEventRemoveHandle(r->handle);
	ctl_client_close(&r->client);
}

static void finish(struct ctl_request *r, int ret, struct json_object *reply)
{
	uint32_t took = (uint32_t)(now_ms() - r->began_ms);
	ctl_request_done_fn done = r->done;
	void *opaque = r->opaque;

	ctl_request_drop(r);
	done(opaque, ret, reply, took);
	json_object_put(reply);
}

static void readable(int watch, int fd, int events, void *opaque)
{
	struct ctl_request *r = opaque;
	struct json_object *reply;
	int ret = ctl_client_receive(&r->client, &reply);

	if (ret != -EAGAIN)
		finish(r, ret, reply);
}

static void too_late(int timer, void *opaque)
{
	finish(opaque, -ETIME, NULL);
}

static void not_sent(int timer, void *opaque)
{
	struct ctl_request *r = opaque;

	finish(r, r->fault, NULL);
}

static int watch_answer(struct ctl_request *r, uint32_t timeout_ms)
{
	r->timer = virEventAddTimeout((int)timeout_ms, too_late, r, NULL);
	if (r->timer < 0)
		return -ENOMEM;
	r->handle = virEventAddHandle(r->client.fd,
				      VIR_EVENT_HANDLE_READABLE |
					      VIR_EVENT_HANDLE_HANGUP |
					      VIR_EVENT_HANDLE_ERROR,
				      readable, r, free);
	if (r->handle >= 0)
		return 0;
	virEventRemoveTimeout(r->timer);
	return -ENOMEM;
}

static struct ctl_request *new_request(ctl_request_done_fn done, void *opaque)
{
	struct ctl_request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->client.fd = -1;
	r->done = done;
	r->opaque = opaque;
	r->began_ms = now_ms();
	return r;
}

/* NULL: there is no memory for that */
static struct ctl_request *end_soon(struct ctl_request *r, int fault)
{
	ctl_client_close(&r->client);
	r->fault = fault;
	r->timer = virEventAddTimeout(0, not_sent, r, free);
	if (r->timer >= 0)
		return r;
	free(r);
	return NULL;
}

int ctl_request_send(struct ctl_request **request, const char *path,
		     const char *line, uint32_t timeout_ms,
		     ctl_request_done_fn done, void *opaque)
{
	struct ctl_request *r = new_request(done, opaque);
	int ret;

	*request = r;
	if (!r)
		return -ENOMEM;
	ret = ctl_client_open(&r->client, path, line);
	if (!ret)
		ret = watch_answer(r, timeout_ms);
	if (ret)
		*request = end_soon(r, ret);
	return ret;
}

int ctl_request_fail(struct ctl_request **request, int fault,
		     ctl_request_done_fn done, void *opaque)
{
	struct ctl_request *r = new_request(done, opaque);

	*request = r ? end_soon(r, fault) : NULL;
	return fault;
}
