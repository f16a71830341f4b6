// SPDX-License-Identifier: GPL-2.0
/* chardev.c - /dev/ivring: one write is one record; takes the metadata blob */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "ivr_meta.h"
#include "init.h"
#include "meta.h"
#include "write.h"

static ssize_t dev_write(struct file *file, const char __user *buf, size_t len,
			 loff_t *pos)
{
	int ret = ivr_write_text(buf, len);

	return ret ? ret : len;
}

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct ivr_meta_push push;

	if (cmd != IVR_IOC_META)
		return -ENOTTY;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&push, (void __user *)arg, sizeof(push)))
		return -EFAULT;
	return ivr_meta_set(u64_to_user_ptr(push.addr), push.len);
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.write = dev_write,
	.unlocked_ioctl = dev_ioctl,
};

static struct miscdevice misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = IVR_DEVICE,
	.fops = &fops,
	.mode = 0220,
};

int ivr_chardev_init(void)
{
	return misc_register(&misc);
}

void ivr_chardev_exit(void)
{
	misc_deregister(&misc);
}
