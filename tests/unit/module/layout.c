// SPDX-License-Identifier: GPL-2.0
/* layout.c - ivr_wire.h: geometry, slots, wake positions */
#include "ivr_wire.h" /* first and alone: it must stand by itself */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const __u32 ring_counts[] = {
	1,   2,	  3,   4,   5,	 7,   8,    12,	  15,	16,  31,
	32,  33,  62,  63,  64,	 65,  96,   127,  128,	200, 255,
	256, 257, 448, 511, 512, 640, 1000, 1023, 1024,
};

static const __u64 sizes[] = {
	1ull << 16,	     1ull << 17,	  1ull << 18,
	1ull << 20,	     3ull << 20,	  1ull << 22,
	(1ull << 22) + 4096, 1ull << 24,	  (1ull << 24) + 12288,
	1ull << 26,	     5ull << 26,	  1ull << 28,
	1ull << 30,	     (1ull << 31) - 4096, 1ull << 32,
	3ull << 33,	     1ull << 36,
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static __u64 pages_of_descs(__u32 slots)
{
	return (slots * sizeof(struct ivr_desc) + IVR_PAGE_SIZE - 1) /
	       IVR_PAGE_SIZE;
}

/* Parts follow each other without a gap; what is unused is at the ring's end. */
static __u64 check_ring(const struct ivr_layout *l, __u32 ring, __u64 start)
{
	struct ivr_ring_place p = ivr_layout_ring(l, ring);
	__u64 pages = ring == l->nrings ? l->meta_pages : l->ring_pages;
	__u64 end = start + pages * IVR_PAGE_SIZE;
	__u64 used;

	assert_int_equal(p.ctl, start);
	assert_int_equal(p.desc, p.ctl + IVR_PAGE_SIZE);
	assert_int_equal(p.data,
			 p.desc + pages_of_descs(p.slots) * IVR_PAGE_SIZE);
	assert_true(p.slots >= IVR_MIN_SLOTS);
	assert_true(p.slots <= IVR_MAX_SLOTS);

	used = p.data + (__u64)p.slots * IVR_PAGE_SIZE;
	assert_true(used <= end);
	/* One page is lost if it could only hold descriptors. */
	if (p.slots < IVR_MAX_SLOTS)
		assert_true(end - used <= IVR_PAGE_SIZE);

	assert_true(p.host >= 2 * IVR_PAGE_SIZE);
	assert_int_equal(p.host % sizeof(struct ivr_host_ring), 0);
	assert_true(p.host + sizeof(struct ivr_host_ring) <=
		    (__u64)l->base * IVR_PAGE_SIZE);
	return end;
}

static void check_geometry(__u64 size, __u32 nrings)
{
	struct ivr_layout l;
	struct ivr_ring_place p, first;
	__u64 at;
	__u32 i;

	if (ivr_layout_init(&l, size, nrings)) {
		/* Refused only if equal shares would be too small. */
		__u64 host = 2 + (nrings + 64) / 64;
		__u64 meta = size / IVR_PAGE_SIZE / 64;

		meta = meta < 6 ? 6 : meta > 256 ? 256 : meta;
		assert_true(size / IVR_PAGE_SIZE < host + meta + nrings * 6ull);
		return;
	}
	assert_int_equal(l.size, size);
	assert_int_equal(l.nrings, nrings);

	at = (__u64)l.base * IVR_PAGE_SIZE;
	first = ivr_layout_ring(&l, 0);
	for (i = 0; i <= nrings; i++) {
		p = ivr_layout_ring(&l, i);
		if (i < nrings)
			assert_int_equal(p.slots, first.slots);
		assert_int_equal(p.host, 2 * IVR_PAGE_SIZE + i * 64ull);
		at = check_ring(&l, i, at);
	}
	assert_int_equal(at, size);
	/* The remainder of the division goes to the metadata ring. */
	assert_true(l.meta_pages <= 256 + nrings);
}

static void geometry(void **state)
{
	__u32 i, k;

	for (i = 0; i < COUNT(sizes); i++)
		for (k = 0; k < COUNT(ring_counts); k++)
			check_geometry(sizes[i], ring_counts[k]);
}

static void every_small_size(void **state)
{
	__u64 size;
	__u32 n;

	for (size = IVR_MIN_SIZE; size <= 2u << 20; size += IVR_PAGE_SIZE)
		for (n = 1; n <= 80; n++)
			check_geometry(size, n);
}

static void refused(void **state)
{
	static const struct {
		__u64 size;
		__u32 nrings;
	} bad[] = {
		{ 0, 1 },
		{ 4096, 1 },
		{ IVR_MIN_SIZE - 4096, 1 },
		{ IVR_MAX_SIZE + 4096, 1 },
		{ ~0ull, 1 },
		{ ~0ull << 12, 1 },
		{ (1 << 20) + 1, 1 },
		{ (1 << 20) + 2048, 1 },
		{ 1 << 20, 0 },
		{ 1 << 20, 1025 },
		{ 1 << 20, ~0u },
		{ 1 << 16, 8 },
		{ 1 << 20, 256 },
		{ 4 << 20, 1024 },
	};
	struct ivr_layout l;
	__u32 i;

	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(ivr_layout_init(&l, bad[i].size,
						 bad[i].nrings),
				 -EINVAL);
	assert_int_equal(ivr_layout_init(&l, IVR_MIN_SIZE, 1), 0);
	assert_int_equal(ivr_layout_init(&l, IVR_MAX_SIZE, 1024), 0);
}

static void slots_in(void **state)
{
	__u32 pages, n = 0;

	for (pages = 0; pages < 300000; pages++) {
		/* Both sides grow with n, so the largest is found stepwise. */
		while (1 + pages_of_descs(n + 1) + n + 1 <= pages)
			n++;
		assert_int_equal(ivr_slots_in(pages), n);
	}
	assert_int_equal(ivr_slots_in(~0u), IVR_MAX_SLOTS);
	assert_int_equal(ivr_slots_in(1u << 24), IVR_MAX_SLOTS);
}

static void wake_near(__u64 base)
{
	__u64 wake, old, head, page;
	int due;

	for (old = base; old < base + 12; old++)
		for (head = old; head < base + 12; head++)
			for (wake = base - 3; wake != base + 14; wake++) {
				due = 0;
				for (page = old; page < head; page++)
					due |= page == wake;
				assert_int_equal(!!ivr_wake_due(wake, head,
								old),
						 due);
			}
}

static void wake_due(void **state)
{
	__u64 old;

	wake_near(3);
	wake_near(1ull << 32);
	wake_near((1ull << 44) - 6);
	for (old = 0; old < 1000; old++) {
		assert_false(ivr_wake_due(IVR_WAKE_NEVER, old, 0));
		assert_false(ivr_wake_due(IVR_WAKE_NEVER, old + 1, old));
		/* Pages start at 1: zeroed host words wake nobody. */
		assert_false(ivr_wake_due(0, old + 2, old + 1));
	}
}

static void fields(void **state)
{
	/* Offsets on the wire; a change here is another IVR_VERSION. */
	assert_int_equal(offsetof(struct ivr_guest_page, stream), 24);
	assert_int_equal(offsetof(struct ivr_guest_page, state), 56);
	assert_int_equal(offsetof(struct ivr_guest_page, epoch_ack), 72);
	assert_int_equal(offsetof(struct ivr_guest_page, accepted), 88);
	assert_int_equal(offsetof(struct ivr_guest_page, meta_bytes), 136);
	assert_int_equal(offsetof(struct ivr_guest_page, flags), 144);
	assert_int_equal(offsetof(struct ivr_guest_page, heartbeat), 152);
	assert_int_equal(offsetof(struct ivr_guest_page, lease_ms), 160);
	assert_int_equal(offsetof(struct ivr_host_page, epoch_seal), 8);
	assert_int_equal(offsetof(struct ivr_host_page, clock_seq), 40);
	assert_int_equal(offsetof(struct ivr_host_ring, pos_seal), 8);
	assert_int_equal(offsetof(struct ivr_host_ring, wake), 16);
	assert_int_equal(offsetof(struct ivr_ring_ctl, seg_seq), 80);
	assert_int_equal(offsetof(struct ivr_ring_ctl, produced), 32);
	assert_int_equal(offsetof(struct ivr_ring_ctl, cpu), 76);
	assert_int_equal(offsetof(struct ivr_desc, count), 40);
	assert_int_equal(offsetof(struct ivr_desc, flags), 48);
	assert_int_equal(IVR_LEASE_MS(IVR_LEASE(7, 3)), 7);
	assert_int_equal(IVR_LEASE_WINDOW(IVR_LEASE(~0u, 3)), 3);
	assert_int_equal(IVR_REQUEST_OP(IVR_REQUEST(1ull << 40, IVR_OP_FLUSH)),
			 IVR_OP_FLUSH);
}

static void tag_of_a_stream(void **state)
{
	const __u8 low[16] = { 1, 2, 0, 0, 0, 0, 0, 0x80, 9, 9, 9 };

	assert_true(ivr_stream_tag(low) == 0x8000000000000201ull);
	assert_true(ivr_stream_tag(low + 8) == 0x090909ull);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tag_of_a_stream),  cmocka_unit_test(geometry),
		cmocka_unit_test(every_small_size), cmocka_unit_test(refused),
		cmocka_unit_test(slots_in),	    cmocka_unit_test(wake_due),
		cmocka_unit_test(fields),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
