// SPDX-License-Identifier: GPL-2.0
/* account.c - every record is delivered, declared lost, or complained about */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/store/store_kit.h"

static const struct ring_account *sum(const struct kit_world *w)
{
	const struct ring_account *t = &w->k.r.total;

	if (!t->twice)
		assert_int_equal(t->produced, t->delivered + account_lost(t) +
						      t->undeclared);
	return t;
}

static void all_delivered(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 5);
	kit_take(&l, w->g, 0, 1, 6);
	kit_end(&l, w->g, 0, IVR_WHY_GUEST_GONE, 6);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->produced, 50);
	assert_int_equal(sum(w)->delivered, 50);
	assert_true(sum(w)->ended);
	assert_int_equal(w->k.s.found.n, 0);
}

static void gap_without_mark(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 5);
	kit_take(&l, w->g, 0, 1, 3);
	kit_take(&l, w->g, 0, 4, 6);
	kit_read(&w->k, w->a, NULL);
	assert_false(report_fine(&w->k.r));
	assert_int_equal(sum(w)->undeclared, 10);
	assert_true(kit_found(&w->k, "pages 3 to 3 (10 records) are missing"));
}

static void gap_half_marked(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 6);
	kit_take(&l, w->g, 0, 1, 2);
	kit_gap(&l, 0, IVR_WHY_OVERWRITTEN, 2, 4);
	kit_take(&l, w->g, 0, 5, 7);
	kit_read(&w->k, w->a, NULL);
	assert_int_equal(sum(w)->undeclared, 30);
	assert_int_equal(account_lost(sum(w)), 0);
}

static void declared(struct kit_world *w, uint32_t reason, enum loss loss)
{
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 9);
	kit_gap(&l, 0, reason, 1, 3);
	kit_take(&l, w->g, 0, 3, 5);
	kit_gap(&l, 0, reason, 5, 6);
	kit_gap(&l, 0, reason, 6, 7);
	kit_take(&l, w->g, 0, 7, 9);
	kit_gap(&l, 0, reason, 9, 10);
	kit_end(&l, w->g, 0, IVR_WHY_VM_GONE, 10);
	kit_read(&w->k, w->a, NULL);
	assert_int_equal(sum(w)->undeclared, 0);
	assert_int_equal(sum(w)->produced, 90);
	assert_int_equal(sum(w)->delivered, 40);
	assert_int_equal(sum(w)->lost[loss], 50);
	assert_int_equal(report_fine(&w->k.r), loss != LOSS_CORRUPT);
}

static void overwritten(void **state)
{
	declared(*state, IVR_WHY_OVERWRITTEN, LOSS_OVERWRITTEN);
}

static void rotated(void **state)
{
	declared(*state, IVR_WHY_ROTATED, LOSS_ROTATED);
}

static void corrupt(void **state)
{
	declared(*state, IVR_WHY_CORRUPT, LOSS_CORRUPT);
}

static void reset(void **state)
{
	declared(*state, IVR_WHY_RESET, LOSS_RESET);
}

static void ended_by_a_reset(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 5);
	kit_take(&l, w->g, 0, 1, 4);
	kit_end(&l, w->g, 0, IVR_WHY_RESET, 4);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->lost[LOSS_RESET], 20);
}

static void gap_reason_none(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 3);
	kit_take(&l, w->g, 0, 1, 2);
	kit_gap(&l, 0, IVR_WHY_NONE, 2, 3);
	kit_take(&l, w->g, 0, 3, 4);
	kit_read(&w->k, w->a, NULL);
	assert_int_equal(sum(w)->undeclared, 10);
}

static void discarded(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_discard(w->g, 0, 3);
	kit_close_pages(w, 2);
	kit_discard(w->g, 0, 7);
	kit_close_pages(w, 1);
	kit_discard(w->g, 0, 5);
	kit_take(&l, w->g, 0, 1, 4);
	kit_end(&l, w->g, 0, IVR_WHY_GUEST_GONE, 4);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->lost[LOSS_DISCARDED], 15);
	assert_int_equal(sum(w)->produced, 45);
}

