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

static const char * const state_names[] = IVR_GUEST_STATE_NAMES;

static_assert(ARRAY_SIZE(state_names) == IVR_GUEST_STATES);

/* The only place that changes the state. */
static void set_state(struct ivr_device *dev, enum ivr_guest_state state)
{
	if (dev->keeper.state == state)
		return;
	dev_dbg(&dev->pdev->dev, "%s -> %s\n", state_names[dev->keeper.state],
		state_names[state]);
	dev->keeper.state = state;
	WRITE_ONCE(dev->guest->state, state);
}

static bool was_acknowledged(const struct ivr_keeper *k, u64 epoch)
{
	int i;

	for (i = 0; i < IVR_EPOCHS_KEPT; i++)
		if (k->epochs[i] == epoch)
			return true;
	return false;
}

static void note_heartbeat(struct ivr_device *dev)
{
	dev->keeper.heartbeat = READ_ONCE(dev->host->heartbeat);
	dev->keeper.heartbeat_at = jiffies;
}

static void acknowledge(struct ivr_device *dev, u64 epoch)
{
	struct ivr_guest_page *g = dev->guest;
	struct ivr_keeper *k = &dev->keeper;
	int cpu;

	/*
	 * A writer may have read the position of the reader before and not yet
	 * moved the mirror; it has preemption off. Only then is the mirror what
	 * the new reader may start from.
	 */
	synchronize_rcu_expedited();
	for_each_possible_cpu(cpu)
		ivr_ring_ack(per_cpu_ptr(dev->rings, cpu), ivr_test_no_mirror);
	ivr_sender_restart(dev);
	k->epochs[k->epoch_next++ % IVR_EPOCHS_KEPT] = epoch;
	g->answer = 0;
	g->clock_seq = 0;
	g->epoch_prev = g->epoch_ack;
	smp_store_release(&g->epoch_ack, epoch);
	ivr_ring_bell(dev, IVR_BELL_DATA);

	note_heartbeat(dev);
	set_state(dev, IVR_GUEST_ATTACHED);
}

/* Is there an epoch that we have not acknowledged yet? Then do. */
static bool check_epoch(struct ivr_device *dev)
{
	u64 epoch = smp_load_acquire(&dev->host->epoch);

	if (!epoch || was_acknowledged(&dev->keeper, epoch))
		return false;
	acknowledge(dev, epoch);
	return true;
}

static s64 obey(struct ivr_device *dev, u32 op)
{
	switch (op) {
	case IVR_OP_FLUSH:
		ivr_region_flush(dev, false);
		return 0;
	default:
		return -ENOSYS;
	}
}

static bool check_request(struct ivr_device *dev)
{
	struct ivr_guest_page *g = dev->guest;
	u64 request = smp_load_acquire(&dev->host->request);

	if (READ_ONCE(dev->host->epoch) != g->epoch_ack ||
	    request >> 8 <= g->answer >> 8)
		return false;
	g->answer_status = obey(dev, IVR_REQUEST_OP(request));
	smp_store_release(&g->answer, request);
	ivr_ring_bell(dev, IVR_BELL_DATA);
	return true;
}

/*
 * Each HELLO has a walk of its own that begins here; the reader counts on it.
 */
static void say_hello(struct ivr_device *dev)
{
	struct ivr_keeper *k = &dev->keeper;

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
	set_state(dev, IVR_GUEST_CALLING);
}

static void check_heartbeat(struct ivr_device *dev)
{
	struct ivr_keeper *k = &dev->keeper;

	if (READ_ONCE(dev->host->heartbeat) != k->heartbeat) {
		note_heartbeat(dev);
		if (READ_ONCE(dev->host->epoch) == dev->guest->epoch_ack &&
		    dev->guest->epoch_ack)
			set_state(dev, IVR_GUEST_ATTACHED);
	} else if (k->state == IVR_GUEST_ATTACHED &&
		   time_after(jiffies, k->heartbeat_at +
			      msecs_to_jiffies(IVR_HEARTBEAT_LOST_MS))) {
		start_calling(dev);
	}
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
	bool news = check_epoch(dev);

	news |= check_request(dev);
	check_heartbeat(dev);
	/*
	 * A bell with nothing to read behind it: a reader that must not write
	 * yet, on a host that we have not noticed to be another one.
	 */
	if ((knocked && !news) || (k->state == IVR_GUEST_CALLING &&
				   time_after_eq(jiffies, k->hello_at)))
		say_hello(dev);
	check_flush(dev);
	return k->state == IVR_GUEST_ATTACHED && ivr_sender_step(dev);
}

static int keep(void *data)
{
	struct ivr_device *dev = data;
	struct ivr_keeper *k = &dev->keeper;
	unsigned int ms;

	while (!kthread_should_stop()) {
		ms = step(dev) ? 2 : IVR_HEARTBEAT_MS;
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
	/* What a reader of an earlier stream has left there is not for us. */
	k->epochs[k->epoch_next++] = READ_ONCE(dev->host->epoch);
	note_heartbeat(dev);
	start_calling(dev);
	k->flush_at = jiffies;
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
