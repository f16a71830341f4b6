// SPDX-License-Identifier: GPL-2.0
/* store_kit.c - stores made by hand, from a guest that is only a model */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/store/store_kit.h"

/* Data of the test event: the common fields, a number, a name. */
struct tick {
	uint16_t type;
	uint8_t flags;
	uint8_t preempt_count;
	int32_t pid;
	uint64_t n;
	char who[16];
};

#define EVENT_BYTES (4 + sizeof(struct tick))
#define STEP_NS	    1000

static const char tick_format[] =
	"name: tick\nID: 1001\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;"
	"\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:u64 n;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:char who[16];\toffset:16;\tsize:16;\tsigned:0;\n\n"
	"print fmt: \"n=%llu who=%s\", REC->n, REC->who\n";

static const char raw_format[] =
	"name: raw_data\nID: 16\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;"
	"\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:unsigned int id;\toffset:8;\tsize:4;\tsigned:0;\n\n"
	"print fmt: \"id:%04x\", REC->id\n";

static const char header_page[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
	"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";

static const char header_event[] =
	"# compressed entry header\n\ttype_len    :    5 bits\n"
	"\ttime_delta  :   27 bits\n\tarray       :   32 bits\n\n"
	"\tpadding     : type == 29\n\ttime_extend : type == 30\n"
	"\ttime_stamp : type == 31\n\tdata max type_len  == 28\n";

char *kit_dir(void)
{
	char *dir = strdup("/tmp/ivring-test.XXXXXX");

	assert_non_null(mkdtemp(dir));
	return dir;
}

static int rm_one(const char *path, const struct stat *st, int type,
		  struct FTW *ftw)
{
	return remove(path);
}

void kit_rm(char *dir)
{
	nftw(dir, rm_one, 16, FTW_DEPTH | FTW_PHYS);
	free(dir);
}

struct kit_guest *kit_guest(void)
{
	struct kit_guest *g = calloc(1, sizeof(*g));
	int i;

	assert_non_null(g);
	g->ts = 1000000000;
	for (i = 0; i < KIT_RINGS; i++)
		g->rings[i].head = 1;
	return g;
}

static void put_event(unsigned char *p, uint64_t n, bool first)
{
	uint32_t head = sizeof(struct tick) / 4 | (first ? 0 : STEP_NS) << 5;
	struct tick t = { .type = KIT_EVENT_ID, .pid = 42, .n = n };

	strcpy(t.who, "guest");
	memcpy(p, &head, sizeof(head));
	memcpy(p + 4, &t, sizeof(t));
}

void kit_close_page(struct kit_guest *g, unsigned int ring, unsigned int count)
{
	struct kit_ring *r = &g->rings[ring];
	unsigned char *page = r->pages[r->head - 1];
	uint64_t commit = count * EVENT_BYTES;
	struct ivr_desc *d = &r->descs[r->head - 1];
	unsigned int i;

	assert_true(commit <= IVR_PAGE_PAYLOAD && r->head <= KIT_PAGES);
	memset(page, 0xee, IVR_PAGE_SIZE);
	*d = (struct ivr_desc) {
		.page = r->head,
		.first = r->produced,
		.lost = r->lost,
		.ts_first = g->ts,
		.count = count,
		.bytes = commit,
		.ts_last = g->ts + (count - 1) * STEP_NS,
	};
	memcpy(page, &g->ts, 8);
	memcpy(page + 8, &commit, 8);
	for (i = 0; i < count; i++)
		put_event(page + IVR_PAGE_HEADER + i * EVENT_BYTES,
			  r->produced + i, !i);
	g->ts += count * STEP_NS;
	r->produced += count;
	r->head++;
}

void kit_discard(struct kit_guest *g, unsigned int ring, unsigned int count)
{
	g->rings[ring].produced += count;
	g->rings[ring].lost += count;
}

void kit_append(const struct kit_leg *l, const char *name, const void *p,
		size_t len)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", l->path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, len), len);
	close(fd);
}

