// SPDX-License-Identifier: GPL-2.0
/*
 * ring_format.c - pages are what the kernel's tools expect
 *
 * Each page is read by the kit's parser and by libtraceevent's kbuffer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <kbuffer.h>

#include "tests/unit/module/ring_rig.h"

#define MAX_EVENTS 1024

static struct kit_event mine[MAX_EVENTS];
static struct kbuffer *kbuf;

static int open_discard(void **state)
{
	rig_open(8, IVR_POLICY_DISCARD);
	kbuf = kbuffer_alloc(KBUFFER_LSIZE_8, KBUFFER_ENDIAN_LITTLE);
	assert_non_null(kbuf);
	return 0;
}

static int close_all(void **state)
{
	kbuffer_free(kbuf);
	rig_close();
	return 0;
}

static __u8 pattern(__u32 record, __u32 i)
{
	return record * 31 + i * 7 + (i >> 8) + 1;
}

static bool put(__u32 record, __u32 len)
{
	__u8 *p = ivr_ring_reserve(&rig.ring, len);
	__u32 i;

	if (!p)
		return false;
	for (i = 0; i < len; i++)
		p[i] = pattern(record, i);
	ivr_ring_commit(&rig.ring);
	return true;
}

static unsigned char *page_data(__u64 page)
{
	return rig.reg.data + (size_t)kit_slot(&rig.reg, page) * IVR_PAGE_SIZE;
}

/* Read a page with both parsers, which have to agree; events to mine[]. */
static int read_page(__u64 page)
{
	unsigned char *data = page_data(page);
	unsigned long long ts;
	struct kit_cursor c;
	void *body;
	int n = 0;

	assert_int_equal(kbuffer_load_subbuffer(kbuf, data), 0);
	assert_int_equal(kbuffer_missed_events(kbuf), 0);
	body = kbuffer_read_event(kbuf, &ts);
	kit_open(&c, data);
	while (kit_next(&c, &mine[n]) > 0) {
		assert_ptr_equal(body, mine[n].body);
		assert_int_equal(ts, mine[n].ts);
		assert_int_equal(kbuffer_event_size(kbuf), mine[n].len);
		body = kbuffer_next_event(kbuf, &ts);
		n++;
	}
	assert_int_equal(c.at, c.end);
	assert_null(body);
	assert_int_equal(rig.reg.desc[kit_slot(&rig.reg, page)].count, n);
	return n;
}

static void check_body(const struct kit_event *ev, __u32 record, __u32 len)
{
	__u32 i;

	assert_int_equal(ev->len, (len + 3) / 4 * 4);
	for (i = 0; i < len; i++)
		if (ev->body[i] != pattern(record, i))
			fail_msg("record %u: byte %u of %u", record, i, len);
}

/* Close the open page, read it, give it back; returns its events. */
static int flush_and_read(void)
{
	__u64 page = rig.reg.ctl->head;
	int n;

	ivr_ring_flush(&rig.ring);
	assert_int_equal(rig.reg.ctl->head, page + 1);
	n = read_page(page);
	kit_say_pos(&rig.reg, page + 1);
	return n;
}

static void each_length_alone(void **state)
{
	__u32 len;

	for (len = 0; len <= IVR_MAX_RECORD; len++) {
		assert_true(put(len, len));
		assert_int_equal(flush_and_read(), 1);
		check_body(&mine[0], len, len);
		assert_int_equal(mine[0].ts, rig.now);
	}
}

static void each_length_twice(void **state)
{
	__u32 len;
	int n;

	for (len = 0; len <= IVR_MAX_RECORD / 2 - 8; len++) {
		put(0, len);
		put(1, len);
		put(2, 0);
		n = flush_and_read();
		assert_int_equal(n, 3);
		check_body(&mine[0], 0, len);
		check_body(&mine[1], 1, len);
		check_body(&mine[2], 2, 0);
	}
}

static void full_of_empty_records(void **state)
{
	__u32 i, n = 0;

	while (rig.reg.ctl->head == 1)
		assert_true(put(n++, 0));
	n--;
	assert_int_equal(read_page(1), n);
	for (i = 0; i < n; i++)
		assert_int_equal(mine[i].len, 0);
}

/* A record that just fits, and one that is four bytes too long. */
static void page_end(void **state)
{
	__u32 rest, first;

	for (rest = 4; rest <= 400; rest += 4) {
		first = IVR_PAGE_PAYLOAD - 8 - rest - (rest > 112 ? 8 : 4);
		put(0, first);
		put(1, rest);
		assert_int_equal(rig_open_units(), IVR_PAGE_PAYLOAD / 4);
		assert_int_equal(flush_and_read(), 2);
		check_body(&mine[1], 1, rest);

		put(0, first);
		put(1, rest + 1);
		assert_int_equal(read_page(rig.reg.ctl->head - 1), 1);
		assert_int_equal(flush_and_read(), 1);
		check_body(&mine[0], 1, rest + 1);
	}
}

