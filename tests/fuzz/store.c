// SPDX-License-Identifier: GPL-2.0
/*
 * store.c - a store of two legs: marks, descriptors, pages and metadata
 *
 * The input is dealt out to the files: its first bytes say how much of it each
 * one gets.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/report.h"
#include "tests/fuzz/fuzz.h"
#include "trace/meta.h"
#include "trace/trace_dat.h"

#define LEGS 2

static const char *const names[] = {
	"marks",
	"clock",
	"ring-000-0000.desc",
	"ring-000-0000.pages",
	"ring-001-0000.desc",
	"ring-001-0000.pages",
	"meta-0000.desc",
	"meta-0000.pages",
};

#define NAMES (sizeof(names) / sizeof(names[0]))

static char top[] = "/dev/shm/ivring-fuzz-XXXXXX";

static void write_in(int leg, const char *name, const void *data, size_t size)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/leg-%04d-%016x/%s", top, leg, leg,
		 name);
	f = fopen(path, "we");
	if (!f)
		abort();
	fwrite(data, 1, size, f);
	fclose(f);
}

static void remove_top(void)
{
	char shell[64];

	snprintf(shell, sizeof(shell), "rm -rf %s", top);
	if (system(shell))
		abort();
}

static void make_legs(void)
{
	char text[512], path[128];
	int leg;

	if (!mkdtemp(top))
		abort();
	atexit(remove_top);
	for (leg = 1; leg <= LEGS; leg++) {
		snprintf(path, sizeof(path), "%s/leg-%04d-%016x", top, leg,
			 leg);
		if (mkdir(path, 0700))
			abort();
		snprintf(text, sizeof(text),
			 "format 1\nvm v\nhost h%d\nboot b\n"
			 "stream 0123456789abcdef0123456789abcdef\n"
			 "epoch %016x\nprev %016x\nrings 2\n"
			 "size 1048576\npolicy overwrite\n",
			 leg, leg, leg - 1);
		write_in(leg, "leg", text, strlen(text));
	}
}

static void deal_out(const uint8_t *data, size_t size)
{
	const uint8_t *share = data;
	size_t at = LEGS * NAMES, i;

	for (i = 0; i < LEGS * NAMES; i++) {
		size_t n = size > at ? (size - at) * share[i] / 512 : 0;

		write_in(1 + i / NAMES, names[i % NAMES], data + at, n);
		at += n;
	}
}

static void use(struct stream *st, struct findings *found, FILE *null)
{
	struct trace_dat t = { .st = st, .found = found };
	struct report r;
	struct meta m;
	bool have = !meta_load(&m, st, found);

	if (!report_make(&r, st, found)) {
		report_print(&r, null);
		t.accounts = r.rings;
		t.meta = &m;
		if (have)
			trace_dat_write(&t, null);
		report_free(&r);
	}
	if (have)
		meta_free(&m);
	stream_check_pages(st, found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *null;
	char *paths[] = { top };
	struct merge m = { 0 };
	struct stores s;
	size_t i;

	if (size < LEGS * NAMES)
		return 0;
	if (!null) {
		make_legs();
		null = fopen("/dev/null", "w");
	}
	deal_out(data, size);
	if (!stores_open(&s, paths, 1, true) && !merge_update(&m, &s))
		for (i = 0; i < m.n; i++)
			use(m.list[i], &s.found, null);
	merge_free(&m);
	stores_close(&s);
	return 0;
}
