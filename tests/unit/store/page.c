// SPDX-License-Identifier: GPL-2.0
/* page.c - pages of the ring-buffer format, also such as nobody should write */
#include <stdlib.h>
#include <string.h>

#include "store/page.h"
#include "tests/unit/store/store_kit.h"

/** struct build - a page as it is made word by word */
struct build {
	unsigned char page[IVR_PAGE_SIZE];
	uint64_t commit;
};

static void word(struct build *b, uint32_t v)
{
	memcpy(b->page + IVR_PAGE_HEADER + b->commit, &v, 4);
	b->commit += 4;
	memcpy(b->page + 8, &b->commit, 8);
}

static struct build start(uint64_t ts)
{
	struct build b = { .commit = 0 };

	memcpy(b.page, &ts, 8);
	return b;
}

#define EVENT(type, delta) ((uint32_t)(type) | (uint32_t)(delta) << 5)

static void all_kinds_of_events(void **state)
{
	struct build b = start(1000);
	struct page_walk w;

	word(&b, EVENT(1, 0));
	word(&b, 0x11111111);
	word(&b, EVENT(30, 5)); /* time extend */
	word(&b, 2);
	word(&b, EVENT(0, 7)); /* long: 4 + 6 bytes, padded */
	word(&b, 10);
	word(&b, 0x22222222);
	word(&b, 0x33333333);
	word(&b, EVENT(29, 9)); /* discarded, 8 bytes */
	word(&b, 8);
	word(&b, 0);
	word(&b, EVENT(31, 77)); /* absolute time */
	word(&b, 1);
	word(&b, EVENT(1, 1));
	word(&b, 0x44444444);
	word(&b, EVENT(29, 0)); /* the rest is nothing */
	word(&b, 0xffffffff);

	assert_int_equal(page_walk_init(&w, b.page), 0);
	assert_int_equal(page_walk_next(&w), 1);
	assert_int_equal(w.ts, 1000);
	assert_int_equal(w.size, 4);
	assert_int_equal(page_walk_next(&w), 1);
	assert_int_equal(w.ts, 1000 + (2ull << 27) + 5 + 7);
	assert_int_equal(w.size, 6);
	assert_int_equal(w.data[0], 0x22);
	assert_int_equal(page_walk_next(&w), 1);
	assert_int_equal(w.ts, (1ull << 27) + 77 + 1);
	assert_int_equal(w.data[0], 0x44);
	assert_int_equal(page_walk_next(&w), 0);
}

static void expect_broken(const struct build *b)
{
	struct page_walk w;
	int ret = page_walk_init(&w, b->page);

	while (ret >= 0 && (ret = page_walk_next(&w)) > 0)
		;
	assert_int_equal(ret, -EINVAL);
}

static void events_beyond_the_end(void **state)
{
	static const uint32_t heads[][2] = {
		{ EVENT(2, 0), 0 }, /* one word too long */
		{ EVENT(28, 0), 0 },
		{ EVENT(0, 0), 0xffffffff },
		{ EVENT(0, 0), 12 },
		{ EVENT(0, 0), 4 }, /* no data at all */
		{ EVENT(0, 0), 0 },
		{ EVENT(29, 1), 0 },
		{ EVENT(29, 1), 3 },
		{ EVENT(29, 1), 9 },
		{ EVENT(29, 1), 0xfffffffc },
	};
	size_t i;

	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct build b = start(1);

		word(&b, heads[i][0]);
		word(&b, heads[i][1]);
		expect_broken(&b);
	}
}

static void words_that_end_too_early(void **state)
{
	uint32_t type;

	for (type = 0; type < 32; type++) {
		struct build b = start(1);

		word(&b, EVENT(type, 1));
		expect_broken(&b);
	}
}

static void commit_beyond_the_page(void **state)
{
	struct build b = start(1);
	uint64_t c;

	for (c = 4081; c; c <<= 1) {
		memcpy(b.page + 8, &c, 8);
		expect_broken(&b);
	}
}

static void descriptor_must_agree(void **state)
{
	struct build b = start(50);
	struct ivr_desc good = { .page = 1,
				 .ts_first = 50,
				 .ts_last = 53,
				 .count = 2,
				 .bytes = 16 },
			d;
	const char *why;

	word(&b, EVENT(1, 0));
	word(&b, 0);
	word(&b, EVENT(1, 3));
	word(&b, 0);
	assert_int_equal(page_check(b.page, &good, &why), 0);
	d = good;
	d.count = 3;
	assert_int_equal(page_check(b.page, &d, &why), -EINVAL);
	d = good;
	d.bytes = 12;
	assert_int_equal(page_check(b.page, &d, &why), -EINVAL);
	d = good;
	d.ts_first = 49;
	assert_int_equal(page_check(b.page, &d, &why), -EINVAL);
	d = good;
	d.ts_last = 52;
	assert_int_equal(page_check(b.page, &d, &why), -EINVAL);
	assert_string_equal(why, "a record is later than its descriptor says");
	word(&b, EVENT(31, 51));
	word(&b, 0);
	word(&b, EVENT(1, 0));
	word(&b, 0);
	d = good;
	d.count = 3;
	d.bytes = 32;
	assert_int_equal(page_check(b.page, &d, &why), -EINVAL);
	assert_string_equal(why, "time stamps go back");
}

static void descriptors(void **state)
{
	struct ivr_desc good = { .page = 1,
				 .first = 5,
				 .lost = 5,
				 .ts_first = 1,
				 .ts_last = 1,
				 .count = 1,
				 .bytes = 8 },
			d;
	const char *why;

	assert_int_equal(desc_check(&good, &why), 0);
#define BAD(field, value) \
	d = good;         \
	d.field = value;  \
	assert_int_equal(desc_check(&d, &why), -EINVAL)
	BAD(page, 0);
	BAD(page, UINT64_MAX);
	BAD(first, UINT64_MAX);
	BAD(first, 4);
	BAD(count, PAGE_MAX_EVENTS + 1);
	BAD(bytes, 0);
	BAD(bytes, 4084);
	BAD(bytes, 7);
	BAD(ts_last, 0);
}

static void missed_number_if_it_fits(void **state)
{
	uint64_t commit;

	for (commit = 4064; commit <= 4080; commit += 4) {
		struct build b = start(1);
		uint64_t got, stored = 0, fits = commit + 8 <= 4080;

		memcpy(b.page + 8, &commit, 8);
		page_set_missed(b.page, 0x1122334455667788);
		memcpy(&got, b.page + 8, 8);
		assert_int_equal(got, commit | PAGE_MISSED_EVENTS |
					      (fits ? PAGE_MISSED_STORED : 0));
		if (fits)
			memcpy(&stored, b.page + 16 + commit, 8);
		assert_int_equal(stored, fits ? 0x1122334455667788 : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds_of_events),
		cmocka_unit_test(events_beyond_the_end),
		cmocka_unit_test(words_that_end_too_early),
		cmocka_unit_test(commit_beyond_the_page),
		cmocka_unit_test(descriptor_must_agree),
		cmocka_unit_test(descriptors),
		cmocka_unit_test(missed_number_if_it_fits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