static void discards_inside_a_marked_gap(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 2);
	kit_discard(w->g, 0, 7);
	kit_close_pages(w, 1);
	kit_take(&l, w->g, 0, 1, 2);
	kit_gap(&l, 0, IVR_WHY_ROTATED, 2, 3);
	kit_take(&l, w->g, 0, 3, 4);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->lost[LOSS_DISCARDED], 7);
	assert_int_equal(sum(w)->lost[LOSS_ROTATED], 10);
}

/* A guest that claims more discards than numbers it has used up. */
static void discards_beyond_the_gap(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 2);
	w->g->rings[0].descs[1].lost = 9;
	kit_take(&l, w->g, 0, 1, 3);
	kit_read(&w->k, w->a, NULL);
	assert_int_equal(sum(w)->produced, 20);
	assert_int_equal(sum(w)->lost[LOSS_DISCARDED], 0);
	assert_int_equal(sum(w)->order_errors, 1);
	assert_true(kit_found(&w->k, "loss counters do not fit at page 2"));
}

static void only_discards(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_discard(w->g, 0, 9);
	kit_end(&l, w->g, 0, IVR_WHY_GUEST_GONE, 1);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->produced, 9);
	assert_int_equal(sum(w)->lost[LOSS_DISCARDED], 9);
}

static void tail_not_taken(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 5);
	kit_take(&l, w->g, 0, 1, 4);
	kit_end(&l, w->g, 0, IVR_WHY_VM_GONE, 4);
	kit_read(&w->k, w->a, NULL);
	assert_false(report_fine(&w->k.r));
	assert_int_equal(sum(w)->undeclared, 20);
	assert_true(kit_found(&w->k, "pages 4 to 5 (20 records)"));
}

static void reader_stopped(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 5);
	kit_take(&l, w->g, 0, 1, 4);
	kit_end(&l, w->g, 0, IVR_WHY_READER_STOPPED, 4);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->produced, 30);
	assert_int_equal(sum(w)->left, 20);
}

static void reader_stopped_and_then_truncated(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 5);
	kit_take(&l, w->g, 0, 1, 4);
	kit_end(&l, w->g, 0, IVR_WHY_READER_STOPPED, 6);
	kit_read(&w->k, w->a, NULL);
	assert_false(report_fine(&w->k.r));
	assert_int_equal(sum(w)->undeclared, 20);
	assert_int_equal(sum(w)->left, 0);
}

/* The last leg of a guest that took pages 4 and 5 along */
static struct kit_leg moved_away(struct kit_world *w)
{
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 5);
	kit_take(&l, w->g, 0, 1, 4);
	kit_end(&l, w->g, 0, IVR_WHY_MOVED, 4);
	return l;
}

static void moved_and_never_seen_again(void **state)
{
	struct kit_world *w = *state;

	moved_away(w);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->produced, 50);
	assert_int_equal(sum(w)->delivered, 30);
	assert_int_equal(sum(w)->lost[LOSS_HANDED_OVER], 20);
	assert_string_equal(loss_name(LOSS_HANDED_OVER), "handed-over");
	assert_non_null(strstr(report_end(&w->k.r), "took the rest along"));
}

static void moved_with_discards(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 4);
	kit_discard(w->g, 0, 7);
	kit_close_pages(w, 1);
	kit_discard(w->g, 0, 2);
	kit_take(&l, w->g, 0, 1, 4);
	kit_end(&l, w->g, 0, IVR_WHY_MOVED, 4);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->produced, 59);
	assert_int_equal(sum(w)->lost[LOSS_DISCARDED], 9);
	assert_int_equal(sum(w)->lost[LOSS_HANDED_OVER], 20);
}

static void moved_with_nothing_left(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 5);
	kit_take(&l, w->g, 0, 1, 6);
	kit_end(&l, w->g, 0, IVR_WHY_MOVED, 6);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(account_lost(sum(w)), 0);
	assert_non_null(strstr(report_end(&w->k.r), "another host"));
}

/* A leg that ends nowhere, pages 1 to 3, and one that begins at page 6. */
static void cut_leg(struct kit_world *w, struct kit_leg next)
{
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 7);
	kit_start(&l, 0, 1);
	kit_take(&l, w->g, 0, 1, 4);
	next.epoch = 0xb;
	next.prev = 0xa;
	next.number = 2;
	next = kit_leg(next);
	kit_start(&next, 0, 6);
	kit_take(&next, w->g, 0, 6, 8);
	kit_read(&w->k, w->a, strcmp(next.store, w->a) ? w->b : NULL);
}

