// SPDX-License-Identifier: GPL-2.0
/*
 * hostile.c - a guest that writes anything, anywhere, at any time
 *
 * The sanitizers watch; what is asserted here is that the reader goes on, that
 * each step ends (or the test does not), that what it stores stays bounded, and that it takes an
 * honest stream afterwards.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/reader/reader_kit.h"

#define ROUNDS 20
#define STEPS  150

static struct kit k;
static bool raging;

static uint64_t random64(unsigned int *seed)
{
	return (uint64_t)rand_r(seed) << 42 ^ (uint64_t)rand_r(seed) << 21 ^
	       rand_r(seed);
}

/* Values on which sloppy arithmetic breaks */
static uint64_t nasty(unsigned int *seed)
{
	const uint64_t values[] = {
		0,
		1,
		2,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		1ull << 32,
		INT64_MAX,
		1ull << 63,
		UINT64_MAX,
		UINT64_MAX - 1,
		k.g.rings[0].place.slots,
		k.g.rings[0].place.slots + 1ull,
		k.g.rings[0].head,
		k.g.rings[0].head + 1,
		sim_host_ring(&k.g, 0)->pos,
		sim_host_page(&k.g)->request,
		random64(seed),
	};

	return values[rand_r(seed) % (sizeof(values) / sizeof(values[0]))];
}

static void write_word(uint64_t at, uint64_t value)
{
	__atomic_store_n((uint64_t *)(k.g.base + at / 8 * 8), value,
			 __ATOMIC_RELAXED);
}

/* One lie: in a ring's words, a descriptor, the guest page, anywhere */
static void lie(unsigned int *seed)
{
	uint32_t ring = rand_r(seed) % (k.g.layout.nrings + 1);
	struct ivr_ring_place p = ivr_layout_ring(&k.g.layout, ring);

	switch (rand_r(seed) % 8) {
	case 0:
	case 1:
	case 2:
		write_word(p.ctl + rand_r(seed) % sizeof(struct ivr_ring_ctl),
			   nasty(seed));
		break;
	case 3:
	case 4:
		write_word(p.desc + random64(seed) %
					    (p.slots * sizeof(struct ivr_desc)),
			   nasty(seed));
		break;
	case 5:
		/* The words behind the identity: answers, clock, metadata, .. */
		write_word(offsetof(struct ivr_guest_page, accepted) +
				   rand_r(seed) % 80,
			   nasty(seed));
		break;
	case 6:
		if (rand_r(seed) % 20 == 0)
			write_word(rand_r(seed) % sizeof(struct ivr_guest_page),
				   nasty(seed));
		break;
	default:
		write_word(random64(seed) % k.g.size, nasty(seed));
	}
}

/* A head that is followed by descriptors that fit: the best of lies */
static void plausible_lie(unsigned int *seed)
{
	struct ivr_ring_ctl *c = sim_ctl(&k.g, 0);
	uint64_t head = c->head + random64(seed) % (1ull << 40);
	uint32_t span = c->seg_span, slots = k.g.rings[0].place.slots;
	uint64_t at = k.g.rings[0].place.desc;

	if (!span || (uint64_t)c->seg_slot + span > slots)
		return;
	at += (c->seg_slot + (head - 1 - c->seg_page) % span) *
	      sizeof(struct ivr_desc);
	write_word(at, head - 1);
	c->head = head;
}

/* Somebody wants something of the guest meanwhile, and does not wait */
static void order_something(unsigned int *seed)
{
	static const char *const lines[] = {
		"quiesce 60 4\n", "quiesce 500\n", "spill 60\n",
		"resume\n",	  "drain 40\n",	   "moved\n",
	};
	int fd = kit_client(&k);

	kit_say(fd, lines[rand_r(seed) % (sizeof(lines) / sizeof(lines[0]))]);
	assert_int_equal(session_step(&k.s, 0), 0);
	close(fd);
	assert_int_equal(session_step(&k.s, 0), 0);
}

static uint64_t store_bytes(void)
{
	uint64_t sum = 0;
	char path[PATH_MAX], line[PATH_MAX + 32];
	FILE *f;

	snprintf(path, sizeof(path), "du -sb %s", kit_store(&k));
	f = popen(path, "r");
	assert_non_null(fgets(line, sizeof(line), f));
	sum = strtoull(line, NULL, 10);
	pclose(f);
	return sum;
}

static bool is_attached_to_this(void)
{
	return k.s.state == SESSION_ATTACHED &&
	       !memcmp(k.s.att.guest.stream, sim_guest_page(&k.g)->stream, 16);
}

