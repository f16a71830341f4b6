/* SPDX-License-Identifier: GPL-2.0 */
/*
 * worker.h - the thread that may wait
 *
 * Errands are done in the order in which they were given. Each has two parts:
 * work() runs in the clerk's thread, report() afterwards in the event loop.
 */
#ifndef IVR_WATCH_WORKER_H
#define IVR_WATCH_WORKER_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct errand - something that may take long; the first member of a larger one
 * @next: of the queue
 * @work: in the clerk's thread
 * @report: in the event loop; frees the errand
 */
struct errand {
	struct errand	*next;
	void		(*work)(struct errand *e);
	void		(*report)(struct errand *e);
};

/** clerk_start() - 0 or negative errno; after virEventRegisterDefaultImpl() */
int clerk_start(void);

/** clerk_give() - give an errand; it is the clerk's until report() */
void clerk_give(struct errand *e);

/**
 * clerk_report() - from work(): have @e reported now, before work() ends
 * @e: another errand, of which only report() is used
 */
void clerk_report(struct errand *e);

/**
 * clerk_pause() - from work(): wait
 * @ms: how long
 *
 * Return: false if the clerk is to end
 */
bool clerk_pause(uint32_t ms);

/**
 * clerk_stop() - end the thread
 * @patience_ms: how long to wait for it
 *
 * Return: true if it has ended; else it hangs in libvirt and ends with us
 */
bool clerk_stop(uint32_t patience_ms);

#endif
