// SPDX-License-Identifier: GPL-2.0
/* stream.c - one life of the writers: their rings, and the gate before them */
#include <linux/random.h>
#include <linux/slab.h>

#include "stream.h"

DEFINE_PER_CPU(struct ivr_ring *, ivr_ring_here);

/* Words of zero must be sealed for no stream. */
static void draw_id(struct ivr_stream *s)
{
	do {
		get_random_bytes(s->id, sizeof(s->id));
		s->tag = ivr_stream_tag(s->id);
	} while (!s->tag);
}

struct ivr_stream *ivr_stream_new(void)
{
	struct ivr_stream *s = kzalloc(sizeof(*s), GFP_KERNEL);
	struct ivr_cpu_ring *cr;
	int cpu;

	if (!s)
		return NULL;
	mutex_init(&s->lock);
	s->nrings = num_possible_cpus();
	s->rings = alloc_percpu(struct ivr_ring);
	s->cpu_rings = kvcalloc(s->nrings, sizeof(*s->cpu_rings), GFP_KERNEL);
	if (!s->rings || !s->cpu_rings) {
		ivr_stream_free(s);
		return NULL;
	}
	draw_id(s);
	s->sender.head = 1;
	cr = s->cpu_rings;
	for_each_possible_cpu(cpu) {
		cr->cpu = cpu;
		cr->ring = per_cpu_ptr(s->rings, cpu);
		cr++;
	}
	return s;
}

void ivr_stream_open(struct ivr_stream *s)
{
	struct ivr_cpu_ring *cr;

	ivr_for_each_cpu_ring(cr, s)
		WRITE_ONCE(per_cpu(ivr_ring_here, cr->cpu), cr->ring);
}

void ivr_stream_shut(struct ivr_stream *s, bool panic)
{
	struct ivr_cpu_ring *cr;

	ivr_for_each_cpu_ring(cr, s)
		WRITE_ONCE(per_cpu(ivr_ring_here, cr->cpu), NULL);
	/* Writers have preemption off. */
	if (!panic)
		synchronize_rcu();
	ivr_for_each_cpu_ring(cr, s)
		ivr_ring_flush(cr->ring);
}

void ivr_stream_free(struct ivr_stream *s)
{
	if (!s)
		return;
	kvfree(s->cpu_rings);
	free_percpu(s->rings);
	kfree(s);
}
