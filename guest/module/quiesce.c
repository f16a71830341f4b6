// SPDX-License-Identifier: GPL-2.0
/*
 * quiesce.c - quiesce, drain, resume: the guest's side, see ivr_wire.h
 *
 * A round is a list of steps. The keeper takes them in order, as many as can be
 * done now, and comes back for the rest; a step that fails ends the round and is
 * its answer. Whatever happens, one of four things ends each round and each
 * quiesced state: RESUME, the lease, a new epoch, a heartbeat that stands still.
 * What a round has changed is not undone there and then: from any other state
 * the keeper makes the rings whole again, bit by bit.
 */
#include <linux/jiffies.h>

#include "device.h"
#include "fault.h"

/*
 * A window cannot be laid around pages that go over the ring's edge, and they
 * stay there as long as the reader is frozen: so often is it tried, then the ring
 * stays whole until the next round.
 */
#define SHRINK_TRIES	8

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
	struct ivr_lane *lane;

	if (ret)
		return ret;
	ivr_for_each_lane(lane, dev->stream)
		lane->target = READ_ONCE(lane->home.ctl->head);
	smp_store_release(&dev->guest->accepted, dev->keeper.round.request);
	ivr_ring_bell(dev, IVR_BELL_DATA);
	return 0;
}

static int take_pos(struct ivr_lane *lane)
{
	ivr_ring_take_pos(&lane->home, lane->ring->tag);
	return 0;
}

/* Writers that are away do not come there, so anybody may move the mirror. */
static bool is_drained(struct ivr_lane *lane)
{
	if (ivr_lane_away(lane))
		take_pos(lane);
	else
		ivr_lane_call(lane, take_pos);
	return READ_ONCE(lane->home.ctl->mirror) >= lane->target;
}

static int wait_drained(struct ivr_device *dev)
{
	int ret = ivr_fault("guest-round-drain");
	struct ivr_lane *lane;

	if (ret)
		return ret;
	/* Only then do the positions stand, and the mirrors can be equal to them. */
	if (smp_load_acquire(&dev->host->frozen) != dev->keeper.round.request)
		return -EAGAIN;
	ivr_for_each_lane(lane, dev->stream)
		if (!is_drained(lane))
			return -EAGAIN;
	/* Nothing is sent while a round is under way. */
	if (ivr_sender_take_pos(dev->stream) < dev->stream->sender.head)
		return -EAGAIN;
	return 0;
}

static int lay_window(struct ivr_lane *lane)
{
	return ivr_ring_window(lane->ring, lane->window);
}