/* The host that it left may have lost power: that is what is declared. */
static void cut_off_before_the_next_host(void **state)
{
	struct kit_world *w = *state;

	cut_leg(w, (struct kit_leg) { .store = w->b, .host = "beta" });
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->produced, 70);
	assert_int_equal(sum(w)->delivered, 50);
	assert_int_equal(sum(w)->lost[LOSS_CUT_OFF], 20);
	assert_string_equal(loss_name(LOSS_CUT_OFF), "cut-off");
}

/* A reader that was killed takes nothing along: that would be a loss of ours. */
static void killed_is_not_cut_off(void **state)
{
	struct kit_world *w = *state;

	cut_leg(w, (struct kit_leg) { .store = w->a });
	assert_false(report_fine(&w->k.r));
	assert_int_equal(sum(w)->undeclared, 20);
	assert_int_equal(sum(w)->lost[LOSS_CUT_OFF], 0);
}

static void cut_off_with_descriptors_only(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });
	char path[600];

	kit_close_pages(w, 5);
	kit_start(&l, 0, 1);
	kit_take(&l, w->g, 0, 1, 6);
	snprintf(path, sizeof(path), "%s/ring-000-0000.pages", l.path);
	assert_int_equal(truncate(path, 3 * IVR_PAGE_SIZE), 0);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(w->k.s.found.bad, 0);
	assert_int_equal(sum(w)->delivered, 30);
	assert_int_equal(sum(w)->lost[LOSS_CUT_OFF], 20);
	assert_non_null(strstr(report_end(&w->k.r), "cut off"));
}

static void cut_off_by_its_mark(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 3);
	kit_start(&l, 0, 1);
	kit_take(&l, w->g, 0, 1, 4);
	kit_end(&l, w->g, 0, IVR_WHY_HOST_DOWN, 4);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->produced, 30);
	assert_true(sum(w)->cut);
	assert_non_null(strstr(report_end(&w->k.r), "host went down"));
}

/* A leg without a page in a ring excuses nothing before its own start. */
static void cut_off_while_idle(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg a = kit_leg((struct kit_leg) { .store = w->a });
	struct kit_leg b = kit_leg((struct kit_leg) {
		.store = w->a, .number = 2, .epoch = 0xb, .prev = 0xa });
	struct kit_leg c = kit_leg((struct kit_leg) {
		.store = w->b, .epoch = 0xc, .prev = 0xb, .host = "beta" });

	kit_close_pages(w, 7);
	kit_start(&a, 0, 1);
	kit_take(&a, w->g, 0, 1, 3);
	kit_end(&a, w->g, 0, IVR_WHY_READER_STOPPED, 5);
	kit_start(&b, 0, 5);
	kit_start(&c, 0, 5);
	kit_take(&c, w->g, 0, 5, 8);
	kit_read(&w->k, w->a, w->b);
	assert_int_equal(sum(w)->undeclared, 20);
	assert_int_equal(sum(w)->lost[LOSS_CUT_OFF], 0);
}

/* fsync() failed, and what it was for is not there. */
static void unsynced_is_declared(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 5);
	kit_start(&l, 0, 1);
	kit_take(&l, w->g, 0, 1, 3);
	kit_gap(&l, 0, IVR_WHY_UNSYNCED, 2, 5);
	kit_take(&l, w->g, 0, 5, 6);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->delivered, 30);
	assert_int_equal(sum(w)->lost[LOSS_CUT_OFF], 20);
}

static struct kit_leg next_leg(struct kit_world *w)
{
	return kit_leg((struct kit_leg) {
		.store = w->b, .epoch = 0xb, .prev = 0xa, .host = "beta" });
}

static void moved_and_arrived(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg n;

	moved_away(w);
	n = next_leg(w);
	kit_close_pages(w, 3);
	kit_start(&n, 0, 4);
	kit_take(&n, w->g, 0, 4, 9);
	kit_end(&n, w->g, 0, IVR_WHY_GUEST_GONE, 9);
	kit_read(&w->k, w->a, w->b);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->delivered, 80);
	assert_int_equal(account_lost(sum(w)), 0);
	assert_int_equal(sum(w)->dup_pages, 0);
}

