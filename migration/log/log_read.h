/* SPDX-License-Identifier: GPL-2.0 */
/* log_read.h - logs of migrations (ivr_migrations.h), of one or more hosts */
#ifndef IVR_LOG_LOG_READ_H
#define IVR_LOG_LOG_READ_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct migration_line - one line of a log
 * @migration: which migration of its host
 * @ns: when, wall clock of that host
 * @source: that host was the source
 * @host: its name; lives as long as @json
 * @event: what happened; likewise
 * @json: the whole line
 */
struct migration_line {
	uint64_t migration;
	uint64_t ns;
	bool source;
	const char *host;
	const char *event;
	struct json_object *json;
};

/**
 * struct migration_lines - lines; all zero is none
 * @lines: in order of time after migration_lines_last()
 * @n: how many
 * @cap: room
 * @skipped: lines that were none
 */
struct migration_lines {
	struct migration_line *lines;
	size_t n;
	size_t cap;
	size_t skipped;
};

/**
 * migration_lines_load() - add the lines of a file
 * @m: lines
 * @path: file, or a store with one in it
 * @vm: take only lines of this VM
 *
 * Return: 0; -EFBIG or -EINVAL: that was not written by ivring-watch; negative
 * errno
 */
int migration_lines_load(struct migration_lines *m, const char *path,
			 const char *vm);

/**
 * migration_lines_last() - keep only the last migration
 * @m: lines
 *
 * That is the migration that began last, and what another host saw of it as its
 * other side: the last such one that overlaps it in time. There is no number
 * that both hosts know; the wall clocks of hosts between which VMs are migrated
 * agree better than a migration is long. Lines that tell the same twice (a file
 * given twice) count once.
 */
void migration_lines_last(struct migration_lines *m);

/** migration_number_of() - which migration of its host a line is of; 0: none */
uint64_t migration_number_of(struct json_object *line);

/** migration_lines_free() - let go of all */
void migration_lines_free(struct migration_lines *m);

#endif
