/* SPDX-License-Identifier: GPL-2.0 */
/* access.h - which users may connect */
#ifndef IVR_SERVER_ACCESS_H
#define IVR_SERVER_ACCESS_H

#include <stdbool.h>
#include <sys/types.h>

#define ACCESS_NOBODY ((uid_t)-1)

/**
 * access_user() - user from the command line
 * @text: name or number
 * @uid: result
 *
 * Return: 0 or -ENOENT
 */
int access_user(const char *text, uid_t *uid);

/**
 * access_qemu_user() - the user as which libvirt runs QEMU on this host
 *
 * Return: uid of "libvirt-qemu" (Debian) or "qemu" (Fedora), or ACCESS_NOBODY
 */
uid_t access_qemu_user(void);

/**
 * access_allowed() - may this user connect?
 * @uid: who, from SO_PEERCRED
 * @extra: who may beside root and the user we run as, or ACCESS_NOBODY
 */
bool access_allowed(uid_t uid, uid_t extra);

#endif
