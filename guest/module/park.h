/* SPDX-License-Identifier: GPL-2.0 */
/* park.h - a stream between two devices */
#ifndef IVR_PARK_H
#define IVR_PARK_H

#include <linux/types.h>

struct ivr_device;
struct ivr_stream;

/**
 * ivr_park() - take the stream off a device that goes
 * @dev: device without host link and interrupts, all of its rings away
 *
 * With ivr_device_lock held.
 */
void ivr_park(struct ivr_device *dev);

/** ivr_unpark() - the stream that is parked, NULL if none; the caller's now */
struct ivr_stream *ivr_unpark(void);

/** ivr_parked() - the stream that is parked, NULL if none, to look at */
struct ivr_stream *ivr_parked(void);

/** ivr_park_exit() - the module goes: a parked stream ends, with its spill */
void ivr_park_exit(void);

#endif
