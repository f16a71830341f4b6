/* SPDX-License-Identifier: GPL-2.0 */
/* attachment.h - one attachment to one stream: from its mapping to its end marks */
#ifndef IVR_READER_ATTACHMENT_H
#define IVR_READER_ATTACHMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "reader/ctl_server.h"
#include "reader/drain.h"
#include "reader/event_log.h"
#include "reader/flush.h"
#include "reader/guest_clock.h"
#include "reader/quiesce.h"
#include "reader/request.h"
#include "reader/shm.h"
#include "store/leg_write.h"

/**
 * struct attachment - all that ends with it
 * @shm: mapped region
 * @guest: guest page as it was checked
 * @epoch: our epoch; 0: none
 * @heartbeat: last one written
 * @drain: rings
 * @placed: the rings have their start positions
 * @leg: where the pages go
 * @end_why: enum ivr_mark_reason of the END marks; IVR_WHY_NONE: it goes on
 * @last_round: all that is in the leg was given to the last round of its sync
 * @work: there may be pages to take
 * @clock: guest's time
 * @request: what stands before the guest
 * @flush: drain request
 * @quiesce: order
 * @spilling: the guest was in IVR_GUEST_SPILLING at the last look
 * @moved_ms: when `moved` was said; 0: it was not
 */
struct attachment {
	struct shm shm;
	struct ivr_guest_page guest;
	uint64_t epoch;
	uint64_t heartbeat;
	struct drain drain;
	bool placed;
	struct leg_writer leg;
	uint32_t end_why;
	bool last_round;
	bool work;
	struct guest_clock clock;
	struct request request;
	struct flush flush;
	struct quiesce quiesce;
	bool spilling;
	uint64_t moved_ms;
};

/**
 * attachment_init() - none
 * @a: filled in; it must not be moved
 * @vm: name of the VM; not copied
 * @ctl: whose clients wait for the guest
 * @events: event log
 */
void attachment_init(struct attachment *a, const char *vm, struct ctl *ctl,
		     struct event_log *events);

/** attachment_undo() - unmap, close, refuse who waits; marks are not made */
void attachment_undo(struct attachment *a);

/** attachment_is_ours() - is the memory still that of this stream and epoch? */
static inline bool attachment_is_ours(const struct attachment *a)
{
	return shm_is_ours(&a->shm, &a->guest, a->epoch);
}

#endif