static void too_long(void **state)
{
	static const __u32 bad[] = {
		IVR_MAX_RECORD + 1,
		IVR_MAX_RECORD + 4,
		4095,
		4096,
		65536,
		0x7fffffff,
		0x80000000,
		0xfffffff8,
		0xfffffffc,
		0xfffffffd,
		0xfffffffe,
		0xffffffff,
	};
	__u32 i;

	assert_true(put(0, 8));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(ivr_ring_reserve(&rig.ring, bad[i]));
	assert_true(put(1, 8));
	assert_int_equal(flush_and_read(), 2);
	assert_int_equal(rig.reg.ctl->refused, i);
	assert_int_equal(rig.reg.ctl->lost, 0);
	assert_int_equal(rig.reg.ctl->produced, 2);
}

static void time_deltas(void **state)
{
	static const __u64 deltas[] = {
		0,
		1,
		2,
		4095,
		(1 << 27) - 1,
		1 << 27,
		(1 << 27) + 1,
		1 << 28,
		(1ull << 32) + 5,
		(1ull << 40) - 1,
		(1ull << 58) + 99,
		(1ull << 59) - 1,
		1ull << 59,
		(1ull << 59) + 1,
		1ull << 60,
		1ull << 62,
	};
	__u64 at;
	__u32 i;

	for (i = 0; i < sizeof(deltas) / sizeof(deltas[0]); i++) {
		rig.now = 77;
		ivr_ring_flush(&rig.ring);
		rig_close();
		rig_open(8, IVR_POLICY_DISCARD);
		rig.tick = 0;
		at = rig.now = 1000 + i;
		put(0, 16);
		rig.now += deltas[i];
		put(1, 16);
		put(2, 200);
		ivr_ring_flush(&rig.ring);
		/* One too far for an extended event goes to the next page. */
		if (rig.reg.ctl->head == 3) {
			assert_int_equal(read_page(1), 1);
			assert_int_equal(read_page(2), 2);
			assert_int_equal(mine[0].ts, at + deltas[i]);
			continue;
		}
		assert_int_equal(read_page(1), 3);
		assert_int_equal(mine[0].ts, at);
		assert_int_equal(mine[1].ts, at + deltas[i]);
		assert_int_equal(mine[2].ts, at + deltas[i]);
		check_body(&mine[2], 2, 200);
	}
}

/* An extended event needs eight bytes more: at the end of a page, too. */
static void time_extend_at_page_end(void **state)
{
	__u32 left;

	rig.tick = 0;
	for (left = 0; left <= 48; left += 4) {
		put(0, IVR_PAGE_PAYLOAD - 8 - left);
		rig.now += 1ull << 30;
		put(1, 12);
		if (left >= 8 + 4 + 12) {
			assert_int_equal(flush_and_read(), 2);
			assert_int_equal(mine[1].ts - mine[0].ts, 1 << 30);
		} else {
			assert_int_equal(read_page(rig.reg.ctl->head - 1), 1);
			assert_int_equal(flush_and_read(), 1);
		}
		assert_true(mine[0].ts <= rig.now);
	}
}

/* The order of pages and records stands; a clock that goes back waits. */
static void clock_goes_back(void **state)
{
	rig.tick = 0;
	rig.now = 5000;
	put(0, 8);
	rig.now = 4000;
	put(1, 8);
	rig.now = 0;
	put(2, 8);
	rig.now = 5001;
	put(3, 8);
	assert_int_equal(flush_and_read(), 4);
	assert_int_equal(mine[0].ts, 5000);
	assert_int_equal(mine[1].ts, 5000);
	assert_int_equal(mine[2].ts, 5000);
	assert_int_equal(mine[3].ts, 5001);

	rig.now = 17;
	put(4, 8);
	assert_int_equal(flush_and_read(), 1);
	assert_int_equal(mine[0].ts, 5001);
}

static void mixed_lengths(void **state)
{
	static __u32 lens[200000];
	__u32 n = 0, seen = 0, k, i;
	__u64 page = 1;
	unsigned int seed = 12345;

	while (n < 200000) {
		lens[n] = rand_r(&seed) % (n % 50 ? 130 : IVR_MAX_RECORD + 1);
		rig.tick = n % 97 ? rand_r(&seed) % 5000 : 1 << 28;
		put(n, lens[n]);
		n++;
		for (; page < rig.reg.ctl->head; page++) {
			k = read_page(page);
			for (i = 0; i < k; i++, seen++)
				check_body(&mine[i], seen, lens[seen]);
			kit_say_pos(&rig.reg, page + 1);
		}
	}
	k = flush_and_read();
	for (i = 0; i < k; i++, seen++)
		check_body(&mine[i], seen, lens[seen]);
	assert_int_equal(seen, n);
	assert_int_equal(rig.reg.ctl->lost, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_discard, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_length_alone),
		TEST(each_length_twice),
		TEST(full_of_empty_records),
		TEST(page_end),
		TEST(too_long),
		TEST(time_deltas),
		TEST(time_extend_at_page_end),
		TEST(clock_goes_back),
		TEST(mixed_lengths),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
