// SPDX-License-Identifier: GPL-2.0
/* request.c - the one request that stands before the guest */
#include "reader/request.h"

void request_begin(struct request *r)
{
	*r = (struct request) { 0 };
}

void request_put(struct request *r, struct shm *m, uint32_t op, uint64_t arg)
{
	r->word = IVR_REQUEST(++r->seq, op);
	shm_request(m, r->word, arg);
}

bool request_accepted(const struct request *r, const struct shm *m)
{
	return shm_accepted(m, r->word);
}

bool request_answered(const struct request *r, const struct shm *m,
		      int64_t *status)
{
	return shm_answer(m, r->word, status);
}
