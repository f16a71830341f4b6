// SPDX-License-Identifier: GPL-2.0
/* log_read.c - records of migrations, of one or more hosts */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/file.h"
#include "lib/ivr_migrations.h"
#include "lib/json.h"
#include "migration/log/log_read.h"

/* A machine that lost power leaves zeros; they end no text. */
static int read_text(const char *path, char **text)
{
	size_t len = 0, i;
	int ret = file_read_regular(path, 0, IVR_MIGRATIONS_MAX_BYTES, text,
				    &len);

	for (i = 0; !ret && i < len; i++)
		if (!(*text)[i])
			(*text)[i] = '\n';
	return ret;
}

uint64_t migration_number_of(struct json_object *line)
{
	const char *text = json_text(line, "migration", NULL);

	/* Release 0.1 called it so. */
	if (!text)
		text = json_text(line, "move", "0");
	return strtoull(text, NULL, 16);
}

static bool line_of(struct migration_line *l, struct json_object *o,
		    const char *vm)
{
	const char *side = json_text(o, "side", "");

	l->json = o;
	l->migration = migration_number_of(o);
	l->ns = json_object_get_uint64(json_child(o, "realtime_ns"));
	l->host = json_text(o, "host", NULL);
	l->event = json_text(o, "event", NULL);
	l->source = !strcmp(side, "source");
	return l->migration && l->ns && l->host && l->event &&
	       (l->source || !strcmp(side, "destination")) &&
	       !strcmp(json_text(o, "vm", ""), vm);
}

static int add_line(struct migration_lines *m, const char *text, const char *vm)
{
	struct json_object *o = json_tokener_parse(text);
	struct migration_line l;

	if (!line_of(&l, o, vm)) {
		json_object_put(o);
		m->skipped++;
		return 0;
	}
	if (array_room(&m->lines, &m->cap, m->n + 1, sizeof(l))) {
		json_object_put(o);
		return -ENOMEM;
	}
	m->lines[m->n++] = l;
	return 0;
}

int migration_lines_load(struct migration_lines *m, const char *path,
			 const char *vm)
{
	char file[PATH_MAX], *buf, *line, *rest;
	struct stat st;
	int ret;

	if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
		snprintf(file, sizeof(file), "%s/" IVR_MIGRATIONS_FILE, path);
		path = file;
	}
	ret = read_text(path, &buf);
	if (ret)
		return ret;
	for (rest = buf; !ret && (line = strsep(&rest, "\n"));)
		if (line[0])
			ret = add_line(m, line, vm);
	free(buf);
	return ret;
}

/**
 * struct seen - one migration as one host saw it
 * @line: one of its lines
 * @begin: its first moment
 * @end: its last
 */
struct seen {
	const struct migration_line *line;
	uint64_t begin, end;
};

static bool same_move(const struct migration_line *a,
		      const struct migration_line *b)
{
	return a->migration == b->migration && a->source == b->source &&
	       !strcmp(a->host, b->host);
}

static struct seen seen_of(const struct migration_lines *m,
			   const struct migration_line *l)
{
	struct seen r = { l, l->ns, l->ns };
	size_t i;

	for (i = 0; i < m->n; i++) {
		if (!same_move(&m->lines[i], l))
			continue;
		if (m->lines[i].ns < r.begin)
			r.begin = m->lines[i].ns;
		if (m->lines[i].ns > r.end)
			r.end = m->lines[i].ns;
	}
	return r;
}

/*
 * The one that began last; if @other is given, of those that can be its partner.
 * On one host that is the one that was written last: a clock may be set back.
 */
static struct seen last_of(const struct migration_lines *m,
			   const struct seen *other)
{
	struct seen best = { NULL, 0, 0 }, r;
	size_t i;

	for (i = 0; i < m->n; i++) {
		if (best.line && same_move(best.line, &m->lines[i]))
			continue;
		r = seen_of(m, &m->lines[i]);
		if (other && (r.line->source == other->line->source ||
			      !strcmp(r.line->host, other->line->host) ||
			      r.end < other->begin || other->end < r.begin))
			continue;
		if (!best.line || !strcmp(best.line->host, r.line->host) ||
		    r.begin > best.begin)
			best = r;
	}
	return best;
}

static int by_time(const void *a, const void *b)
{
	const struct migration_line *x = a, *y = b;
	int order = (x->ns > y->ns) - (x->ns < y->ns);

	return order			? order :
	       strcmp(x->host, y->host) ?:
		       strcmp(json_object_to_json_string(x->json),
			      json_object_to_json_string(y->json));
}

static bool is_twice(const struct migration_lines *m, size_t n,
		     const struct migration_line *l)
{
	return n && !by_time(&m->lines[n - 1], l);
}

void migration_lines_last(struct migration_lines *m)
{
	struct migration_line one, two;
	struct seen last, partner;
	size_t i, n = 0;

	last = last_of(m, NULL);
	if (!last.line)
		return;
	partner = last_of(m, &last);
	one = *last.line;
	two = partner.line ? *partner.line : one;
	json_object_get(one.json);
	json_object_get(two.json);
	qsort(m->lines, m->n, sizeof(*m->lines), by_time);
	for (i = 0; i < m->n; i++) {
		struct migration_line *l = &m->lines[i];

		if ((same_move(l, &one) || same_move(l, &two)) &&
		    !is_twice(m, n, l))
			m->lines[n++] = *l;
		else
			json_object_put(l->json);
	}
	m->n = n;
	json_object_put(one.json);
	json_object_put(two.json);
}

void migration_lines_free(struct migration_lines *m)
{
	while (m->n)
		json_object_put(m->lines[--m->n].json);
	free(m->lines);
	*m = (struct migration_lines) { 0 };
}
