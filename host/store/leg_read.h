/* SPDX-License-Identifier: GPL-2.0 */
/* leg_read.h - whose a leg is, for those who read stores */
#ifndef IVR_STORE_LEG_READ_H
#define IVR_STORE_LEG_READ_H

#include "store/store_read.h"

/**
 * leg_file_read() - read the keys of a leg
 * @l: leg; the keys are filled in
 * @dir: its directory
 * @found: gets a line if the leg cannot be used
 *
 * Return: 0; -ENOENT: no such file and no pages either (the reader is about to
 * write it); -EINVAL: the leg cannot be used, a finding says why
 */
int leg_file_read(struct leg *l, int dir, struct findings *found);

#endif
