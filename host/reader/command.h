/* SPDX-License-Identifier: GPL-2.0 */
/* command.h - what people ask the reader, "People to reader" in ivr_msg.h */
#ifndef IVR_READER_COMMAND_H
#define IVR_READER_COMMAND_H

#include "reader/session.h"

/**
 * command_listen() - make the control socket and answer there
 * @s: open
 *
 * Return: 0; negative errno, and the reason was logged
 */
int command_listen(struct session *s);

#endif
