/* SPDX-License-Identifier: GPL-2.0 */
/* quiesce.h - quiesce, drain, resume: the guest's side, see ivr_wire.h */
#ifndef IVR_QUIESCE_H
#define IVR_QUIESCE_H

#include <linux/types.h>

#include "ivr_wire.h"

struct ivr_device;

/**
 * struct ivr_round - the round in hand, and the lease
 * @request: the request being carried out; 0: none
 * @step: how far it is
 * @tries: how often its step could not be done
 * @window: slots of each ring that may be used
 * @lease: jiffies at which the lease ends, valid if @leased
 * @leased: there is a lease
 * @logged: the quiesced state that stands in the log; 0: none
 */
struct ivr_round {
	u64 request;
	unsigned int step;
	unsigned int tries;
	u32 window;
	unsigned long lease;
	bool leased;
	u32 logged;
};

/**
 * ivr_quiesce_begin() - begin a round; one in hand is cancelled
 * @dev: device
 * @request: QUIESCE or SPILL
 * @arg: its IVR_LEASE()
 *
 * Return: -EINPROGRESS: it will be answered later; -EAGAIN: not yet, ask again;
 * else what to answer: -EINVAL: no lease; -EOPNOTSUPP, -ENOMEM: no memory to
 * spill into
 */
int ivr_quiesce_begin(struct ivr_device *dev, u64 request, u64 arg);

/**
 * ivr_quiesce_cut() - a request that is answered at once has come
 * @dev: device
 *
 * A round in hand ends with it, and needs no answer of its own: the one that
 * comes now has a higher number.
 */
void ivr_quiesce_cut(struct ivr_device *dev);

/**
 * ivr_quiesce_leave() - end the round in hand and the quiesced state
 * @dev: device
 * @to: IVR_GUEST_ATTACHED or IVR_GUEST_CALLING
 * @status: answer to the round in hand, if there is one
 * @why: for people
 */
void ivr_quiesce_leave(struct ivr_device *dev, enum ivr_guest_state to,
		       s64 status, const char *why);

/**
 * ivr_quiesce_step() - take the round further, or become whole again
 * @dev: device; the host link's thread only
 *
 * Return: true if it wants to be called again soon
 */
bool ivr_quiesce_step(struct ivr_device *dev);

/**
 * ivr_quiesce_lease_ms() - what is left of the lease
 * @dev: device
 *
 * Return: ms, 0: there is none
 */
unsigned int ivr_quiesce_lease_ms(const struct ivr_device *dev);

#endif
