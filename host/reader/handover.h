/* SPDX-License-Identifier: GPL-2.0 */
/*
 * handover.h - whose are the pages that a VM leaves behind?
 *
 * After a migration they are the destination's: taking them would only make
 * copies. After anything else they are ours, and nobody else will ever have
 * them. QEMU closes its socket either way, so somebody who knows must say
 * `moved`: before, or soon after.
 */
#ifndef IVR_READER_HANDOVER_H
#define IVR_READER_HANDOVER_H

#include "reader/session.h"

/** handover_begin() - the VM left while attached; the state to be in */
enum session_state handover_begin(struct session *s);

/** handover_step() - SESSION_HANDOVER: is it time to take the rest? */
enum session_state handover_step(struct session *s);

/** handover_tick() - attached: may `moved` be forgotten, or obeyed already? */
enum session_state handover_tick(struct session *s);

/**
 * handover_moved() - somebody says `moved`
 * @s: session
 * @why: set to the reason if that comes to nothing, else to NULL
 *
 * Return: the state to be in
 */
enum session_state handover_moved(struct session *s, const char **why);

#endif
