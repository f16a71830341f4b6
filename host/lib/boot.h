/* SPDX-License-Identifier: GPL-2.0 */
/* boot.h - which boot of which host */
#ifndef IVR_LIB_BOOT_H
#define IVR_LIB_BOOT_H

#include <stdbool.h>

/**
 * boot_id() - of this host
 *
 * Read once; call it before /proc is out of reach.
 *
 * Return: the id; "unknown" if it could not be read
 */
const char *boot_id(void);

/** boot_id_is_known() - is it a boot id, and not a word for there being none? */
bool boot_id_is_known(const char *id);

/** boot_is_over() - is this host @host, and has it been booted since boot @id? */
bool boot_is_over(const char *host, const char *id);

#endif
