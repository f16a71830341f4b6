// SPDX-License-Identifier: GPL-2.0
/* report_json.c - a report as JSON */
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "store/report.h"

static void add_u64(struct json_object *o, const char *key, uint64_t v)
{
	json_object_object_add(o, key, json_object_new_uint64(v));
}

static void add_hex(struct json_object *o, const char *key, uint64_t v)
{
	char text[20];

	snprintf(text, sizeof(text), "%016llx", (unsigned long long)v);
	json_object_object_add(o, key, json_object_new_string(text));
}

static void add_text(struct json_object *o, const char *key, const char *text)
{
	char clean[STORE_TEXT_MAX];

	text_clean(clean, sizeof(clean), text, strlen(text));
	json_object_object_add(o, key, json_object_new_string(clean));
}

static struct json_object *account_json(const struct ring_account *a)
{
	struct json_object *o = json_object_new_object();
	struct json_object *lost = json_object_new_object();

	add_u64(o, "produced", a->produced);
	add_u64(o, "delivered", a->delivered);
	for (int i = 0; i < LOSSES; i++)
		add_u64(lost, loss_name(i), a->lost[i]);
	json_object_object_add(o, "declared_lost", lost);
	add_u64(o, "undeclared", a->undeclared);
	add_u64(o, "duplicates_after_merge", a->twice);
	add_u64(o, "left_in_guest", a->left);
	add_u64(o, "pages", a->pages);
	add_u64(o, "copies_dropped_pages", a->dup_pages);
	add_u64(o, "copies_dropped_records", a->dup_records);
	add_u64(o, "conflicts", a->conflicts);
	add_u64(o, "order_errors", a->order_errors);
	json_object_object_add(o, "ended", json_object_new_boolean(a->ended));
	return o;
}

static struct json_object *leg_json(const struct leg_report *lr)
{
	struct json_object *o = json_object_new_object();

	add_text(o, "path", lr->leg->path);
	add_text(o, "host", lr->leg->host);
	add_text(o, "boot", lr->leg->boot);
	add_hex(o, "epoch", lr->leg->epoch);
	add_hex(o, "prev", lr->leg->prev);
	add_u64(o, "generation", lr->leg->generation);
	add_u64(o, "realtime_ns", lr->leg->realtime);
	add_u64(o, "pages_stored", lr->stored);
	add_u64(o, "pages_kept", lr->kept);
	add_u64(o, "first_page", lr->first);
	add_u64(o, "last_page", lr->last);
	json_object_object_add(o, "moved", json_object_new_boolean(lr->moved));
	if (lr->measured) {
		json_object_object_add(o, "blackout_ns",
				       json_object_new_int64(lr->blackout_ns));
		add_u64(o, "blackout_error_ns", lr->error_ns);
	}
	return o;
}

struct json_object *report_json(const struct report *r)
{
	static const char *const whys[] = IVR_WHY_NAMES;
	static const char *const ends[] = IVR_END_REASON_NAMES;
	const struct ring_account *t = &r->total;
	struct json_object *o = json_object_new_object();
	struct json_object *rings = json_object_new_array();
	struct json_object *legs = json_object_new_array();

	add_text(o, "stream", r->st->id);
	add_text(o, "vm", r->st->legs[0]->vm);
	add_text(o, "policy", r->st->legs[0]->policy);
	add_text(o, "end", !t->ended ? "open" :
		 t->why < IVR_WHYS ? whys[t->why] : "unknown");
	add_text(o, "guest_end",
		 t->guest_end < IVR_END_REASONS ? ends[t->guest_end] : "unknown");
	json_object_object_add(o, "fine",
			       json_object_new_boolean(report_fine(r)));
	for (uint32_t i = 0; i < r->st->nrings; i++)
		json_object_array_add(rings, account_json(&r->rings[i]));
	json_object_object_add(o, "rings", rings);
	json_object_object_add(o, "total", account_json(t));
	for (size_t i = 0; i < r->st->nlegs; i++)
		json_object_array_add(legs, leg_json(&r->legs[i]));
	json_object_object_add(o, "legs", legs);
	return o;
}
