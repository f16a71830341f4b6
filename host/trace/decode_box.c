// SPDX-License-Identifier: GPL-2.0
/* decode_box.c - decode records in a process that may die of it */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "trace/decode_box.h"

/*
 * A child that loops ends by its own CPU limit. This is for one that was
 * taken over and sleeps: without an answer for so long it is killed.
 */
#define PATIENCE_MS 60000
#define LOOK_MS	    100
/* Bytes of a record that was not decoded which are shown */
#define RAW_MAX 64

static bool has_bit(const unsigned char *bits, uint16_t id)
{
	return bits[id / 8] & (1u << (id % 8));
}

static void set_bit(unsigned char *bits, uint16_t id)
{
	bits[id / 8] |= 1u << (id % 8);
}

struct decode_box *decode_box_new(struct meta *m, uint32_t cpus,
				  struct findings *found, bool (*stop)(void))
{
	struct decode_box *b = calloc(1, sizeof(*b));

	if (!b) {
		meta_free(m);
		return NULL;
	}
	*b = (struct decode_box) {
		.meta = *m,
		.fd = -1,
		.symbols = true,
		.comms = true,
		.cpus = cpus,
		.found = found,
		.stop = stop,
	};
	memset(m, 0, sizeof(*m));
	formats_index(&b->formats, &b->meta);
	b->share = mmap(NULL, sizeof(*b->share), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b->share == MAP_FAILED) {
		b->share = NULL;
		decode_box_free(b);
		return NULL;
	}
	return b;
}

/* Returns what waitpid() says of it */
static int end_child(struct decode_box *b)
{
	int status = 0;

	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
	if (!b->pid)
		return 0;
	kill(b->pid, SIGKILL);
	while (waitpid(b->pid, &status, 0) < 0 && errno == EINTR)
		;
	b->pid = 0;
	return status;
}

void decode_box_free(struct decode_box *b)
{
	if (!b)
		return;
	end_child(b);
	if (b->share)
		munmap(b->share, sizeof(*b->share));
	meta_free(&b->meta);
	free(b);
}

bool decode_box_has(const struct decode_box *b, const struct meta *m)
{
	return b->meta.gen == m->gen && b->meta.len == m->len &&
	       b->meta.comms_len == m->comms_len &&
	       (!m->len || !memcmp(b->meta.blob, m->blob, m->len));
}

void decode_box_follow(struct decode_box *b, const struct decode_box *old)
{
	if (!old)
		return;
	b->deaths = old->deaths;
	if (b->deaths >= DECODE_DEATHS)
		memset(b->deadly, 0xff, sizeof(b->deadly));
}

static int start_child(struct decode_box *b)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	b->share->stage = DECODE_SYMBOLS;
	fflush(NULL);
	pid = fork();
	if (!pid) {
		const struct decode_job job = {
			.meta = &b->meta,
			.formats = &b->formats,
			.cpus = b->cpus,
			.share = b->share,
			.fd = ends[1],
			.symbols = b->symbols,
			.comms = b->comms,
		};

		decode_child(&job);
	}
	close(ends[1]);
	if (pid < 0) {
		int ret = -errno;

		close(ends[0]);
		return ret;
	}
	b->pid = pid;
	b->fd = ends[0];
	return 0;
}

