// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz.c - damage a store at random places and do everything with it
 *
 * The accounts may say anything about such a store but one: they must add up.
 * IVR_FUZZ_ROUNDS and IVR_FUZZ_SEED choose how often and where.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/store/store_kit.h"
#include "trace/decode.h"
#include "trace/record_iter.h"
#include "trace/trace_dat.h"

#define ROUNDS_DEFAULT 300

/* libtraceevent 1.7 forgets a word of a format that it cannot parse. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

const char *__lsan_default_suppressions(void)
{
	return "leak:libtraceevent";
}

/* xorshift64* by Vigna; any generator with a seed would do. */
static uint64_t seed = 88172645463325252;

static uint64_t draw(uint64_t below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return seed * 2685821657736338717u % below;
}

/* What hostile numbers like to be. */
static uint64_t hostile(void)
{
	static const uint64_t list[] = {
		0,
		1,
		2,
		63,
		64,
		4080,
		4081,
		4096,
		65535,
		1ull << 31,
		(1ull << 32) - 1,
		1ull << 32,
		1ull << 63,
		UINT64_MAX - 1,
		UINT64_MAX,
	};

	return list[draw(sizeof(list) / sizeof(list[0]))];
}

static void damage_at(int fd, uint64_t at)
{
	uint64_t v = hostile();
	unsigned char byte = draw(256);

	if (draw(2))
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	else
		assert_int_equal(pwrite(fd, &v, 8, at & ~7ull), 8);
}

static const char *const files[] = {
	"ring-000-0000.desc",
	"ring-000-0000.desc",
	"ring-000-0000.pages",
	"ring-001-0000.desc",
	"ring-001-0000.pages",
	"meta-0000.desc",
	"meta-0000.pages",
	"marks",
	"marks",
	"clock",
	"leg",
};

static void damage(const struct kit_leg *l)
{
	char path[600];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", l->path,
		 files[draw(sizeof(files) / sizeof(files[0]))]);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0 && !fstat(fd, &st));
	if (st.st_size && draw(8))
		damage_at(fd, draw(st.st_size));
	else if (st.st_size)
		assert_int_equal(ftruncate(fd, draw(st.st_size)), 0);
	close(fd);
}

static void build(const char *store, const struct kit_guest *g,
		  const unsigned char *blob, uint64_t len, struct kit_leg *out)
{
	int i, r;

	for (i = 0; i < 2; i++) {
		struct kit_leg l = kit_leg(
			(struct kit_leg) { .store = store,
					   .number = i + 1,
					   .epoch = 0xa + i,
					   .prev = i ? 0xa : 0,
					   .rings = 2,
					   .host = i ? "beta" : "alpha",
					   .generation = i + 1 });

		kit_meta(&l, 1 + i, 1 + i, blob, len, 0, len);
		for (r = 0; r < 2; r++) {
			kit_take(&l, g, r, i ? 5 : 1, i ? 9 : 7);
			kit_gap(&l, r, IVR_WHY_ROTATED, 9, 10);
			kit_end(&l, g, r,
				i ? IVR_WHY_GUEST_GONE : IVR_WHY_VM_GONE,
				i ? 10 : 7);
		}
		kit_clock(&l, 1000, 2000, 10);
		kit_clock(&l, 3000, 4000, 10);
		out[i] = l;
	}
}

static void check_account(const struct ring_account *a)
{
	if (a->twice || a->delivered == UINT64_MAX ||
	    account_lost(a) == UINT64_MAX || a->undeclared == UINT64_MAX)
		return;
	assert_int_equal(a->produced,
			 a->delivered + account_lost(a) + a->undeclared);
}

static void use_report(const struct stream *st, struct findings *found,
		       FILE *null, struct report *r)
{
	struct json_object *o;
	uint32_t i;

	assert_int_equal(report_make(r, st, found), 0);
	for (i = 0; i < st->nrings; i++)
		check_account(&r->rings[i]);
	report_print(r, null);
	o = report_json(r);
	fputs(json_object_to_json_string(o), null);
	json_object_put(o);
}

static void use_records(struct stream *st, const struct meta *m,
			struct findings *found)
{
	static struct formats formats;
	struct decoder *d;
	struct record_iter *f = record_iter_new(st, found);
	static struct decoded e;
	struct record r;

	formats_index(&formats, m);
	d = decoder_new(m, &formats, st->nrings);
	assert_non_null(d);
	assert_int_equal(decoder_learn_symbols(d), 0);
	decoder_learn_comms(d);
	while (record_iter_next(f, &r))
		decode(d, &r, &e);
	record_iter_free(f);
	decoder_free(d);
}

static void use_stream(struct stream *st, struct findings *found, FILE *null,
		       FILE *dat)
{
	struct meta m;
	struct report r;
	int ret = meta_load(&m, st, found);

	assert_true(!ret || ret == -ENODATA);
	use_report(st, found, null, &r);
	use_records(st, &m, found);
	if (!ret) {
		struct trace_dat t = { .st = st,
				       .meta = &m,
				       .accounts = r.rings,
				       .found = found };

		rewind(dat);
		assert_int_equal(trace_dat_write(&t, dat), 0);
	}
	report_free(&r);
	assert_int_equal(stream_check_pages(st, found), 0);
	use_report(st, found, null, &r);
	report_free(&r);
	meta_free(&m);
}

static void damaged_stores(void **state)
{
	const char *rounds = getenv("IVR_FUZZ_ROUNDS");
	const char *start = getenv("IVR_FUZZ_SEED");
	FILE *null = fopen("/dev/null", "w"), *dat = tmpfile();
	struct kit_guest *g = kit_guest();
	uint64_t len;
	unsigned char *blob = kit_blob("42 ticker\n", &len);
	int n = rounds ? atoi(rounds) : ROUNDS_DEFAULT;
	size_t i;
	int k;

	if (start)
		seed = strtoull(start, NULL, 0) | 1;
	for (i = 0; i < 9; i++) {
		kit_close_page(g, 0, 11);
		kit_discard(g, 1, i);
		kit_close_page(g, 1, 5);
	}
	while (n--) {
		char *dir = kit_dir(), store[64], *paths[] = { store };
		struct kit_leg legs[2];
		struct merge m = { 0 };
		struct stores s;

		snprintf(store, sizeof(store), "%s/s", dir);
		build(store, g, blob, len, legs);
		for (k = draw(6) + 1; k; k--)
			damage(&legs[draw(2)]);
		assert_int_equal(stores_open(&s, paths, 1, false), 0);
		assert_int_equal(merge_update(&m, &s), 0);
		for (i = 0; i < m.n; i++)
			use_stream(m.list[i], &s.found, null, dat);
		merge_free(&m);
		stores_close(&s);
		kit_rm(dir);
	}
	free(blob);
	free(g);
	fclose(null);
	fclose(dat);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_stores),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
