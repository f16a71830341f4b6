// SPDX-License-Identifier: GPL-2.0
/*
 * quiesce.c - quiesce, drain, resume: the guest's side, see ivr_wire.h
 *
 * A round is a list of steps. The host link takes them in order, as many as can be
 * done now, and comes back for the rest; a step that fails ends the round and is
 * its answer. Whatever happens, one of four things ends each round and each
 * quiesced state: RESUME, the lease, a new epoch, a heartbeat that stands still.
 * What a round has changed is not undone there and then: from any other state
 * the host link makes the rings whole again, bit by bit.
 */
#include <linux/jiffies.h>

#include "device.h"
#include "doorbell.h"
#include "fault.h"
#include "guest_state.h"
#include "meta.h"
#include "quiesce.h"
#include "region.h"
#include "spill.h"

/*
 * A window cannot be laid around pages that go over the ring's edge, and they
 * stay there as long as the reader is frozen: so often is it tried, then the ring
 * stays whole until the next round.
 */
#define SHRINK_TRIES 8

static int close_pages(struct ivr_device *dev)
{
	int ret = ivr_fault("guest-round-flush");

	if (!ret)
		ivr_region_flush(dev, false);
	return ret;
}

static int move_to_spill(struct ivr_device *dev)
{
	int ret = ivr_fault("guest-round-move");

	return ret ? ret : ivr_spill_move(dev->stream);
}

static int accept(struct ivr_device *dev)
{
	int ret = ivr_fault("guest-round-accept");
	struct ivr_cpu_ring *cr;

	if (ret)
		return ret;
	ivr_for_each_cpu_ring(cr, dev->stream)
		cr->target = READ_ONCE(cr->home.ctl->head);
	smp_store_release(&dev->guest->accepted, dev->round.request);
	ivr_ring_bell(dev, IVR_BELL_DATA);
	return 0;
}

static int take_pos(struct ivr_cpu_ring *cr)
{
	ivr_ring_take_pos(&cr->home, cr->ring->tag);
	return 0;
}

/* Writers that are away do not come there, so anybody may move the mirror. */
static bool is_drained(struct ivr_cpu_ring *cr)
{
	if (ivr_cpu_ring_is_away(cr))
		take_pos(cr);
	else
		ivr_cpu_ring_call(cr, take_pos);
	return READ_ONCE(cr->home.ctl->mirror) >= cr->target;
}

static int wait_drained(struct ivr_device *dev)
{
	int ret = ivr_fault("guest-round-drain");
	struct ivr_cpu_ring *cr;

	if (ret)
		return ret;
	/* Only then do the positions stand, and the mirrors can be equal to them. */
	if (smp_load_acquire(&dev->host->frozen) != dev->round.request)
		return -EAGAIN;
	ivr_for_each_cpu_ring(cr, dev->stream)
		if (!is_drained(cr))
			return -EAGAIN;
	/* Nothing is sent while a round is under way. */
	if (ivr_sender_take_pos(dev->stream) < dev->stream->sender.head)
		return -EAGAIN;
	return 0;
}

static int lay_window(struct ivr_cpu_ring *cr)
{
	return ivr_ring_window(cr->ring, cr->window);
}

static int shrink(struct ivr_device *dev)
{
	struct ivr_round *r = &dev->round;
	int ret = ivr_fault("guest-round-shrink");
	struct ivr_cpu_ring *cr;

	if (ret)
		return ret;
	ivr_for_each_cpu_ring(cr, dev->stream) {
		cr->window = min(r->window ? r->window : IVR_WINDOW_SLOTS,
				 cr->home.slots / 2);
		if (ivr_cpu_ring_call(cr, lay_window))
			ret = -EAGAIN;
	}
	return r->tries < SHRINK_TRIES ? ret : 0;
}

static int touch_host_pages(struct ivr_device *dev)
{
	int ret = ivr_fault("guest-round-touch");

	if (!ret)
		ivr_region_touch(dev);
	return ret;
}

static int say_quiesced(struct ivr_device *dev)
{
	ivr_set_state(dev, IVR_GUEST_QUIESCED);
	return 0;
}

static int say_spilling(struct ivr_device *dev)
{
	ivr_set_state(dev, IVR_GUEST_SPILLING);
	return 0;
}

static void log_quiesced(struct ivr_device *dev)
{
	struct ivr_round *r = &dev->round;

	if (r->logged == dev->state)
		return;
	r->logged = dev->state;
	if (r->logged == IVR_GUEST_QUIESCED)
		dev_info(&dev->pdev->dev,
			 "quiesced: %u of %u pages of each ring are used\n",
			 ivr_ring_span(dev->stream->cpu_rings->ring),
			 dev->stream->cpu_rings->home.slots);
	else
		dev_info(&dev->pdev->dev,
			 "spilling: up to %u pages for each ring; the device may be unplugged\n",
			 dev->stream->cpu_rings->spill.slots);
}

static int answer_drained(struct ivr_device *dev)
{
	struct ivr_round *r = &dev->round;
	u64 request = r->request;
	int ret = ivr_fault("guest-round-answer");

	if (ret)
		return ret;
	r->request = 0;
	ivr_answer(dev, request, 0);
	log_quiesced(dev);
	return 0;
}

/* 0: done; -EAGAIN: again in the host link's next step; else the round has failed */
typedef int (*round_step)(struct ivr_device *dev);

