// SPDX-License-Identifier: GPL-2.0
/* merge.c - pages of several legs become one stream, each page once */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/leg_order.h"
#include "tests/unit/store/store_kit.h"
#include "trace/record_iter.h"

static struct kit_leg leg(struct kit_world *w, char host, unsigned int number,
			  uint64_t epoch, uint64_t prev)
{
	return kit_leg(
		(struct kit_leg) { .store = host == 'a' ? w->a : w->b,
				   .host = host == 'a' ? "alpha" : "beta",
				   .number = number,
				   .epoch = epoch,
				   .prev = prev,
				   .generation = number });
}

/* Every record of ring 0 comes once, in order, beginning with number 0. */
static void check_feed(struct kit_world *w, uint64_t records)
{
	struct record_iter *f = record_iter_new(w->k.m.list[0], &w->k.s.found);
	struct record r;
	uint64_t n = 0, number;

	for (; record_iter_next(f, &r); n++) {
		assert_int_equal(r.missed, 0);
		memcpy(&number, (const char *)r.data + 8, sizeof(number));
		assert_int_equal(number, n);
	}
	assert_int_equal(n, records);
	record_iter_free(f);
}

static void overlap_dropped(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg a = leg(w, 'a', 1, 0xa, 0), b = leg(w, 'b', 1, 0xb, 0xa);

	kit_close_pages(w, 9);
	kit_take(&a, w->g, 0, 1, 7);
	kit_take(&b, w->g, 0, 4, 10);
	kit_end(&a, w->g, 0, IVR_WHY_VM_GONE, 7);
	kit_end(&b, w->g, 0, IVR_WHY_GUEST_GONE, 10);
	kit_read(&w->k, w->b, w->a);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(w->k.r.total.delivered, 90);
	assert_int_equal(w->k.r.total.dup_pages, 3);
	assert_int_equal(w->k.r.legs[0].kept, 6);
	assert_int_equal(w->k.r.legs[1].kept, 3);
	assert_int_equal(w->k.r.legs[1].stored, 6);
	assert_true(w->k.r.legs[1].moved);
	assert_false(w->k.r.legs[1].measured);
	check_feed(w, 90);
}

static void garbage_behind_the_events_is_no_conflict(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg a = leg(w, 'a', 1, 0xa, 0), b = leg(w, 'b', 1, 0xb, 0xa);

	kit_close_pages(w, 2);
	kit_take(&a, w->g, 0, 1, 3);
	w->g->rings[0].pages[1][IVR_PAGE_SIZE - 1] = 1;
	kit_take(&b, w->g, 0, 2, 3);
	kit_read(&w->k, w->a, w->b);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(w->k.r.total.dup_pages, 1);
}

static void two_legs_after_the_same(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg a = leg(w, 'a', 1, 0xa, 0), b = leg(w, 'b', 1, 0xb, 0xa);
	struct kit_leg c = leg(w, 'b', 2, 0xc, 0xa);

	kit_close_pages(w, 4);
	kit_take(&a, w->g, 0, 1, 2);
	kit_take(&b, w->g, 0, 2, 3);
	kit_take(&c, w->g, 0, 3, 5);
	kit_read(&w->k, w->a, w->b);
	assert_true(kit_found(&w->k, "follow the same leg"));
}

static void conflict_of_identity(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg a = leg(w, 'a', 1, 0xa, 0), b = leg(w, 'b', 1, 0xb, 0xa);
	struct kit_guest *twin;

	kit_close_pages(w, 2);
	twin = kit_guest();
	*twin = *w->g;
	kit_close_page(w->g, 0, 10);
	twin->ts += 77;
	kit_close_page(twin, 0, 10);
	kit_take(&a, w->g, 0, 1, 4);
	kit_take(&b, twin, 0, 3, 4);
	free(twin);
	kit_read(&w->k, w->a, w->b);
	assert_false(report_fine(&w->k.r));
	assert_int_equal(w->k.r.total.conflicts, 1);
	assert_true(kit_found(&w->k, "conflict: ring 0 page 3"));
	assert_int_equal(w->k.r.total.delivered, 30);
}

static void conflict_of_content(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg a = leg(w, 'a', 1, 0xa, 0), b = leg(w, 'b', 1, 0xb, 0xa);

	kit_close_pages(w, 3);
	kit_take(&a, w->g, 0, 1, 4);
	w->g->rings[0].pages[2][100] ^= 1;
	kit_take(&b, w->g, 0, 3, 4);
	kit_read(&w->k, w->a, w->b);
	assert_int_equal(w->k.r.total.conflicts, 1);
}

