/* SPDX-License-Identifier: GPL-2.0 */
/* cpu_ring.h - a ring, and the memories that it may lie in */
#ifndef IVR_CPU_RING_H
#define IVR_CPU_RING_H

#include "segment.h"

/**
 * struct ivr_cpu_ring - a ring, and the memories it may lie in
 * @ring: the writers' state
 * @cpu: whose ring it is
 * @home: its memory in the device
 * @spill: its memory in the guest; @data is NULL if there is none
 * @unspill: the way from @spill to @home
 * @unspilling: @unspill is prepared
 * @target: the page that @home's mirror has to reach in this round
 * @window: slots that may be used after it
 * @open_page: the one that was open at the last look (flush)
 */
struct ivr_cpu_ring {
	struct ivr_ring *ring;
	int cpu;
	struct ivr_ring_mem home;
	struct ivr_ring_mem spill;
	struct ivr_unspill unspill;
	bool unspilling;
	u64 target;
	u32 window;
	u64 open_page;
};

/**
 * ivr_cpu_ring_call() - do something with a ring as only its own CPU may
 * @cr: the ring
 * @fn: called with preemption off, and interrupts too if the CPU runs
 *
 * Process context. A ring belongs to its CPU, so the CPU does it itself; one
 * that is off stays off while we hold the lock, so we may.
 *
 * Return: what @fn returned
 */
int ivr_cpu_ring_call(struct ivr_cpu_ring *cr,
		      int (*fn)(struct ivr_cpu_ring *cr));

/** ivr_cpu_ring_is_away() - do its writers write into the spill? */
bool ivr_cpu_ring_is_away(const struct ivr_cpu_ring *cr);

#endif
