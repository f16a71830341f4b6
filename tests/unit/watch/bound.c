// SPDX-License-Identifier: GPL-2.0
/* bound.c - the bytes that rings add: never less than a guest can dirty */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "migration/watch/bound.h"

#define SLOTS 1000
#define PER   IVR_DESCS_PER_PAGE

static uint64_t pages(uint64_t then, uint64_t now, uint32_t before,
		      uint32_t after, uint32_t slots)
{
	const struct bound_ring a = { then, before, slots };
	const struct bound_ring b = { now, after, slots };

	return bound_ring_pages(&a, &b);
}

static void figures(void **state)
{
	/* Nothing closed: the open page, its descriptors, the control page. */
	assert_int_equal(pages(5, 5, SLOTS, SLOTS, SLOTS), 1 + 4 + 1);
	assert_int_equal(pages(5, 15, SLOTS, SLOTS, SLOTS), 11 + 4 + 1);
	/* 200 pages: 4 pages of descriptors and the three at the edges. */
	assert_int_equal(pages(5, 204, SLOTS, SLOTS, SLOTS), 200 + 7 + 1);
	/* The window limits it, however much was written. */
	assert_int_equal(pages(5, 1 << 30, 256, 256, SLOTS), 256 + 7 + 1);
	/* So does the ring, with no more descriptor pages than it has. */
	assert_int_equal(pages(5, 1 << 30, SLOTS, SLOTS, SLOTS),
			 SLOTS + 16 + 1);
	/* A window that came in between limits nothing. */
	assert_int_equal(pages(5, 505, SLOTS, 256, SLOTS), 501 + 11 + 1);
	/* Another stream, or a guest that lies. */
	assert_int_equal(pages(500, 2, 256, 256, SLOTS), SLOTS + 16 + 1);
	assert_int_equal(pages(0, UINT64_MAX, 256, 256, SLOTS), 256 + 7 + 1);
	assert_int_equal(pages(UINT64_MAX, 0, 4, 4, 4), 4 + 1 + 1);
}

/* Dirty what a guest dirties, and count. */
static uint64_t dirtied(uint64_t then, uint64_t now, uint32_t slot0,
			uint32_t span)
{
	bool data[SLOTS] = { false }, desc[SLOTS / PER + 1] = { false };
	uint64_t p, n = 1;
	uint32_t i;

	for (p = then; p <= now; p++) {
		i = slot0 + p % span;
		data[i] = desc[i / PER] = true;
	}
	for (i = 0; i < SLOTS; i++)
		n += data[i];
	for (i = 0; i <= SLOTS / PER; i++)
		n += desc[i];
	return n;
}

static void never_less_than_a_guest_dirties(void **state)
{
	unsigned int seed = 1;
	uint64_t real, limit, slack = 0;
	int i;

	for (i = 0; i < 200000; i++) {
		uint32_t span = 1 + rand_r(&seed) % SLOTS;
		uint32_t slot0 = rand_r(&seed) % (SLOTS - span + 1);
		uint64_t then = rand_r(&seed) % 5000;
		uint64_t now = then + rand_r(&seed) % (1 << rand_r(&seed) % 11);

		real = dirtied(then, now, slot0, span);
		limit = pages(then, now, span, span, SLOTS);
		assert_true(limit >= real);
		if (limit - real > slack)
			slack = limit - real;
	}
	/* And not much more either. */
	assert_in_range(slack, 0, 4);
}

static void view(struct bound_view *v, const char *json)
{
	struct json_object *o = json_tokener_parse(json);

	bound_view_of(v, o);
	json_object_put(o);
}

#define RINGS                                                     \
	"\"rings\":[{\"head\":10,\"slots\":100,\"seg_span\":20}," \
	"{\"head\":3,\"slots\":6,\"seg_span\":6}]"

static void views(void **state)
{
	static struct bound_view a, b;

	view(&a, "{\"size\":1048576,\"stream\":\"ab\"," RINGS "}");
	assert_true(a.known);
	assert_int_equal(a.nrings, 2);
	assert_int_equal(a.rings[0].span, 20);
	/* Nothing closed: 1+2+1 and 1+1+1, guest page, host page, one of rings */
	assert_int_equal(bound_bytes(&a, &a), (4 + 3 + 3) * 4096);

	view(&b, "{\"size\":1048576,\"stream\":\"cd\"," RINGS "}");
	assert_int_equal(bound_bytes(&a, &b), 1048576);
	view(&b, "{\"size\":65536,\"stream\":\"ab\"," RINGS "}");
	assert_int_equal(bound_bytes(&a, &b), 65536);
	a.known = false;
	assert_int_equal(bound_bytes(&a, &b), 65536);
	assert_int_equal(bound_bytes(&b, &a), 0);
	/* Never more than there is. */
	assert_int_equal(bound_bytes(&b, &b), 10 * 4096);
	b.rings[0].head = 0;
	a = b;
	a.rings[0].head = 90;
	a.rings[0].span = b.rings[0].span = 100;
	assert_int_equal(bound_bytes(&b, &a), 65536);
}

static void answers_that_tell_nothing(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"3",
		"null",
		"{\"rings\":3}",
		"{\"rings\":[]}",
		"{\"size\":4096,\"rings\":[{}]}",
		"{\"size\":0," RINGS "}",
		"{\"size\":-1,\"rings\":[1,2]}",
		"{\"size\":65536,\"rings\":[{\"slots\":0},{\"slots\":4}]}",
		"{\"size\":65536,\"rings\":[{\"slots\":4},{\"slots\":99999999}]}",
		"{\"size\":\"x\",\"rings\":[[],{}]}",
	};
	static struct bound_view v;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		v.known = true;
		view(&v, texts[i]);
		assert_false(v.known);
	}
	bound_view_of(&v, NULL);
	assert_false(v.known);
}

static void a_span_that_lies_is_the_whole_ring(void **state)
{
	static struct bound_view v;

	view(&v, "{\"size\":65536,\"rings\":[{\"slots\":8,\"seg_span\":9},"
		 "{\"slots\":8,\"seg_span\":0}]}");
	assert_true(v.known);
	assert_int_equal(v.rings[0].span, 8);
	assert_int_equal(v.rings[1].span, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures),
		cmocka_unit_test(never_less_than_a_guest_dirties),
		cmocka_unit_test(views),
		cmocka_unit_test(answers_that_tell_nothing),
		cmocka_unit_test(a_span_that_lies_is_the_whole_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
