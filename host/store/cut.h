/* SPDX-License-Identifier: GPL-2.0 */
/* cut.h - legs that were cut off when their host went down */
#ifndef IVR_STORE_CUT_H
#define IVR_STORE_CUT_H

#include "store/merge.h"

/** leg_after() - the next leg of another epoch in a stream, or NULL */
const struct leg *leg_after(const struct stream *st, const struct leg *l);

/**
 * leg_is_cut() - did the host of a leg go down while it was written?
 * @st: its stream
 * @l: leg
 * @ring: ring
 *
 * A leg whose reader was killed has no END mark either, but lost nothing: what
 * was written is in the kernel. So a leg without END mark counts as cut off only
 * if something tells that its host, and not just its reader, went down:
 * descriptors without pages, which no reader leaves; a next leg on another host
 * or after another boot; or this machine, if it is the host and was booted
 * since. The next reader on the host tells by an END mark (IVR_WHY_HOST_DOWN).
 */
bool leg_is_cut(const struct stream *st, const struct leg *l, uint32_t ring);

#endif