static void there_and_back(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg a = leg(w, 'a', 1, 0xa, 0), b = leg(w, 'b', 1, 0xb, 0xa),
		       c = leg(w, 'a', 2, 0xc, 0xb);

	kit_close_pages(w, 12);
	kit_take(&a, w->g, 0, 1, 6);
	kit_take(&b, w->g, 0, 5, 10);
	kit_take(&c, w->g, 0, 9, 13);
	kit_clock(&a, 1000, 1000000001000, 50);
	kit_clock(&b, 2000, 1000123002000, 70);
	kit_clock(&c, 3000, 1000130003000, 10);
	kit_end(&c, w->g, 0, IVR_WHY_GUEST_GONE, 13);
	kit_read(&w->k, w->a, w->b);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(w->k.r.total.delivered, 120);
	assert_int_equal(w->k.r.total.dup_pages, 2);
	assert_string_equal(w->k.r.legs[1].leg->host, "beta");
	assert_true(w->k.r.legs[1].measured);
	assert_int_equal(w->k.r.legs[1].blackout_ns, 123000000);
	assert_int_equal(w->k.r.legs[1].error_ns, 120);
	assert_int_equal(w->k.r.legs[2].blackout_ns, 7000000);
	check_feed(w, 120);
}

static void three_legs_on_one_host(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l[3];
	int i;

	kit_close_pages(w, 9);
	for (i = 0; i < 3; i++) {
		l[i] = kit_leg((struct kit_leg) { .store = w->a,
						  .number = i + 1,
						  .epoch = 0xa + i,
						  .prev = i ? 0x9 + i : 0 });
		kit_take(&l[i], w->g, 0, i * 3 + 1, i * 3 + 4);
	}
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_false(w->k.r.legs[1].moved);
	assert_false(w->k.r.legs[2].moved);
	check_feed(w, 90);
}

/* The clocks of the hosts lie; the chain of epochs does not. */
static void order_by_epochs_not_by_clocks(void **state)
{
	struct leg a = { .epoch = 1, .realtime = 900, .path = "a" };
	struct leg b = { .epoch = 2, .prev = 1, .realtime = 100, .path = "b" };
	struct leg c = { .epoch = 3, .prev = 2, .realtime = 500, .path = "c" };
	struct leg *legs[] = { &b, &c, &a };

	legs_order(legs, 3);
	assert_ptr_equal(legs[0], &a);
	assert_ptr_equal(legs[1], &b);
	assert_ptr_equal(legs[2], &c);
	assert_int_equal(c.order, 2);
}

static void order_of_a_torn_chain(void **state)
{
	struct leg a = { .epoch = 1, .realtime = 100, .path = "a" };
	struct leg c = { .epoch = 3, .prev = 2, .realtime = 300, .path = "c" };
	struct leg d = { .epoch = 4, .prev = 3, .realtime = 200, .path = "d" };
	struct leg *legs[] = { &d, &c, &a };

	legs_order(legs, 3);
	assert_ptr_equal(legs[0], &a);
	assert_ptr_equal(legs[1], &c);
	assert_ptr_equal(legs[2], &d);
}

static void order_of_a_circle(void **state)
{
	struct leg a = { .epoch = 1, .prev = 2, .realtime = 1, .path = "a" };
	struct leg b = { .epoch = 2, .prev = 1, .realtime = 2, .path = "b" };
	struct leg *legs[] = { &b, &a };

	legs_order(legs, 2);
	assert_ptr_equal(legs[0], &a);
	assert_ptr_equal(legs[1], &b);
}

static void pages_out_of_order_in_a_file(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg a = leg(w, 'a', 1, 0xa, 0);

	kit_close_pages(w, 3);
	kit_take(&a, w->g, 0, 1, 2);
	kit_take(&a, w->g, 0, 3, 4);
	kit_take(&a, w->g, 0, 2, 3);
	kit_read(&w->k, w->a, NULL);
	assert_true(kit_found(&w->k, "out of order: page 2 after page 3"));
	assert_true(kit_found(&w->k, "pages 2 to 2 (10 records) are missing"));
	assert_int_equal(w->k.s.found.bad, 2);
	assert_int_equal(w->k.r.total.delivered, 20);
}

/* More legs than descriptors, each with a page: in order, and in short time. */
static void thousands_of_legs(void **state)
{
	struct kit_world *w = *state;
	unsigned int i;

	kit_close_pages(w, KIT_PAGES - 1);
	for (i = 1; i < 1500; i++) {
		struct kit_leg l = leg(w, i % 2 ? 'a' : 'b', i, i, i - 1);
		uint64_t page = 1 + (i - 1) * (KIT_PAGES - 1) / 1500;

		kit_start(&l, 0, page);
		kit_take(&l, w->g, 0, page, page + 1);
	}
	kit_read(&w->k, w->a, w->b);
	assert_int_equal(w->k.m.list[0]->nlegs, 1499);
	assert_int_equal(w->k.r.total.pages + w->k.r.total.dup_pages, 1499);
	assert_int_equal(w->k.r.total.undeclared, 0);
	assert_true(report_fine(&w->k.r));
}

/* Legs that name each other as the one before, and one that names itself. */
static void circles_of_epochs(void **state)
{
	struct leg a = { .epoch = 1, .prev = 2, .realtime = 1, .path = "a" };
	struct leg b = { .epoch = 2, .prev = 1, .realtime = 2, .path = "b" };
	struct leg c = { .epoch = 3, .prev = 3, .realtime = 3, .path = "c" };
	struct leg *legs[] = { &c, &b, &a };

	assert_int_equal(legs_order(legs, 3), 0);
	assert_ptr_equal(legs[0], &c);
	assert_ptr_equal(legs[1], &a);
	assert_ptr_equal(legs[2], &b);
	assert_null(c.before);
	assert_ptr_equal(b.before, &a);
}

