/* SPDX-License-Identifier: GPL-2.0 */
/*
 * flush.h - "drain": have the guest close its pages, then take them all
 *
 * One request is under way at a time and serves all clients that came before
 * it was put (waiters.h). While the guest is being quiesced no FLUSH is put: a
 * round of that closes the pages as well, and confirms whoever waits.
 */
#ifndef IVR_READER_FLUSH_H
#define IVR_READER_FLUSH_H

#include <stdbool.h>
#include <stdint.h>

#include "reader/ctl_server.h"
#include "reader/drain.h"
#include "reader/request.h"

/** enum flush_phase - of the request under way */
enum flush_phase { FLUSH_NONE, FLUSH_ASKED, FLUSH_DRAINING };

/**
 * struct flush - the request of one attachment
 * @phase: how far it is
 */
struct flush {
	enum flush_phase phase;
};

/** flush_begin() - a new epoch */
void flush_begin(struct flush *f);

/** flush_queue() - a client wants a drain within @timeout_ms */
void flush_queue(struct ctl_client *c, uint32_t timeout_ms, uint64_t now);

/**
 * flush_step() - put requests, look for answers, tell who waits
 * @f: request
 * @req: the requests of this epoch
 * @ctl: whose clients wait
 * @d: rings, with a leg
 * @now: now_ms()
 * @hold: put nothing: the guest is being quiesced, and a round serves all
 * @ring: set to true if the guest must be rung
 */
void flush_step(struct flush *f, struct request *req, struct ctl *ctl,
		struct drain *d, uint64_t now, bool hold, bool *ring);

/** flush_yield() - another request takes the place: who waits is queued again */
void flush_yield(struct flush *f, struct ctl *ctl);

/** flush_fail() - everyone who waits hears that it was in vain, and why */
void flush_fail(struct flush *f, struct ctl *ctl, const char *why);

#endif
