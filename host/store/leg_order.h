/* SPDX-License-Identifier: GPL-2.0 */
/* leg_order.h - the order of a stream's legs */
#ifndef IVR_STORE_LEG_ORDER_H
#define IVR_STORE_LEG_ORDER_H

#include "store/store_read.h"

/**
 * legs_order() - sort legs along their chain of epochs
 * @legs: legs of one stream; sorted, and @order and @before of each set
 * @n: how many
 *
 * A leg comes after the one whose epoch it names as the one before; legs that
 * do not hang together that way come in the order of their attachment.
 *
 * Return: 0 or -ENOMEM
 */
int legs_order(struct leg **legs, size_t n);

#endif
