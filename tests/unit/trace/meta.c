// SPDX-License-Identifier: GPL-2.0
/* meta.c - the metadata blob is found whole, or not at all */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/store/store_kit.h"
#include "trace/comms.h"
#include "trace/meta.h"

#define FILLER (3 * IVR_PAGE_SIZE)

/** struct world - a store, and a blob of several pages */
struct world {
	char *dir;
	char a[64];
	struct kit_leg l;
	unsigned char *blob;
	uint64_t len;
	struct kit_result k;
	struct meta m;
};

static unsigned char *big_blob(const char *last, uint64_t *len)
{
	static char text[FILLER + 64];
	int n = 0;
	int pid;

	for (pid = 1000; n < (int)FILLER; pid++)
		n += sprintf(text + n, "%d filler\n", pid);
	strcpy(text + n, last);
	return kit_blob(text, len);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->dir = kit_dir();
	snprintf(w->a, sizeof(w->a), "%s/a", w->dir);
	w->l = kit_leg((struct kit_leg) { .store = w->a });
	w->blob = big_blob("42 ticker\n", &w->len);
	assert_true(w->len > FILLER);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	meta_free(&w->m);
	kit_free(&w->k);
	kit_rm(w->dir);
	free(w->blob);
	free(w);
	return 0;
}

static int load(struct world *w)
{
	kit_read(&w->k, w->a, NULL);
	return meta_load(&w->m, w->k.m.list[0], &w->k.s.found);
}

static void whole(void **state)
{
	struct world *w = *state;
	const struct meta_item *it;

	kit_meta(&w->l, 3, 1, w->blob, w->len, 0, w->len);
	assert_int_equal(load(w), 0);
	assert_int_equal(w->m.gen, 3);
	assert_int_equal(w->m.len, w->len);
	assert_memory_equal(w->m.blob, w->blob, w->len);
	it = meta_find(&w->m, IVR_META_EVENT);
	assert_non_null(it);
	assert_memory_equal(it->name, "ivrtest/tick", it->name_len);
	assert_non_null(strstr(w->m.comms, "42 ticker\n"));
	assert_null(meta_find(&w->m, IVR_META_KALLSYMS));
}

static void none(void **state)
{
	struct world *w = *state;

	assert_int_equal(load(w), -ENODATA);
	assert_null(w->m.blob);
}

static void cut_off(void **state)
{
	struct world *w = *state;

	kit_meta(&w->l, 1, 1, w->blob, w->len, 0, 2 * IVR_PAGE_SIZE);
	assert_int_equal(load(w), -ENODATA);
}

static void hole_in_the_middle(void **state)
{
	struct world *w = *state;

	kit_meta(&w->l, 1, 1, w->blob, w->len, 0, IVR_PAGE_SIZE);
	kit_meta(&w->l, 1, 1, w->blob, w->len, 2 * IVR_PAGE_SIZE, w->len);
	assert_int_equal(load(w), -ENODATA);
}

/* Parts of two sendings are not put together to one. */
static void halves_of_two_sendings(void **state)
{
	struct world *w = *state;

	kit_meta(&w->l, 1, 1, w->blob, w->len, 0, 2 * IVR_PAGE_SIZE);
	kit_meta(&w->l, 1, 2, w->blob, w->len, 2 * IVR_PAGE_SIZE, w->len);
	assert_int_equal(load(w), -ENODATA);
}

static void restarted_in_the_middle(void **state)
{
	struct world *w = *state;

	kit_meta(&w->l, 1, 1, w->blob, w->len, 0, 2 * IVR_PAGE_SIZE);
	kit_meta(&w->l, 1, 2, w->blob, w->len, 0, w->len);
	kit_meta(&w->l, 1, 3, w->blob, w->len, 0, IVR_PAGE_SIZE);
	assert_int_equal(load(w), 0);
	assert_memory_equal(w->m.blob, w->blob, w->len);
}

static void one_sending_over_two_legs(void **state)
{
	struct world *w = *state;
	struct kit_leg n = kit_leg((struct kit_leg) {
		.store = w->a, .number = 2, .epoch = 0xb, .prev = 0xa });

	kit_meta(&w->l, 1, 7, w->blob, w->len, 0, 2 * IVR_PAGE_SIZE);
	kit_meta(&n, 1, 7, w->blob, w->len, IVR_PAGE_SIZE, w->len);
	assert_int_equal(load(w), 0);
	assert_memory_equal(w->m.blob, w->blob, w->len);
}

static void newest_wins_and_names_add_up(void **state)
{
	struct world *w = *state;
	uint64_t len;
	unsigned char *newer = kit_blob("42 renamed\n43 newer\n", &len);

	kit_meta(&w->l, 1, 1, w->blob, w->len, 0, w->len);
	kit_meta(&w->l, 2, 2, newer, len, 0, len);
	free(newer);
	assert_int_equal(load(w), 0);
	assert_int_equal(w->m.gen, 2);
	assert_non_null(strstr(w->m.comms, "42 renamed\n43 newer\n"));
	assert_non_null(strstr(w->m.comms, "1000 filler\n"));
	assert_null(strstr(w->m.comms, "ticker"));
}

static void newest_broken_so_the_older(void **state)
{
	struct world *w = *state;

	kit_meta(&w->l, 1, 1, w->blob, w->len, 0, w->len);
	w->blob[0] ^= 0xff;
	kit_meta(&w->l, 2, 2, w->blob, w->len, 0, w->len);
	assert_int_equal(load(w), 0);
	assert_int_equal(w->m.gen, 1);
	assert_true(kit_found(&w->k, "metadata blob 2: no such magic"));
}

