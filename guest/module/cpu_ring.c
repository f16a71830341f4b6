// SPDX-License-Identifier: GPL-2.0
/* cpu_ring.c - a ring, and the memories that it may lie in */
#include <linux/cpu.h>
#include <linux/smp.h>

#include "cpu_ring.h"

struct cpu_ring_call {
	struct ivr_cpu_ring *cr;
	int (*fn)(struct ivr_cpu_ring *cr);
	int ret;
};

static void call_here(void *data)
{
	struct cpu_ring_call *c = data;

	c->ret = c->fn(c->cr);
}

int ivr_cpu_ring_call(struct ivr_cpu_ring *cr,
		      int (*fn)(struct ivr_cpu_ring *cr))
{
	struct cpu_ring_call c = { .cr = cr, .fn = fn };

	cpus_read_lock();
	if (cpu_online(cr->cpu)) {
		smp_call_function_single(cr->cpu, call_here, &c, 1);
	} else {
		preempt_disable();
		call_here(&c);
		preempt_enable();
	}
	cpus_read_unlock();
	return c.ret;
}

bool ivr_cpu_ring_is_away(const struct ivr_cpu_ring *cr)
{
	return !ivr_ring_mem(cr->ring)->host;
}
