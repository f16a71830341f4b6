// SPDX-License-Identifier: GPL-2.0
/* waiters.c - the control clients that wait for the guest */
#include <json-c/json.h>

#include "lib/fault.h"
#include "lib/json.h"
#include "reader/waiters.h"

bool waiters_any(const struct ctl *ctl, enum ctl_wait wait)
{
	int i;

	for (i = 0; i < CTL_CLIENTS; i++)
		if (ctl->clients[i].wait == wait)
			return true;
	return false;
}

static void move_all(struct ctl *ctl, enum ctl_wait from, enum ctl_wait to)
{
	int i;

	for (i = 0; i < CTL_CLIENTS; i++)
		if (ctl->clients[i].wait == from)
			ctl->clients[i].wait = to;
}

void waiters_serve(struct ctl *ctl)
{
	move_all(ctl, CTL_QUEUED, CTL_DRAINING);
}

void waiters_requeue(struct ctl *ctl)
{
	move_all(ctl, CTL_DRAINING, CTL_QUEUED);
}

void waiters_reply(struct ctl_client *c, const char *key, const char *why)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, key, json_object_new_boolean(!why));
	if (why)
		json_put_text(o, "reason", why);
	ctl_reply(c, o);
}

static void refuse(struct ctl_client *c, const char *why)
{
	waiters_reply(c, c->wait == CTL_RESUMING ? "resumed" : "drained", why);
}

static struct json_object *rings_of(const struct drain *d)
{
	struct json_object *list = json_object_new_array(), *o;
	uint32_t i;

	for (i = 0; i <= d->nrings; i++) {
		o = json_object_new_object();
		json_object_object_add(o, "ring", json_object_new_int64(i));
		json_put_u64(o, "head", d->rings[i].target);
		json_put_u64(o, "pos", d->rings[i].pos);
		json_object_array_add(list, o);
	}
	return list;
}

static void confirm(struct ctl_client *c, const struct drain *d)
{
	struct json_object *o = json_object_new_object();

	json_put_bool(o, "drained", true);
	json_object_object_add(o, "rings", rings_of(d));
	ctl_reply(c, o);
}

void waiters_confirm(struct ctl *ctl, const struct drain *d)
{
	int i;

	/* Not told is not undone: who hears nothing asks again. */
	if (fault_point("reader-ctl-reply")) {
		waiters_refuse_if(ctl, CTL_DRAINING, false,
				  "the answer could not be made");
		return;
	}
	for (i = 0; i < CTL_CLIENTS; i++)
		if (ctl->clients[i].wait == CTL_DRAINING)
			confirm(&ctl->clients[i], d);
}

void waiters_refuse_if(struct ctl *ctl, enum ctl_wait wait, bool order_only,
		       const char *why)
{
	int i;

	for (i = 0; i < CTL_CLIENTS; i++) {
		struct ctl_client *c = &ctl->clients[i];

		if (c->wait == CTL_IDLE || (wait && c->wait != wait) ||
		    (order_only && !c->order))
			continue;
		refuse(c, why);
	}
}

void waiters_expire(struct ctl *ctl, uint64_t now, const char *why)
{
	int i;

	for (i = 0; i < CTL_CLIENTS; i++) {
		struct ctl_client *c = &ctl->clients[i];

		if (c->wait != CTL_IDLE && now >= c->deadline_ms)
			refuse(c, why);
	}
}

void waiters_resumed(struct ctl *ctl, const char *why)
{
	int i;

	for (i = 0; i < CTL_CLIENTS; i++)
		if (ctl->clients[i].wait == CTL_RESUMING)
			waiters_reply(&ctl->clients[i], "resumed", why);
}
