// SPDX-License-Identifier: GPL-2.0
/* main.c - module parameters, and what is set up in which order */
#define pr_fmt(fmt) "ivring: " fmt

#include <linux/module.h>

#include "device.h"
#include "init.h"
#include "meta.h"
#include "params.h"

static const char *const policy_names[] = IVR_POLICY_NAMES;

unsigned int ivr_policy = IVR_POLICY_DISCARD;

static int policy_set(const char *val, const struct kernel_param *kp)
{
	int i = sysfs_match_string(policy_names, val);

	if (i < 0)
		return i;
	ivr_policy = i;
	return 0;
}

static int policy_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", policy_names[ivr_policy]);
}

static const struct kernel_param_ops policy_ops = {
	.set = policy_set,
	.get = policy_get,
};

module_param_cb(policy, &policy_ops, NULL, 0444);
MODULE_PARM_DESC(policy,
		 "what a full ring does: discard (default) or overwrite");

unsigned int ivr_flush_ms = 100;
module_param_named(flush_ms, ivr_flush_ms, uint, 0644);
MODULE_PARM_DESC(flush_ms,
		 "close a page that stayed open so long, in ms (default 100)");

unsigned int ivr_spill_mib = 32;
module_param_named(spill_mib, ivr_spill_mib, uint, 0644);
MODULE_PARM_DESC(
	spill_mib,
	"guest memory for each CPU, in MiB, when the device is to be unplugged under a running trace (default 32, 0: none, the stream ends with the device)");

bool ivr_trace = true;
module_param_named(trace, ivr_trace, bool, 0444);
MODULE_PARM_DESC(
	trace,
	"take what ftrace records: events, trace_marker, functions (default on)");

bool ivr_test_no_mirror;
module_param_named(test_no_mirror, ivr_test_no_mirror, bool, 0400);
MODULE_PARM_DESC(
	test_no_mirror,
	"test only: forget the reader's position at each attachment; loses records at every migration");

static int __init ivring_init(void)
{
	int ret;

	ret = ivr_pci_init();
	if (ret)
		return ret;
	ret = ivr_chardev_init();
	if (ret)
		goto err_pci;
	ret = ivr_export_start();
	if (ret)
		goto err_chardev;
	ivr_status_init();
	if (!ivr_device)
		pr_warn("no ivshmem-doorbell device (PCI %04x:%04x) that can be used; waiting for one to be plugged in\n",
			IVR_PCI_VENDOR, IVR_PCI_DEVICE);
	return 0;

err_chardev:
	ivr_chardev_exit();
err_pci:
	ivr_pci_exit();
	return ret;
}

static void __exit ivring_exit(void)
{
	ivr_status_exit();
	ivr_export_stop();
	ivr_chardev_exit();
	ivr_pci_exit();
	ivr_meta_free();
}

module_init(ivring_init);
module_exit(ivring_exit);

MODULE_DESCRIPTION(
	"Trace rings in ivshmem memory that survive a live migration");
MODULE_LICENSE("GPL");
MODULE_VERSION(IVR_VERSION_STRING);
