/* SPDX-License-Identifier: GPL-2.0 */
/* event_log.h - one JSON line for each phase of a session, for measurements */
#ifndef IVR_READER_EVENT_LOG_H
#define IVR_READER_EVENT_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/allowance.h"

struct json_object;

/**
 * struct event_log - the event log
 * @fd: file, or -1: nothing is logged
 * @vm: name of the VM; not copied
 * @verbose: log what is only of interest to a developer, too
 * @rate: lines that may still be written
 * @left_out: lines that were not since the last one
 */
struct event_log {
	int fd;
	const char *vm;
	bool verbose;
	struct allowance rate;
	uint64_t left_out;
};

/** event_log_open() - append to @path; NULL: none; 0 or negative errno */
int event_log_open(struct event_log *e, const char *path, const char *vm);

/** event_log_close() - harmless if none is open */
void event_log_close(struct event_log *e);

/**
 * event_log_put() - append a line
 * @e: log
 * @name: what happened
 * @detail: object with more keys, or NULL; it is used up
 */
void event_log_put(struct event_log *e, const char *name,
		   struct json_object *detail);

#endif
