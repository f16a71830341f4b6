// SPDX-License-Identifier: GPL-2.0
/* status.c - the session as JSON, for people */
#include <json-c/json.h>
#include <stdio.h>

#include "lib/clock.h"
#include "reader/session.h"

static const char *const guest_names[] = IVR_GUEST_STATE_NAMES;
static const char *const policy_names[] = IVR_POLICY_NAMES;

static void put_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key,
			       text ? json_object_new_string(text) : NULL);
}

static void put_u64(struct json_object *o, const char *key, uint64_t v)
{
	json_object_object_add(o, key, json_object_new_uint64(v));
}

static struct json_object *ring_status(const struct session *s, uint32_t i)
{
	const struct drain_ring *r = &s->att.drain.rings[i];
	struct json_object *o = json_object_new_object();
	struct ivr_ring_ctl c;

	shm_ring_ctl(&s->att.shm, &r->place, &c);
	put_u64(o, "ring", i);
	put_u64(o, "cpu", c.cpu);
	put_u64(o, "head", c.head);
	put_u64(o, "pos", r->pos);
	put_u64(o, "mirror", c.mirror);
	put_u64(o, "tail", c.tail);
	put_u64(o, "produced", c.produced);
	put_u64(o, "lost", c.lost);
	put_u64(o, "refused", c.refused);
	put_u64(o, "slots", r->place.slots);
	put_u64(o, "seg_span", c.seg_span);
	put_u64(o, "stored_bytes", r->out.stored * IVR_PAGE_SIZE);
	return o;
}

static void put_rings(const struct session *s, struct json_object *o)
{
	struct json_object *list = json_object_new_array();
	uint32_t i;

	for (i = 0; s->att.drain.rings && i <= s->att.drain.nrings; i++)
		json_object_array_add(list, ring_status(s, i));
	json_object_object_add(o, "rings", list);
}

static void put_guest(const struct session *s, struct json_object *o)
{
	struct ivr_guest_page g;
	char text[33];

	shm_guest(&s->att.shm, &g);
	put_text(o, "guest", g.state < IVR_GUEST_STATES ?
		 guest_names[g.state] : "unknown");
	hex_of(text, s->att.guest.stream, sizeof(s->att.guest.stream));
	put_text(o, "stream", text);
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)s->att.epoch);
	put_text(o, "epoch", text);
	put_text(o, "policy", policy_names[s->att.guest.policy]);
	put_u64(o, "meta_gen", g.meta_gen);
	put_u64(o, "meta_bytes", g.meta_bytes);
}

static void put_clock(const struct session *s, struct json_object *o)
{
	const struct ivr_store_clock *c = &s->att.clock.last;
	struct json_object *clock;

	if (!c->realtime_ns)
		return;
	clock = json_object_new_object();
	json_object_object_add(clock, "offset", json_object_new_int64(
			       (int64_t)(c->realtime_ns - c->guest_ns)));
	put_u64(clock, "error", c->error_ns);
	json_object_object_add(o, "clock", clock);
}

struct json_object *session_status(struct session *s)
{
	struct json_object *o = json_object_new_object();

	put_text(o, "vm", s->conf->vm);
	put_text(o, "state", session_state_name(s->state));
	json_object_object_add(o, "stopping",
			       json_object_new_boolean(s->stopping));
	put_text(o, "transport", s->transport->name);
	json_object_object_add(o, "server",
			       json_object_new_boolean(s->transport->is_up(s)));
	put_text(o, "store", s->store.path);
	put_u64(o, "legs", s->store.legs);
	put_text(o, "leg", s->att.leg.dir >= 0 ? s->att.leg.name : NULL);
	json_object_object_add(o, "store_ok",
			       json_object_new_boolean(!s->store_ms));
	if (s->vm.mem >= 0) {
		put_u64(o, "generation", s->vm.generation);
		put_u64(o, "size", s->vm.size);
		put_u64(o, "connected_ns", s->times.connected_ns);
		put_u64(o, "hello1_ns", s->times.hello1_ns);
		put_u64(o, "hello2_ns", s->times.hello2_ns);
		put_u64(o, "attached_ns", s->times.attached_ns);
	}
	/* Rings exist only while the region is mapped and acknowledged. */
	if (s->att.epoch && s->att.drain.rings)
		put_guest(s, o);
	json_object_object_add(o, "quiesce",
			       quiesce_status(&s->att.quiesce, now_ms()));
	put_clock(s, o);
	put_rings(s, o);
	return o;
}