struct kit_leg kit_leg(struct kit_leg l)
{
	char text[512];
	int len;

	l.stream = l.stream ? l.stream : KIT_STREAM;
	l.host = l.host ? l.host : "alpha";
	l.rings = l.rings ? l.rings : 1;
	l.number = l.number ? l.number : 1;
	l.generation = l.generation ? l.generation : 1;
	l.epoch = l.epoch ? l.epoch : 0xa;
	l.realtime = l.realtime ? l.realtime : l.epoch * 1000000000;
	snprintf(l.path, sizeof(l.path), "%s/" IVR_STORE_LEG_FMT, l.store,
		 l.number, (unsigned long long)l.epoch);
	mkdir(l.store, 0700);
	assert_int_equal(mkdir(l.path, 0700), 0);
	len = snprintf(text, sizeof(text),
		       "format %d\nvm web\nhost %s\nboot b-%s\nstream %s\n"
		       "epoch %016llx\nprev %016llx\nrings %u\nsize 1048576\n"
		       "policy %s\nrealtime %llu\ngeneration %u\n"
		       "color blue\n",
		       IVR_STORE_FORMAT, l.host, l.host, l.stream,
		       (unsigned long long)l.epoch, (unsigned long long)l.prev,
		       l.rings, l.policy ? l.policy : "discard",
		       (unsigned long long)l.realtime, l.generation);
	kit_append(&l, IVR_STORE_LEG_FILE, text, len);
	return l;
}

void kit_take(const struct kit_leg *l, const struct kit_guest *g,
	      unsigned int ring, uint64_t from, uint64_t to)
{
	char name[64];

	for (; from < to; from++) {
		snprintf(name, sizeof(name), IVR_STORE_RING_FMT ".pages", ring,
			 0);
		kit_append(l, name, g->rings[ring].pages[from - 1],
			   IVR_PAGE_SIZE);
		snprintf(name, sizeof(name), IVR_STORE_RING_FMT ".desc", ring,
			 0);
		kit_append(l, name, &g->rings[ring].descs[from - 1],
			   sizeof(struct ivr_desc));
	}
}

void kit_gap(const struct kit_leg *l, unsigned int ring, uint32_t reason,
	     uint64_t from, uint64_t to)
{
	struct ivr_store_mark m = {
		.kind = IVR_MARK_GAP,
		.reason = reason,
		.ring = ring,
		.from = from,
		.to = to,
	};

	kit_append(l, IVR_STORE_MARKS_FILE, &m, sizeof(m));
}

void kit_start(const struct kit_leg *l, unsigned int ring, uint64_t from)
{
	struct ivr_store_mark m = {
		.kind = IVR_MARK_START,
		.ring = ring,
		.from = from,
		.to = from,
	};

	kit_append(l, IVR_STORE_MARKS_FILE, &m, sizeof(m));
}

void kit_end(const struct kit_leg *l, const struct kit_guest *g,
	     unsigned int ring, uint32_t reason, uint64_t to)
{
	const struct kit_ring *r = &g->rings[ring];
	struct ivr_store_mark m = {
		.kind = IVR_MARK_END,
		.reason = reason,
		.ring = ring,
		.to = to,
		.head = r->head,
		.produced = r->produced,
		.lost = r->lost,
	};

	kit_append(l, IVR_STORE_MARKS_FILE, &m, sizeof(m));
}

void kit_clock(const struct kit_leg *l, uint64_t guest, uint64_t realtime,
	       uint64_t error)
{
	struct ivr_store_clock c = {
		.guest_ns = guest,
		.realtime_ns = realtime,
		.error_ns = error,
	};

	kit_append(l, IVR_STORE_CLOCK_FILE, &c, sizeof(c));
}

static void put_item(FILE *f, uint32_t kind, const char *name, const char *data)
{
	struct ivr_meta_item it = {
		.kind = kind,
		.name_len = strlen(name),
		.data_len = strlen(data),
	};

	fwrite(&it, sizeof(it), 1, f);
	fputs(name, f);
	fputs(data, f);
	while (ftell(f) % 8)
		fputc(0, f);
}

