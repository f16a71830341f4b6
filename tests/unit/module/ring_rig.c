// SPDX-License-Identifier: GPL-2.0
/* ring_rig.c - one ring, its clock, its bell and its reader */
#include <string.h>

#include "tests/unit/module/ring_rig.h"

#define MANY_TURNS 1000

struct rig rig;

__u64 test_clock(void)
{
	if (rig.in_clock)
		rig.in_clock();
	/* One instruction: the clock may be interrupted, too. */
	return __atomic_add_fetch(&rig.now, rig.tick, __ATOMIC_RELAXED);
}

static void ring_bell(struct ivr_ring *ring)
{
	rig.bells++;
}

void rig_open(__u32 slots, enum ivr_policy policy)
{
	struct ivr_ring_mem mem;

	memset(&rig, 0, sizeof(rig));
	rig.tick = 1;
	kit_region_make(&rig.reg, slots);
	mem = ring_mem_of(&rig.reg, true);
	ivr_ring_init(&rig.ring, &mem, 0, policy, KIT_TAG, ring_bell);
	ivr_ring_ack(rig.reg.ctl, false);
	rig.reg.host->wake = IVR_WAKE_NEVER;
	kit_reader_init(&rig.reader, &rig.reg, policy == IVR_POLICY_OVERWRITE);
}

void rig_start_at(__u64 page)
{
	struct ivr_ring_ctl *ctl = rig.reg.ctl;

	rig.ring.state.place = (page - 1) << 20 | 1023;
	rig.ring.pub = page;
	rig.ring.segment[0].limit = 0;
	ctl->head = page;
	ctl->mirror = page;
	rig.reader.pos = page;
}

bool rig_is_away(void)
{
	return ivr_ring_mem(&rig.ring)->ctl == rig.spill.ctl;
}

void rig_spill(__u32 slots)
{
	kit_region_free(&rig.spill);
	kit_region_make(&rig.spill, slots);
}

int rig_move(void)
{
	struct ivr_ring_mem mem = ring_mem_of(&rig.spill, false);
	int ret = ivr_ring_move(&rig.ring, &mem);

	if (!ret)
		ivr_unspill_home(&rig.unspill, &rig.ring);
	return ret;
}

void rig_fresh(__u32 slots)
{
	struct kit_region old = rig.reg;
	struct ivr_ring_mem mem;

	kit_drain(&rig.reader, ~0u);
	kit_region_make(&rig.reg, slots);
	mem = ring_mem_of(&rig.reg, true);
	ivr_unspill_fresh(&rig.unspill, &rig.ring, &mem, 0);
	rig.reg.host->wake = IVR_WAKE_NEVER;
	rig.reader.reg = &old;
	kit_reader_follow(&rig.reader, &rig.reg);
	kit_region_free(&old);
}

void rig_come_home(void)
{
	__u32 turns = 0;

	while (rig_is_away() && !rig.reader.error) {
		if (!ivr_unspill_step(&rig.unspill, &rig.ring, 3) &&
		    ivr_ring_return(&rig.ring, &rig.unspill))
			kit_drain(&rig.reader, ~0u);
		if (++turns == MANY_TURNS)
			rig.reader.error = "the ring does not come home";
	}
}

void rig_close(void)
{
	kit_region_free(&rig.reg);
	kit_region_free(&rig.spill);
}

int rig_end(void **state)
{
	rig_close();
	return 0;
}

bool rig_reserve(__u32 ctx, __u32 len)
{
	struct kit_record rec = { .len = len, .ctx = ctx };
	void *body;

	rec.before = rig.loose ? 0 : rig.now;
	rec.seq = rig.seq[ctx]++;
	body = ivr_ring_reserve(&rig.ring, len);
	if (!body) {
		rig.dropped[ctx]++;
		return false;
	}
	rec.after = rig.loose ? ~0ull : rig.now;
	kit_fill(body, &rec);
	return true;
}

bool rig_write(__u32 ctx, __u32 len)
{
	if (!rig_reserve(ctx, len))
		return false;
	ivr_ring_commit(&rig.ring);
	return true;
}

bool rig_page(__u32 ctx)
{
	bool room = rig_write(ctx, sizeof(struct kit_record));

	ivr_ring_flush(&rig.ring);
	return room;
}

__u32 rig_open_units(void)
{
	return rig.ring.state.place & 1023;
}

void rig_fill_page(__u32 ctx, __u32 len)
{
	__u32 units = (len + 3) / 4 + 1 + (len > 112);

	do
		rig_write(ctx, len);
	while (rig_open_units() + units <= IVR_PAGE_PAYLOAD / 4);
}

const char *rig_finish(void)
{
	ivr_ring_flush(&rig.ring);
	rig_come_home();
	kit_drain(&rig.reader, ~0u);
	kit_settle(&rig.reader);
	if (!rig.reader.error && rig_dropped() != rig.reg.ctl->lost)
		return "lost is not what the writers were refused";
	return rig.reader.error;
}

__u64 rig_dropped(void)
{
	__u64 n = 0;
	int i;

	for (i = 0; i < KIT_CONTEXTS; i++)
		n += rig.dropped[i];
	return n;
}
