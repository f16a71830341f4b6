/* SPDX-License-Identifier: GPL-2.0 */
/* open_files.h - how many descriptors this process may have */
#ifndef IVR_LIB_OPEN_FILES_H
#define IVR_LIB_OPEN_FILES_H

#include <stdint.h>

/**
 * open_files_raise() - allow as many as we are allowed to allow
 *
 * The soft limit is 1024 on most systems, for the sake of programs that use
 * select(2); none of ours does.
 *
 * Return: the limit from now on
 */
uint64_t open_files_raise(void);

#endif