/* The mark of the source excuses no gap of a destination that has begun. */
static void moved_and_then_lost_there(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg n;

	moved_away(w);
	n = next_leg(w);
	kit_close_pages(w, 3);
	kit_start(&n, 0, 6);
	kit_take(&n, w->g, 0, 6, 9);
	kit_read(&w->k, w->a, w->b);
	assert_false(report_fine(&w->k.r));
	assert_int_equal(sum(w)->undeclared, 20);
	assert_int_equal(sum(w)->lost[LOSS_HANDED_OVER], 0);
}

static void moved_there_and_back_and_away(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg n, back;

	moved_away(w);
	n = next_leg(w);
	kit_close_pages(w, 3);
	kit_take(&n, w->g, 0, 4, 8);
	kit_end(&n, w->g, 0, IVR_WHY_MOVED, 8);
	back = kit_leg((struct kit_leg) {
		.store = w->a, .number = 2, .epoch = 0xc, .prev = 0xb });
	kit_close_pages(w, 2);
	kit_take(&back, w->g, 0, 8, 10);
	kit_end(&back, w->g, 0, IVR_WHY_MOVED, 10);
	kit_read(&w->k, w->a, w->b);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->produced, 100);
	assert_int_equal(sum(w)->delivered, 90);
	assert_int_equal(sum(w)->lost[LOSS_HANDED_OVER], 10);
}

static void moved_and_then_truncated(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = moved_away(w);
	char path[600];

	snprintf(path, sizeof(path), "%s/ring-000-0000.pages", l.path);
	assert_int_equal(truncate(path, 2 * IVR_PAGE_SIZE), 0);
	kit_read(&w->k, w->a, NULL);
	assert_false(report_fine(&w->k.r));
	assert_int_equal(sum(w)->undeclared, 10);
	assert_int_equal(sum(w)->lost[LOSS_HANDED_OVER], 20);
}

static void unplugged(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });
	struct kit_leg n;

	kit_close_pages(w, 5);
	kit_take(&l, w->g, 0, 1, 6);
	kit_end(&l, w->g, 0, IVR_WHY_UNPLUGGED, 6);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_non_null(strstr(report_end(&w->k.r), "parked"));
	kit_free(&w->k);
	n = next_leg(w);
	kit_close_pages(w, 3);
	kit_take(&n, w->g, 0, 6, 9);
	kit_end(&n, w->g, 0, IVR_WHY_GUEST_GONE, 9);
	kit_read(&w->k, w->a, w->b);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->delivered, 80);
	assert_int_equal(account_lost(sum(w)), 0);
}

/* Parked is no excuse: there was nothing left. */
static void unplugged_with_pages_left(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 5);
	kit_take(&l, w->g, 0, 1, 4);
	kit_end(&l, w->g, 0, IVR_WHY_UNPLUGGED, 4);
	kit_read(&w->k, w->a, NULL);
	assert_int_equal(sum(w)->undeclared, 20);
}

static void killed_without_end(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 5);
	kit_take(&l, w->g, 0, 1, 4);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_false(sum(w)->ended);
	assert_non_null(strstr(report_end(&w->k.r), "open"));
	assert_int_equal(sum(w)->produced, 30);
}

static void killed_then_another_reader(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });
	struct kit_leg n = kit_leg((struct kit_leg) {
		.store = w->a, .number = 2, .epoch = 0xb, .prev = 0xa });

	kit_close_pages(w, 6);
	kit_take(&l, w->g, 0, 1, 4);
	kit_take(&n, w->g, 0, 3, 7);
	kit_end(&n, w->g, 0, IVR_WHY_GUEST_GONE, 7);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->produced, 60);
	assert_int_equal(sum(w)->dup_pages, 1);
	assert_int_equal(sum(w)->dup_records, 10);
	assert_false(w->k.r.legs[1].moved);
}

static void head_missing(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) {
		.store = w->b, .epoch = 0xb, .prev = 0xa, .host = "beta" });

	kit_close_pages(w, 5);
	kit_take(&l, w->g, 0, 3, 6);
	kit_read(&w->k, w->b, NULL);
	assert_false(report_fine(&w->k.r));
	assert_int_equal(sum(w)->undeclared, 20);
	assert_true(kit_found(&w->k, "store of that host too"));
}

