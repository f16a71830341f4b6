/* SPDX-License-Identifier: GPL-2.0 */
/* store_state.h - a store that refuses is tried again, and people are told */
#ifndef IVR_READER_STORE_STATE_H
#define IVR_READER_STORE_STATE_H

#include "reader/session.h"

/**
 * store_trouble() - the store refused something: say so, try again later
 * @s: with a leg, or about to have one
 * @error: negative errno; -ESTALE: the leg's directory was removed
 *
 * Return: the state to be in: another one if a new leg is needed
 */
enum session_state store_trouble(struct session *s, int error);

/** store_fault() - what a store that refuses says, for people */
const char *store_fault(int error);

/** store_fine() - the store took something */
void store_fine(struct session *s);

/** store_rests() - is it too early to try again? */
bool store_rests(const struct session *s);

/**
 * store_given_up() - told to stop: is a store that takes nothing waited for
 * no longer?
 * @s: session
 * @error: what it says
 */
bool store_given_up(struct session *s, int error);

#endif
