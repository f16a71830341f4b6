/* SPDX-License-Identifier: GPL-2.0 */
/*
 * quiesce.h - keep the guest cheap to move, in rounds (ivr_wire.h)
 *
 * DOC: Orders, rounds, leases
 *
 * An *order* is what a control client wants: QUIESCE or SPILL for so long. A
 * *round* is one request to the guest. The guest's lease in a round is what the
 * order has left, but at least QUIESCE_LEASE_MIN_MS, so that the last rounds of
 * an order do not become ever shorter; when the order is over the guest is told
 * to resume anyway. If we die it resumes by itself.
 *
 * Frozen means that nothing is taken, until the guest is known to go on. It begins with the end of the first round
 * and lasts through all later ones but for their taking, so a guest that stops
 * between a request and its acceptance hands over without an overlap; but for a
 * round that is due because half of the window may be full: it takes at once.
 *
 * A round takes the place of a FLUSH that was not answered and serves who waited
 * for that; a `drain` while frozen is a round. An answer that is an error ends
 * the order, and so does a guest that never accepts: normal draining goes on.
 */
#ifndef IVR_READER_QUIESCE_H
#define IVR_READER_QUIESCE_H

#include <stdbool.h>
#include <stdint.h>

#include "reader/ctl_server.h"
#include "reader/drain.h"
#include "reader/event_log.h"
#include "reader/flush.h"
#include "reader/request.h"

struct json_object;

#define QUIESCE_LEASE_MIN_MS 1000u
/* Who wants a RESUME waits at most so long for its answer. */
#define RESUME_PATIENCE_MS 5000

/**
 * enum quiesce_state - how far the order is
 * @QUIESCE_NONE: no order, or one whose first round is not asked for yet
 * @QUIESCE_ASKED: a round was asked for; the guest is to accept it
 * @QUIESCE_TAKING: it has; all pages below the heads of that moment are taken
 * @QUIESCE_WAITING: they are; the guest is to answer
 * @QUIESCE_FROZEN: it has: drained; nothing is taken until the next round
 * @QUIESCE_RESUMING: RESUME was put; frozen until the guest goes on
 */
enum quiesce_state {
	QUIESCE_NONE,
	QUIESCE_ASKED,
	QUIESCE_TAKING,
	QUIESCE_WAITING,
	QUIESCE_FROZEN,
	QUIESCE_RESUMING,
	QUIESCE_STATES
};

/**
 * struct quiesce - the order of one attachment
 * @state: how far it is
 * @op: IVR_OP_QUIESCE or IVR_OP_SPILL; IVR_OP_NONE: no order
 * @window: slots of each ring for the guest; 0: its default
 * @until_ms: end of the order
 * @round: rounds asked for in this order
 * @asked_ms: when the last request was put
 * @lease_ms: the guest's lease in it
 * @put: the request that @state waits for stands there
 * @frozen_ns: CLOCK_REALTIME of the end of the last round; 0: not frozen
 * @held: no new round and no end: the VM is said to have moved
 * @vm: name of the VM
 * @drain: rings; the session's
 * @req: requests of this epoch; the session's
 * @flush: the other one who puts them
 * @ctl: whose clients wait
 * @events: event log
 */
struct quiesce {
	enum quiesce_state state;
	uint32_t op;
	uint32_t window;
	uint64_t until_ms;
	uint64_t round;
	uint64_t asked_ms;
	uint32_t lease_ms;
	bool put;
	uint64_t frozen_ns;
	bool held;
	const char *vm;
	struct drain *drain;
	struct request *req;
	struct flush *flush;
	struct ctl *ctl;
	struct event_log *events;
};

/** quiesce_begin() - a new epoch: no order; the pointers of @q stay */
void quiesce_begin(struct quiesce *q);

/**
 * quiesce_order() - a client gives an order, or gives it anew
 * @q: of an attachment
 * @c: answered at the end of the next round
 * @op: IVR_OP_QUIESCE or IVR_OP_SPILL
 * @lease_ms: for so long from now
 * @window: slots of each ring; 0: the guest's default
 * @now: now_ms()
 */
void quiesce_order(struct quiesce *q, struct ctl_client *c, uint32_t op,
		   uint32_t lease_ms, uint32_t window, uint64_t now);

/** quiesce_resume() - end the order; @c is answered when the guest has resumed */
void quiesce_resume(struct quiesce *q, struct ctl_client *c, uint64_t now);

/** quiesce_farewell() - we go: one RESUME, whose answer nobody waits for */
void quiesce_farewell(struct quiesce *q);

/**
 * quiesce_step() - look at the guest's words, do what follows
 * @q: of an attachment with a leg
 * @now: now_ms()
 * @ring: set to true if the guest must be rung
 *
 * Return: true if there may be pages to take now
 */
bool quiesce_step(struct quiesce *q, uint64_t now, bool *ring);

/** quiesce_active() - is there an order, or a RESUME to be answered? */
bool quiesce_active(const struct quiesce *q);

/** quiesce_rings() - is the guest to be rung at each tick? */
bool quiesce_rings(const struct quiesce *q);

/** quiesce_status() - for "status"; the caller puts it */
struct json_object *quiesce_status(const struct quiesce *q, uint64_t now);

#endif
