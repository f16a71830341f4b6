// SPDX-License-Identifier: GPL-2.0
/* fault.c - see fault.h; empty unless built with -DIVR_FAULTS */
#define pr_fmt(fmt) "ivring: " fmt

#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "fault.h"

#ifdef IVR_FAULTS

/** enum fault_kind - the second word of the parameter */
enum fault_kind {
	FAULT_NONE,
	FAULT_CRASH,
	FAULT_ERROR,
	FAULT_DELAY,
	FAULT_KINDS
};

static const char *const kind_names[FAULT_KINDS] = { "none", "crash", "error",
						     "delay" };

/**
 * struct fault - the parameter, taken apart
 * @name: the point
 * @kind: what is to happen there; FAULT_NONE: nothing (any more)
 * @arg: errno or milliseconds
 */
struct fault {
	char name[64];
	enum fault_kind kind;
	unsigned int arg;
};

static struct fault fault;
static DEFINE_MUTEX(fault_lock);

static int fault_set(const char *val, const struct kernel_param *kp)
{
	struct fault f = { .kind = FAULT_NONE };
	char kind[8];
	int n = sscanf(val, "%63s %7s %u", f.name, kind, &f.arg);

	if (n >= 2)
		f.kind = sysfs_match_string(kind_names, kind);
	if (n == 1 || (int)f.kind < 0 || (n == 2 && f.kind > FAULT_CRASH))
		return -EINVAL;
	mutex_lock(&fault_lock);
	fault = f;
	mutex_unlock(&fault_lock);
	return 0;
}

/* Says "none" when it has fired: how a test sees that. */
static int fault_get(char *buf, const struct kernel_param *kp)
{
	int len;

	mutex_lock(&fault_lock);
	if (fault.kind == FAULT_NONE)
		len = sysfs_emit(buf, "none\n");
	else
		len = sysfs_emit(buf, "%s %s %u\n", fault.name,
				 kind_names[fault.kind], fault.arg);
	mutex_unlock(&fault_lock);
	return len;
}

static const struct kernel_param_ops fault_ops = {
	.set = fault_set,
	.get = fault_get,
};

module_param_cb(fault, &fault_ops, NULL, 0600);
MODULE_PARM_DESC(
	fault,
	"test only: NAME crash | NAME error ERRNO | NAME delay MS, once");

/* Takes the fault, if it is for this point, so that it happens once. */
static struct fault take(const char *name)
{
	struct fault f = { .kind = FAULT_NONE };

	mutex_lock(&fault_lock);
	if (fault.kind != FAULT_NONE && !strcmp(fault.name, name)) {
		f = fault;
		fault.kind = FAULT_NONE;
	}
	mutex_unlock(&fault_lock);
	return f;
}

int ivr_fault(const char *name)
{
	struct fault f;

	if (READ_ONCE(fault.kind) == FAULT_NONE)
		return 0;
	f = take(name);
	if (f.kind == FAULT_NONE)
		return 0;
	pr_notice("fault: %s %s %u\n", name, kind_names[f.kind], f.arg);
	if (f.kind == FAULT_CRASH)
		panic("ivring: fault at %s", name);
	if (f.kind == FAULT_DELAY)
		msleep(f.arg);
	return f.kind == FAULT_ERROR ? -(int)f.arg : 0;
}

#endif
