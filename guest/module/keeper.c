// SPDX-License-Identifier: GPL-2.0
/*
 * keeper.c - the thread that speaks with the host
 *
 * It is a small state machine over words in memory; bells only wake it early.
 * See "Attaching" and "Requests" in ivr_wire.h for what is said, and there for
 * the states.
 */
#include <linux/jiffies.h>
#include <linux/rcupdate.h>

#include "device.h"
#include "fault.h"

/* While something is under way; a jiffy or two. */
#define SOON_MS	2

static const char * const state_names[] = IVR_GUEST_STATE_NAMES;

static_assert(ARRAY_SIZE(state_names) == IVR_GUEST_STATES);

/* What may come after each state; GONE is not the keeper's. */
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

/**
 * ivr_set_state() - the only place that changes the state
 * @dev: device
 * @state: one that may follow, or the same
 */
void ivr_set_state(struct ivr_device *dev, enum ivr_guest_state state)
{
	u32 old = dev->keeper.state;

	if (old == state)
		return;
	WARN_ON_ONCE(!(may_follow[old] & BIT(state)));
	dev_dbg(&dev->pdev->dev, "%s -> %s\n", state_names[old],
		state_names[state]);
	dev->keeper.state = state;
	WRITE_ONCE(dev->guest->state, state);
}

static bool was_acknowledged(const struct ivr_stream *s, u64 epoch)
{
	int i;

	for (i = 0; i < IVR_EPOCHS_KEPT; i++)
		if (s->epochs[i] == epoch)
			return true;
	return false;
}

/** ivr_epoch_is_ours() - is what stands in the host page for us, and now? */
bool ivr_epoch_is_ours(const struct ivr_device *dev)
{
	u64 ack = READ_ONCE(dev->guest->epoch_ack);

	return ack && smp_load_acquire(&dev->host->epoch) == ack;
}

static void note_heartbeat(struct ivr_device *dev)
{
	dev->keeper.heartbeat = READ_ONCE(dev->host->heartbeat);
	dev->keeper.heartbeat_at = jiffies;
}

static void acknowledge(struct ivr_device *dev, u64 epoch)
{
	struct ivr_guest_page *g = dev->guest;
	struct ivr_stream *s = dev->stream;
	struct ivr_lane *lane;

	ivr_quiesce_leave(dev, IVR_GUEST_ATTACHED, -ECANCELED, "a new reader");
	/*
	 * A writer may have read the position of the reader before and not yet
	 * moved the mirror; it has preemption off. Only then is the mirror what
	 * the new reader may start from.
	 */
	synchronize_rcu_expedited();
	ivr_for_each_lane(lane, s)
		ivr_ring_ack(lane->home.ctl, ivr_test_no_mirror);
	ivr_sender_restart(s);
	s->epochs[s->epoch_next++ % IVR_EPOCHS_KEPT] = epoch;
	g->accepted = 0;
	g->answer = 0;
	g->clock_seq = 0;
	dev->was_read = true;
	g->epoch_prev = g->epoch_ack;
	smp_store_release(&g->epoch_ack, epoch);
	ivr_ring_bell(dev, IVR_BELL_DATA);
	note_heartbeat(dev);
}

/* Is there an epoch that we have not acknowledged yet? Then do. */
static bool check_epoch(struct ivr_device *dev)
{
	u64 epoch = smp_load_acquire(&dev->host->epoch);
	u64 seal = READ_ONCE(dev->host->epoch_seal);

	if (!epoch || (epoch ^ seal) != dev->stream->tag ||
	    was_acknowledged(dev->stream, epoch))
		return false;
	if (!ivr_fault("guest-epoch-ack"))
		acknowledge(dev, epoch);
	return true;
}

/**
 * ivr_answer() - answer a request, and ring
 * @dev: device
 * @request: the request
 * @status: 0 or negative errno
 */
