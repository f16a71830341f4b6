// SPDX-License-Identifier: GPL-2.0
/* trace_dat.c - write a stream as trace.dat, version 6 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/page.h"
#include "trace/trace_dat.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "numbers of the store are written as they are");

/* Options of the file, enum in trace-cmd's trace-cmd-private.h. */
enum dat_option {
	DAT_DONE = 0,
	DAT_CPUSTAT = 2,
	DAT_TRACECLOCK = 4,
	DAT_UNAME = 5,
	DAT_OFFSET = 7,
};

#define DAT_MAGIC   "\x17\x08\x44tracing"
#define DAT_VERSION "6"
#define DAT_LONG    8

/*
 * What describes the pages of every ring (D5): the guest's own header_page says
 * something else if its kernel was told to use larger sub-buffers.
 */
static const char header_page[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
	"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";

static const char header_event[] = "# compressed entry header\n"
				   "\ttype_len    :    5 bits\n"
				   "\ttime_delta  :   27 bits\n"
				   "\tarray       :   32 bits\n\n"
				   "\tpadding     : type == 29\n"
				   "\ttime_extend : type == 30\n"
				   "\ttime_stamp : type == 31\n"
				   "\tdata max type_len  == 28\n";

static void put(FILE *f, const void *p, size_t len)
{
	fwrite(p, 1, len, f);
}

static void put16(FILE *f, uint16_t v)
{
	put(f, &v, sizeof(v));
}

static void put32(FILE *f, uint32_t v)
{
	put(f, &v, sizeof(v));
}

static void put64(FILE *f, uint64_t v)
{
	put(f, &v, sizeof(v));
}

static void put_sized(FILE *f, const char *text, uint64_t len)
{
	put64(f, len);
	put(f, text, len);
}

static void put_start(FILE *f)
{
	put(f, DAT_MAGIC, sizeof(DAT_MAGIC) - 1);
	put(f, DAT_VERSION, sizeof(DAT_VERSION));
	fputc(0, f); /* little endian */
	fputc(DAT_LONG, f);
	put32(f, IVR_PAGE_SIZE);
}

static bool has_text(const struct meta_item *it, const char *text)
{
	return it && memmem(it->data, it->len, text, strlen(text));
}

static void put_headers(FILE *f, const struct meta *m)
{
	const struct meta_item *page = meta_find(m, IVR_META_HEADER_PAGE);
	const struct meta_item *event = meta_find(m, IVR_META_HEADER_EVENT);

	put(f, "header_page", sizeof("header_page"));
	if (has_text(page, "timestamp;\toffset:0;\tsize:8;") &&
	    has_text(page, "commit;\toffset:8;\tsize:8;") &&
	    has_text(page, "data;\toffset:16;\tsize:4080;"))
		put_sized(f, page->data, page->len);
	else
		put_sized(f, header_page, sizeof(header_page) - 1);

	put(f, "header_event", sizeof("header_event"));
	if (event)
		put_sized(f, event->data, event->len);
	else
		put_sized(f, header_event, sizeof(header_event) - 1);
}

static void put_ftrace_formats(FILE *f, const struct meta *m)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < m->n; i++)
		n += m->items[i].kind == IVR_META_FTRACE;
	put32(f, n);
	for (i = 0; i < m->n; i++)
		if (m->items[i].kind == IVR_META_FTRACE)
			put_sized(f, m->items[i].data, m->items[i].len);
}

static size_t system_len(const struct meta_item *it)
{
	size_t len = 0;

	meta_event_name(it, &len);
	return len;
}

static int by_system(const void *pa, const void *pb)
{
	const struct meta_item *a = *(struct meta_item *const *)pa;
	const struct meta_item *b = *(struct meta_item *const *)pb;
	size_t la = system_len(a), lb = system_len(b);
	int diff = memcmp(a->name, b->name, la < lb ? la : lb);

	if (diff || la != lb)
		return diff ? diff : la < lb ? -1 : 1;
	return a < b ? -1 : a > b;
}

static bool same_system(const struct meta_item *a, const struct meta_item *b)
{
	size_t len = system_len(a);

	return len == system_len(b) && !memcmp(a->name, b->name, len);
}

static void put_systems(FILE *f, const struct meta_item **ev, size_t n)
{
	uint32_t systems = 0;
	size_t k;
	size_t i, j;

	for (i = 0; i < n; i++)
		systems += !i || !same_system(ev[i - 1], ev[i]);
	put32(f, systems);
	for (i = 0; i < n; i = k) {
		for (k = i + 1; k < n && same_system(ev[i], ev[k]);)
			k++;
		put(f, ev[i]->name, system_len(ev[i]));
		fputc(0, f);
		put32(f, k - i);
		for (j = i; j < k; j++)
			put_sized(f, ev[j]->data, ev[j]->len);
	}
}

