/* SPDX-License-Identifier: GPL-2.0 */
/*
 * worker.h - the thread that may wait
 *
 * Work is done in the order in which it was given. Each piece has two parts:
 * work() runs in the worker's thread, report() afterwards in the event loop.
 */
#ifndef IVR_WATCH_WORKER_H
#define IVR_WATCH_WORKER_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct work - something that may take long; the first member of a larger one
 * @next: of the queue
 * @work: in the worker's thread
 * @report: in the event loop; frees it
 */
struct work {
	struct work *next;
	void (*work)(struct work *e);
	void (*report)(struct work *e);
};

/** worker_start() - 0 or negative errno; after virEventRegisterDefaultImpl() */
int worker_start(void);

/** worker_give() - give work; it is the worker's until report() */
void worker_give(struct work *e);

/**
 * worker_report() - from work(): have @e reported now, before work() ends
 * @e: another piece of work, of which only report() is used
 */
void worker_report(struct work *e);

/**
 * worker_pause() - from work(): wait
 * @ms: how long
 *
 * Return: false if the worker is to end
 */
bool worker_pause(uint32_t ms);

/**
 * worker_stop() - end the thread
 * @patience_ms: how long to wait for it
 *
 * Return: true if it has ended; else it hangs in libvirt and ends with us
 */
bool worker_stop(uint32_t patience_ms);

#endif
