// SPDX-License-Identifier: GPL-2.0
/* sync.c - when what is stored is brought to the disk */
#include <json-c/json.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/log.h"
#include "reader/sync.h"

static bool has_leg(const struct session *s)
{
	return s->att.leg.dir >= 0;
}

static void tell_error(struct session *s, int error)
{
	struct json_object *o = json_object_new_object();

	s->sync_error = error;
	json_put_text(o, "error", strerror(-error));
	event_log_put(&s->events, "sync-failed", o);
	err("store %s: the disk did not take what was stored since the last sync: %s; if it is missing, marks say so",
	    s->store.path, strerror(-error));
}

/*
 * How did the last round end? Asked before another one begins, and before a leg
 * ends: what it did not bring to the disk must be declared in that leg.
 */
static void take_result(struct session *s)
{
	int error;

	if (!s->sync_open || store_sync_busy(&s->store.sync))
		return;
	s->sync_open = false;
	error = store_sync_error(&s->store.sync);

	if (error)
		tell_error(s, error);
	if (has_leg(s) && drain_synced(&s->att.drain, error))
		warn("store %s: nor did it take the marks", s->store.path);
}

static void on_synced(struct watch *w, uint32_t events)
{
	struct session *s = watch_owner(w, struct session, synced);
	uint64_t rounds;

	if (read(w->fd, &rounds, sizeof(rounds)) != sizeof(rounds))
		return;
	take_result(s);
	s->att.work = true;
}

int sync_open(struct session *s)
{
	int ret = 0;

	if (!s->conf->sync_ms)
		return 0;
	ret = store_sync_start(&s->store.sync);
	s->synced.ready = on_synced;
	if (!ret)
		ret = loop_add(&s->loop, &s->synced, s->store.sync.done,
			       EPOLLIN);
	if (ret)
		err("sync of the store: %s", strerror(-ret));
	return ret;
}

void sync_close(struct session *s)
{
	loop_del(&s->loop, &s->synced);
	store_sync_stop(&s->store.sync);
}

static bool begin_round(struct session *s)
{
	if (has_leg(s))
		drain_sync(&s->att.drain);
	s->sync_ms = now_ms() + s->conf->sync_ms;
	s->sync_open = store_sync_round(&s->store.sync);
	return s->sync_open;
}

void sync_tick(struct session *s)
{
	if (!s->store.sync.running || now_ms() < s->sync_ms ||
	    store_sync_busy(&s->store.sync))
		return;
	take_result(s);
	begin_round(s);
}

bool sync_is_over(struct session *s)
{
	if (!s->store.sync.running ||
	    (s->stopping && now_ms() - s->stop_ms >= STOP_PATIENCE_MS))
		return true;
	if (store_sync_busy(&s->store.sync))
		return false;
	take_result(s);
	if (s->att.last_round)
		return true;
	s->att.last_round = true;
	return !begin_round(s);
}
