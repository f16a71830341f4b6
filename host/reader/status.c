// SPDX-License-Identifier: GPL-2.0
/* status.c - the session as JSON, for people */
#include <stdio.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/text.h"
#include "reader/session.h"
#include "reader/store_state.h"

static const char *const guest_names[] = IVR_GUEST_STATE_NAMES;
static const char *const policy_names[] = IVR_POLICY_NAMES;

static struct json_object *ring_status(const struct session *s, uint32_t i)
{
	const struct drain_ring *r = &s->att.drain.rings[i];
	struct json_object *o = json_object_new_object();
	struct ivr_ring_ctl c;

	shm_ring_ctl(&s->att.shm, &r->place, &c);
	json_put_u64(o, "ring", i);
	json_put_u64(o, "cpu", c.cpu);
	json_put_u64(o, "head", c.head);
	json_put_u64(o, "pos", r->pos);
	json_put_u64(o, "mirror", c.mirror);
	json_put_u64(o, "tail", c.tail);
	json_put_u64(o, "produced", c.produced);
	json_put_u64(o, "lost", c.lost);
	json_put_u64(o, "refused", c.refused);
	json_put_u64(o, "slots", r->place.slots);
	json_put_u64(o, "seg_span", c.seg_span);
	json_put_u64(o, "stored_bytes", r->out.stored * IVR_PAGE_SIZE);
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
	json_put_text(o, "guest",
		      g.state < IVR_GUEST_STATES ? guest_names[g.state] :
						   "unknown");
	text_hex(text, s->att.guest.stream, sizeof(s->att.guest.stream));
	json_put_text(o, "stream", text);
	snprintf(text, sizeof(text), "%016llx",
		 (unsigned long long)s->att.epoch);
	json_put_text(o, "epoch", text);
	json_put_text(o, "policy", policy_names[s->att.guest.policy]);
	json_put_u64(o, "meta_gen", g.meta_gen);
	json_put_u64(o, "meta_bytes", g.meta_bytes);
}

static void put_clock(const struct session *s, struct json_object *o)
{
	const struct ivr_store_clock *c = &s->att.clock.last;
	struct json_object *clock;

	if (!c->realtime_ns)
		return;
	clock = json_object_new_object();
	json_object_object_add(clock, "offset",
			       json_object_new_int64((int64_t)(c->realtime_ns -
							       c->guest_ns)));
	json_put_u64(clock, "error", c->error_ns);
	json_object_object_add(o, "clock", clock);
}

struct json_object *session_status(struct session *s)
{
	struct json_object *o = json_object_new_object();

	json_put_text(o, "vm", s->conf->vm);
	json_put_text(o, "state", session_state_name(s->state));
	json_put_bool(o, "stopping", s->stopping);
	json_put_text(o, "transport", s->transport->name);
	json_put_bool(o, "server", s->transport->is_up(s));
	json_put_text(o, "store", s->store.path);
	json_put_u64(o, "legs", s->store.legs);
	json_put_text(o, "leg", s->att.leg.dir >= 0 ? s->att.leg.name : NULL);
	json_put_bool(o, "store_ok", !s->store_ms);
	json_put_text(o, "store_why",
		      s->store_error ? store_fault(s->store_error) : NULL);
	json_put_u64(o, "store_bytes", s->store.quota.used);
	json_put_u64(o, "store_quota", s->store.quota.most);
	json_put_text(o, "sync_error",
		      s->sync_error ? strerror(-s->sync_error) : NULL);
	if (s->vm.mem >= 0) {
		json_put_u64(o, "generation", s->vm.generation);
		json_put_u64(o, "size", s->vm.size);
		json_put_u64(o, "connected_ns", s->times.connected_ns);
		json_put_u64(o, "hello1_ns", s->times.hello1_ns);
		json_put_u64(o, "hello2_ns", s->times.hello2_ns);
		json_put_u64(o, "attached_ns", s->times.attached_ns);
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
