// SPDX-License-Identifier: GPL-2.0
/*
 * host_link.c - the thread that speaks with the host
 *
 * It is a small state machine over words in memory; bells only wake it early.
 * See "Attaching" and "Requests" in ivr_wire.h for what is said, and there for
 * the states.
 */
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>

#include "device.h"
#include "doorbell.h"
#include "fault.h"
#include "guest_state.h"
#include "host_link.h"
#include "meta.h"
#include "params.h"
#include "quiesce.h"
#include "region.h"

/* While something is under way; a jiffy or two. */
#define SOON_MS 2

static bool was_acknowledged(const struct ivr_stream *s, u64 epoch)
{
	int i;

	for (i = 0; i < IVR_EPOCHS_KEPT; i++)
		if (s->epochs[i] == epoch)
			return true;
	return false;
}

static void acknowledge(struct ivr_device *dev, u64 epoch)
{
	struct ivr_guest_page *g = dev->guest;
	struct ivr_stream *s = dev->stream;
	struct ivr_cpu_ring *cr;

	ivr_quiesce_leave(dev, IVR_GUEST_ATTACHED, -ECANCELED, "a new reader");
	/*
	 * A writer may have read the position of the reader before and not yet
	 * moved the mirror; it has preemption off. Only then is the mirror what
	 * the new reader may start from.
	 */
	synchronize_rcu_expedited();
	ivr_for_each_cpu_ring(cr, s)
		ivr_ring_ack(cr->home.ctl, ivr_test_no_mirror);
	ivr_sender_restart(s);
	s->epochs[s->epoch_next++ % IVR_EPOCHS_KEPT] = epoch;
	g->accepted = 0;
	g->answer = 0;
	g->clock_seq = 0;
	dev->was_read = true;
	g->epoch_prev = g->epoch_ack;
	smp_store_release(&g->epoch_ack, epoch);
	ivr_ring_bell(dev, IVR_BELL_DATA);
	ivr_reader_is_alive(dev);
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
			dev->round.request);

	return request >> 8 > last >> 8;
}

static bool check_request(struct ivr_device *dev)
{
	u64 request = smp_load_acquire(&dev->host->request);
	int ret;

	if (!ivr_epoch_is_ours(dev) || !is_new(dev, request))
		return false;
	/* Only a reader that lives asks. */
	ivr_reader_is_alive(dev);
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
	struct ivr_host_link *link = &dev->link;

	if (ivr_fault("guest-hello-walk"))
		return;
	if (!dev->polled)
		ivr_msix_toggle(dev);
	ivr_region_walk(dev);
	WRITE_ONCE(dev->guest->hellos, dev->guest->hellos + 1);
	ivr_ring_bell(dev, IVR_BELL_HELLO);

	link->hello_at = jiffies + msecs_to_jiffies(link->hello_ms);
	link->hello_ms = min(2 * link->hello_ms,
			     (unsigned int)IVR_HELLO_MAX_MS);
}

static void start_calling(struct ivr_device *dev)
{
	dev->link.hello_ms = IVR_HELLO_MIN_MS;
	dev->link.hello_at = jiffies;
	ivr_quiesce_leave(dev, IVR_GUEST_CALLING, -ECANCELED, "no heartbeat");
}

/* While it spills the guest needs no reader: the lease says for how long. */
static bool needs_reader(const struct ivr_device *dev)
{
	return dev->state != IVR_GUEST_CALLING &&
	       dev->state != IVR_GUEST_SPILLING;
}

static void check_heartbeat(struct ivr_device *dev)
{
	if (READ_ONCE(dev->host->heartbeat) != dev->reader.heartbeat) {
		ivr_reader_is_alive(dev);
		if (dev->state == IVR_GUEST_CALLING && ivr_epoch_is_ours(dev))
			ivr_set_state(dev, IVR_GUEST_ATTACHED);
	} else if (needs_reader(dev) &&
		   ivr_reader_is_silent(dev, IVR_HEARTBEAT_LOST_MS)) {
		start_calling(dev);
	}
}

/*
 * A bell with nothing to read behind it: a reader that must not write yet, on a
 * host that we have not noticed to be another one. Unless we drain: then the
 * reader rings when it has taken something, and we may have seen that before.
 */
static bool must_call(const struct ivr_device *dev, bool kicked, bool news)
{
	if (dev->state == IVR_GUEST_CALLING &&
	    time_after_eq(jiffies, dev->link.hello_at))
		return true;
	return kicked && !news &&
	       (dev->state != IVR_GUEST_DRAINING ||
		ivr_reader_is_silent(dev, 2 * IVR_HEARTBEAT_MS));
}

static void count_heartbeat(struct ivr_device *dev)
{
	struct ivr_host_link *link = &dev->link;

	if (!dev->polled || time_before(jiffies, link->heartbeat_at))
		return;
	link->heartbeat_at = jiffies + msecs_to_jiffies(IVR_HEARTBEAT_MS);
	WRITE_ONCE(dev->guest->heartbeat, dev->guest->heartbeat + 1);
}

static void check_flush(struct ivr_device *dev)
{
	if (time_before(jiffies, dev->link.flush_at))
		return;
	dev->link.flush_at = jiffies + msecs_to_jiffies(ivr_flush_ms);
	ivr_region_flush(dev, true);
}

/* One look at everything; returns whether to look again soon. */
static bool step(struct ivr_device *dev)
{
	bool kicked = xchg(&dev->link.kicked, false);
	bool news = check_epoch(dev), soon;

	/* Also for a doorbell device: a snapshot may have come without interrupts. */
	ivr_answer_clock(dev);
	news |= check_request(dev);
	check_heartbeat(dev);
	if (must_call(dev, kicked, news))
		say_hello(dev);
	count_heartbeat(dev);
	check_flush(dev);
	soon = ivr_quiesce_step(dev);
	if (dev->state == IVR_GUEST_ATTACHED)
		soon |= ivr_sender_step(dev);
	return soon;
}

static int host_link_run(void *data)
{
	struct ivr_device *dev = data;
	struct ivr_host_link *link = &dev->link;
	unsigned int ms;

	while (!kthread_should_stop()) {
		mutex_lock(&dev->stream->lock);
		ms = step(dev) ? SOON_MS : IVR_HEARTBEAT_MS;
		mutex_unlock(&dev->stream->lock);
		wait_event_interruptible_timeout(link->wait,
						 link->kicked ||
							 kthread_should_stop(),
						 msecs_to_jiffies(ms));
	}
	return 0;
}

void ivr_host_link_kick(struct ivr_device *dev)
{
	WRITE_ONCE(dev->link.kicked, true);
	wake_up(&dev->link.wait);
}

void ivr_host_link_init(struct ivr_device *dev)
{
	struct ivr_host_link *link = &dev->link;

	init_waitqueue_head(&link->wait);
	ivr_reader_is_alive(dev);
	start_calling(dev);
	link->flush_at = jiffies;
	link->heartbeat_at = jiffies;
}

int ivr_host_link_start(struct ivr_device *dev)
{
	dev->link.task = kthread_run(host_link_run, dev, "ivring");
	return PTR_ERR_OR_ZERO(dev->link.task);
}

void ivr_host_link_stop(struct ivr_device *dev)
{
	kthread_stop(dev->link.task);
}
