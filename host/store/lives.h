/* SPDX-License-Identifier: GPL-2.0 */
/* lives.h - have two guests continued the same stream? */
#ifndef IVR_STORE_LIVES_H
#define IVR_STORE_LIVES_H

#include "store/merge.h"

/**
 * lives_check() - look for a second life of a guest in a stream
 * @st: stream, its legs in order; @st->forked is set if there is one
 * @found: gets a line then, once
 *
 * As when one saved image is restored twice, or a snapshot reverted. The two
 * need not meet in a page to be found out: no two legs can follow the same one,
 * and no earlier leg can have a page that the guest of a later one has not made.
 *
 * Return: 0 or -ENOMEM
 */
int lives_check(struct stream *st, struct findings *found);

#endif
