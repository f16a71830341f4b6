/* SPDX-License-Identifier: GPL-2.0 */
/* confine.h - what the reader may do once it reads: nothing but that */
#ifndef IVR_READER_CONFINE_H
#define IVR_READER_CONFINE_H

#include "reader/session.h"

/**
 * confine_rights() - be another user, see no files but the store
 * @s: session_open() has passed, session_begin() has not: threads inherit this
 *
 * The store and its newest leg become that user's. Reads what cannot be read
 * afterwards.
 *
 * Return: 0 or negative errno, logged
 */
int confine_rights(struct session *s);

/**
 * confine_calls() - no other system calls; when all threads run
 *
 * A kernel that has no filters is told of.
 */
void confine_calls(void);

#endif