static int put_event_formats(FILE *f, const struct meta *m)
{
	const struct meta_item **ev = calloc(m->n + 1, sizeof(*ev));
	size_t n = 0, len;
	size_t i;

	if (!ev)
		return -ENOMEM;
	for (i = 0; i < m->n; i++)
		if (m->items[i].kind == IVR_META_EVENT &&
		    !meta_event_name(&m->items[i], &len))
			ev[n++] = &m->items[i];
	qsort(ev, n, sizeof(*ev), by_system);
	put_systems(f, ev, n);
	free(ev);
	return 0;
}

static int put_symbols(FILE *f, const struct trace_dat *t)
{
	const struct meta_item *it = meta_find(t->meta, IVR_META_KALLSYMS);
	const char *text = t->kallsyms ? t->kallsyms : it ? it->data : "";
	uint64_t len = t->kallsyms ? t->kallsyms_len : it ? it->len : 0;

	if (len > UINT32_MAX)
		return -EFBIG;
	put32(f, len);
	put(f, text, len);

	it = meta_find(t->meta, IVR_META_PRINTK);
	len = it ? it->len : 0;
	put32(f, len);
	if (it)
		put(f, it->data, len);
	return 0;
}

static void put_option(FILE *f, enum dat_option id, const char *text)
{
	put16(f, id);
	put32(f, strlen(text) + 1);
	put(f, text, strlen(text) + 1);
}

/* The value of "key value" in an item's lines, in plain characters. */
static void line_value(const struct meta_item *it, const char *key, char *out,
		       size_t size)
{
	size_t keylen = strlen(key), n = 0;
	const char *p = it ? it->data : NULL;
	const char *end = it ? it->data + it->len : NULL;

	while (p && p < end) {
		const char *nl = memchr(p, '\n', end - p);
		const char *stop = nl ? nl : end;

		if ((size_t)(stop - p) > keylen && !memcmp(p, key, keylen) &&
		    p[keylen] == ' ') {
			for (p += keylen + 1; p < stop && n < size - 1; p++)
				out[n++] = *p < ' ' || *p > '~' ? '?' : *p;
			break;
		}
		p = nl ? nl + 1 : NULL;
	}
	out[n] = 0;
}

static void put_uname(FILE *f, const struct trace_dat *t)
{
	const struct meta_item *it = meta_find(t->meta, IVR_META_UNAME);
	char sysname[64], release[128], version[128], machine[64];
	char text[512 + STORE_TEXT_MAX];

	line_value(it, "sysname", sysname, sizeof(sysname));
	line_value(it, "release", release, sizeof(release));
	line_value(it, "version", version, sizeof(version));
	line_value(it, "machine", machine, sizeof(machine));
	snprintf(text, sizeof(text), "%s %s %s %s %s",
		 *sysname ? sysname : "Linux", t->st->legs[0]->vm, release,
		 version, machine);
	put_option(f, DAT_UNAME, text);
}

static void put_clock(FILE *f, const struct meta *m)
{
	const struct meta_item *it = meta_find(m, IVR_META_CLOCK);
	char name[32], text[40];
	size_t n = 0;

	for (; it && n < it->len && n < sizeof(name) - 1; n++) {
		char c = it->data[n];

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' &&
		    c != '-')
			break;
		name[n] = c;
	}
	name[n] = 0;
	snprintf(text, sizeof(text), "[%s]\n", n ? name : "local");
	put_option(f, DAT_TRACECLOCK, text);
}

static void put_cpu_stat(FILE *f, uint32_t cpu, const struct ring_account *a)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "CPU: %u\nentries: %llu\noverrun: %llu\ndropped events: %llu\n"
		 "rotated away: %llu\ncorrupt: %llu\nreset: %llu\n"
		 "handed over: %llu\ncut off: %llu\nmissing undeclared: %llu\n\n",
		 cpu, (unsigned long long)a->delivered,
		 (unsigned long long)a->lost[LOSS_OVERWRITTEN],
		 (unsigned long long)a->lost[LOSS_DISCARDED],
		 (unsigned long long)a->lost[LOSS_ROTATED],
		 (unsigned long long)a->lost[LOSS_CORRUPT],
		 (unsigned long long)a->lost[LOSS_RESET],
		 (unsigned long long)a->lost[LOSS_HANDED_OVER],
		 (unsigned long long)a->lost[LOSS_CUT_OFF],
		 (unsigned long long)a->undeclared);
	put_option(f, DAT_CPUSTAT, text);
}

