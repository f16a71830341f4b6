// SPDX-License-Identifier: GPL-2.0
/* trace_dat.c - the file opens in trace-cmd, complete and without complaint */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/store/store_kit.h"
#include "trace/trace_dat.h"

#define OUTPUT_MAX (1 << 20)

/** struct world - a guest that was on two hosts, and the file made of it */
struct world {
	char *dir;
	char a[64];
	char b[64];
	char dat[64];
	struct kit_guest *g;
	struct kit_leg la;
	struct kit_leg lb;
	struct kit_result k;
	char out[OUTPUT_MAX];
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->dir = kit_dir();
	snprintf(w->a, sizeof(w->a), "%s/a", w->dir);
	snprintf(w->b, sizeof(w->b), "%s/b", w->dir);
	snprintf(w->dat, sizeof(w->dat), "%s/trace.dat", w->dir);
	w->g = kit_guest();
	w->la = kit_leg((struct kit_leg) { .store = w->a, .rings = 2 });
	w->lb = kit_leg((struct kit_leg) { .store = w->b,
					   .rings = 2,
					   .epoch = 0xb,
					   .prev = 0xa,
					   .host = "beta" });
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	kit_free(&w->k);
	kit_rm(w->dir);
	free(w->g);
	free(w);
	return 0;
}

static void add_meta(struct world *w)
{
	uint64_t len;
	unsigned char *blob = kit_blob("42 ticker\n", &len);

	kit_meta(&w->lb, 1, 1, blob, len, 0, len);
	free(blob);
}

static struct trace_dat export(struct world *w)
{
	struct trace_dat t = { .dropped = 0 };
	struct meta meta;
	FILE *f = fopen(w->dat, "w");

	kit_read(&w->k, w->a, w->b);
	assert_int_equal(meta_load(&meta, w->k.m.list[0], &w->k.s.found), 0);
	t.st = w->k.m.list[0];
	t.meta = &meta;
	t.accounts = w->k.r.rings;
	t.found = &w->k.s.found;
	assert_int_equal(trace_dat_write(&t, f), 0);
	fclose(f);
	meta_free(&meta);
	return t;
}

/* Standard output of a trace-cmd command; nothing may come on its stderr. */
static void trace_cmd(struct world *w, const char *command)
{
	char line[512], errors[128];
	struct stat st;
	size_t n;
	FILE *p;

	snprintf(errors, sizeof(errors), "%s/stderr", w->dir);
	snprintf(line, sizeof(line), "trace-cmd %s -i %s 2>%s", command, w->dat,
		 errors);
	p = popen(line, "r");
	assert_non_null(p);
	n = fread(w->out, 1, sizeof(w->out) - 1, p);
	w->out[n] = 0;
	assert_int_equal(pclose(p), 0);
	assert_int_equal(stat(errors, &st), 0);
	assert_int_equal(st.st_size, 0);
}

/* How often @text stands in the output. */
static unsigned int times(const struct world *w, const char *text)
{
	unsigned int n = 0;
	const char *p;

	for (p = w->out; (p = strstr(p, text)); p++)
		n++;
	return n;
}

static void two_hosts(void **state)
{
	struct world *w = *state;
	char text[64];
	int i;

	add_meta(w);
	for (i = 0; i < 6; i++) {
		kit_close_page(w->g, 0, 7);
		kit_close_page(w->g, 1, 9);
	}
	kit_take(&w->la, w->g, 0, 1, 5);
	kit_take(&w->lb, w->g, 0, 4, 7);
	kit_take(&w->la, w->g, 1, 1, 4);
	kit_take(&w->lb, w->g, 1, 3, 7);
	assert_int_equal(export(w).dropped, 0);
	assert_true(report_fine(&w->k.r));
	trace_cmd(w, "report");
	assert_int_equal(times(w, "cpus=2"), 1);
	assert_int_equal(times(w, "ticker-42"), 6 * 16);
	assert_int_equal(times(w, "DROPPED"), 0);
	for (i = 0; i < 54; i++) {
		snprintf(text, sizeof(text), "n=%d who=guest", i);
		assert_int_equal(times(w, text), i < 42 ? 2 : 1);
	}
}

