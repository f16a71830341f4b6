/* SPDX-License-Identifier: GPL-2.0 */
/* host_down.h - a leg that was cut off when its host went down */
#ifndef IVR_STORE_HOST_DOWN_H
#define IVR_STORE_HOST_DOWN_H

#include "store/store_write.h"

/**
 * host_down_end_leg() - end the newest leg if its host went down with it
 * @s: open store with a leg, tidied
 *
 * That is so if the leg has no END marks and was written on this host before it
 * was booted. The marks that are written say how far it is on the disk.
 *
 * Return: 0, also if there is nothing to do or the leg cannot be understood;
 * negative errno if the marks could not be written
 */
int host_down_end_leg(const struct store *s);

#endif
