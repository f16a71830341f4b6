/* SPDX-License-Identifier: GPL-2.0 */
/* stream.h - one life of the writers: their rings, and the gate before them */
#ifndef IVR_STREAM_H
#define IVR_STREAM_H

#include <linux/mutex.h>
#include <linux/percpu.h>

#include "cpu_ring.h"
#include "sender.h"

#define IVR_EPOCHS_KEPT 64

/**
 * struct ivr_stream - one life of the writers; outlives a device that is
 *	unplugged while it spills
 * @id: random
 * @tag: ivr_stream_tag() of it
 * @plugged: devices it has lived in
 * @nrings: rings: possible CPUs
 * @rings: one for each; the pointer in ivr_ring_here opens it
 * @cpu_rings: the same in the order of the layout
 * @spilled: there is spill memory
 * @epoch_ack: while there is no device: the epoch acknowledged last
 * @answered: likewise: the last request of that epoch
 * @epochs: epochs acknowledged so far, a circular list
 * @epoch_next: where the next goes
 * @sender: metadata ring
 * @lock: held by the host link in each step; for others that look at memory which
 *	a step may free
 */
struct ivr_stream {
	u8 id[16];
	u64 tag;
	u32 plugged;
	u32 nrings;
	struct ivr_ring __percpu *rings;
	struct ivr_cpu_ring *cpu_rings;
	bool spilled;
	u64 epoch_ack;
	u64 answered;
	u64 epochs[IVR_EPOCHS_KEPT];
	unsigned int epoch_next;
	struct ivr_sender sender;
	struct mutex lock;
};

/* This CPU's ring, NULL while there is none: the gate of all writers. */
DECLARE_PER_CPU(struct ivr_ring *, ivr_ring_here);

#define ivr_for_each_cpu_ring(cr, stream) \
	for ((cr) = (stream)->cpu_rings;  \
	     (cr) < (stream)->cpu_rings + (stream)->nrings; (cr)++)

/**
 * ivr_stream_new() - a stream that has no memory yet
 *
 * Return: the stream, to be given to ivr_stream_free(); NULL without memory
 */
struct ivr_stream *ivr_stream_new(void);

/** ivr_stream_open() - open the gate: writers may come from now on */
void ivr_stream_open(struct ivr_stream *s);

/**
 * ivr_stream_shut() - shut the gate, and close all pages
 * @s: stream
 * @panic: nothing may sleep, and no other CPU runs any more; what writers there
 *	have left half written stays unpublished
 *
 * When this returns no writer is inside, nor will be.
 */
void ivr_stream_shut(struct ivr_stream *s, bool panic);

/** ivr_stream_free() - free it; its gate is shut, it has no spill */
void ivr_stream_free(struct ivr_stream *s);

#endif
