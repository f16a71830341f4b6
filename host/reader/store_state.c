// SPDX-License-Identifier: GPL-2.0
/* store_state.c - a store that refuses is tried again, and people are told */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/log.h"
#include "reader/store_state.h"

const char *store_fault(int error)
{
	switch (error) {
	case -ESTALE:
		return "the leg was removed, a new one is made";
	case -EDQUOT:
		return "it has all that this VM may have (quota): remove old legs, or allow more";
	case -ENOSPC:
		return "No space left on its file system, but for what is to stay free (min-free)";
	}
	return strerror(-error);
}

enum session_state store_trouble(struct session *s, int error)
{
	struct json_object *o;

	if (!s->store_ms) {
		o = json_object_new_object();
		json_put_text(o, "error", strerror(-error));
		event_log_put(&s->events, "store-full", o);
	}
	s->store_ms = now_ms() + STORE_RETRY_MS;
	s->store_error = error;
	if (log_allowed(&s->limit_store))
		warn("store %s: %s; the guest keeps what it can and counts the rest, trying again",
		     s->store.path, store_fault(error));
	if (s->att.leg.dir < 0 || leg_writer_is_there(&s->att.leg))
		return s->state;
	leg_writer_close(&s->att.leg);
	return SESSION_WAIT_STORE;
}

void store_fine(struct session *s)
{
	if (!s->store_ms)
		return;
	s->store_ms = 0;
	s->store_error = 0;
	info("store %s: works again", s->store.path);
	event_log_put(&s->events, "store-ok", NULL);
}

bool store_rests(const struct session *s)
{
	return now_ms() < s->store_ms;
}

bool store_given_up(struct session *s, int error)
{
	if (!s->stopping || now_ms() - s->stop_ms < STOP_PATIENCE_MS)
		return false;
	err("store %s: %s: stopped without the last pages and marks",
	    s->store.path, strerror(-error));
	return true;
}
