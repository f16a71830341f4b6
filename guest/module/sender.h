/* SPDX-License-Identifier: GPL-2.0 */
/* sender.h - the metadata blob, on its way through its ring */
#ifndef IVR_SENDER_H
#define IVR_SENDER_H

#include "ring.h"

/**
 * struct ivr_sender - the sending of the metadata blob through its ring
 * @mem: the metadata ring
 * @origin: page number of its first slot
 * @head: next page to fill
 * @number: which sending this is
 * @gen: blob of which generation is being sent
 * @offset: first byte not yet in the ring
 * @len: length of the blob; @offset == @len: done
 */
struct ivr_sender {
	struct ivr_ring_mem mem;
	u64 origin;
	u64 head;
	u64 number;
	u64 gen;
	u64 offset;
	u64 len;
};

#endif
