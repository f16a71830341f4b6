/* SPDX-License-Identifier: GPL-2.0 */
/* write.h - one record from user space */
#ifndef IVR_WRITE_H
#define IVR_WRITE_H

#include <linux/types.h>

/**
 * ivr_write_text() - one record from user space
 * @text: user address
 * @len: bytes
 *
 * Return: 0, -EFAULT, -ENOMEM, or as ivring_write()
 */
int ivr_write_text(const char __user *text, size_t len);

#endif
