/* SPDX-License-Identifier: GPL-2.0 */
/* doorbell.h - QEMU's ivshmem device as a bell, both ways */
#ifndef IVR_DOORBELL_H
#define IVR_DOORBELL_H

#include "ivr_wire.h"

struct ivr_device;

/**
 * ivr_ring_bell() - ring the reader
 * @dev: device
 * @bell: IVR_BELL_HELLO or IVR_BELL_DATA
 *
 * One posted write; any context. A polled device has no bell.
 */
void ivr_ring_bell(struct ivr_device *dev, enum ivr_bell bell);

/**
 * ivr_msix_toggle() - switch MSI-X off and on
 * @dev: device
 *
 * Under KVM QEMU connects the eventfds to interrupts when the guest enables
 * MSI-X and does not do so again after an incoming migration: without this the
 * host's bell stays dead.
 */
void ivr_msix_toggle(struct ivr_device *dev);

#endif
