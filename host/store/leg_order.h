/* SPDX-License-Identifier: GPL-2.0 */
/* leg_order.h - the order of a stream's legs */
#ifndef IVR_STORE_LEG_ORDER_H
#define IVR_STORE_LEG_ORDER_H

#include "store/store_read.h"

/**
 * legs_order() - sort legs along their chain of epochs
 * @legs: legs of one stream; sorted, and leg->order set
 * @n: how many
 *
 * A leg comes after the one whose epoch it names as the one before; legs that
 * do not hang together that way come in the order of their attachment.
 */
void legs_order(struct leg **legs, size_t n);

/** leg_before() - the leg that @l continues, NULL if it is not among @legs */
struct leg *leg_before(struct leg *const *legs, size_t n, const struct leg *l);

#endif