static void a_copy_of_a_whole_leg(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg a = leg(w, 'a', 1, 0xa, 0), b;

	kit_close_pages(w, 4);
	b = kit_leg((struct kit_leg) { .store = w->b, .epoch = 0xa });
	kit_take(&a, w->g, 0, 1, 5);
	kit_end(&a, w->g, 0, IVR_WHY_GUEST_GONE, 5);
	kit_take(&b, w->g, 0, 1, 4);
	kit_read(&w->k, w->a, w->b);
	assert_true(report_fine(&w->k.r));
	assert_true(w->k.r.total.ended);
	assert_int_equal(w->k.r.total.dup_pages, 3);
	assert_false(w->k.r.legs[1].moved);
}

static void the_same_store_twice(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg a = leg(w, 'a', 1, 0xa, 0);

	kit_close_pages(w, 4);
	kit_take(&a, w->g, 0, 1, 5);
	kit_read(&w->k, w->a, a.path);
	assert_int_equal(w->k.s.nlegs, 1);
	assert_int_equal(w->k.r.total.dup_pages, 0);
	check_feed(w, 40);
}

static void two_streams(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg a = leg(w, 'a', 1, 0xa, 0);
	struct kit_leg b = kit_leg((struct kit_leg) {
		.store = w->a,
		.number = 2,
		.epoch = 0xb,
		.stream = "ffffffffffffffffffffffffffffffff" });
	char *paths[] = { w->a };

	kit_close_pages(w, 4);
	kit_take(&a, w->g, 0, 1, 5);
	kit_take(&b, w->g, 0, 1, 3);
	assert_int_equal(stores_open(&w->k.s, paths, 1, false), 0);
	assert_int_equal(merge_update(&w->k.m, &w->k.s), 0);
	assert_int_equal(w->k.m.n, 2);
	assert_int_equal(w->k.m.list[0]->rings[0].n, 4);
	assert_int_equal(w->k.m.list[1]->rings[0].n, 2);
}

static void rings_disagree(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg a = leg(w, 'a', 1, 0xa, 0);
	struct kit_leg b = kit_leg((struct kit_leg) {
		.store = w->b, .epoch = 0xb, .prev = 0xa, .rings = 3 });

	kit_close_pages(w, 4);
	kit_take(&a, w->g, 0, 1, 3);
	kit_take(&b, w->g, 0, 3, 5);
	kit_read(&w->k, w->a, w->b);
	assert_true(kit_found(&w->k, "3 rings, but its stream"));
	assert_int_equal(w->k.r.total.delivered, 20);
}

/* What `cat --follow' does: the store grows, legs are added. */
static void growth(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg a = leg(w, 'a', 1, 0xa, 0), b;
	char *paths[] = { w->a, w->b };
	struct record_iter *f;
	struct record r;
	uint64_t n = 0, number;
	int round;

	assert_int_equal(access(w->b, F_OK), -1);
	b = leg(w, 'b', 1, 0xb, 0xa);
	kit_close_pages(w, 9);
	kit_take(&a, w->g, 0, 1, 3);
	assert_int_equal(stores_open(&w->k.s, paths, 2, true), 0);
	assert_int_equal(merge_update(&w->k.m, &w->k.s), 0);
	f = record_iter_new(w->k.m.list[0], &w->k.s.found);
	for (round = 0; round < 3; round++) {
		while (record_iter_next(f, &r)) {
			assert_int_equal(r.missed, 0);
			memcpy(&number, (const char *)r.data + 8, 8);
			assert_int_equal(number, n++);
		}
		assert_int_equal(n, round == 0 ? 20 : round == 1 ? 50 : 90);
		record_iter_forget(f);
		if (round == 0)
			kit_take(&a, w->g, 0, 3, 6);
		else
			kit_take(&b, w->g, 0, 5, 10);
		assert_int_equal(stores_refresh(&w->k.s), 0);
		assert_int_equal(merge_update(&w->k.m, &w->k.s), 0);
		record_iter_more(f);
	}
	record_iter_free(f);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(overlap_dropped),
		TEST(garbage_behind_the_events_is_no_conflict),
		TEST(two_legs_after_the_same),
		TEST(conflict_of_identity),
		TEST(conflict_of_content),
		TEST(there_and_back),
		TEST(three_legs_on_one_host),
		cmocka_unit_test(order_by_epochs_not_by_clocks),
		cmocka_unit_test(order_of_a_torn_chain),
		cmocka_unit_test(order_of_a_circle),
		TEST(pages_out_of_order_in_a_file),
		TEST(thousands_of_legs),
		TEST(circles_of_epochs),
		TEST(a_copy_of_a_whole_leg),
		TEST(the_same_store_twice),
		TEST(two_streams),
		TEST(rings_disagree),
		TEST(growth),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
