// SPDX-License-Identifier: GPL-2.0
/* report.c - a line for each step of a move */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/process.h"
#include "migration/move/migration.h"

static const char *const events[] = MIGRATE_EVENT_NAMES;

_Static_assert(sizeof(events) / sizeof(events[0]) == MIGRATE_EVENTS,
	       "a name for each event");

static void put(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, json_object_new_string(text));
}

static void print_json(const struct migration *m, const char *step,
		       enum migrate_event event, uint32_t ms, const char *why)
{
	struct json_object *o = json_object_new_object();
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	json_object_object_add(o, "realtime_ns",
			       json_object_new_int64(t.tv_sec * 1000000000ll +
						     t.tv_nsec));
	put(o, "vm", m->vm[0] ? m->vm : m->domain);
	put(o, "step", step);
	put(o, "result", events[event]);
	json_object_object_add(o, "ms", json_object_new_int(ms));
	if (why)
		put(o, "why", why);
	json_print(o);
	json_object_put(o);
}

void migrate_report_pending(const struct migration *m)
{
	if (m->asked)
		warn("VM %s: its guest may still give the device up, QEMU keeps "
		     "the request; then its stream ends. Plug it again with: "
		     "ivring migrate --plug %s",
		     m->domain, m->domain);
}

void migrate_report(void *ctx, const struct migrate_step *step,
		    enum migrate_event event, uint32_t ms, int ret)
{
	struct migration *m = ctx;
	const char *why = NULL;
	uint32_t at;

	if (ret)
		why = m->why[0]	    ? m->why :
		      ret == -EINTR ? "interrupted" :
				      strerror(-ret);
	at = now_ms() - m->started;
	if (m->json)
		print_json(m, step->name, event, ms, why);
	else
		printf("%4u.%03u s  %-8s %s%s%s (%u ms)\n", at / 1000,
		       at % 1000, step->name, events[event], why ? ": " : "",
		       why ? why : "", ms);
	fflush(stdout);
	m->why[0] = '\0';
}
