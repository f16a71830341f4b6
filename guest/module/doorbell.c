// SPDX-License-Identifier: GPL-2.0
/*
 * doorbell.c - QEMU's ivshmem device as a bell, both ways
 *
 * Registers as in QEMU's docs/specs/ivshmem-spec.rst. The spec's IVPosition
 * register is of no use here: our id is 0 on every host.
 */
#include <linux/io.h>

#include "device.h"
#include "doorbell.h"

#define REG_DOORBELL 12

void ivr_ring_bell(struct ivr_device *dev, enum ivr_bell bell)
{
	if (dev->polled)
		return;
	/* What the bell announces must be there when it rings. */
	wmb();
	writel_relaxed(IVR_PEER_READER << 16 | bell, dev->regs + REG_DOORBELL);
}

void ivr_msix_toggle(struct ivr_device *dev)
{
	int pos = dev->pdev->msix_cap + PCI_MSIX_FLAGS;
	u16 flags;

	if (pci_read_config_word(dev->pdev, pos, &flags))
		return;
	pci_write_config_word(dev->pdev, pos, flags & ~PCI_MSIX_FLAGS_ENABLE);
	pci_write_config_word(dev->pdev, pos, flags);
}