/* 1: the batch is done; 0: the child has died or must; -EINTR: enough */
static int await_child(struct decode_box *b)
{
	uint64_t until = now_ms() + PATIENCE_MS;
	struct pollfd p = { .fd = b->fd, .events = POLLIN };
	char byte = 0, bytes[2];

	/* One that does not read is not waited for. */
	if (send(b->fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
		return 0;
	while (now_ms() < until) {
		if (b->stop && b->stop())
			return -EINTR;
		if (poll(&p, 1, LOOK_MS) > 0)
			return recv(b->fd, bytes, sizeof(bytes), 0) == 1;
	}
	return 0;
}

static const char *describe_end(int status, char *buf, size_t len)
{
	const char *name;

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
		return "takes for ever";
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return "does not answer";
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return "tries what it may not";
	name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;
	snprintf(buf, len, name ? "crashes (SIG%s)" : "fails", name);
	return buf;
}

static void name_event(const struct decode_box *b, uint16_t id, char *buf,
		       size_t len)
{
	const struct meta_item *it = formats_find(&b->formats, &b->meta, id);
	char name[128] = "ftrace's own";

	if (it && it->kind == IVR_META_EVENT)
		text_clean(name, sizeof(name), it->name, it->name_len);
	snprintf(buf, len, "%u (%s)", id, name);
}

/* Record number @i was the last; it gets no answer, nor do others of its id. */
static void blame_record(struct decode_box *b, uint32_t i, const char *how)
{
	uint16_t id = b->id[i];
	char name[160];

	name_event(b, id, name, sizeof(name));
	found_note(b->found,
		   "event id %s: decoding it %s; its records are shown raw",
		   name, how);
	set_bit(b->deadly, id);
	if (++b->deaths < DECODE_DEATHS)
		return;
	found_note(b->found,
		   "%d event formats of this guest ended the decoder; all "
		   "further records are shown raw",
		   DECODE_DEATHS);
	memset(b->deadly, 0xff, sizeof(b->deadly));
}

/* What killed the child is not tried again. Every call takes something away. */
static int blame(struct decode_box *b, uint32_t done, int status)
{
	char buf[64];
	const char *how = describe_end(status, buf, sizeof(buf));
	uint32_t stage = b->share->stage;

	if (stage == DECODE_RECORDS) {
		blame_record(b, done, how);
		return 0;
	}
	if (stage == DECODE_SYMBOLS && b->symbols) {
		b->symbols = false;
		found_note(b->found,
			   "the guest's symbols: reading them %s; addresses "
			   "have no names",
			   how);
		return 0;
	}
	if (b->comms) {
		b->comms = false;
		found_note(b->found,
			   "names of the guest's processes: reading them %s; "
			   "processes have no names",
			   how);
		return 0;
	}
	return -ECHILD;
}

static void skip_deadly(struct decode_box *b, uint32_t *done)
{
	while (*done < b->n && has_bit(b->deadly, b->id[*done]))
		b->share->answer[(*done)++].result = DECODE_DIED;
}

static void tell_partly(struct decode_box *b, uint32_t i)
{
	uint16_t id = b->id[i];
	char name[160];

	if (b->share->answer[i].result != DECODE_PARTLY ||
	    has_bit(b->partly, id))
		return;
	set_bit(b->partly, id);
	name_event(b, id, name, sizeof(name));
	found_note(b->found,
		   "event id %s: its format cannot be fully parsed; its fields "
		   "are shown",
		   name);
}

/*
 * The child gets the records from @done up to the next that would kill it, and
 * what it says of how far it came is only believed within these.
 */
static int run_some(struct decode_box *b, uint32_t *done)
{
	uint32_t end = *done, from = *done, reached;
	int ret = b->pid ? 0 : start_child(b);

	while (end < b->n && !has_bit(b->deadly, b->id[end]))
		end++;
	if (ret)
		return ret;
	b->share->done = from;
	b->share->n = end;
	ret = await_child(b);
	reached = __atomic_load_n(&b->share->done, __ATOMIC_ACQUIRE);
	if (ret < 0)
		return ret;
	*done = ret ? end : reached >= from && reached < end ? reached : from;
	for (; from < *done; from++)
		tell_partly(b, from);
	return ret ? 0 : blame(b, *done, end_child(b));
}

int decode_box_run(struct decode_box *b)
{
	uint32_t done = 0;
	int ret = 0;

	skip_deadly(b, &done);
	while (done < b->n && !ret) {
		ret = run_some(b, &done);
		skip_deadly(b, &done);
	}
	return ret;
}

bool decode_box_add(struct decode_box *b, const struct record *r)
{
	struct decode_request *q = &b->share->request[b->n];

	memcpy(&b->id[b->n], r->data, sizeof(b->id[0]));
	q->ts = r->ts;
	q->ring = r->ring;
	q->size = r->size < sizeof(q->data) ? r->size : sizeof(q->data);
	memcpy(q->data, r->data, q->size);
	return ++b->n < DECODE_BATCH;
}

void decode_box_clear(struct decode_box *b)
{
	b->n = 0;
}

/* @from may change while it is copied; what was copied ends within @size. */
static void take_text(char *to, size_t size, const char *from)
{
	char dirty[DECODE_INFO_MAX];
	char *end = memccpy(dirty, from, 0, size);
	size_t len = end ? (size_t)(end - dirty) - 1 : size - 1;

	while (len && dirty[len - 1] == '\n')
		len--;
	text_clean(to, size, dirty, len);
}

static void show_raw(const struct decode_box *b, uint32_t i,
		     struct decoded *out)
{
	const struct decode_request *q = &b->share->request[i];
	const struct meta_item *it = formats_find(&b->formats, &b->meta,
						  b->id[i]);
	uint32_t size = q->size, n = size < RAW_MAX ? size : RAW_MAX, k, at;

	out->pid = -1;
	strcpy(out->comm, "<...>");
	out->system[0] = 0;
	strcpy(out->event, "unknown");
	out->fields_len = 0;
	at = snprintf(out->info, sizeof(out->info), "event id %u, %u bytes",
		      b->id[i], size);
	if (out->result != DECODE_DIED)
		return;
	if (it && it->kind == IVR_META_EVENT) {
		const char *slash = memchr(it->name, '/', it->name_len);

		if (slash)
			text_clean(out->event, sizeof(out->event), slash + 1,
				   it->name + it->name_len - slash - 1);
	}
	at += snprintf(out->info + at, sizeof(out->info) - at, ":");
	for (k = 0; k < n; k++)
		at += snprintf(out->info + at, sizeof(out->info) - at, " %02x",
			       q->data[k]);
	if (n < size)
		snprintf(out->info + at, sizeof(out->info) - at, " ..");
}

void decode_box_get(const struct decode_box *b, uint32_t i, struct decoded *out)
{
	const struct decoded *said = &b->share->answer[i];

	out->result = __atomic_load_n(&said->result, __ATOMIC_RELAXED);
	if (out->result != DECODE_WHOLE && out->result != DECODE_PARTLY) {
		show_raw(b, i, out);
		return;
	}
	out->pid = said->pid;
	take_text(out->comm, sizeof(out->comm), said->comm);
	take_text(out->system, sizeof(out->system), said->system);
	take_text(out->event, sizeof(out->event), said->event);
	take_text(out->info, sizeof(out->info), said->info);
	out->fields_len = __atomic_load_n(&said->fields_len, __ATOMIC_RELAXED);
	if (out->fields_len > sizeof(out->fields))
		out->fields_len = 0;
	memcpy(out->fields, said->fields, out->fields_len);
}
