// SPDX-License-Identifier: GPL-2.0
/* flush.c - have the guest close its pages, then take them all */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "flush.h"

void flush_begin(struct flush *f)
{
	*f = (struct flush) { 0 };
}

void flush_queue(struct ctl_client *c, uint32_t timeout_ms, uint64_t now)
{
	c->wait = CTL_QUEUED;
	c->deadline_ms = now + timeout_ms;
}

void flush_refuse(struct ctl_client *c, const char *why)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "drained", json_object_new_boolean(false));
	json_object_object_add(o, "reason", json_object_new_string(why));
	ctl_reply(c, o);
}

static struct json_object *rings_of(const struct drain *d)
{
	struct json_object *list = json_object_new_array(), *o;
	uint32_t i;

	for (i = 0; i <= d->nrings; i++) {
		o = json_object_new_object();
		json_object_object_add(o, "ring", json_object_new_int64(i));
		json_object_object_add(o, "head",
			json_object_new_uint64(d->rings[i].target));
		json_object_object_add(o, "pos",
			json_object_new_uint64(d->rings[i].pos));
		json_object_array_add(list, o);
	}
	return list;
}

static void confirm(struct ctl_client *c, const struct drain *d)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "drained", json_object_new_boolean(true));
	json_object_object_add(o, "rings", rings_of(d));
	ctl_reply(c, o);
}

/* Is anyone in this phase of waiting? */
static bool any(const struct ctl *ctl, enum ctl_wait wait)
{
	int i;

	for (i = 0; i < CTL_CLIENTS; i++)
		if (ctl->clients[i].wait == wait)
			return true;
	return false;
}

static void expire(const struct flush *f, struct ctl *ctl, uint64_t now)
{
	int i;

	for (i = 0; i < CTL_CLIENTS; i++) {
		struct ctl_client *c = &ctl->clients[i];

		if (c->wait == CTL_IDLE || now < c->deadline_ms)
			continue;
		flush_refuse(c, f->phase == FLUSH_DRAINING ?
			     "time is up: pages are not all in the store" :
			     "time is up: the guest has not answered");
	}
}

static void put(struct flush *f, struct ctl *ctl, struct drain *d)
{
	int i;

	f->request = IVR_REQUEST(++f->seq, IVR_OP_FLUSH);
	shm_request(d->shm, f->request, 0);
	f->phase = FLUSH_ASKED;
	for (i = 0; i < CTL_CLIENTS; i++)
		if (ctl->clients[i].wait == CTL_QUEUED)
			ctl->clients[i].wait = CTL_DRAINING;
}

/* Tell all whom this request serves; @why is NULL if it was fulfilled */
static void tell(struct flush *f, struct ctl *ctl, const struct drain *d,
		 const char *why)
{
	int i;

	f->phase = FLUSH_NONE;
	for (i = 0; i < CTL_CLIENTS; i++) {
		if (ctl->clients[i].wait != CTL_DRAINING)
			continue;
		if (why)
			flush_refuse(&ctl->clients[i], why);
		else
			confirm(&ctl->clients[i], d);
	}
}

static void hear(struct flush *f, struct ctl *ctl, struct drain *d)
{
	int64_t status;
	char why[80];

	if (!shm_answer(d->shm, f->request, &status))
		return;
	if (status) {
		snprintf(why, sizeof(why), "the guest refuses: status %lld",
			 (long long)status);
		tell(f, ctl, d, why);
		return;
	}
	drain_aim(d);
	f->phase = FLUSH_DRAINING;
}

void flush_step(struct flush *f, struct ctl *ctl, struct drain *d,
		uint64_t now, bool *ring)
{
	expire(f, ctl, now);
	if (f->phase != FLUSH_NONE && !any(ctl, CTL_DRAINING))
		f->phase = FLUSH_NONE;
	if (f->phase == FLUSH_NONE && any(ctl, CTL_QUEUED)) {
		put(f, ctl, d);
		*ring = true;
	}
	if (f->phase == FLUSH_ASKED)
		hear(f, ctl, d);
	if (f->phase == FLUSH_DRAINING && drain_reached(d))
		tell(f, ctl, d, NULL);
}

void flush_fail(struct flush *f, struct ctl *ctl, const char *why)
{
	int i;

	f->phase = FLUSH_NONE;
	for (i = 0; i < CTL_CLIENTS; i++)
		if (ctl->clients[i].wait != CTL_IDLE)
			flush_refuse(&ctl->clients[i], why);
}
