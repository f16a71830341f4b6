/* SPDX-License-Identifier: GPL-2.0 */
/* guest_state.h - what the guest page says, and whether somebody reads it */
#ifndef IVR_GUEST_STATE_H
#define IVR_GUEST_STATE_H

#include <linux/types.h>

#include "ivr_wire.h"

struct ivr_device;

/**
 * struct ivr_reader_life - is there a reader? told by its heartbeat
 * @heartbeat: last value seen
 * @at: jiffies when it last changed
 */
struct ivr_reader_life {
	u64 heartbeat;
	unsigned long at;
};

/**
 * ivr_set_state() - the only place that changes the state
 * @dev: device
 * @state: one that may follow, or the same
 */
void ivr_set_state(struct ivr_device *dev, enum ivr_guest_state state);

/** ivr_epoch_is_ours() - is what stands in the host page for us, and now? */
bool ivr_epoch_is_ours(const struct ivr_device *dev);

/**
 * ivr_answer() - answer a request, and ring
 * @dev: device
 * @request: the request
 * @status: 0 or negative errno
 */
void ivr_answer(struct ivr_device *dev, u64 request, s64 status);

/**
 * ivr_answer_clock() - answer the clock question, if there is a new one
 * @dev: device
 *
 * In the interrupt: a thread would add its wake-up time. With a polled device in
 * the thread.
 *
 * Return: true if there was one
 */
bool ivr_answer_clock(struct ivr_device *dev);

/** ivr_reader_is_alive() - a sign of life: the heartbeat of now is not old */
void ivr_reader_is_alive(struct ivr_device *dev);

/** ivr_reader_is_silent() - has its heartbeat stood still for so long? */
bool ivr_reader_is_silent(const struct ivr_device *dev, unsigned int ms);

/** ivr_reader_takes() - is there a reader that takes what is in the device? */
bool ivr_reader_takes(const struct ivr_device *dev);

#endif
