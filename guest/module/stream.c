// SPDX-License-Identifier: GPL-2.0
/* stream.c - one life of the writers: their rings, and the gate before them */
#include <linux/cpu.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "device.h"

DEFINE_PER_CPU(struct ivr_ring *, ivr_ring_here);

/* Words of zero must be sealed for no stream. */
static void draw_id(struct ivr_stream *s)
{
	do {
		get_random_bytes(s->id, sizeof(s->id));
		s->tag = ivr_stream_tag(s->id);
	} while (!s->tag);
}

/**
 * ivr_stream_new() - a stream that has no memory yet
 *
 * Return: the stream, to be given to ivr_stream_free(); NULL without memory
 */
struct ivr_stream *ivr_stream_new(void)
{
	struct ivr_stream *s = kzalloc(sizeof(*s), GFP_KERNEL);
	struct ivr_lane *lane;
	int cpu;

	if (!s)
		return NULL;
	mutex_init(&s->lock);
	s->nrings = num_possible_cpus();
	s->rings = alloc_percpu(struct ivr_ring);
	s->lanes = kvcalloc(s->nrings, sizeof(*s->lanes), GFP_KERNEL);
	if (!s->rings || !s->lanes) {
		ivr_stream_free(s);
		return NULL;
	}
	draw_id(s);
	s->sender.head = 1;
	lane = s->lanes;
	for_each_possible_cpu(cpu) {
		lane->cpu = cpu;
		lane->ring = per_cpu_ptr(s->rings, cpu);
		lane++;
	}
	return s;
}

/** ivr_stream_open() - open the gate: writers may come from now on */
void ivr_stream_open(struct ivr_stream *s)
{
	struct ivr_lane *lane;

	ivr_for_each_lane(lane, s)
		WRITE_ONCE(per_cpu(ivr_ring_here, lane->cpu), lane->ring);
}

/**
 * ivr_stream_shut() - shut the gate, and close all pages
 * @s: stream
 * @panic: nothing may sleep, and no other CPU runs any more; what writers there
 *	have left half written stays unpublished
 *
 * When this returns no writer is inside, nor will be.
 */
void ivr_stream_shut(struct ivr_stream *s, bool panic)
{
	struct ivr_lane *lane;

	ivr_for_each_lane(lane, s)
		WRITE_ONCE(per_cpu(ivr_ring_here, lane->cpu), NULL);
	/* Writers have preemption off. */
	if (!panic)
		synchronize_rcu();
	ivr_for_each_lane(lane, s)
		ivr_ring_flush(lane->ring);
}

/** ivr_stream_free() - free it, and its spill; its gate is shut */
void ivr_stream_free(struct ivr_stream *s)
{
	if (!s)
		return;
	if (s->lanes)
		ivr_spill_free(s);
	kvfree(s->lanes);
	free_percpu(s->rings);
	kfree(s);
}

struct lane_call {
	struct ivr_lane *lane;
	int (*fn)(struct ivr_lane *lane);
	int ret;
};

static void call_here(void *data)
{
	struct lane_call *c = data;

	c->ret = c->fn(c->lane);
}

/**
 * ivr_lane_call() - do something with a ring as only its own CPU may
 * @lane: the lane
 * @fn: called with preemption off, and interrupts too if the CPU runs
 *
 * Process context. A ring belongs to its CPU, so the CPU does it itself; one
 * that is off stays off while we hold the lock, so we may.
 *
 * Return: what @fn returned
 */
int ivr_lane_call(struct ivr_lane *lane, int (*fn)(struct ivr_lane *lane))
{
	struct lane_call c = { .lane = lane, .fn = fn };

	cpus_read_lock();
	if (cpu_online(lane->cpu)) {
		smp_call_function_single(lane->cpu, call_here, &c, 1);
	} else {
		preempt_disable();
		call_here(&c);
		preempt_enable();
	}
	cpus_read_unlock();
	return c.ret;
}

/** ivr_lane_away() - do its writers write into the spill? */
bool ivr_lane_away(const struct ivr_lane *lane)
{
	return !ivr_ring_mem(lane->ring)->host;
}
