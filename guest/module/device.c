// SPDX-License-Identifier: GPL-2.0
/* device.c - the one ivshmem device that is in use */
#include "device.h"

DEFINE_MUTEX(ivr_device_lock);
struct ivr_device *ivr_device;
