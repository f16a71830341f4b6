/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stop_signal.h - SIGINT, SIGTERM and SIGHUP ask for the end; nothing is cut off
 *
 * They are let in only while stop_signal_poll() waits, so that none is missed
 * between a look and a wait.
 */
#ifndef IVR_LIB_STOP_SIGNAL_H
#define IVR_LIB_STOP_SIGNAL_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/** stop_signal_init() - catch them from now on; what is ignored stays so */
void stop_signal_init(void);

/** stop_signal_asked() - the signal that asked for the end, or 0 */
int stop_signal_asked(void);

/** stop_signal_pending() - the same, without having waited: true or false */
bool stop_signal_pending(void);

/** stop_signal_ignore() - from now on nobody asks: it is too late */
void stop_signal_ignore(void);

/** stop_signal_child() - in a child, before exec: signals as we found them */
void stop_signal_child(void);

/**
 * stop_signal_poll() - poll() into which the signals come
 * @p: descriptors
 * @n: how many
 * @ms: at most so long; UINT32_MAX: without end
 *
 * Return: as poll(); 0 with a signal
 */
int stop_signal_poll(struct pollfd *p, int n, uint32_t ms);

#endif
