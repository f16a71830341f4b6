// SPDX-License-Identifier: GPL-2.0
/* timeline_print.c - the time line of a migration, for people and programs */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/ctl_client.h"
#include "lib/json.h"
#include "lib/table.h"
#include "lib/text.h"
#include "migration/log/timeline.h"

#define MIB 1048576.0
#define SEC 1e9

/* Keys that all lines have; they are told otherwise. */
static const char *const common[] = {
	"migration", "move", "vm", "host", "side", "event", "realtime_ns",
};

/* What is left out of a line of counters. */
static const char *const rest[] = {
	"memory_total",
	"iteration",
	"downtime_ms",
	"total_ms",
};

static bool is_in(const char *key, const char *const *keys, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(keys[i], key))
			return true;
	return false;
}

#define IS_IN(key, keys) is_in(key, keys, sizeof(keys) / sizeof(keys[0]))

static void clean(char *out, size_t size, const char *text)
{
	text_clean(out, size, text, strlen(text));
}

/* "pass 2", "took 12 ms", "memory 94.1 MiB": key and value as people write it */
static int put_detail(char *out, size_t room, const char *key,
		      struct json_object *v)
{
	size_t n = strlen(key);
	char name[32], text[128];
	char *c;

	snprintf(name, sizeof(name), "%s", key);
	for (c = name; *c; c++)
		if (*c == '_')
			*c = ' ';
	if (!v)
		return snprintf(out, room, "%s not known", name);
	if (!json_object_is_type(v, json_type_int)) {
		clean(text, sizeof(text), json_object_get_string(v));
		return snprintf(out, room, "%s: %s", name, text);
	}
	if (!strcmp(key, "ring_bytes"))
		return snprintf(out, room, "rings at most %.1f MiB",
				json_object_get_uint64(v) / MIB);
	if (!strcmp(key, "memory_bytes"))
		return snprintf(out, room, "copied %.1f MiB",
				json_object_get_uint64(v) / MIB);
	if (!strncmp(key, "memory_", 7))
		return snprintf(out, room, "%s %.1f MiB", name + 7,
				json_object_get_uint64(v) / MIB);
	if (n > 3 && !strcmp(key + n - 3, "_ms"))
		return snprintf(out, room, "%.*s %" PRIu64 " ms", (int)n - 3,
				name, json_object_get_uint64(v));
	return snprintf(out, room, "%s %" PRIu64, name,
			json_object_get_uint64(v));
}

static void details(char *out, size_t room, const struct migration_line *l)
{
	struct json_object_iter at;
	size_t used = 0;

	out[0] = '\0';
	json_object_object_foreachC(l->json, at) {
		const char *key = at.key;
		struct json_object *v = at.val;
		/* Nothing can have been dirtied since: the guest stood. */
		bool zero = !strcmp(key, "ring_bytes") && v &&
			    !json_object_get_uint64(v);

		if (IS_IN(key, common) || zero || used + 1 >= room ||
		    (!strcmp(l->event, "counters") && IS_IN(key, rest)))
			continue;
		if (used)
			used += snprintf(out + used, room - used, ", ");
		if (used < room)
			used += put_detail(out + used, room - used, key, v);
	}
}

static void print_events(const struct timeline *t)
{
	struct table table = { .columns = 4, .left = 0xe };
	char event[32], host[65], text[256];
	size_t i;

	table_add(&table, "SECONDS");
	table_add(&table, "HOST");
	table_add(&table, "EVENT");
	table_add(&table, "DETAILS");
	for (i = 0; i < t->lines->n; i++) {
		const struct migration_line *l = &t->lines->lines[i];

		clean(event, sizeof(event), l->event);
		clean(host, sizeof(host), l->host);
		details(text, sizeof(text), l);
		table_add(&table, "%.3f", (l->ns - t->begin_ns) / SEC);
		table_add(&table, "%s", host);
		table_add(&table, "%s", event);
		table_add(&table, "%s", text);
	}
	table_print(&table, stdout);
}

