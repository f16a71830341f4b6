/* SPDX-License-Identifier: GPL-2.0 */
/*
 * decode_share.h - the memory between decode_box.c and its child
 *
 * The parent fills in requests and writes a byte to the child; the child fills
 * in the answers, counts them and writes a byte back. The child reads formats
 * of a guest, so it may do anything: the parent believes nothing here, and copies
 * an answer out before it looks at it.
 */
#ifndef IVR_TRACE_DECODE_SHARE_H
#define IVR_TRACE_DECODE_SHARE_H

#include <stdint.h>

#include "store/page.h"
#include "trace/decode.h"

/* Records that are decoded between two bytes */
#define DECODE_BATCH 256

/**
 * enum decode_stage - what the child is at, for the case that it dies there
 * @DECODE_SYMBOLS: the guest's symbols and printk formats
 * @DECODE_COMMS: names of processes
 * @DECODE_RECORDS: the request number @done
 */
enum decode_stage { DECODE_SYMBOLS, DECODE_COMMS, DECODE_RECORDS };

/**
 * struct decode_request - a record
 * @ts: its time
 * @ring: its ring
 * @size: bytes of @data
 * @data: as in the page
 */
struct decode_request {
	uint64_t ts;
	uint32_t ring;
	uint32_t size;
	unsigned char data[IVR_PAGE_SIZE];
};

/**
 * struct decode_share - all of it
 * @stage: enum decode_stage
 * @n: requests
 * @done: answers
 * @request: records
 * @answer: what they say
 */
struct decode_share {
	uint32_t stage;
	uint32_t n;
	uint32_t done;
	struct decode_request request[DECODE_BATCH];
	struct decoded answer[DECODE_BATCH];
};

#endif
