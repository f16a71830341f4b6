/* SPDX-License-Identifier: GPL-2.0 */
/* end_reason.h - why does a leg end? */
#ifndef IVR_READER_END_REASON_H
#define IVR_READER_END_REASON_H

#include "reader/session.h"

/** end_said_moved() - did somebody say `moved` a short while ago? */
bool end_said_moved(const struct session *s);

/** end_is_unplugged() - parked, and the device shows no life any more? */
bool end_is_unplugged(const struct session *s);

/** end_reason_of_left() - of a VM that left, enum ivr_mark_reason */
uint32_t end_reason_of_left(const struct session *s);

/**
 * end_reason_refine() - what the guest page makes of a reason
 * @s: with mapped region
 * @why: enum ivr_mark_reason as the reader sees it
 *
 * Return: the same; IVR_WHY_GUEST_GONE or IVR_WHY_UNPLUGGED if that is so
 */
uint32_t end_reason_refine(const struct session *s, uint32_t why);

#endif
