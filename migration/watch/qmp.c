// SPDX-License-Identifier: GPL-2.0
/* qmp.c - QEMU's own events */
#include <json-c/json.h>
#include <stddef.h>
#include <string.h>

#include "migration/watch/qmp.h"

/* QEMU's qapi/migration.json, MigrationStatus */
static const struct {
	const char *status;
	enum migration_event event;
} states[] = {
	{ "setup", EV_SETUP },
	{ "active", EV_ACTIVE },
	{ "postcopy-active", EV_POSTCOPY },
	{ "completed", EV_SENT },
	{ "cancelled", EV_CANCELLED },
	{ "failed", EV_FAILED },
};

static bool state_of(struct qmp_news *news, struct json_object *details)
{
	struct json_object *status;
	size_t i;

	if (!json_object_object_get_ex(details, "status", &status) ||
	    !json_object_is_type(status, json_type_string))
		return false;
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(states[i].status, json_object_get_string(status)))
			continue;
		news->event = states[i].event;
		return true;
	}
	return false;
}

static bool with_details(struct qmp_news *news, const char *event,
			 struct json_object *details)
{
	struct json_object *pass;

	if (!json_object_is_type(details, json_type_object))
		return false;
	if (!strcmp(event, "MIGRATION"))
		return state_of(news, details);
	if (!json_object_object_get_ex(details, "pass", &pass))
		return false;
	news->event = EV_PASS;
	news->pass = json_object_get_uint64(pass);
	return true;
}

bool qmp_news_of(struct qmp_news *news, const char *event, const char *details)
{
	struct json_object *o;
	bool ret;

	news->pass = 0;
	if (!strcmp(event, "STOP") || !strcmp(event, "RESUME")) {
		news->event = event[0] == 'S' ? EV_STOP : EV_RESUME;
		return true;
	}
	if (!details ||
	    (strcmp(event, "MIGRATION") && strcmp(event, "MIGRATION_PASS")))
		return false;
	o = json_tokener_parse(details);
	ret = with_details(news, event, o);
	json_object_put(o);
	return ret;
}
