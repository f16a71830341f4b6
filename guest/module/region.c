// SPDX-License-Identifier: GPL-2.0
/* region.c - the shared memory: format it, open and shut the writers' gate */
#include <linux/cpu.h>
#include <linux/dmi.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/uuid.h>

#include "device.h"

DEFINE_PER_CPU(struct ivr_ring *, ivr_ring_here);

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
	ivr_ring_bell(ivr_device, IVR_BELL_DATA);
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

	g->version = IVR_VERSION;
	g->nrings = dev->layout.nrings;
	g->size = dev->layout.size;
	get_random_bytes(g->stream, sizeof(g->stream));
	read_vm_uuid(g->vm_uuid);
	g->policy = ivr_policy;
	g->meta_gen = ivr_meta_gen();
}

static void format_rings(struct ivr_device *dev)
{
	struct ivr_ring_mem mem;
	u32 ring = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		mem = ring_mem(dev, ring++);
		ivr_ring_init(per_cpu_ptr(dev->rings, cpu), &mem, cpu,
			      ivr_policy, wake_reader);
	}

	mem = ring_mem(dev, ring);
	memset(mem.ctl, 0, IVR_PAGE_SIZE);
	mem.ctl->head = mem.ctl->mirror = mem.ctl->ack_pos = 1;
	mem.ctl->seg_page = 1;
	mem.ctl->seg_span = mem.slots;
	mem.ctl->kind = IVR_RING_META;
	dev->sender.mem = mem;
	dev->sender.head = 1;
}

/**
 * ivr_region_open() - format the memory and open the gate
 * @dev: device with its memory mapped
 * @size: bytes of BAR 2
 *
 * What an earlier life left there is gone after this; a reader that lives has
 * had since that life's end to take it. The magic goes first and comes last.
 *
 * Return: 0, -EINVAL (too many rings for the size), -ENOMEM
 */
int ivr_region_open(struct ivr_device *dev, u64 size)
{
	int cpu;

	dev->guest = dev->memory;
	dev->host = dev->memory + IVR_PAGE_SIZE;

	if (ivr_layout_init(&dev->layout, size, num_possible_cpus()))
		return dev_err_probe(&dev->pdev->dev, -EINVAL,
				     "%llu KiB are too small for %u rings: give the server a larger --size\n",
				     size >> 10, num_possible_cpus());
	dev->rings = alloc_percpu(struct ivr_ring);
	dev->open_page = alloc_percpu(u64);
	if (!dev->rings || !dev->open_page) {
		ivr_region_close(dev);
		return -ENOMEM;
	}

	WRITE_ONCE(dev->guest->magic, 0);
	wmb();
	memset(dev->guest, 0, IVR_PAGE_SIZE);
	format_guest_page(dev);
	format_rings(dev);
	wmb();
	WRITE_ONCE(dev->guest->magic, IVR_MAGIC);

	dev_info(&dev->pdev->dev, "stream %*phN, %u rings of %u pages in %llu KiB\n",
		 16, dev->guest->stream, dev->layout.nrings,
		 ring_mem(dev, 0).slots, size >> 10);
	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu(ivr_ring_here, cpu),
			   per_cpu_ptr(dev->rings, cpu));
	return 0;
}

static void close_gate(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu(ivr_ring_here, cpu), NULL);
}

/**
 * ivr_region_end() - end the stream: no more records, all pages closed
 * @dev: device
 * @reason: told to the reader
 *
 * In a panic nothing may sleep, and no other CPU runs any more.
 */
void ivr_region_end(struct ivr_device *dev, enum ivr_end_reason reason)
{
	int cpu;

	if (READ_ONCE(dev->guest->state) == IVR_GUEST_GONE)
		return;
	close_gate();
	/* Writers have preemption off; when this returns none is inside. */
	if (reason != IVR_END_PANIC)
		synchronize_rcu();
	for_each_possible_cpu(cpu)
		ivr_ring_flush(per_cpu_ptr(dev->rings, cpu));
	dev->guest->end_reason = reason;
	smp_store_release(&dev->guest->state, IVR_GUEST_GONE);
	ivr_ring_bell(dev, IVR_BELL_DATA);
}

/** ivr_region_close() - free what ivr_region_open() took */
void ivr_region_close(struct ivr_device *dev)
{
	free_percpu(dev->open_page);
	free_percpu(dev->rings);
}

/**
 * ivr_region_walk() - read one byte of every page
 * @dev: device
 *
 * In post-copy this pulls missing pages in through QEMU, as only an access by
 * the guest can.
 */
void ivr_region_walk(const struct ivr_device *dev)
{
	u64 at;

	for (at = 0; at < dev->layout.size; at += IVR_PAGE_SIZE) {
		(void)READ_ONCE(*(u8 *)(dev->memory + at));
		if (at % (1024 * IVR_PAGE_SIZE) == 0)
			cond_resched();
	}
}

static void flush_here(void *ring)
{
	ivr_ring_flush(ring);
}

/* A page is stale if it is the one that was open at the last look. */
static bool is_stale(struct ivr_device *dev, int cpu)
{
	u64 *seen = per_cpu_ptr(dev->open_page, cpu);
	u64 open = ivr_ring_open_page(per_cpu_ptr(dev->rings, cpu));
	bool same = open == *seen;

	*seen = open;
	return same;
}

/**
 * ivr_region_flush() - close open pages
 * @dev: device
 * @only_stale: those that have been open since the call before this
 *
 * Process context. A ring belongs to its CPU, so the CPU does it itself; that
 * of a CPU that is off stays off while we hold the lock, so we may.
 */
void ivr_region_flush(struct ivr_device *dev, bool only_stale)
{
	struct ivr_ring *ring;
	int cpu;

	cpus_read_lock();
	for_each_possible_cpu(cpu) {
		ring = per_cpu_ptr(dev->rings, cpu);
		if (ivr_ring_idle(ring) || (only_stale && !is_stale(dev, cpu)))
			continue;
		if (!cpu_online(cpu))
			ivr_ring_flush(ring);
		else
			smp_call_function_single(cpu, flush_here, ring, 1);
	}
	cpus_read_unlock();
}
