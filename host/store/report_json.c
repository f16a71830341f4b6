// SPDX-License-Identifier: GPL-2.0
/* report_json.c - a report as JSON */
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"
#include "store/report.h"

static struct json_object *account_json(const struct ring_account *a)
{
	struct json_object *o = json_object_new_object();
	struct json_object *lost = json_object_new_object();
	int i;

	json_put_u64(o, "produced", a->produced);
	json_put_u64(o, "delivered", a->delivered);
	for (i = 0; i < LOSSES; i++)
		json_put_u64(lost, loss_name(i), a->lost[i]);
	json_object_object_add(o, "declared_lost", lost);
	json_put_u64(o, "undeclared", a->undeclared);
	json_put_u64(o, "duplicates_after_merge", a->twice);
	json_put_u64(o, "left_in_guest", a->left);
	json_put_u64(o, "pages", a->pages);
	json_put_u64(o, "copies_dropped_pages", a->dup_pages);
	json_put_u64(o, "copies_dropped_records", a->dup_records);
	json_put_u64(o, "conflicts", a->conflicts);
	json_put_u64(o, "order_errors", a->order_errors);
	json_put_bool(o, "cut_off", a->cut);
	json_put_bool(o, "ended", a->ended);
	return o;
}

static struct json_object *leg_json(const struct leg_report *lr)
{
	struct json_object *o = json_object_new_object();

	json_put_clean(o, "path", lr->leg->path);
	json_put_clean(o, "host", lr->leg->host);
	json_put_clean(o, "boot", lr->leg->boot);
	json_put_hex(o, "epoch", lr->leg->epoch);
	json_put_hex(o, "prev", lr->leg->prev);
	json_put_u64(o, "generation", lr->leg->generation);
	json_put_u64(o, "realtime_ns", lr->leg->realtime);
	json_put_u64(o, "pages_stored", lr->stored);
	json_put_u64(o, "pages_kept", lr->kept);
	json_put_u64(o, "first_page", lr->first);
	json_put_u64(o, "last_page", lr->last);
	json_put_bool(o, "moved", lr->moved);
	if (lr->measured) {
		json_object_object_add(o, "blackout_ns",
				       json_object_new_int64(lr->blackout_ns));
		json_put_u64(o, "blackout_error_ns", lr->error_ns);
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
	size_t i;

	json_put_clean(o, "stream", r->st->id);
	json_put_clean(o, "vm", r->st->legs[0]->vm);
	json_put_clean(o, "policy", r->st->legs[0]->policy);
	json_put_clean(o, "end",
		       !t->ended	 ? "open" :
		       t->why < IVR_WHYS ? whys[t->why] :
					   "unknown");
	json_put_clean(o, "guest_end",
		       t->guest_end < IVR_END_REASONS ? ends[t->guest_end] :
							"unknown");
	json_put_bool(o, "fine", report_fine(r));
	for (i = 0; i < r->st->nrings; i++)
		json_object_array_add(rings, account_json(&r->rings[i]));
	json_object_object_add(o, "rings", rings);
	json_object_object_add(o, "total", account_json(t));
	for (i = 0; i < r->st->nlegs; i++)
		json_object_array_add(legs, leg_json(&r->legs[i]));
	json_object_object_add(o, "legs", legs);
	return o;
}