void ivr_answer(struct ivr_device *dev, u64 request, s64 status)
{
	struct ivr_guest_page *g = dev->guest;

	WRITE_ONCE(g->answer_status, status);
	smp_store_release(&g->answer, request);
	ivr_ring_bell(dev, IVR_BELL_DATA);
}

/* 0 or what else to answer; -EINPROGRESS: later; -EAGAIN: look again later. */
static int obey(struct ivr_device *dev, u64 request, u64 arg)
{
	u32 op = IVR_REQUEST_OP(request);

	if (op == IVR_OP_QUIESCE || op == IVR_OP_SPILL)
		return ivr_quiesce_begin(dev, request, arg);

	ivr_quiesce_cut(dev);
	WRITE_ONCE(dev->guest->accepted, request);
	switch (op) {
	case IVR_OP_FLUSH:
		ivr_region_flush(dev, false);
		return 0;
	case IVR_OP_RESUME:
		ivr_quiesce_leave(dev, IVR_GUEST_ATTACHED, 0, "told to");
		return 0;
	default:
		return -ENOSYS;
	}
}

/* Requests are counted up; the last that was taken up need not be answered. */
static bool is_new(const struct ivr_device *dev, u64 request)
{
	u64 last = max3(dev->guest->answer, dev->guest->accepted,
			dev->keeper.round.request);

	return request >> 8 > last >> 8;
}

static bool check_request(struct ivr_device *dev)
{
	u64 request = smp_load_acquire(&dev->host->request);
	int ret;

	if (!ivr_epoch_is_ours(dev) || !is_new(dev, request))
		return false;
	/* Only a reader that lives asks. */
	note_heartbeat(dev);
	ret = obey(dev, request, READ_ONCE(dev->host->req_arg));
	if (ret != -EINPROGRESS && ret != -EAGAIN)
		ivr_answer(dev, request, ret);
	return true;
}

/*
 * Each HELLO has a walk of its own that begins here; the reader counts on it.
 */
static void say_hello(struct ivr_device *dev)
{
	struct ivr_keeper *k = &dev->keeper;

	if (ivr_fault("guest-hello-walk"))
		return;
	if (!dev->polled)
		ivr_msix_toggle(dev);
	ivr_region_walk(dev);
	WRITE_ONCE(dev->guest->hellos, dev->guest->hellos + 1);
	ivr_ring_bell(dev, IVR_BELL_HELLO);

	k->hello_at = jiffies + msecs_to_jiffies(k->hello_ms);
	k->hello_ms = min(2 * k->hello_ms, (unsigned int)IVR_HELLO_MAX_MS);
}

static void start_calling(struct ivr_device *dev)
{
	dev->keeper.hello_ms = IVR_HELLO_MIN_MS;
	dev->keeper.hello_at = jiffies;
	ivr_quiesce_leave(dev, IVR_GUEST_CALLING, -ECANCELED, "no heartbeat");
}

static bool is_silent(const struct ivr_device *dev, unsigned int ms)
{
	return time_after(jiffies, dev->keeper.heartbeat_at +
				   msecs_to_jiffies(ms));
}

/** ivr_is_read() - is there a reader that takes what is in the device? */
bool ivr_is_read(const struct ivr_device *dev)
{
	return dev->keeper.state == IVR_GUEST_ATTACHED &&
	       !is_silent(dev, IVR_HEARTBEAT_LOST_MS);
}

/* While it spills the guest needs no reader: the lease says for how long. */
static bool needs_reader(const struct ivr_keeper *k)
{
	return k->state != IVR_GUEST_CALLING && k->state != IVR_GUEST_SPILLING;
}

static void check_heartbeat(struct ivr_device *dev)
{
	struct ivr_keeper *k = &dev->keeper;

	if (READ_ONCE(dev->host->heartbeat) != k->heartbeat) {
		note_heartbeat(dev);
		if (k->state == IVR_GUEST_CALLING && ivr_epoch_is_ours(dev))
			ivr_set_state(dev, IVR_GUEST_ATTACHED);
	} else if (needs_reader(k) && is_silent(dev, IVR_HEARTBEAT_LOST_MS)) {
		start_calling(dev);
	}
}

