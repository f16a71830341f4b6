/* SPDX-License-Identifier: GPL-2.0 */
/* sync.h - when what is stored is brought to the disk (store_sync.h) */
#ifndef IVR_READER_SYNC_H
#define IVR_READER_SYNC_H

#include "reader/session.h"

/** sync_open() - start, if the user wants it; 0 or negative errno, logged */
int sync_open(struct session *s);

/** sync_close() - all that was stored is on the disk when this returns */
void sync_close(struct session *s);

/** sync_tick() - at each heartbeat: is it time for a round? */
void sync_tick(struct session *s);

/**
 * sync_is_over() - the leg is about to end: are its pages on the disk?
 *
 * So that END marks are never there without what they speak of. Told to stop,
 * a disk that does not answer is waited for no longer than a full one.
 */
bool sync_is_over(struct session *s);

#endif
