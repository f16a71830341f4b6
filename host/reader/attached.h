/* SPDX-License-Identifier: GPL-2.0 */
/* attached.h - pages, requests and clocks of a guest that is there */
#ifndef IVR_READER_ATTACHED_H
#define IVR_READER_ATTACHED_H

#include "reader/session.h"

/** attached_step() - SESSION_ATTACHED; returns the state to be in */
enum session_state attached_step(struct session *s);

/**
 * attached_check() - before our heartbeat covers the traces of another memory:
 * is this one still ours?
 *
 * Return: the state to be in
 */
enum session_state attached_check(struct session *s);

/** attached_tick() - SESSION_ATTACHED, at each heartbeat; the state to be in */
enum session_state attached_tick(struct session *s);

/** attached_stop() - told to stop; the state to be in */
enum session_state attached_stop(struct session *s);

#endif