unsigned char *kit_blob(const char *cmdlines, uint64_t *len)
{
	struct ivr_meta_head head = {
		.magic = IVR_META_MAGIC,
		.version = IVR_META_VERSION,
		.items = 8,
	};
	char *blob = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&blob, &size);

	fwrite(&head, sizeof(head), 1, f);
	put_item(f, IVR_META_HEADER_PAGE, "", header_page);
	put_item(f, IVR_META_HEADER_EVENT, "", header_event);
	put_item(f, IVR_META_FTRACE, "raw_data", raw_format);
	put_item(f, IVR_META_EVENT, "ivrtest/tick", tick_format);
	put_item(f, IVR_META_PRINTK, "", "0xffffffff81000000 : \"hello\"\n");
	put_item(f, IVR_META_CMDLINES, "", cmdlines);
	put_item(f, IVR_META_UNAME, "",
		 "sysname Linux\nrelease 6.12.0\n"
		 "version #1\nmachine x86_64\n");
	put_item(f, IVR_META_CLOCK, "", "local");
	fclose(f);
	*len = size;
	return (unsigned char *)blob;
}

void kit_meta(const struct kit_leg *l, uint64_t gen, uint64_t sending,
	      const unsigned char *blob, uint64_t len, uint64_t from,
	      uint64_t to)
{
	unsigned char page[IVR_PAGE_SIZE];

	for (; from < to; from += IVR_PAGE_SIZE) {
		uint64_t left = len - from;
		struct ivr_desc d = {
			.page = from / IVR_PAGE_SIZE + 1,
			.first = from,
			.lost = gen,
			.ts_first = sending,
			.ts_last = len,
			.count = left < IVR_PAGE_SIZE ? left : IVR_PAGE_SIZE,
		};

		d.bytes = d.count;
		memset(page, 0xdd, sizeof(page));
		memcpy(page, blob + from, d.count);
		kit_append(l, "meta-0000.pages", page, sizeof(page));
		kit_append(l, "meta-0000.desc", &d, sizeof(d));
	}
}

void kit_read(struct kit_result *k, const char *a, const char *b)
{
	char *paths[] = { (char *)a, (char *)b };

	memset(k, 0, sizeof(*k));
	assert_int_equal(stores_open(&k->s, paths, b ? 2 : 1, false), 0);
	assert_int_equal(merge_update(&k->m, &k->s), 0);
	assert_int_equal(k->m.n, 1);
	assert_int_equal(stream_check_pages(k->m.list[0], &k->s.found), 0);
	assert_int_equal(report_make(&k->r, k->m.list[0], &k->s.found), 0);
}

void kit_free(struct kit_result *k)
{
	report_free(&k->r);
	merge_free(&k->m);
	stores_close(&k->s);
}

bool kit_found(const struct kit_result *k, const char *text)
{
	size_t i;

	for (i = 0; i < k->s.found.n; i++)
		if (strstr(k->s.found.list[i].text, text))
			return true;
	return false;
}

void kit_world_open(struct kit_world *w)
{
	w->dir = kit_dir();
	snprintf(w->a, sizeof(w->a), "%s/a", w->dir);
	snprintf(w->b, sizeof(w->b), "%s/b", w->dir);
	w->g = kit_guest();
}

void kit_world_close(struct kit_world *w)
{
	kit_free(&w->k);
	kit_rm(w->dir);
	free(w->g);
}

int kit_setup(void **state)
{
	struct kit_world *w = calloc(1, sizeof(*w));

	kit_world_open(w);
	*state = w;
	return 0;
}

int kit_teardown(void **state)
{
	kit_world_close(*state);
	free(*state);
	return 0;
}

void kit_close_pages(struct kit_world *w, unsigned int n)
{
	while (n--)
		kit_close_page(w->g, 0, 10);
}