/*
 * A bell with nothing to read behind it: a reader that must not write yet, on a
 * host that we have not noticed to be another one. Unless we drain: then the
 * reader rings when it has taken something, and we may have seen that before.
 */
static bool must_call(const struct ivr_device *dev, bool knocked, bool news)
{
	const struct ivr_keeper *k = &dev->keeper;

	if (k->state == IVR_GUEST_CALLING &&
	    time_after_eq(jiffies, k->hello_at))
		return true;
	return knocked && !news &&
	       (k->state != IVR_GUEST_DRAINING ||
		is_silent(dev, 2 * IVR_HEARTBEAT_MS));
}

static void check_beat(struct ivr_device *dev)
{
	struct ivr_keeper *k = &dev->keeper;

	if (!dev->polled || time_before(jiffies, k->beat_at))
		return;
	k->beat_at = jiffies + msecs_to_jiffies(IVR_HEARTBEAT_MS);
	WRITE_ONCE(dev->guest->beat, dev->guest->beat + 1);
}

static void check_flush(struct ivr_device *dev)
{
	if (time_before(jiffies, dev->keeper.flush_at))
		return;
	dev->keeper.flush_at = jiffies + msecs_to_jiffies(ivr_flush_ms);
	ivr_region_flush(dev, true);
}

/* One look at everything; returns whether to look again soon. */
static bool step(struct ivr_device *dev)
{
	struct ivr_keeper *k = &dev->keeper;
	bool knocked = xchg(&k->knocked, false);
	bool news = check_epoch(dev), soon;

	/* Also for a doorbell device: a snapshot may have come without interrupts. */
	ivr_answer_clock(dev);
	news |= check_request(dev);
	check_heartbeat(dev);
	if (must_call(dev, knocked, news))
		say_hello(dev);
	check_beat(dev);
	check_flush(dev);
	soon = ivr_quiesce_step(dev);
	if (k->state == IVR_GUEST_ATTACHED)
		soon |= ivr_sender_step(dev);
	return soon;
}

static int keep(void *data)
{
	struct ivr_device *dev = data;
	struct ivr_keeper *k = &dev->keeper;
	unsigned int ms;

	while (!kthread_should_stop()) {
		mutex_lock(&dev->stream->lock);
		ms = step(dev) ? SOON_MS : IVR_HEARTBEAT_MS;
		mutex_unlock(&dev->stream->lock);
		wait_event_interruptible_timeout(k->wait, k->knocked ||
						 kthread_should_stop(),
						 msecs_to_jiffies(ms));
	}
	return 0;
}

/** ivr_keeper_knock() - IVR_BELL_CONTROL rang; interrupt context */
void ivr_keeper_knock(struct ivr_device *dev)
{
	WRITE_ONCE(dev->keeper.knocked, true);
	wake_up(&dev->keeper.wait);
}

/**
 * ivr_keeper_init() - make it ready to be knocked at
 * @dev: device with its region open; before its interrupt is requested
 */
void ivr_keeper_init(struct ivr_device *dev)
{
	struct ivr_keeper *k = &dev->keeper;

	init_waitqueue_head(&k->wait);
	note_heartbeat(dev);
	start_calling(dev);
	k->flush_at = jiffies;
	k->beat_at = jiffies;
}

/**
 * ivr_keeper_start() - start the thread
 * @dev: device with everything else set up
 *
 * Return: 0 or negative errno
 */
int ivr_keeper_start(struct ivr_device *dev)
{
	dev->keeper.task = kthread_run(keep, dev, "ivring");
	return PTR_ERR_OR_ZERO(dev->keeper.task);
}

/** ivr_keeper_stop() - stop the thread and wait for it */
void ivr_keeper_stop(struct ivr_device *dev)
{
	kthread_stop(dev->keeper.task);
}
