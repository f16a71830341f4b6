// SPDX-License-Identifier: GPL-2.0
/* event_log.c - one JSON line for each phase of a session */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "reader/event_log.h"

/* A migration has some lines a second; a guest can cause any number. */
#define RATE_MOST     500
#define RATE_EVERY_MS 500

int event_log_open(struct event_log *e, const char *path, const char *vm)
{
	*e = (struct event_log) {
		.fd = -1,
		.vm = vm,
		.rate = { .most = RATE_MOST, .every_ms = RATE_EVERY_MS },
	};
	if (!path)
		return 0;
	e->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	return e->fd < 0 ? -errno : 0;
}

void event_log_close(struct event_log *e)
{
	if (e->fd >= 0)
		close(e->fd);
	e->fd = -1;
}

void event_log_put(struct event_log *e, const char *name,
		   struct json_object *detail)
{
	struct json_object *o = detail ? detail : json_object_new_object();

	if (e->fd >= 0 && !allowance_take(&e->rate, now_ms())) {
		e->left_out++;
	} else if (e->fd >= 0) {
		json_put_text(o, "event", name);
		json_put_text(o, "vm", e->vm);
		json_put_u64(o, "realtime_ns", realtime_ns());
		if (e->left_out)
			json_put_u64(o, "left_out", e->left_out);
		e->left_out = 0;
		if (dprintf(e->fd, "%s\n", json_line(o)) < 0)
			debug("event log: %s", strerror(errno));
	}
	json_object_put(o);
}
