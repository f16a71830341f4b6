// SPDX-License-Identifier: GPL-2.0
/* timeline.c - what one migration was like */
#include <string.h>

#include "lib/ctl_client.h"
#include "lib/json.h"
#include "migration/log/timeline.h"

static uint64_t number(const struct migration_line *l, const char *key)
{
	return json_object_get_uint64(json_child(l->json, key));
}

static bool is(const struct migration_line *l, const char *event)
{
	return !strcmp(l->event, event);
}

static void first(uint64_t *at, uint64_t ns)
{
	if (!*at)
		*at = ns;
}

static bool is_end(const struct migration_line *l)
{
	static const char *const ends[] = {
		"completed", "cancelled", "failed", "returned", "gone",
	};
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (is(l, ends[i]))
			return true;
	return false;
}

/* What a host was able to tell the last sync of, it did with these. */
static void take_bytes(struct timeline *t, const struct migration_line *l)
{
	if (is(l, "setup"))
		t->region_bytes = number(l, "ring_bytes");
	else
		t->final_bytes += number(l, "ring_bytes");
}

static void take_end(struct timeline *t, const struct migration_line *l)
{
	t->outcome = l->event;
	t->via = json_text(l->json, "via", NULL);
	t->passes = number(l, "passes");
	t->rounds = number(l, "rounds");
	t->bounded = json_child(l->json, "ring_bytes");
	t->ring_bytes = number(l, "ring_bytes");
}

static void take_source(struct timeline *t, const struct migration_line *l)
{
	t->source = l->host;
	if (is(l, "setup") || is(l, "stop"))
		take_bytes(t, l);
	if (is(l, "setup"))
		t->stood_before = json_object_is_type(json_child(l->json,
								 "running"),
						      json_type_boolean) &&
				  !json_object_get_boolean(
					  json_child(l->json, "running"));
	if (is(l, "pass") && number(l, "pass") > t->passes)
		t->passes = number(l, "pass");
	if (is(l, "quiesced")) {
		first(&t->quiesced_ns, l->ns);
		t->rounds = number(l, "round");
	} else if (is(l, "stop")) {
		t->stop_ns = l->ns;
		t->run_ns = 0;
	} else if (is(l, "running")) {
		t->run_ns = l->ns;
		t->run_here = true;
	} else if (is(l, "released")) {
		first(&t->released_ns, l->ns);
	} else if (is_end(l)) {
		take_end(t, l);
	}
}

static void take_target(struct timeline *t, const struct migration_line *l)
{
	t->target = l->host;
	if (is(l, "resume") && !t->run_here)
		t->run_ns = l->ns;
	else if (is(l, "hello"))
		first(&t->hello_ns, l->ns);
	else if (is(l, "attached"))
		first(&t->attached_ns, l->ns);
	else if (is(l, "drained"))
		first(&t->drained_ns, l->ns);
}

/* Without the source's word: a guest that ran here did arrive. */
static void guess_outcome(struct timeline *t)
{
	size_t i;

	for (i = 0; i < t->lines->n && !t->outcome; i++) {
		const struct migration_line *l = &t->lines->lines[i];

		if (!l->source && is(l, "resume"))
			t->outcome = "completed";
		else if (!l->source && is_end(l))
			t->outcome = l->event;
	}
}

static void miss(struct timeline *t, const char *what)
{
	if (t->nunknown < TIMELINE_UNKNOWNS)
		t->unknown[t->nunknown++] = what;
}

static void list_unknown(struct timeline *t)
{
	bool moved = t->outcome && !strcmp(t->outcome, "completed");

	if (!t->source)
		miss(t,
		     "what the source saw (give its record, too): the stop, the "
		     "passes, the bytes");
	if (!t->target && moved)
		miss(t,
		     "what the destination saw (give its record, too): the resume, "
		     "hello, attached, drained");
	if (!t->outcome)
		miss(t,
		     "the outcome: it is under way, or ivring-watch was not there "
		     "at its end");
	if (t->source && moved && !t->stop_ns && t->stood_before)
		miss(t,
		     "when the guest was stopped: it stood before the migration");
	else if (t->source && moved && !t->stop_ns)
		miss(t,
		     "when the guest was stopped: ivring-watch was not there");
	if (t->source && t->outcome && !t->bounded)
		miss(t,
		     "the bytes that the rings added: no reader told its rings at "
		     "some sync");
	if (t->target && moved && t->run_ns && !t->attached_ns)
		miss(t,
		     "when the reader was attached on the destination: it has not "
		     "been");
	else if (t->target && moved && t->attached_ns && !t->drained_ns)
		miss(t,
		     "when the reader had caught up: it has not been seen to");
}

void timeline_of(struct timeline *t, const char *vm,
		 struct migration_lines *lines)
{
	size_t i;

	*t = (struct timeline) { .vm = vm, .lines = lines };
	t->begin_ns = lines->lines[0].ns;
	for (i = 0; i < lines->n; i++) {
		const struct migration_line *l = &lines->lines[i];

		if (l->source)
			take_source(t, l);
		else
			take_target(t, l);
	}
	guess_outcome(t);
	list_unknown(t);
}

int64_t timeline_out_ns(const struct timeline *t)
{
	return t->stop_ns && t->run_ns ? (int64_t)(t->run_ns - t->stop_ns) : -1;
}

int64_t timeline_degraded_ns(const struct timeline *t)
{
	uint64_t from = t->stop_ns, to = t->attached_ns;

	if (t->quiesced_ns && (!from || t->quiesced_ns < from))
		from = t->quiesced_ns;
	if (t->released_ns || t->run_here)
		to = t->released_ns ? t->released_ns : t->run_ns;
	return from && to ? (int64_t)(to - from) : -1;
}