static void recorder_before_any_reader(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg(
		(struct kit_leg) { .store = w->a, .policy = "overwrite" });

	kit_close_pages(w, 9);
	kit_start(&l, 0, 6);
	kit_take(&l, w->g, 0, 6, 10);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->lost[LOSS_OVERWRITTEN], 50);
	assert_int_equal(sum(w)->delivered, 40);
}

static void recorder_between_readers(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg(
		(struct kit_leg) { .store = w->a, .policy = "overwrite" });
	struct kit_leg n = kit_leg((struct kit_leg) { .store = w->b,
						      .policy = "overwrite",
						      .epoch = 0xb,
						      .prev = 0xa });

	kit_close_pages(w, 9);
	kit_start(&l, 0, 1);
	kit_take(&l, w->g, 0, 1, 4);
	kit_start(&n, 0, 6);
	kit_take(&n, w->g, 0, 7, 10);
	kit_read(&w->k, w->a, w->b);
	/* Page 6 was there for the second reader, so its loss is not told. */
	assert_int_equal(sum(w)->undeclared, 30);
	kit_free(&w->k);
	kit_gap(&n, 0, IVR_WHY_CORRUPT, 6, 7);
	kit_read(&w->k, w->a, w->b);
	assert_int_equal(sum(w)->undeclared, 0);
	assert_int_equal(sum(w)->lost[LOSS_OVERWRITTEN], 30);
}

static void no_recorder_no_excuse(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 3);
	kit_start(&l, 0, 2);
	kit_take(&l, w->g, 0, 2, 4);
	kit_read(&w->k, w->a, NULL);
	assert_int_equal(sum(w)->undeclared, 10);
}

static void store_before_not_given(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) {
		.store = w->a, .policy = "overwrite", .prev = 0x9 });

	kit_close_pages(w, 3);
	kit_start(&l, 0, 2);
	kit_take(&l, w->g, 0, 2, 4);
	kit_read(&w->k, w->a, NULL);
	assert_int_equal(sum(w)->undeclared, 10);
}

/* The counters are written before head; what dies in between is in no page. */
static void stopped_while_publishing(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 3);
	kit_take(&l, w->g, 0, 1, 4);
	w->g->rings[0].produced += 6;
	kit_end(&l, w->g, 0, IVR_WHY_VM_GONE, 4);
	kit_read(&w->k, w->a, NULL);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->produced, 30);
	assert_int_equal(sum(w)->left, 6);
}

static void an_orderly_end_leaves_nothing(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 3);
	kit_take(&l, w->g, 0, 1, 4);
	w->g->rings[0].produced += 6;
	kit_end(&l, w->g, 0, IVR_WHY_GUEST_GONE, 4);
	kit_read(&w->k, w->a, NULL);
	assert_int_equal(sum(w)->undeclared, 6);
}

static void truncated(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });
	char path[600];

	kit_close_pages(w, 5);
	kit_take(&l, w->g, 0, 1, 6);
	kit_end(&l, w->g, 0, IVR_WHY_VM_GONE, 6);
	kit_end(&l, w->g, l.rings, IVR_WHY_VM_GONE, 1);
	snprintf(path, sizeof(path), "%s/ring-000-0000.pages", l.path);
	assert_int_equal(truncate(path, 3 * IVR_PAGE_SIZE + 100), 0);
	kit_read(&w->k, w->a, NULL);
	assert_int_equal(sum(w)->undeclared, 20);
	assert_true(kit_found(&w->k, "store truncated after page 3"));
}

static void truncated_but_elsewhere(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });
	struct kit_leg n = kit_leg((struct kit_leg) {
		.store = w->b, .epoch = 0xb, .prev = 0xa, .host = "beta" });
	char path[600];

	kit_close_pages(w, 7);
	kit_take(&l, w->g, 0, 1, 6);
	kit_take(&n, w->g, 0, 4, 8);
	kit_end(&l, w->g, l.rings, IVR_WHY_VM_GONE, 1);
	snprintf(path, sizeof(path), "%s/ring-000-0000.pages", l.path);
	assert_int_equal(truncate(path, 3 * IVR_PAGE_SIZE), 0);
	kit_read(&w->k, w->b, w->a);
	assert_true(report_fine(&w->k.r));
	assert_int_equal(sum(w)->delivered, 70);
	assert_int_equal(w->k.s.found.bad, 1);
}

