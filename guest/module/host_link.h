/* SPDX-License-Identifier: GPL-2.0 */
/* host_link.h - the thread that speaks with the host */
#ifndef IVR_HOST_LINK_H
#define IVR_HOST_LINK_H

#include <linux/sched.h>
#include <linux/wait.h>

struct ivr_device;

/**
 * struct ivr_host_link - the thread that speaks with the host
 * @task: the thread
 * @wait: where it sleeps
 * @kicked: IVR_BELL_CONTROL rang
 * @hello_at: jiffies of the next HELLO
 * @hello_ms: distance to the one after
 * @flush_at: jiffies of the next look at open pages
 * @heartbeat_at: jiffies of the next heartbeat of a polled device
 */
struct ivr_host_link {
	struct task_struct *task;
	wait_queue_head_t wait;
	bool kicked;
	unsigned long hello_at;
	unsigned int hello_ms;
	unsigned long flush_at;
	unsigned long heartbeat_at;
};

/**
 * ivr_host_link_init() - make it ready to be kicked at
 * @dev: device with its region open; before its interrupt is requested
 */
void ivr_host_link_init(struct ivr_device *dev);

/**
 * ivr_host_link_start() - start the thread
 * @dev: device with everything else set up
 *
 * Return: 0 or negative errno
 */
int ivr_host_link_start(struct ivr_device *dev);

/** ivr_host_link_stop() - stop the thread and wait for it */
void ivr_host_link_stop(struct ivr_device *dev);

/** ivr_host_link_kick() - IVR_BELL_CONTROL rang; interrupt context */
void ivr_host_link_kick(struct ivr_device *dev);

#endif
