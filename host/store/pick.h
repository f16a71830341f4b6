/* SPDX-License-Identifier: GPL-2.0 */
/* pick.h - which of several streams is meant */
#ifndef IVR_STORE_PICK_H
#define IVR_STORE_PICK_H

#include "store/merge.h"

/**
 * pick_stream() - the stream that --stream names, or the only one
 * @m: streams
 * @id: start of a stream id, or NULL
 *
 * Logs one line if that is none or several.
 *
 * Return: the stream or NULL
 */
struct stream *pick_stream(const struct merge *m, const char *id);

/** stream_is() - does the stream's id begin with @id? NULL fits all */
bool stream_is(const struct stream *st, const char *id);

#endif