static void losses_where_they_were(void **state)
{
	struct world *w = *state;
	const char *last, *lost;

	add_meta(w);
	kit_close_page(w->g, 0, 5); /* 0 .. 4 */
	kit_discard(w->g, 0, 3);
	kit_close_page(w->g, 0, 113); /* 8 .. 120 */
	kit_close_page(w->g, 0, 5); /* 121 .. 125, rotated away */
	kit_discard(w->g, 0, 1);
	kit_close_page(w->g, 0, 5); /* 127 .. 131 */
	kit_discard(w->g, 1, 2);
	kit_close_page(w->g, 1, 1);
	kit_take(&w->la, w->g, 0, 1, 3);
	kit_gap(&w->la, 0, IVR_WHY_ROTATED, 3, 4);
	kit_take(&w->la, w->g, 0, 4, 5);
	kit_take(&w->la, w->g, 1, 1, 2);
	export(w);
	trace_cmd(w, "report");
	assert_int_equal(times(w, "ticker-42"), 5 + 113 + 5 + 1);
	assert_int_equal(times(w, "DROPPED]"), 3);
	last = strstr(w->out, "n=4 who");
	lost = strstr(w->out, "[3 EVENTS DROPPED]");
	assert_true(last && lost && last < lost);
	assert_true(lost < strstr(w->out, "n=8 who"));
	last = strstr(w->out, "n=120 who");
	lost = strstr(w->out, "[6 EVENTS DROPPED]");
	assert_true(last && lost && last < lost);
	assert_true(lost < strstr(w->out, "n=127 who"));
	assert_int_equal(times(w, "CPU:1 [2 EVENTS DROPPED]"), 1);
}

static void number_just_fits(void **state)
{
	struct world *w = *state;

	add_meta(w);
	kit_discard(w->g, 0, 3);
	kit_close_page(w->g, 0, 113);
	kit_take(&w->la, w->g, 0, 1, 2);
	export(w);
	trace_cmd(w, "report");
	/* 113 events fill 4068 bytes, 12 are left: the number fits. */
	assert_int_equal(times(w, "[3 EVENTS DROPPED]"), 1);
	assert_int_equal(times(w, "ticker-42"), 113);
}

static void bad_page_left_out(void **state)
{
	struct world *w = *state;
	struct trace_dat t = { .dropped = 0 };
	struct meta meta;
	FILE *f = fopen(w->dat, "w");
	char *paths[] = { w->a, w->b };
	int i;

	add_meta(w);
	for (i = 0; i < 3; i++)
		kit_close_page(w->g, 0, 4);
	/* The second event of page 2 claims to be longer than the page. */
	w->g->rings[0].pages[1][IVR_PAGE_HEADER + 36] &= ~0x1f;
	kit_take(&w->la, w->g, 0, 1, 4);
	assert_int_equal(stores_open(&w->k.s, paths, 2, false), 0);
	assert_int_equal(merge_update(&w->k.m, &w->k.s), 0);
	assert_int_equal(report_make(&w->k.r, w->k.m.list[0], &w->k.s.found),
			 0);
	assert_int_equal(meta_load(&meta, w->k.m.list[0], &w->k.s.found), 0);
	t.st = w->k.m.list[0];
	t.meta = &meta;
	t.accounts = w->k.r.rings;
	t.found = &w->k.s.found;
	assert_int_equal(trace_dat_write(&t, f), 0);
	fclose(f);
	meta_free(&meta);
	assert_int_equal(t.dropped, 1);
	assert_true(kit_found(&w->k, "page 2 of ring 0 is corrupt, left out"));
	trace_cmd(w, "report");
	assert_int_equal(times(w, "ticker-42"), 8);
	assert_int_equal(times(w, "[4 EVENTS DROPPED]"), 1);
}

static void statistics_and_uname(void **state)
{
	struct world *w = *state;

	add_meta(w);
	kit_close_page(w->g, 0, 4);
	kit_discard(w->g, 0, 3);
	kit_close_page(w->g, 0, 4);
	kit_take(&w->la, w->g, 0, 1, 3);
	export(w);
	trace_cmd(w, "report --stat");
	assert_int_equal(times(w, "dropped events: 3"), 1);
	assert_int_equal(times(w, "entries: 8"), 1);
	trace_cmd(w, "report --uname");
	assert_int_equal(times(w, "Linux web 6.12.0 #1 x86_64"), 1);
	trace_cmd(w, "report --events");
	assert_int_equal(times(w, "name: tick"), 1);
}

static void larger_sub_buffers_in_the_guest(void **state)
{
	struct world *w = *state;
	uint64_t len;
	unsigned char *blob = kit_blob("42 ticker\n", &len), *p;

	p = memmem(blob, len, "size:4080;", 10);
	assert_non_null(p);
	memcpy(p, "size:8176;", 10);
	kit_meta(&w->la, 1, 1, blob, len, 0, len);
	free(blob);
	kit_close_page(w->g, 0, 4);
	kit_take(&w->la, w->g, 0, 1, 2);
	export(w);
	trace_cmd(w, "report");
	assert_int_equal(times(w, "ticker-42"), 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_hosts),
		TEST(losses_where_they_were),
		TEST(number_just_fits),
		TEST(bad_page_left_out),
		TEST(statistics_and_uname),
		TEST(larger_sub_buffers_in_the_guest),
	};

	if (system("trace-cmd --version >/dev/null 2>&1 || "
		   "command -v trace-cmd >/dev/null")) {
		puts("1..0 # SKIP trace-cmd is not installed");
		return 77;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
