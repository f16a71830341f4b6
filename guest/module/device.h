/* SPDX-License-Identifier: GPL-2.0 */
/* device.h - one ivshmem device, and what stands on it */
#ifndef IVR_DEVICE_H
#define IVR_DEVICE_H

#include <linux/mutex.h>
#include <linux/pci.h>

#include "guest_state.h"
#include "host_link.h"
#include "quiesce.h"
#include "stream.h"

/**
 * struct ivr_device - one ivshmem device
 * @pdev: its PCI device
 * @regs: BAR 0
 * @memory: BAR 2
 * @polled: it has no interrupts (ivshmem-plain)
 * @was_read: a reader was acknowledged in this memory
 * @layout: geometry of BAR 2
 * @guest: page 0
 * @host: page 1
 * @stream: who writes
 * @state: enum ivr_guest_state, copied to the guest page by its setter
 * @reader: its heartbeat
 * @round: quiesce, drain, resume
 * @link: thread
 */
struct ivr_device {
	struct pci_dev *pdev;
	void __iomem *regs;
	void *memory;
	bool polled;
	bool was_read;
	struct ivr_layout layout;
	struct ivr_guest_page *guest;
	struct ivr_host_page *host;
	struct ivr_stream *stream;
	u32 state;
	struct ivr_reader_life reader;
	struct ivr_round round;
	struct ivr_host_link link;
};

/* Guards ivr_device and the parked stream; never taken by a writer. */
extern struct mutex ivr_device_lock;

/* The one in use, or NULL */
extern struct ivr_device *ivr_device;

#endif
