/* SPDX-License-Identifier: GPL-2.0 */
/* ending.h - the last pages of a leg, and its END marks */
#ifndef IVR_READER_ENDING_H
#define IVR_READER_ENDING_H

#include "reader/session.h"

/**
 * ending_begin() - store what is left, then END marks with this reason
 * @s: attached
 * @why: enum ivr_mark_reason
 *
 * Return: the state to be in
 */
enum session_state ending_begin(struct session *s, uint32_t why);

/** ending_step() - SESSION_ENDING; returns the state to be in */
enum session_state ending_step(struct session *s);

/** ending_tick() - SESSION_ENDING, at each heartbeat; the state to be in */
enum session_state ending_tick(struct session *s);

#endif
