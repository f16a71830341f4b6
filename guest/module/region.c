// SPDX-License-Identifier: GPL-2.0
/* region.c - the shared memory: format it, walk it, end a stream in it */
#include <linux/dmi.h>
#include <linux/sched.h>
#include <linux/uuid.h>

#include "device.h"
#include "doorbell.h"
#include "fault.h"
#include "meta.h"
#include "params.h"
#include "park.h"
#include "region.h"
#include "spill.h"

static struct ivr_ring_mem ring_mem(const struct ivr_device *dev, u32 ring)
{
	struct ivr_ring_place p = ivr_layout_ring(&dev->layout, ring);

	return (struct ivr_ring_mem) {
		.ctl = dev->memory + p.ctl,
		.desc = dev->memory + p.desc,
		.data = dev->memory + p.data,
		.host = dev->memory + p.host,
		.slots = p.slots,
	};
}

/* A writer's wake-up: the device is the only one there is. */
static void wake_reader(struct ivr_ring *ring)
{
	struct ivr_device *dev = READ_ONCE(ivr_device);

	if (dev)
		ivr_ring_bell(dev, IVR_BELL_DATA);
}

static void read_vm_uuid(u8 *to)
{
	const char *text = dmi_get_system_info(DMI_PRODUCT_UUID);
	uuid_t uuid;

	if (text && !uuid_parse(text, &uuid))
		memcpy(to, &uuid, sizeof(uuid));
}

static void format_guest_page(struct ivr_device *dev)
{
	struct ivr_guest_page *g = dev->guest;
	struct ivr_stream *s = dev->stream;

	g->version = IVR_VERSION_WORD(IVR_VERSION, IVR_VERSION_READER);
	g->nrings = dev->layout.nrings;
	g->size = dev->layout.size;
	memcpy(g->stream, s->id, sizeof(g->stream));
	read_vm_uuid(g->vm_uuid);
	g->policy = ivr_policy;
	/* It may be the same memory again, with the same reader's words in it. */
	g->epoch_ack = s->epoch_ack;
	g->accepted = g->answer = s->answered;
	g->meta_gen = ivr_meta_gen();
	g->meta_bytes = ivr_meta_bytes();
	g->flags = dev->polled ? IVR_GUEST_POLLED : 0;
	g->plugged = s->plugged + 1;
}

/* A new stream's ring; or that of a parked one, whose writers come later. */
static void format_ring(struct ivr_device *dev, struct ivr_cpu_ring *cr)
{
	cr->home = ring_mem(dev, cr - dev->stream->cpu_rings);
	if (dev->stream->plugged) {
		ivr_unspill_fresh(&cr->unspill, cr->ring, &cr->home, cr->cpu);
		cr->unspilling = true;
	} else {
		ivr_ring_init(cr->ring, &cr->home, cr->cpu, ivr_policy,
			      dev->stream->tag, wake_reader);
	}
}

static void format_meta_ring(struct ivr_device *dev)
{
	struct ivr_sender *s = &dev->stream->sender;
	struct ivr_ring_ctl *ctl;

	s->mem = ring_mem(dev, dev->layout.nrings);
	s->origin = s->head;
	ctl = s->mem.ctl;
	memset(ctl, 0, IVR_PAGE_SIZE);
	ctl->head = ctl->mirror = ctl->ack_pos = s->head;
	ctl->seg_page = s->head;
	ctl->seg_span = s->mem.slots;
	ctl->kind = IVR_RING_META;
}

static void format_rings(struct ivr_device *dev)
{
	struct ivr_cpu_ring *cr;

	ivr_for_each_cpu_ring(cr, dev->stream)
		format_ring(dev, cr);
	format_meta_ring(dev);
}

/* The magic has gone first, and comes last. */
static void format_region(struct ivr_device *dev)
{
	memset(dev->guest, 0, IVR_PAGE_SIZE);
	format_guest_page(dev);
	format_rings(dev);
	wmb();
	WRITE_ONCE(dev->guest->magic, IVR_MAGIC);
}