static void descriptor_nonsense(void **state)
{
	struct world *w = *state;
	struct ivr_desc d[] = {
		{ .first = 0, .count = 5000, .ts_last = 8000 },
		{ .first = UINT64_MAX, .count = 2, .ts_last = 100 },
		{ .first = 90, .count = 20, .ts_last = 100 },
		{ .first = 0, .count = 100, .ts_last = UINT64_MAX },
		{ .first = 0, .count = 0, .ts_last = 100 },
	};
	unsigned char page[sizeof(d) / sizeof(d[0])][IVR_PAGE_SIZE] = { { 0 } };

	kit_append(&w->l, "meta-0000.pages", page, sizeof(page));
	kit_append(&w->l, "meta-0000.desc", d, sizeof(d));
	assert_int_equal(load(w), -ENODATA);
	assert_true(kit_found(&w->k, "5 metadata pages make no sense"));
}

static int parse(const void *blob, uint64_t len)
{
	struct meta m = { .len = len };
	const char *why;
	int ret;

	m.blob = malloc(len ? len : 1);
	memcpy(m.blob, blob, len);
	ret = meta_parse(&m, &why);
	meta_free(&m);
	return ret;
}

static void blob_cut_anywhere(void **state)
{
	struct world *w = *state;
	uint64_t len;

	assert_int_equal(parse(w->blob, w->len), 0);
	for (len = 0; len < 1000; len++)
		assert_int_equal(parse(w->blob, len), -EINVAL);
}

static void blob_with_hostile_lengths(void **state)
{
	struct {
		struct ivr_meta_head head;
		struct ivr_meta_item item;
		char rest[16];
	} b = {
		.head = { IVR_META_MAGIC, IVR_META_VERSION, 1 },
		.item = { IVR_META_EVENT, 8, 8 },
	};

	assert_int_equal(parse(&b, sizeof(b)), 0);
	b.item.data_len = UINT64_MAX;
	assert_int_equal(parse(&b, sizeof(b)), -EINVAL);
	b.item.data_len = UINT64_MAX - 23;
	assert_int_equal(parse(&b, sizeof(b)), -EINVAL);
	b.item.data_len = 8;
	b.item.name_len = UINT32_MAX;
	assert_int_equal(parse(&b, sizeof(b)), -EINVAL);
	b.item.name_len = 8;
	b.head.items = UINT32_MAX;
	assert_int_equal(parse(&b, sizeof(b)), -EINVAL);
}

static void event_names(void **state)
{
	static const struct {
		const char *name;
		int ret;
		size_t len;
	} t[] = {
		{ "sched/sched_switch", 0, 5 }, { "a/b", 0, 1 },
		{ "/b", -EINVAL, 0 },		{ "a/", -EINVAL, 0 },
		{ "ab", -EINVAL, 0 },		{ "a/b/c", -EINVAL, 0 },
		{ "a\n/b", -EINVAL, 0 },	{ "", -EINVAL, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct meta_item it = { .name = t[i].name,
					.name_len = strlen(t[i].name) };
		size_t len = 0;

		assert_int_equal(meta_event_name(&it, &len), t[i].ret);
		if (!t[i].ret)
			assert_int_equal(len, t[i].len);
	}
}

static void names_of_processes(void **state)
{
	static const char text[] = "7 seven\n\n8\n9 \nx y\n99999999999 big\n"
				   "10 a name longer than sixteen\n"
				   "11 with\033escape\n12 last";
	struct comms c = { 0 };
	char *out;
	size_t len;

	assert_int_equal(comms_add(&c, "7 newer\n", 8), 0);
	assert_int_equal(comms_add(&c, text, sizeof(text) - 1), 0);
	assert_int_equal(comms_text(&c, &out, &len), 0);
	assert_string_equal(out, "7 newer\n10 a name longer t\n"
				 "11 with?escape\n12 last\n");
	free(out);
	comms_free(&c);
}

/* A guest can name any number of processes in any number of blobs. */
static void names_without_end(void **state)
{
	struct comms c = { 0 };
	char line[32], *out;
	size_t len;
	int round;
	uint32_t i;

	for (round = 0; round < 2; round++)
		for (i = 0; i < COMMS_MAX + 1000; i++) {
			len = snprintf(line, sizeof(line), "%u a%u\n", i,
				       round);
			assert_int_equal(comms_add(&c, line, len), 0);
		}
	assert_int_equal(c.n, COMMS_MAX);
	assert_int_equal(comms_text(&c, &out, &len), 0);
	assert_memory_equal(out, "0 a0\n1 a0\n", 10);
	free(out);
	comms_free(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole),
		TEST(none),
		TEST(cut_off),
		TEST(hole_in_the_middle),
		TEST(halves_of_two_sendings),
		TEST(restarted_in_the_middle),
		TEST(one_sending_over_two_legs),
		TEST(newest_wins_and_names_add_up),
		TEST(newest_broken_so_the_older),
		TEST(descriptor_nonsense),
		TEST(blob_cut_anywhere),
		cmocka_unit_test(blob_with_hostile_lengths),
		cmocka_unit_test(event_names),
		cmocka_unit_test(names_of_processes),
		cmocka_unit_test(names_without_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
