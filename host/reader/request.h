/* SPDX-License-Identifier: GPL-2.0 */
/*
 * request.h - the one request that stands before the guest
 *
 * There is one request word, so a new request takes the place of one that was
 * not answered: who puts one asks whom it serves, too (flush_yield()).
 */
#ifndef IVR_READER_REQUEST_H
#define IVR_READER_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "reader/shm.h"

/**
 * struct request - of one epoch
 * @seq: number of the last one put; 0 before the first
 * @word: its word, IVR_REQUEST()
 */
struct request {
	uint64_t seq;
	uint64_t word;
};

/** request_begin() - a new epoch: numbers start again */
void request_begin(struct request *r);

/**
 * request_put() - put the next request; the caller rings
 * @r: requests of this epoch
 * @m: adopted region whose epoch is acknowledged
 * @op: enum ivr_op
 * @arg: its argument
 */
void request_put(struct request *r, struct shm *m, uint32_t op, uint64_t arg);

/** request_accepted() - has the guest taken up the last one? */
bool request_accepted(const struct request *r, const struct shm *m);

/**
 * request_answered() - has the guest answered the last one?
 * @r: requests of this epoch
 * @m: adopted region
 * @status: the guest's status if so: 0, or anything that a guest may write
 */
bool request_answered(const struct request *r, const struct shm *m,
		      int64_t *status);

#endif
