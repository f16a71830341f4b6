// SPDX-License-Identifier: GPL-2.0
/* shm.c - is the memory fit to be mapped, and what is believed of it? */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/reader/reader_kit.h"

static int setup(void **state)
{
	static struct kit k;

	kit_open(&k, KIT_SIZE, 2, IVR_POLICY_DISCARD);
	*state = &k;
	return 0;
}

static int teardown(void **state)
{
	kit_close(*state);
	return 0;
}

static void checks_size_and_seals(void **state)
{
	struct kit *k = *state;
	int fd = memfd_create("bare", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(ftruncate(fd, KIT_SIZE), 0);
	assert_int_equal(shm_check(fd, KIT_SIZE), -EPERM);
	assert_int_equal(shm_check(fd, KIT_SIZE * 2), -ERANGE);
	assert_int_equal(shm_check(k->g.mem, KIT_SIZE), 0);
	assert_int_equal(shm_check(k->g.mem, KIT_SIZE + 1), -ERANGE);
	close(fd);
}

static int adopt(struct kit *k)
{
	struct ivr_guest_page g;
	struct shm m;
	int ret;

	assert_int_equal(shm_map(&m, k->g.mem, k->g.size), 0);
	ret = shm_adopt(&m, &g);
	shm_unmap(&m);
	assert_null(m.base);
	return ret;
}

static void adopts_what_makes_sense(void **state)
{
	struct kit *k = *state;
	struct ivr_guest_page *g = sim_guest_page(&k->g);

	assert_int_equal(adopt(k), 0);
	g->magic = 0;
	assert_int_equal(adopt(k), -EAGAIN);
	g->magic = IVR_MAGIC;
	g->version++;
	assert_int_equal(adopt(k), -EPROTO);
	g->version--;
	g->nrings = 0;
	assert_int_equal(adopt(k), -ERANGE);
	g->nrings = IVR_MAX_RINGS + 1;
	assert_int_equal(adopt(k), -ERANGE);
	g->nrings = 1000;
	assert_int_equal(adopt(k), -ERANGE);
	g->nrings = 2;
	g->size *= 2;
	assert_int_equal(adopt(k), -ERANGE);
	g->size /= 2;
	assert_int_equal(adopt(k), 0);
}

static void resets_only_host_pages(void **state)
{
	struct kit *k = *state;
	uint64_t host = k->g.layout.base - 1, i;
	struct ivr_guest_page g;
	struct shm m;

	memset(k->g.base + IVR_PAGE_SIZE, 0xa5, host * IVR_PAGE_SIZE);
	memset(k->g.base + (host + 1) * IVR_PAGE_SIZE, 0x5a, 64);
	assert_int_equal(shm_map(&m, k->g.mem, k->g.size), 0);
	assert_int_equal(shm_adopt(&m, &g), 0);
	shm_host_reset(&m);
	shm_unmap(&m);
	for (i = 0; i < host * IVR_PAGE_SIZE; i++)
		assert_int_equal(k->g.base[IVR_PAGE_SIZE + i], 0);
	for (i = 0; i < 64; i++)
		assert_int_equal(k->g.base[(host + 1) * IVR_PAGE_SIZE + i],
				 0x5a);
	assert_int_equal(sim_guest_page(&k->g)->magic, IVR_MAGIC);
}

static bool fits(uint64_t word, uint64_t seal, const uint8_t *stream)
{
	return (word ^ seal) == ivr_stream_tag(stream);
}

static void words_are_sealed_for_one_stream(void **state)
{
	struct kit *k = *state;
	const struct ivr_host_ring *r = sim_host_ring(&k->g, 1);
	const struct ivr_host_page *h = sim_host_page(&k->g);
	uint8_t stream[16];
	struct ivr_guest_page g;
	struct shm m;

	memcpy(stream, sim_guest_page(&k->g)->stream, 16);
	assert_int_equal(shm_map(&m, k->g.mem, k->g.size), 0);
	assert_int_equal(shm_adopt(&m, &g), 0);
	shm_host_reset(&m);
	assert_false(fits(h->epoch, h->epoch_seal, stream));
	assert_false(fits(r->pos, r->pos_seal, stream));
	shm_set_epoch(&m, 77);
	shm_set_pos(&m, &k->g.rings[1].place, 5);
	assert_true(fits(h->epoch, h->epoch_seal, stream));
	assert_true(fits(r->pos, r->pos_seal, stream));
	/* Words of an old stream mean nothing to a new one. */
	assert_int_equal(sim_format(&k->g, 2, IVR_POLICY_DISCARD), 0);
	assert_false(
		fits(h->epoch, h->epoch_seal, sim_guest_page(&k->g)->stream));
	shm_set_epoch(&m, 78);
	sim_step(&k->g);
	assert_int_equal(sim_guest_page(&k->g)->epoch_ack, 0);
	shm_unmap(&m);
}

static void segment_in_change_is_told(void **state)
{
	struct kit *k = *state;
	struct ivr_guest_page g;
	struct ivr_ring_ctl c;
	struct shm m;

	assert_int_equal(shm_map(&m, k->g.mem, k->g.size), 0);
	assert_int_equal(shm_adopt(&m, &g), 0);
	assert_true(shm_ring_ctl(&m, &k->g.rings[0].place, &c));
	sim_seg_seq(&k->g, 0, true);
	assert_false(shm_ring_ctl(&m, &k->g.rings[0].place, &c));
	sim_seg_seq(&k->g, 0, false);
	assert_true(shm_ring_ctl(&m, &k->g.rings[0].place, &c));
	shm_unmap(&m);
}

static void is_ours_sees_another_stream(void **state)
{
	struct kit *k = *state;
	struct ivr_guest_page g;
	struct shm m;

	assert_int_equal(shm_map(&m, k->g.mem, k->g.size), 0);
	assert_int_equal(shm_adopt(&m, &g), 0);
	shm_host_reset(&m);
	sim_guest_page(&k->g)->epoch_ack = 7;
	assert_true(shm_is_ours(&m, &g, 7));
	shm_heartbeat(&m, 5);
	assert_true(shm_is_ours(&m, &g, 7));
	memset(k->g.base + IVR_PAGE_SIZE, 0, IVR_PAGE_SIZE);
	assert_false(shm_is_ours(&m, &g, 7));
	shm_heartbeat(&m, 6);
	assert_false(shm_is_ours(&m, &g, 8));
	sim_guest_page(&k->g)->stream[15] ^= 1;
	assert_false(shm_is_ours(&m, &g, 7));
	sim_guest_page(&k->g)->stream[15] ^= 1;
	sim_guest_page(&k->g)->magic = 0;
	assert_false(shm_is_ours(&m, &g, 7));
	shm_unmap(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(checks_size_and_seals, setup,
						teardown),
		cmocka_unit_test_setup_teardown(adopts_what_makes_sense, setup,
						teardown),
		cmocka_unit_test_setup_teardown(resets_only_host_pages, setup,
						teardown),
		cmocka_unit_test_setup_teardown(words_are_sealed_for_one_stream,
						setup, teardown),
		cmocka_unit_test_setup_teardown(segment_in_change_is_told,
						setup, teardown),
		cmocka_unit_test_setup_teardown(is_ours_sees_another_stream,
						setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
