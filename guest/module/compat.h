/* SPDX-License-Identifier: GPL-2.0 */
/*
 * compat.h - the only place that compares kernel versions; force-included
 *
 * Supported: 6.1 (Debian 12) to 6.12 (Debian 12 backport and 13) and what
 * lies between. Nothing the module uses changed its shape in that range.
 */
#ifndef IVR_COMPAT_H
#define IVR_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "ivring needs Linux 6.1 or later"
#endif

#endif
