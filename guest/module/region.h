/* SPDX-License-Identifier: GPL-2.0 */
/* region.h - the shared memory: format it, walk it, end a stream in it */
#ifndef IVR_REGION_H
#define IVR_REGION_H

#include <linux/types.h>

#include "ivr_wire.h"

struct ivr_device;

/**
 * ivr_region_open() - format the memory, for the parked stream if there is one
 * @dev: device with its memory mapped
 * @size: bytes of BAR 2
 *
 * What an earlier life left there is gone after this; a reader that lives has
 * had since that life's end to take it. On failure a parked stream stays so.
 *
 * Return: 0, -EINVAL (too many rings for the size), -ENOMEM
 */
int ivr_region_open(struct ivr_device *dev, u64 size);

/**
 * ivr_region_end() - end the stream: no more records, all pages closed
 * @dev: device, whose host link does not run any more
 * @reason: told to the reader
 *
 * In a panic nothing may sleep, and no other CPU runs any more: a host link that
 * was stopped in a step may have a page in its hands, so nothing is unspilled then.
 */
void ivr_region_end(struct ivr_device *dev, enum ivr_end_reason reason);

/** ivr_region_close() - free what ivr_region_open() took */
void ivr_region_close(struct ivr_device *dev);

/**
 * ivr_region_walk() - read one byte of every page
 * @dev: device
 *
 * In post-copy this pulls missing pages in through QEMU, as only an access by
 * the guest can.
 */
void ivr_region_walk(const struct ivr_device *dev);

/**
 * ivr_region_touch() - dirty each host page without changing it
 * @dev: device
 *
 * So that a migration in progress copies them once more. Not atomic64_or(): a
 * kernel on one CPU patches LOCK out of it, and the host is another. And in a
 * word that the host does not write, because QEMU's TCG, emulating one CPU, is
 * not atomic either.
 */
void ivr_region_touch(struct ivr_device *dev);

/**
 * ivr_region_flush() - close open pages
 * @dev: device
 * @only_stale: those that have been open since the call before this
 *
 * Process context.
 */
void ivr_region_flush(struct ivr_device *dev, bool only_stale);

#endif