static int shrink(struct ivr_device *dev)
{
	struct ivr_round *r = &dev->keeper.round;
	int ret = ivr_fault("guest-round-shrink");
	struct ivr_lane *lane;

	if (ret)
		return ret;
	ivr_for_each_lane(lane, dev->stream) {
		lane->window = min(r->window ? r->window : IVR_WINDOW_SLOTS,
				   lane->home.slots / 2);
		if (ivr_lane_call(lane, lay_window))
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

static void tell(struct ivr_device *dev)
{
	struct ivr_round *r = &dev->keeper.round;

	if (r->told == dev->keeper.state)
		return;
	r->told = dev->keeper.state;
	if (r->told == IVR_GUEST_QUIESCED)
		dev_info(&dev->pdev->dev, "quiesced: %u of %u pages of each ring are used\n",
			 ivr_ring_span(dev->stream->lanes->ring),
			 dev->stream->lanes->home.slots);
	else
		dev_info(&dev->pdev->dev, "spilling: up to %u pages for each ring; the device may be unplugged\n",
			 dev->stream->lanes->spill.slots);
}

static int answer_drained(struct ivr_device *dev)
{
	struct ivr_round *r = &dev->keeper.round;
	u64 request = r->request;
	int ret = ivr_fault("guest-round-answer");

	if (ret)
		return ret;
	r->request = 0;
	ivr_answer(dev, request, 0);
	tell(dev);
	return 0;
}

/* 0: done; -EAGAIN: again in the keeper's next step; else the round has failed */
typedef int (*round_step)(struct ivr_device *dev);

static const round_step quiesce_steps[] = {
	close_pages, accept, wait_drained, shrink, touch_host_pages,
	say_quiesced, answer_drained,
};

/* Accepted only when the heads that the reader is to reach stay. */
static const round_step spill_steps[] = {
	move_to_spill, accept, wait_drained, touch_host_pages, say_spilling,
	answer_drained,
};

static const round_step *steps_of(u64 request)
{
	return IVR_REQUEST_OP(request) == IVR_OP_SPILL ? spill_steps :
							 quiesce_steps;
}

/**
 * ivr_quiesce_leave() - end the round in hand and the quiesced state
 * @dev: device
 * @to: IVR_GUEST_ATTACHED or IVR_GUEST_CALLING
 * @status: answer to the round in hand, if there is one
 * @why: for people
 */
void ivr_quiesce_leave(struct ivr_device *dev, enum ivr_guest_state to,
		       s64 status, const char *why)
{
	struct ivr_round *r = &dev->keeper.round;
	u64 request = r->request;

	r->request = 0;
	r->leased = false;
	ivr_set_state(dev, to);
	if (request)
		ivr_answer(dev, request, status);
	if (r->told)
		dev_info(&dev->pdev->dev, "resumed: %s\n", why);
	r->told = 0;
}

static void take_steps(struct ivr_device *dev)
{
	struct ivr_round *r = &dev->keeper.round;
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
	struct ivr_lane *lane;

	ivr_for_each_lane(lane, s)
		if (ivr_lane_away(lane))
			return true;
	return false;
}

static void begin_round(struct ivr_device *dev, u64 request, u64 arg)
{
	u32 ms = min(IVR_LEASE_MS(arg), IVR_LEASE_MAX_MS);
	struct ivr_round *r = &dev->keeper.round;

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

/**
 * ivr_quiesce_begin() - begin a round; one in hand is cancelled
 * @dev: device
 * @request: QUIESCE or SPILL
 * @arg: its IVR_LEASE()
 *
 * Return: -EINPROGRESS: it will be answered later; -EAGAIN: not yet, ask again;
 * else what to answer: -EINVAL: no lease; -EOPNOTSUPP, -ENOMEM: no memory to
 * spill into
 */
int ivr_quiesce_begin(struct ivr_device *dev, u64 request, u64 arg)
{
	struct ivr_round *r = &dev->keeper.round;
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
	if (dev->keeper.state == IVR_GUEST_DRAINING)
		ivr_quiesce_leave(dev, IVR_GUEST_ATTACHED, 0, "refused");
	return ret;
}

/**
 * ivr_quiesce_cut() - a request that is answered at once has come
 * @dev: device
 *
 * A round in hand ends with it, and needs no answer of its own: the one that
 * comes now has a higher number.
 */
void ivr_quiesce_cut(struct ivr_device *dev)
{
	if (!dev->keeper.round.request)
		return;
	dev->keeper.round.request = 0;
	ivr_quiesce_leave(dev, IVR_GUEST_ATTACHED, 0, "another request");
}

static int widen_lane(struct ivr_lane *lane)
{
	return ivr_ring_window(lane->ring, lane->home.slots);
}

/* Make all rings whole again; true: there is more to do, soon. */
static bool grow(struct ivr_device *dev)
{
	bool read = ivr_is_read(dev), progress = read;
	struct ivr_lane *lane;
	bool whole;

	/* A page in memory that nobody reads goes with the device. */
	whole = read ? ivr_spill_return(dev->stream, &progress) :
		       !dev->stream->spilled;
	ivr_for_each_lane(lane, dev->stream)
		if (!ivr_lane_away(lane) &&
		    ivr_ring_span(lane->ring) < lane->home.slots &&
		    ivr_lane_call(lane, widen_lane))
			whole = false;
	return !whole && progress;
}

/**
 * ivr_quiesce_lease_ms() - what is left of the lease
 * @dev: device
 *
 * Return: ms, 0: there is none
 */
unsigned int ivr_quiesce_lease_ms(const struct ivr_device *dev)
{
	const struct ivr_round *r = &dev->keeper.round;

	if (!r->leased || time_after_eq(jiffies, r->lease))
		return 0;
	return jiffies_to_msecs(r->lease - jiffies);
}

/**
 * ivr_quiesce_step() - take the round further, or become whole again
 * @dev: device; the keeper's thread only
 *
 * Return: true if it wants to be called again soon
 */
bool ivr_quiesce_step(struct ivr_device *dev)
{
	struct ivr_keeper *k = &dev->keeper;
	bool soon = false;

	if (k->round.leased && !ivr_quiesce_lease_ms(dev))
		ivr_quiesce_leave(dev, IVR_GUEST_ATTACHED, -ETIME,
				  "the lease is over");
	take_steps(dev);
	if (k->round.request)
		soon = true;
	else if (!k->round.leased)
		soon = grow(dev);
	WRITE_ONCE(dev->guest->lease_ms, ivr_quiesce_lease_ms(dev));
	return soon;
}
