// SPDX-License-Identifier: GPL-2.0
/*
 * park.c - a stream between two devices
 *
 * Its writers go on into the spill, and know nothing of it. Nothing else of the
 * stream is awake: no host link, no bell (a ring in the spill has no reader). The
 * spill is all the memory it will ever take, so it may stay parked for as long
 * as it likes: a spill that is full drops records and counts them, which the next
 * reader is told.
 */
#define pr_fmt(fmt) "ivring: " fmt

#include "device.h"
#include "park.h"
#include "spill.h"

static struct ivr_stream *parked;

void ivr_park(struct ivr_device *dev)
{
	struct ivr_stream *s = dev->stream;
	struct ivr_cpu_ring *cr;

	s->epoch_ack = dev->guest->epoch_ack;
	s->answered = max(dev->guest->accepted, dev->guest->answer);
	ivr_for_each_cpu_ring(cr, s) {
		cr->home = (struct ivr_ring_mem) {};
		cr->unspilling = false;
	}
	s->sender.mem = (struct ivr_ring_mem) {};
	dev->stream = NULL;
	parked = s;
	dev_info(&dev->pdev->dev,
		 "parked: stream %*phN goes on in guest memory\n", 16, s->id);
}

struct ivr_stream *ivr_unpark(void)
{
	struct ivr_stream *s = parked;

	parked = NULL;
	return s;
}

struct ivr_stream *ivr_parked(void)
{
	return parked;
}

void ivr_park_exit(void)
{
	struct ivr_stream *s = ivr_unpark();

	if (!s)
		return;
	ivr_stream_shut(s, false);
	pr_warn("stream %*phN ends without a device: %llu pages in guest memory are lost\n",
		16, s->id, ivr_spill_pages(s));
	ivr_spill_free(s);
	ivr_stream_free(s);
}