static void put_options(FILE *f, const struct trace_dat *t)
{
	uint32_t i;

	put(f, "options  ", sizeof("options  "));
	for (i = 0; i < t->st->nrings; i++)
		put_cpu_stat(f, i, &t->accounts[i]);
	put_clock(f, t->meta);
	put_uname(f, t);
	if (t->shift) {
		char text[32];

		snprintf(text, sizeof(text), "%lld\n", (long long)t->shift);
		put_option(f, DAT_OFFSET, text);
	}
	put16(f, DAT_DONE);
}

/**
 * struct pages - the pages that were written so far
 * @t: what to write
 * @out: where to
 * @done: pages looked at
 * @all: pages there are
 * @stopped: the user has had enough
 */
struct pages {
	struct trace_dat *t;
	FILE *out;
	uint64_t done;
	uint64_t all;
	bool stopped;
};

static void progress(struct pages *p)
{
	if (p->t->progress && (!(p->done % 4096) || p->done == p->all))
		p->t->progress(p->done, p->all);
	if (p->t->stop && !(p->done % 64))
		p->stopped = p->t->stop();
}

static bool load_page(struct pages *p, const struct page_ref *r,
		      const struct ivr_desc *d, unsigned char *page)
{
	const char *why = "cannot be read";

	if (!file_page(r->file, r->index, page) && !page_check(page, d, &why))
		return true;
	found_bad(p->t->found,
		  "%s/%s: page %llu of ring %u is corrupt, left "
		  "out: %s",
		  r->file->leg->path, r->file->name,
		  (unsigned long long)d->page, r->file->ring, why);
	p->t->dropped++;
	return false;
}

static void put_ring(struct pages *p, const struct ring_pages *ring)
{
	unsigned char page[IVR_PAGE_SIZE];
	struct ring_walk w = { 0 };
	struct page_ref r;
	uint64_t next = 0;

	while (!ferror(p->out) && !p->stopped && ring_walk_next(ring, &w, &r)) {
		const struct ivr_desc desc = ref_desc(&r), *d = &desc;

		p->done++;
		progress(p);
		if (!load_page(p, &r, d, page))
			continue;
		memset(page + IVR_PAGE_HEADER + d->bytes, 0,
		       IVR_PAGE_PAYLOAD - d->bytes);
		if (d->first > next)
			page_set_missed(page, d->first - next);
		put(p->out, page, sizeof(page));
		next = d->first + d->count;
	}
}

static int pad_to_page(FILE *f)
{
	off_t at = ftello(f);

	if (at < 0)
		return -errno;
	for (; at % IVR_PAGE_SIZE; at++)
		fputc(0, f);
	return 0;
}

/* The table says where each CPU's pages begin and how many bytes they are. */
static int put_rings(FILE *f, struct trace_dat *t)
{
	const struct stream *st = t->st;
	struct pages p = { .t = t, .out = f };
	off_t table, at, end;
	int ret;
	uint32_t i;

	put(f, "flyrecord", sizeof("flyrecord"));
	table = ftello(f);
	for (i = 0; i < st->nrings * 2; i++)
		put64(f, 0);
	ret = pad_to_page(f);
	for (i = 0; i < st->nrings; i++)
		p.all += st->rings[i].n;
	for (i = 0; i < st->nrings && !ret && !ferror(f); i++) {
		at = ftello(f);
		put_ring(&p, &st->rings[i]);
		if (p.stopped)
			return -EINTR;
		end = ftello(f);
		if (table < 0 || at < 0 || end < 0 ||
		    fseeko(f, table + i * 16, SEEK_SET))
			return -errno;
		put64(f, at);
		put64(f, end - at);
		if (fseeko(f, end, SEEK_SET))
			return -errno;
	}
	return ret;
}

int trace_dat_write(struct trace_dat *t, FILE *out)
{
	int ret;

	t->dropped = 0;
	errno = 0;
	put_start(out);
	put_headers(out, t->meta);
	put_ftrace_formats(out, t->meta);
	ret = put_event_formats(out, t->meta);
	if (!ret)
		ret = put_symbols(out, t);
	if (ret)
		return ret;
	put_sized(out, t->meta->comms, t->meta->comms_len);
	put32(out, t->st->nrings);
	put_options(out, t);
	ret = put_rings(out, t);
	if (!ret && (fflush(out) || ferror(out)))
		ret = errno ? -errno : -EIO;
	return ret;
}