static void honest_again(void)
{
	uint64_t waited = 0;
	int i;

	/* A module that is loaded anew after all this */
	assert_int_equal(sim_format(&k.g, 2, IVR_POLICY_DISCARD), 0);
	for (i = 0; i < 10; i++)
		sim_page(&k.g, i % 2, 3);
	while (!is_attached_to_this() && kit_waiting(&waited))
		kit_step(&k);
	kit_caught_up(&k);
	kit_stop(&k);
	audit_whole(&k);
}

static void round_of_lies(unsigned int seed, uint32_t policy)
{
	int i, j;

	kit_open(&k, KIT_SIZE, 2, policy);
	k.g.meta = 20000;
	kit_attach(&k);
	for (i = 0; i < STEPS; i++) {
		for (j = rand_r(&seed) % 6; j; j--)
			lie(&seed);
		if (rand_r(&seed) % 16 == 0)
			plausible_lie(&seed);
		if (rand_r(&seed) % 12 == 0)
			order_something(&seed);
		if (k.s.state == SESSION_WAIT_HELLO && i % 8 == 0)
			sim_format(&k.g, 2, policy);
		assert_int_equal(session_step(&k.s, 0), 0);
		sim_step(&k.g);
	}
	/* A lap of the ring and some marks for each step is the most. */
	assert_true(store_bytes() < STEPS * 2 * k.g.size);
	if (k.s.state == SESSION_STOPPED)
		fail_msg("the guest stopped the reader");
	honest_again();
	kit_close(&k);
}

static void lies_between_steps(void **state)
{
	unsigned int seed;

	for (seed = 1; seed <= ROUNDS; seed++)
		round_of_lies(seed, seed % 2 ? IVR_POLICY_DISCARD :
					       IVR_POLICY_OVERWRITE);
}

static void *rage(void *arg)
{
	unsigned int seed = 99;

	while (__atomic_load_n(&raging, __ATOMIC_RELAXED))
		lie(&seed);
	return NULL;
}

/* Words that change between any two loads */
static void lies_during_steps(void **state)
{
	unsigned int seed = 7;
	pthread_t t;
	int i;

	kit_open(&k, KIT_SIZE, 2, IVR_POLICY_OVERWRITE);
	kit_attach(&k);
	raging = true;
	assert_int_equal(pthread_create(&t, NULL, rage, NULL), 0);
	for (i = 0; i < 3000; i++) {
		if (rand_r(&seed) % 50 == 0)
			plausible_lie(&seed);
		if (rand_r(&seed) % 100 == 0)
			order_something(&seed);
		assert_int_equal(session_step(&k.s, i % 100 ? 0 : 20), 0);
		if (k.s.state != SESSION_ATTACHED)
			sim_hello(&k.g);
	}
	__atomic_store_n(&raging, false, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	honest_again();
	kit_close(&k);
}

/* What a lying guest can make the reader write without writing pages */
static void lies_cost_few_marks(void **state)
{
	const uint64_t one = 1;
	uint64_t waited = 0, heartbeat;
	uint32_t ticks, i = 0;

	kit_open(&k, KIT_SIZE, 1, IVR_POLICY_DISCARD);
	kit_attach(&k);
	heartbeat = sim_host_page(&k.g)->heartbeat;
	while (sim_host_page(&k.g)->heartbeat < heartbeat + 10 &&
	       kit_waiting(&waited)) {
		unsigned int seed = ++i;

		plausible_lie(&seed);
		assert_int_equal(write(k.g.to_host[IVR_BELL_DATA], &one,
				       sizeof(one)),
				 sizeof(one));
		assert_int_equal(session_step(&k.s, 0), 0);
	}
	ticks = sim_host_page(&k.g)->heartbeat - heartbeat;
	assert_true(i > ticks);
	/* One skip to the head and one for the descriptors, each tick */
	assert_true(audit_marks(kit_store(&k), IVR_MARK_GAP, IVR_WHY_CORRUPT,
				0) <= 2 * (int)ticks + 2);
	kit_close(&k);
}

/* Metadata without end does not fill the disk */
static void metadata_is_bounded(void **state)
{
	uint64_t waited = 0;

	kit_open(&k, KIT_SIZE, 1, IVR_POLICY_DISCARD);
	kit_attach(&k);
	k.s.att.drain.rings[1].out.stored = DRAIN_META_MAX;
	k.g.meta = 1 << 20;
	while (k.g.meta_sent < k.g.meta && kit_waiting(&waited))
		kit_step(&k);
	kit_caught_up(&k);
	assert_true(k.s.att.drain.rings[1].out.stored == DRAIN_META_MAX);
	audit_mark(kit_store(&k), IVR_MARK_GAP, IVR_WHY_CORRUPT, 1);
	kit_stop(&k);
	kit_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lies_between_steps),
		cmocka_unit_test(lies_during_steps),
		cmocka_unit_test(lies_cost_few_marks),
		cmocka_unit_test(metadata_is_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
