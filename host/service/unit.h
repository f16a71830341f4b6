/* SPDX-License-Identifier: GPL-2.0 */
/* unit.h - the transient systemd unit of a program */
#ifndef IVR_SERVICE_UNIT_H
#define IVR_SERVICE_UNIT_H

#include <stddef.h>

#include "lib/ivr_msg.h"

/* Always enough for a name */
#define UNIT_MAX (4 * IVR_VM_NAME_MAX + 32)

/**
 * unit_name() - what the unit is called
 * @program: "ivring-server"
 * @vm: name of the VM; what systemd does not allow in a name becomes \xNN
 * @unit: set to it
 * @len: room in @unit
 */
void unit_name(const char *program, const char *vm, char *unit, size_t len);

/**
 * unit_property() - what the unit is denied, and what it needs
 * @program: as above
 * @i: 0, 1, ..
 *
 * Both programs start as root, to open what only root can, and then give up all
 * rights themselves (server/confine.h, reader/confine.h); this is what systemd can
 * take from them before that.
 *
 * Return: an option of systemd-run; NULL behind the last
 */
const char *unit_property(const char *program, size_t i);

/**
 * unit_word() - a word of a command line, as systemd is to be told it
 * @to: set to it, with `$` doubled: systemd puts in variables otherwise
 * @len: room in @to
 * @word: word
 *
 * Return: 0 or -ENAMETOOLONG
 */
int unit_word(char *to, size_t len, const char *word);

#endif