/* clang-format off */
static const round_step quiesce_steps[] = {
	close_pages, accept, wait_drained, shrink, touch_host_pages,
	say_quiesced, answer_drained,
};

/* Accepted only when the heads that the reader is to reach stay. */
static const round_step spill_steps[] = {
	move_to_spill, accept, wait_drained, touch_host_pages, say_spilling,
	answer_drained,
};
/* clang-format on */

static const round_step *steps_of(u64 request)
{
	return IVR_REQUEST_OP(request) == IVR_OP_SPILL ? spill_steps :
							 quiesce_steps;
}

void ivr_quiesce_leave(struct ivr_device *dev, enum ivr_guest_state to,
		       s64 status, const char *why)
{
	struct ivr_round *r = &dev->round;
	u64 request = r->request;

	r->request = 0;
	r->leased = false;
	ivr_set_state(dev, to);
	if (request)
		ivr_answer(dev, request, status);
	if (r->logged)
		dev_info(&dev->pdev->dev, "resumed: %s\n", why);
	r->logged = 0;
}

static void take_steps(struct ivr_device *dev)
{
	struct ivr_round *r = &dev->round;
	int ret;

	while (r->request) {
		ret = steps_of(r->request)[r->step](dev);
		if (ret == -EAGAIN) {
			r->tries++;
			return;
		}
		if (ret) {
			ivr_quiesce_leave(dev, IVR_GUEST_ATTACHED, ret,
					  "a step failed");
			return;
		}
		r->step++;
		r->tries = 0;
	}
}

static bool any_away(const struct ivr_stream *s)
{
	struct ivr_cpu_ring *cr;

	ivr_for_each_cpu_ring(cr, s)
		if (ivr_cpu_ring_is_away(cr))
			return true;
	return false;
}

static void begin_round(struct ivr_device *dev, u64 request, u64 arg)
{
	u32 ms = min(IVR_LEASE_MS(arg), IVR_LEASE_MAX_MS);
	struct ivr_round *r = &dev->round;

	r->request = request;
	r->step = 0;
	r->tries = 0;
	r->window = IVR_LEASE_WINDOW(arg);
	r->lease = jiffies + msecs_to_jiffies(ms);
	r->leased = true;
	ivr_set_state(dev, IVR_GUEST_DRAINING);
}

/*
 * A window is laid in the device's memory, so what has spilled has to be home
 * before.
 */
static int may_begin(struct ivr_device *dev, u64 request, u64 arg)
{
	int ret = ivr_fault("guest-round-begin");

	if (ret)
		return ret;
	if (!IVR_LEASE_MS(arg))
		return -EINVAL;
	if (IVR_REQUEST_OP(request) == IVR_OP_SPILL)
		return ivr_spill_alloc(dev->stream);
	if (!any_away(dev->stream))
		return 0;
	ivr_quiesce_leave(dev, IVR_GUEST_ATTACHED, 0, "to be quiesced");
	return -EAGAIN;
}

int ivr_quiesce_begin(struct ivr_device *dev, u64 request, u64 arg)
{
	struct ivr_round *r = &dev->round;
	u64 before = r->request;
	int ret;

	r->request = 0;
	if (before)
		ivr_answer(dev, before, -ECANCELED);
	ret = may_begin(dev, request, arg);
	if (!ret) {
		begin_round(dev, request, arg);
		return -EINPROGRESS;
	}
	/* Without a round there is no draining. */
	if (dev->state == IVR_GUEST_DRAINING)
		ivr_quiesce_leave(dev, IVR_GUEST_ATTACHED, 0, "refused");
	return ret;
}

void ivr_quiesce_cut(struct ivr_device *dev)
{
	if (!dev->round.request)
		return;
	dev->round.request = 0;
	ivr_quiesce_leave(dev, IVR_GUEST_ATTACHED, 0, "another request");
}

static int widen_cpu_ring(struct ivr_cpu_ring *cr)
{
	return ivr_ring_window(cr->ring, cr->home.slots);
}

/* Make all rings whole again; true: there is more to do, soon. */
static bool grow(struct ivr_device *dev)
{
	bool read = ivr_reader_takes(dev), progress = read;
	struct ivr_cpu_ring *cr;
	bool whole;

	/* A page in memory that nobody reads goes with the device. */
	whole = read ? ivr_spill_return(dev->stream, &progress) :
		       !dev->stream->spilled;
	ivr_for_each_cpu_ring(cr, dev->stream)
		if (!ivr_cpu_ring_is_away(cr) &&
		    ivr_ring_span(cr->ring) < cr->home.slots &&
		    ivr_cpu_ring_call(cr, widen_cpu_ring))
			whole = false;
	return !whole && progress;
}

unsigned int ivr_quiesce_lease_ms(const struct ivr_device *dev)
{
	const struct ivr_round *r = &dev->round;

	if (!r->leased || time_after_eq(jiffies, r->lease))
		return 0;
	return jiffies_to_msecs(r->lease - jiffies);
}

bool ivr_quiesce_step(struct ivr_device *dev)
{
	struct ivr_round *r = &dev->round;
	bool soon = false;

	if (r->leased && !ivr_quiesce_lease_ms(dev))
		ivr_quiesce_leave(dev, IVR_GUEST_ATTACHED, -ETIME,
				  "the lease is over");
	take_steps(dev);
	if (r->request)
		soon = true;
	else if (!r->leased)
		soon = grow(dev);
	WRITE_ONCE(dev->guest->lease_ms, ivr_quiesce_lease_ms(dev));
	return soon;
}
