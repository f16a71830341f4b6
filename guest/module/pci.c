// SPDX-License-Identifier: GPL-2.0
/* pci.c - QEMU's ivshmem devices: BARs, MSI-X, coming, going */
#include <linux/io.h>
#include <linux/module.h>
#include <linux/panic_notifier.h>

#include "device.h"
#include "fault.h"
#include "guest_state.h"
#include "host_link.h"
#include "init.h"
#include "park.h"
#include "region.h"

enum { BAR_REGS = 0, BAR_MEMORY = 2 };

/* The module goes: there is nobody to park a stream for. */
static bool unloading;

static irqreturn_t control_irq(int irq, void *data)
{
	struct ivr_device *dev = data;

	if (!ivr_answer_clock(dev))
		ivr_host_link_kick(dev);
	return IRQ_HANDLED;
}

static int map_bars(struct ivr_device *dev)
{
	struct pci_dev *pdev = dev->pdev;
	u64 size = pci_resource_len(pdev, BAR_MEMORY);

	if (!size)
		return dev_err_probe(
			&pdev->dev, -ENODEV,
			"BAR 2 got no address: give the port pref64-reserve of the memory's size, or the device a place that exists at boot\n");
	dev->regs = pcim_iomap(pdev, BAR_REGS, 0);
	if (!dev->regs)
		return dev_err_probe(&pdev->dev, -ENOMEM, "cannot map BAR 0\n");
	dev->memory = devm_memremap(&pdev->dev,
				    pci_resource_start(pdev, BAR_MEMORY), size,
				    MEMREMAP_WB);
	if (IS_ERR(dev->memory))
		return dev_err_probe(&pdev->dev, PTR_ERR(dev->memory),
				     "cannot map BAR 2\n");
	return 0;
}

static int set_up_irq(struct ivr_device *dev)
{
	struct pci_dev *pdev = dev->pdev;
	int ret;

	if (dev->polled)
		return 0;
	ret = pci_alloc_irq_vectors(pdev, IVR_VECTORS, IVR_VECTORS,
				    PCI_IRQ_MSIX);
	if (ret < 0)
		return dev_err_probe(
			&pdev->dev, ret,
			"needs %d MSI-X vectors: is it an ivshmem-doorbell with vectors=%d?\n",
			IVR_VECTORS, IVR_VECTORS);
	ret = request_irq(pci_irq_vector(pdev, IVR_BELL_CONTROL), control_irq,
			  0, "ivring", dev);
	if (ret)
		pci_free_irq_vectors(pdev);
	return ret;
}

static void free_irq_vectors(struct ivr_device *dev)
{
	if (dev->polled)
		return;
	free_irq(pci_irq_vector(dev->pdev, IVR_BELL_CONTROL), dev);
	pci_free_irq_vectors(dev->pdev);
}

/* What was parked parks again: nothing of it has come to this device yet. */
static void give_up(struct ivr_device *dev)
{
	if (dev->stream->plugged > 1) {
		WRITE_ONCE(dev->guest->magic, 0);
		ivr_park(dev);
		return;
	}
	ivr_region_end(dev, IVR_END_REMOVED);
	ivr_region_close(dev);
}

static int bring_up(struct ivr_device *dev)
{
	struct pci_dev *pdev = dev->pdev;
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "cannot be enabled\n");
	ret = map_bars(dev);
	if (ret)
		return ret;
	pci_set_master(pdev);
	/* An ivshmem-plain has none. */
	dev->polled = !pdev->msix_cap;
	ret = ivr_region_open(dev, pci_resource_len(pdev, BAR_MEMORY));
	if (ret)
		return ret;
	ivr_host_link_init(dev);
	ret = set_up_irq(dev);
	if (ret)
		goto err_region;
	ret = ivr_host_link_start(dev);
	if (ret)
		goto err_irq;
	return 0;

err_irq:
	free_irq_vectors(dev);
err_region:
	give_up(dev);
	return ret;
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct ivr_device *dev;
	int ret;

	dev = devm_kzalloc(&pdev->dev, sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return -ENOMEM;
	dev->pdev = pdev;

	mutex_lock(&ivr_device_lock);
	if (ivr_device) {
		ret = dev_err_probe(&pdev->dev, -EBUSY,
				    "not used: %s is in use already\n",
				    pci_name(ivr_device->pdev));
	} else {
		/* Writers look here as soon as the gate is open. */
		ivr_device = dev;
		pci_set_drvdata(pdev, dev);
		ret = bring_up(dev);
		if (ret)
			ivr_device = NULL;
	}
	mutex_unlock(&ivr_device_lock);
	return ret;
}

/*
 * May the stream go on without this device? Only if the reader was told so, and
 * has everything that was written to the device; or if nothing was, because a
 * parked stream came to it and no reader.
 */
static bool may_park(const struct ivr_device *dev, enum ivr_end_reason reason)
{
	bool empty = dev->stream->plugged > 1 && !dev->was_read;

	return (dev->state == IVR_GUEST_SPILLING || empty) &&
	       reason == IVR_END_REMOVED && !unloading &&
	       !ivr_fault("guest-park-stream");
}

/* Never waits for the host: a remove that hangs makes an unplug hang. */
static void take_down(struct pci_dev *pdev, enum ivr_end_reason reason)
{
	struct ivr_device *dev = pci_get_drvdata(pdev);
	bool park;

	mutex_lock(&ivr_device_lock);
	if (dev && ivr_device == dev) {
		ivr_host_link_stop(dev);
		park = may_park(dev, reason);
		if (!park)
			ivr_region_end(dev, reason);
		free_irq_vectors(dev);
		WRITE_ONCE(ivr_device, NULL);
		if (park)
			ivr_park(dev);
		ivr_region_close(dev);
	}
	mutex_unlock(&ivr_device_lock);
}

static void remove(struct pci_dev *pdev)
{
	take_down(pdev, IVR_END_REMOVED);
}

static void shutdown(struct pci_dev *pdev)
{
	take_down(pdev, IVR_END_SHUTDOWN);
}

/* Other CPUs are stopped: what they left half written stays unpublished. */
static int panicked(struct notifier_block *nb, unsigned long event, void *text)
{
	struct ivr_device *dev = READ_ONCE(ivr_device);

	if (dev && dev->stream && dev->guest->magic == IVR_MAGIC)
		ivr_region_end(dev, IVR_END_PANIC);
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = {
	.notifier_call = panicked,
	.priority = INT_MAX,
};

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(IVR_PCI_VENDOR, IVR_PCI_DEVICE) },
	{},
};
MODULE_DEVICE_TABLE(pci, ids);

static struct pci_driver driver = {
	.name = "ivring",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
	.shutdown = shutdown,
};

int ivr_pci_init(void)
{
	int ret = pci_register_driver(&driver);

	if (!ret)
		atomic_notifier_chain_register(&panic_notifier_list,
					       &panic_block);
	return ret;
}

void ivr_pci_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_block);
	unloading = true;
	pci_unregister_driver(&driver);
	ivr_park_exit();
}