static void print_span(const char *what, int64_t ns, const char *how)
{
	if (ns < 0)
		printf("%-20s not known\n", what);
	else
		printf("%-20s %.3f s, %s\n", what, ns / SEC, how);
}

static void print_times(const struct timeline *t)
{
	print_span(
		"guest out", timeline_out_ns(t),
		t->run_here ?
			"from its stop until it ran here again" :
			"from its stop until it ran there, by the clocks of both hosts");
	print_span("tracing degraded", timeline_degraded_ns(t),
		   t->released_ns || t->run_here ?
			   "until the guest was released" :
			   "from quiesced or stopped until attached");
	print_span("attached after",
		   t->run_ns && t->attached_ns && t->attached_ns >= t->run_ns ?
			   (int64_t)(t->attached_ns - t->run_ns) :
			   -1,
		   "from the resume");
	print_span("caught up after",
		   t->run_ns && t->drained_ns && t->drained_ns >= t->run_ns ?
			   (int64_t)(t->drained_ns - t->run_ns) :
			   -1,
		   "from the resume; the reader is asked every 50 ms");
}

static void print_copy(const struct timeline *t)
{
	if (!t->source)
		return;
	printf("%-20s %" PRIu64 "\n", "quiesce rounds", t->rounds);
	printf("%-20s %" PRIu64 "\n", "passes", t->passes);
	if (t->bounded)
		printf("%-20s at most %.1f MiB: %.1f once, %.1f in passes, %.1f "
		       "after the stop\n",
		       "added by the rings", t->ring_bytes / MIB,
		       t->region_bytes / MIB,
		       (t->ring_bytes - t->region_bytes - t->final_bytes) / MIB,
		       t->final_bytes / MIB);
}

void timeline_print(const struct timeline *t)
{
	char from[65] = "?", to[65] = "?";
	unsigned int i;

	if (t->source)
		clean(from, sizeof(from), t->source);
	if (t->target)
		clean(to, sizeof(to), t->target);
	printf("VM %s, %s to %s: %s\n\n", t->vm, from, to,
	       t->outcome ? t->outcome : "outcome not known");
	print_events(t);
	putchar('\n');
	print_times(t);
	print_copy(t);
	for (i = 0; i < t->nunknown; i++)
		printf("not known: %s\n", t->unknown[i]);
	if (t->lines->skipped)
		printf("%zu line%s skipped: not of this VM, or damaged\n",
		       t->lines->skipped,
		       t->lines->skipped > 1 ? "s were" : " was");
}

static void put_time(struct json_object *o, const char *key, int64_t ns)
{
	json_object_object_add(o, key,
			       ns < 0 ? NULL : json_object_new_int64(ns));
}

static void put_lists(struct json_object *o, const struct timeline *t)
{
	struct json_object *events = json_object_new_array();
	struct json_object *unknown = json_object_new_array();
	size_t i;

	for (i = 0; i < t->lines->n; i++)
		json_object_array_add(events,
				      json_object_get(t->lines->lines[i].json));
	for (i = 0; i < t->nunknown; i++)
		json_object_array_add(unknown,
				      json_object_new_string(t->unknown[i]));
	json_object_object_add(o, "events", events);
	json_object_object_add(o, "unknown", unknown);
}

struct json_object *timeline_json(const struct timeline *t)
{
	struct json_object *o = json_object_new_object();

	json_put_text(o, "vm", t->vm);
	json_put_text(o, "source", t->source);
	json_put_text(o, "destination", t->target);
	json_put_text(o, "outcome", t->outcome);
	json_put_text(o, "via", t->via);
	put_time(o, "guest_out_ns", timeline_out_ns(t));
	put_time(o, "degraded_ns", timeline_degraded_ns(t));
	put_time(o, "passes", t->source ? (int64_t)t->passes : -1);
	put_time(o, "rounds", t->source ? (int64_t)t->rounds : -1);
	json_object_object_add(o, "ring_bytes",
			       t->bounded ?
				       json_object_new_uint64(t->ring_bytes) :
				       NULL);
	put_time(o, "final_ring_bytes",
		 t->bounded ? (int64_t)t->final_bytes : -1);
	put_lists(o, t);
	return o;
}
