/* SPDX-License-Identifier: GPL-2.0 */
/*
 * waiters.h - the control clients that wait for the guest, and what they hear
 *
 * A request to the guest serves all who came before it was put; who comes later
 * waits for the next, because pages may have been opened since.
 */
#ifndef IVR_READER_WAITERS_H
#define IVR_READER_WAITERS_H

#include <stdbool.h>
#include <stdint.h>

#include "reader/ctl_server.h"
#include "reader/drain.h"

/* Who waits without a deadline of its own: an order ends with its lease. */
#define WAITERS_NO_DEADLINE UINT64_MAX

/** waiters_any() - does anyone wait so? */
bool waiters_any(const struct ctl *ctl, enum ctl_wait wait);

/** waiters_serve() - a request is put: it serves all that are queued */
void waiters_serve(struct ctl *ctl);

/** waiters_requeue() - those of that request wait for another one */
void waiters_requeue(struct ctl *ctl);

/** waiters_confirm() - those of the request under way: drained, and where */
void waiters_confirm(struct ctl *ctl, const struct drain *d);

/**
 * waiters_refuse_if() - tell some that it was in vain
 * @ctl: whose clients
 * @wait: only who waits so; CTL_IDLE: whoever waits
 * @order_only: only who gave an order
 * @why: reason
 */
void waiters_refuse_if(struct ctl *ctl, enum ctl_wait wait, bool order_only,
		       const char *why);

/** waiters_expire() - refuse those whose deadline has come, with this reason */
void waiters_expire(struct ctl *ctl, uint64_t now, const char *why);

/** waiters_resumed() - answer to those who wait for it; @why NULL: it has */
void waiters_resumed(struct ctl *ctl, const char *why);

/**
 * waiters_reply() - answer with one truth value
 * @c: client
 * @key: its name: "resumed", "moved", ..
 * @why: reason why it is false; NULL: it is true
 */
void waiters_reply(struct ctl_client *c, const char *key, const char *why);

#endif