static void damaged_page(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 3);
	w->g->rings[0].pages[1][9] ^= 0x40;
	kit_take(&l, w->g, 0, 1, 4);
	kit_read(&w->k, w->a, NULL);
	assert_false(report_fine(&w->k.r));
	assert_int_equal(sum(w)->lost[LOSS_CORRUPT], 10);
	assert_int_equal(sum(w)->undeclared, 0);
	assert_true(kit_found(&w->k, "commit word differs"));
}

static void insane_descriptor(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 3);
	w->g->rings[0].descs[1].count = 1u << 31;
	kit_take(&l, w->g, 0, 1, 4);
	kit_read(&w->k, w->a, NULL);
	assert_int_equal(sum(w)->lost[LOSS_CORRUPT], 10);
	assert_true(kit_found(&w->k, "impossible number of records"));
}

static void time_goes_back(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 1);
	w->g->ts -= 5000;
	kit_close_pages(w, 1);
	kit_take(&l, w->g, 0, 1, 3);
	kit_read(&w->k, w->a, NULL);
	assert_int_equal(sum(w)->order_errors, 1);
	assert_false(report_fine(&w->k.r));
	assert_true(kit_found(&w->k, "time stamps go back at page 2"));
}

static void numbers_claimed_twice(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_close_pages(w, 1);
	w->g->rings[0].produced -= 4;
	kit_close_pages(w, 1);
	kit_take(&l, w->g, 0, 1, 3);
	kit_read(&w->k, w->a, NULL);
	assert_int_equal(sum(w)->twice, 4);
	assert_false(report_fine(&w->k.r));
}

static void rings_apart(void **state)
{
	struct kit_world *w = *state;
	struct kit_leg l = kit_leg(
		(struct kit_leg) { .store = w->a, .rings = 3 });
	int i;

	kit_close_page(w->g, 0, 10);
	kit_close_page(w->g, 2, 5);
	kit_discard(w->g, 2, 2);
	kit_take(&l, w->g, 0, 1, 2);
	kit_take(&l, w->g, 2, 1, 2);
	for (i = 0; i < 3; i++)
		kit_end(&l, w->g, i, IVR_WHY_GUEST_GONE, w->g->rings[i].head);
	kit_read(&w->k, w->a, NULL);
	assert_int_equal(w->k.r.rings[0].produced, 10);
	assert_int_equal(w->k.r.rings[1].produced, 0);
	assert_int_equal(w->k.r.rings[2].produced, 7);
	assert_int_equal(w->k.r.rings[2].lost[LOSS_DISCARDED], 2);
	assert_true(sum(w)->ended);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_delivered),
		TEST(gap_without_mark),
		TEST(gap_half_marked),
		TEST(gap_reason_none),
		TEST(overwritten),
		TEST(rotated),
		TEST(corrupt),
		TEST(reset),
		TEST(ended_by_a_reset),
		TEST(discarded),
		TEST(discards_inside_a_marked_gap),
		TEST(discards_beyond_the_gap),
		TEST(only_discards),
		TEST(tail_not_taken),
		TEST(reader_stopped),
		TEST(reader_stopped_and_then_truncated),
		TEST(moved_and_never_seen_again),
		TEST(moved_with_discards),
		TEST(moved_with_nothing_left),
		TEST(cut_off_before_the_next_host),
		TEST(killed_is_not_cut_off),
		TEST(cut_off_with_descriptors_only),
		TEST(cut_off_by_its_mark),
		TEST(unsynced_is_declared),
		TEST(cut_off_while_idle),
		TEST(moved_and_arrived),
		TEST(moved_and_then_lost_there),
		TEST(moved_there_and_back_and_away),
		TEST(moved_and_then_truncated),
		TEST(unplugged),
		TEST(unplugged_with_pages_left),
		TEST(killed_without_end),
		TEST(killed_then_another_reader),
		TEST(head_missing),
		TEST(recorder_before_any_reader),
		TEST(recorder_between_readers),
		TEST(no_recorder_no_excuse),
		TEST(store_before_not_given),
		TEST(stopped_while_publishing),
		TEST(an_orderly_end_leaves_nothing),
		TEST(truncated),
		TEST(truncated_but_elsewhere),
		TEST(damaged_page),
		TEST(insane_descriptor),
		TEST(time_goes_back),
		TEST(numbers_claimed_twice),
		TEST(rings_apart),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
