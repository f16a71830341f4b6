// SPDX-License-Identifier: GPL-2.0
/* guest_state.c - what the guest page says, and whether somebody reads it */
#include <linux/jiffies.h>

#include "device.h"
#include "doorbell.h"
#include "guest_state.h"

static const char *const state_names[] = IVR_GUEST_STATE_NAMES;

static_assert(ARRAY_SIZE(state_names) == IVR_GUEST_STATES);

/* What may come after each state; GONE is region.c's. */
/* clang-format off */
static const u32 may_follow[IVR_GUEST_STATES] = {
	[IVR_GUEST_OFF]		= BIT(IVR_GUEST_CALLING),
	[IVR_GUEST_CALLING]	= BIT(IVR_GUEST_ATTACHED) |
				  BIT(IVR_GUEST_DRAINING),
	[IVR_GUEST_ATTACHED]	= BIT(IVR_GUEST_CALLING) |
				  BIT(IVR_GUEST_DRAINING),
	[IVR_GUEST_DRAINING]	= BIT(IVR_GUEST_CALLING) |
				  BIT(IVR_GUEST_ATTACHED) |
				  BIT(IVR_GUEST_QUIESCED) |
				  BIT(IVR_GUEST_SPILLING),
	[IVR_GUEST_QUIESCED]	= BIT(IVR_GUEST_CALLING) |
				  BIT(IVR_GUEST_ATTACHED) |
				  BIT(IVR_GUEST_DRAINING),
	[IVR_GUEST_SPILLING]	= BIT(IVR_GUEST_CALLING) |
				  BIT(IVR_GUEST_ATTACHED) |
				  BIT(IVR_GUEST_DRAINING),
};
/* clang-format on */

void ivr_set_state(struct ivr_device *dev, enum ivr_guest_state state)
{
	u32 old = dev->state;

	if (old == state)
		return;
	WARN_ON_ONCE(!(may_follow[old] & BIT(state)));
	dev_dbg(&dev->pdev->dev, "%s -> %s\n", state_names[old],
		state_names[state]);
	dev->state = state;
	WRITE_ONCE(dev->guest->state, state);
}

bool ivr_epoch_is_ours(const struct ivr_device *dev)
{
	u64 ack = READ_ONCE(dev->guest->epoch_ack);

	return ack && smp_load_acquire(&dev->host->epoch) == ack;
}

void ivr_reader_is_alive(struct ivr_device *dev)
{
	dev->reader.heartbeat = READ_ONCE(dev->host->heartbeat);
	dev->reader.at = jiffies;
}

bool ivr_reader_is_silent(const struct ivr_device *dev, unsigned int ms)
{
	return time_after(jiffies, dev->reader.at + msecs_to_jiffies(ms));
}

bool ivr_reader_takes(const struct ivr_device *dev)
{
	return dev->state == IVR_GUEST_ATTACHED &&
	       !ivr_reader_is_silent(dev, IVR_HEARTBEAT_LOST_MS);
}

void ivr_answer(struct ivr_device *dev, u64 request, s64 status)
{
	struct ivr_guest_page *g = dev->guest;

	WRITE_ONCE(g->answer_status, status);
	smp_store_release(&g->answer, request);
	ivr_ring_bell(dev, IVR_BELL_DATA);
}

bool ivr_answer_clock(struct ivr_device *dev)
{
	u64 seq = READ_ONCE(dev->host->clock_seq);

	if (!ivr_epoch_is_ours(dev) || seq <= dev->guest->clock_seq)
		return false;
	/* sched_clock() wants preemption off. */
	preempt_disable();
	WRITE_ONCE(dev->guest->clock_ns, ivr_clock());
	preempt_enable();
	smp_store_release(&dev->guest->clock_seq, seq);
	ivr_ring_bell(dev, IVR_BELL_DATA);
	return true;
}
