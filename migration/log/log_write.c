// SPDX-License-Identifier: GPL-2.0
/* log_write.c - the file of ivr_migrations.h, and the same lines on stdout */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fault.h"
#include "lib/file.h"
#include "lib/ivr_migrations.h"
#include "lib/json.h"
#include "lib/log.h"
#include "migration/log/log_read.h"
#include "migration/log/log_write.h"

#define FILE_MODE 0640

static bool on_stdout;

void migration_log_to_stdout(bool yes)
{
	on_stdout = yes;
}

/**
 * struct text - a file in memory
 * @buf: its bytes, and a NUL
 * @len: how many
 */
struct text {
	char *buf;
	size_t len;
};

static uint64_t number_of(const char *line)
{
	struct json_object *o = json_tokener_parse(line);
	uint64_t number = migration_number_of(o);

	json_object_put(o);
	return number;
}

static bool is_among(const uint64_t *numbers, size_t n, uint64_t number)
{
	while (n--)
		if (numbers[n] == number)
			return true;
	return false;
}

/*
 * Numbers of the @keep migrations that were written last. Not the highest ones:
 * a number is a time, and a clock may have been set back.
 */
static size_t find_kept(const uint64_t *numbers, size_t n, size_t keep,
			uint64_t *kept)
{
	size_t found = 0;

	while (n-- && found < keep)
		if (numbers[n] && !is_among(kept, found, numbers[n]))
			kept[found++] = numbers[n];
	return found;
}

static int replace(const char *path, char **lines, const uint64_t *numbers,
		   size_t n, const uint64_t *kept, size_t nkept)
{
	char temp[600];
	FILE *f;
	size_t i;
	int fd, ret;

	snprintf(temp, sizeof(temp), "%s.new", path);
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		  FILE_MODE);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f)
		return -errno;
	for (i = 0; i < n; i++)
		if (is_among(kept, nkept, numbers[i]))
			fprintf(f, "%s\n", lines[i]);
	ret = ferror(f) ? -EIO : 0;
	if (fclose(f))
		ret = -errno;
	if (!ret && rename(temp, path))
		ret = -errno;
	if (ret)
		unlink(temp);
	return ret;
}

static int prune_text(const char *path, struct text *t, size_t keep)
{
	size_t n = 0, i, room = 1, nkept;
	uint64_t *numbers, *kept;
	char **lines, *at, *end;
	bool superfluous = false;
	int ret = -ENOMEM;

	for (i = 0; i < t->len; i++)
		room += t->buf[i] == '\n';
	lines = calloc(room, sizeof(*lines));
	numbers = calloc(room, sizeof(*numbers));
	kept = calloc(keep + 1, sizeof(*kept));
	if (!lines || !numbers || !kept)
		goto out;
	/* Not by strchr(): a machine that lost power leaves zeros. */
	for (at = t->buf; at < t->buf + t->len; at = end + 1) {
		end = memchr(at, '\n', t->buf + t->len - at);
		if (!end)
			end = t->buf + t->len;
		*end = '\0';
		lines[n] = at;
		numbers[n++] = number_of(at);
	}
	nkept = find_kept(numbers, n, keep, kept);
	for (i = 0; i < n; i++)
		superfluous |= !is_among(kept, nkept, numbers[i]);
	ret = superfluous ? replace(path, lines, numbers, n, kept, nkept) : 0;
out:
	free(kept);
	free(lines);
	free(numbers);
	return ret;
}

int migration_log_prune(const char *path, size_t keep)
{
	struct text t = { NULL, 0 };
	int ret = file_read_regular(path, O_NOFOLLOW, IVR_MIGRATIONS_MAX_BYTES,
				    &t.buf, &t.len);

	if (ret == -EFBIG)
		ret = unlink(path) ? -errno : 0;
	else if (!ret)
		ret = prune_text(path, &t, keep);
	free(t.buf);
	return ret == -ENOENT ? 0 : ret;
}

/* A line that was cut by a crash must not swallow the next one. */
static bool is_cut(int fd)
{
	char last;
	off_t end = lseek(fd, 0, SEEK_END);

	return end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n';
}

static int append(const char *path, const char *line)
{
	int fd = open(path,
		      O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW |
			      O_NONBLOCK,
		      FILE_MODE);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%s%s\n", is_cut(fd) ? "\n" : "", line) < 0)
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

static void complain(const struct migration_log *r, int ret)
{
	static struct log_limit limit = { .every_ms = 60000 };

	if (log_allowed(&limit))
		warn("VM %s: %s: %s; this migration's time line is incomplete",
		     r->vm, r->path, strerror(-ret));
}

/* A pipe into which nobody looks must not stop us; lines fit into PIPE_BUF. */
static void print(const char *line)
{
	static struct log_limit limit = { .every_ms = 60000 };
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) &&
	    dprintf(STDOUT_FILENO, "%s\n", line) > 0)
		return;
	if (log_allowed(&limit))
		warn("nobody reads the standard output: lines are left out");
}

void migration_log_begin(struct migration_log *r, uint64_t realtime_ns,
			 bool source)
{
	int ret = 0;

	/* Two that begin in one moment are still two. */
	r->migration = realtime_ns > r->migration ? realtime_ns :
						    r->migration + 1;
	r->source = source;
	if (r->path[0])
		ret = migration_log_prune(r->path, IVR_MIGRATIONS_KEPT - 1);
	if (ret)
		complain(r, ret);
}

void migration_log_put(struct migration_log *r, const char *event,
		       uint64_t realtime_ns, struct json_object *detail)
{
	struct json_object *o = detail ? detail : json_object_new_object();
	char number[17], host[65] = "";
	const char *line;
	int ret;

	if (!r->migration) {
		json_object_put(o);
		return;
	}
	snprintf(number, sizeof(number), "%016" PRIx64, r->migration);
	gethostname(host, sizeof(host) - 1);
	json_put_text(o, "migration", number);
	json_put_text(o, "event", event);
	json_put_text(o, "vm", r->vm);
	json_put_text(o, "host", host);
	json_put_text(o, "side", r->source ? "source" : "destination");
	json_put_u64(o, "realtime_ns", realtime_ns);
	line = json_line(o);
	if (on_stdout)
		print(line);
	fault_dir(r->run_dir);
	ret = fault_point("watch-record-append");
	if (!ret && r->path[0])
		ret = append(r->path, line);
	if (ret)
		complain(r, ret);
	json_object_put(o);
}
