/* SPDX-License-Identifier: GPL-2.0 */
/* event_log.h - one JSON line for each phase of a session, for measurements */
#ifndef IVR_READER_EVENT_LOG_H
#define IVR_READER_EVENT_LOG_H

#include <stdbool.h>

struct json_object;

/**
 * struct events - the event log
 * @fd: file, or -1: nothing is logged
 * @vm: name of the VM; not copied
 * @verbose: log what is only of interest to a developer, too
 */
struct events {
	int		fd;
	const char	*vm;
	bool		verbose;
};

/** events_open() - append to @path; NULL: none; 0 or negative errno */
int events_open(struct events *e, const char *path, const char *vm);

/** events_close() - harmless if none is open */
void events_close(struct events *e);

/**
 * events_put() - append a line
 * @e: log
 * @name: what happened
 * @detail: object with more keys, or NULL; it is used up
 */
void events_put(struct events *e, const char *name, struct json_object *detail);

#endif
