/* SPDX-License-Identifier: GPL-2.0 */
/* log_write.h - the file of ivr_migrations.h, and the same lines on stdout */
#ifndef IVR_LOG_LOG_WRITE_H
#define IVR_LOG_LOG_WRITE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct migration_log - where the lines of one VM go
 * @path: file; empty: there is none
 * @vm: name, for the lines; not copied
 * @run_dir: the VM's run directory, for fault points; not copied
 * @migration: number of the one in work; 0: none
 * @source: which side this is
 */
struct migration_log {
	char path[512];
	const char *vm;
	const char *run_dir;
	uint64_t migration;
	bool source;
};

/** migration_log_to_stdout() - print every line, too, from now on */
void migration_log_to_stdout(bool yes);

/**
 * migration_log_begin() - a new migration; older ones than the last are thrown away
 * @r: log
 * @realtime_ns: when it began
 * @source: which side this is
 */
void migration_log_begin(struct migration_log *r, uint64_t realtime_ns,
			 bool source);

/**
 * migration_log_put() - append a line
 * @r: log; nothing is written if no migration is in work
 * @event: what happened
 * @realtime_ns: when
 * @detail: object with more keys, or NULL; it is used up
 *
 * A disk that is full, or a file that is no file of ours, costs a line in the
 * log (one a minute) and nothing else.
 */
void migration_log_put(struct migration_log *r, const char *event,
		       uint64_t realtime_ns, struct json_object *detail);

/**
 * migration_log_prune() - keep the last migrations of a file
 * @path: file
 * @keep: how many
 *
 * What is no line of the contract goes, too. The file is replaced as a whole.
 *
 * Return: 0, also if there is none or nothing to do; negative errno
 */
int migration_log_prune(const char *path, size_t keep);

#endif
