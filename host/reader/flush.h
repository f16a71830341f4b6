/* SPDX-License-Identifier: GPL-2.0 */
/*
 * flush.h - "drain": have the guest close its pages, then take them all
 *
 * One request is under way at a time and serves all clients that came before
 * it was put; who comes later waits for the next, because pages may have been
 * opened since.
 */
#ifndef IVR_READER_FLUSH_H
#define IVR_READER_FLUSH_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl.h"
#include "drain.h"

/** enum flush_phase - of the request under way */
enum flush_phase { FLUSH_NONE, FLUSH_ASKED, FLUSH_DRAINING };

/**
 * struct flush - the request of one attachment
 * @phase: how far it is
 * @seq: number of the last request in this epoch
 * @request: its word
 */
struct flush {
	enum flush_phase	phase;
	uint64_t		seq;
	uint64_t		request;
};

/** flush_begin() - a new epoch: numbers start again */
void flush_begin(struct flush *f);

/** flush_queue() - a client wants a drain within @timeout_ms */
void flush_queue(struct ctl_client *c, uint32_t timeout_ms, uint64_t now);

/**
 * flush_step() - put requests, look for answers, tell who waits
 * @f: request
 * @ctl: whose clients wait
 * @d: rings, with a leg
 * @now: now_ms()
 * @ring: set to true if the guest must be rung
 */
void flush_step(struct flush *f, struct ctl *ctl, struct drain *d,
		uint64_t now, bool *ring);

/** flush_fail() - everyone who waits hears that it was in vain, and why */
void flush_fail(struct flush *f, struct ctl *ctl, const char *why);

/** flush_refuse() - the same for one client */
void flush_refuse(struct ctl_client *c, const char *why);

#endif