int ivr_region_open(struct ivr_device *dev, u64 size)
{
	bool parked = ivr_parked();
	int ret;

	dev->guest = dev->memory;
	dev->host = dev->memory + IVR_PAGE_SIZE;

	if (ivr_layout_init(&dev->layout, size, num_possible_cpus()))
		return dev_err_probe(
			&dev->pdev->dev, -EINVAL,
			"%llu KiB are too small for %u rings: give the server a larger --size%s\n",
			size >> 10, num_possible_cpus(),
			parked ? "; the stream stays parked" : "");
	WRITE_ONCE(dev->guest->magic, 0);
	wmb();
	ret = parked ? ivr_fault("guest-plug-format") : 0;
	if (ret)
		return ret;
	dev->stream = parked ? ivr_unpark() : ivr_stream_new();
	if (!dev->stream)
		return -ENOMEM;

	format_region(dev);
	dev_info(&dev->pdev->dev,
		 "stream %*phN, %u rings of %u pages in %llu KiB%s%s\n", 16,
		 dev->stream->id, dev->layout.nrings,
		 dev->stream->cpu_rings->home.slots, size >> 10,
		 dev->polled ? ", polled" : "",
		 parked ? ", goes on where it was parked" : "");
	if (!parked)
		ivr_stream_open(dev->stream);
	dev->stream->plugged++;
	return 0;
}

void ivr_region_end(struct ivr_device *dev, enum ivr_end_reason reason)
{
	bool panic = reason == IVR_END_PANIC;
	struct ivr_stream *s = dev->stream;
	struct ivr_cpu_ring *cr;

	if (READ_ONCE(dev->guest->state) == IVR_GUEST_GONE)
		return;
	ivr_stream_shut(s, panic);
	ivr_for_each_cpu_ring(cr, s)
		ivr_spill_end(cr, !panic || !mutex_is_locked(&s->lock));
	dev->guest->end_reason = reason;
	smp_store_release(&dev->guest->state, IVR_GUEST_GONE);
	ivr_ring_bell(dev, IVR_BELL_DATA);
}

void ivr_region_close(struct ivr_device *dev)
{
	if (dev->stream)
		ivr_spill_free(dev->stream);
	ivr_stream_free(dev->stream);
	dev->stream = NULL;
}

void ivr_region_walk(const struct ivr_device *dev)
{
	u64 at;

	for (at = 0; at < dev->layout.size; at += IVR_PAGE_SIZE) {
		(void)READ_ONCE(*(u8 *)(dev->memory + at));
		if (at % (1024 * IVR_PAGE_SIZE) == 0)
			cond_resched();
	}
}

/* In page 1 behind the words, in the others reserved in the first ring. */
#define UNUSED_HOST_WORD 56u

static_assert(sizeof(struct ivr_host_page) <= UNUSED_HOST_WORD);
static_assert(offsetof(struct ivr_host_ring, reserved) <= UNUSED_HOST_WORD);

void ivr_region_touch(struct ivr_device *dev)
{
	u32 page;
	u64 *word;

	for (page = 1; page < dev->layout.base; page++) {
		word = dev->memory + (u64)page * IVR_PAGE_SIZE +
		       UNUSED_HOST_WORD;
		asm volatile("lock; orq $0, %0" : "+m"(*word) : : "memory");
	}
}

static int flush_cpu_ring(struct ivr_cpu_ring *cr)
{
	ivr_ring_flush(cr->ring);
	return 0;
}

/* A page is stale if it is the one that was open at the last look. */
static bool is_stale(struct ivr_cpu_ring *cr)
{
	u64 open = ivr_ring_open_page(cr->ring);
	bool same = open == cr->open_page;

	cr->open_page = open;
	return same;
}

void ivr_region_flush(struct ivr_device *dev, bool only_stale)
{
	struct ivr_cpu_ring *cr;

	ivr_for_each_cpu_ring(cr, dev->stream)
		if (!ivr_ring_idle(cr->ring) && (!only_stale || is_stale(cr)))
			ivr_cpu_ring_call(cr, flush_cpu_ring);
}
