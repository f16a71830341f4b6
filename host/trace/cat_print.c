// SPDX-License-Identifier: GPL-2.0
/* cat_print.c - the lines of ivring cat */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/json.h"
#include "lib/text.h"
#include "store/clock_map.h"
#include "trace/cat_print.h"

void cat_print_stream(const struct cat_style *s, const struct stream *st)
{
	if (s->json) {
		struct json_object *o = json_object_new_object();

		json_put_clean(o, "stream", st->id);
		json_put_clean(o, "vm", st->legs[0]->vm);
		json_put_clean(o, "host", st->legs[0]->host);
		json_print(o);
		json_object_put(o);
		return;
	}
	printf("--- stream %s of %s on host %s ---\n", st->id, st->legs[0]->vm,
	       st->legs[0]->host);
}

void cat_print_move(const struct cat_style *s, const struct leg *from,
		    const struct leg *to)
{
	struct clock_offset o;
	int ret = clock_blackout(from, to, &o);

	if (s->json) {
		struct json_object *move = json_object_new_object();

		json_put_clean(move, "moved_from", from->host);
		json_put_clean(move, "moved_to", to->host);
		if (!ret) {
			json_object_object_add(move, "blackout_ns",
					       json_object_new_int64(o.ns));
			json_put_u64(move, "blackout_error_ns", o.error_ns);
		}
		json_print(move);
		json_object_put(move);
		return;
	}
	printf("--- moved from host %s to host %s, ", from->host, to->host);
	if (!ret)
		printf("black-out %.3f ms +- %.3f ms ---\n", o.ns / 1e6,
		       o.error_ns / 1e6);
	else
		printf("black-out not measured ---\n");
}

/* Microseconds, rounded as trace-cmd report does. */
static void format_time(const struct cat_style *s, uint64_t ts,
			const struct leg *at, char *out, size_t size)
{
	uint64_t wall, us = (ts + 500) / 1000;
	char date[40];
	struct tm tm;
	time_t sec;

	snprintf(out, size, "%5" PRIu64 ".%06" PRIu64, us / 1000000,
		 us % 1000000);
	if (!s->wall || clock_wall(at, ts, &wall))
		return;
	sec = wall / 1000000000;
	if (localtime_r(&sec, &tm) &&
	    strftime(date, sizeof(date), "%F %T", &tm))
		snprintf(out, size, "%s.%06" PRIu64, date,
			 wall / 1000 % 1000000);
}

static void print_lost(const struct cat_style *s, const struct record *r)
{
	struct json_object *o;

	if (!s->json) {
		printf("CPU:%u [%" PRIu64 " EVENTS DROPPED]\n", r->ring,
		       r->missed);
		return;
	}
	o = json_object_new_object();
	json_put_u64(o, "cpu", r->ring);
	json_put_u64(o, "lost", r->missed);
	json_print(o);
	json_object_put(o);
}

static struct json_object *field_value(const struct field_head *h,
				       const unsigned char *value)
{
	char clean[DECODE_INFO_MAX];
	int64_t v;

	if (h->kind == FIELD_TEXT) {
		text_clean(clean, sizeof(clean), (const char *)value,
			   h->value_len);
		return json_object_new_string(clean);
	}
	if (h->value_len != sizeof(v))
		return NULL;
	memcpy(&v, value, sizeof(v));
	return h->kind == FIELD_SIGNED ? json_object_new_int64(v) :
					 json_object_new_uint64(v);
}

/* What was packed by the child of decode_box.c, which is not believed. */
static struct json_object *fields_json(const struct decoded *d)
{
	struct json_object *o = json_object_new_object();
	const unsigned char *p = d->fields, *end = p + d->fields_len;
	struct field_head h;
	char name[64];

	while ((size_t)(end - p) >= sizeof(h)) {
		memcpy(&h, p, sizeof(h));
		p += sizeof(h);
		if (h.name_len + h.value_len > end - p)
			break;
		text_clean(name, sizeof(name), (const char *)p, h.name_len);
		json_object_object_add(o, name,
				       field_value(&h, p + h.name_len));
		p += h.name_len + h.value_len;
	}
	return o;
}

static void print_json(const struct cat_style *s, const struct decoded *d,
		       const struct record *r, const struct leg *at)
{
	struct json_object *o = json_object_new_object();
	uint64_t wall;

	json_put_u64(o, "ts", r->ts);
	if (s->wall && !clock_wall(at, r->ts, &wall))
		json_put_u64(o, "wall_ns", wall);
	json_put_u64(o, "cpu", r->ring);
	json_put_clean(o, "host", at->host);
	json_object_object_add(o, "pid", json_object_new_int(d->pid));
	json_put_text(o, "comm", d->comm);
	json_put_text(o, "system", d->system);
	json_put_text(o, "event", d->event);
	json_put_text(o, "info", d->info);
	json_object_object_add(o, "fields", fields_json(d));
	json_print(o);
	json_object_put(o);
}

void cat_print_record(const struct cat_style *s, const struct decoded *d,
		      const struct record *r, const struct leg *at)
{
	char when[64], name[80];

	if (r->missed)
		print_lost(s, r);
	if (s->json) {
		print_json(s, d, r, at);
		return;
	}
	format_time(s, r->ts, at, when, sizeof(when));
	snprintf(name, sizeof(name), "%s:", d->event);
	printf("%16s-%-5d [%03u] %s: %-21s %s\n", d->comm, d->pid, r->ring,
	       when, name, d->info);
}
