/* SPDX-License-Identifier: GPL-2.0 */
/* users.h - users of this host, and which of them count as ours */
#ifndef IVR_LIB_USERS_H
#define IVR_LIB_USERS_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#define USER_NONE ((uid_t)-1)

/**
 * user_find() - user from the command line
 * @text: name or number
 * @uid: result
 *
 * Return: 0 or -ENOENT
 */
int user_find(const char *text, uid_t *uid);

/**
 * user_qemu() - the user as which libvirt runs QEMU on this host
 *
 * That is `user` of libvirt's qemu.conf, or else what distributions build in.
 *
 * Return: its uid; "libvirt-qemu" (Debian) or "qemu" (Fedora); or USER_NONE
 */
uid_t user_qemu(void);

/* As whom our daemons run, if it is there and nobody says otherwise */
#define USER_IVRING "ivring"

/**
 * user_ivring() - the user as whom server and reader run
 * @text: name or number that somebody chose; NULL or empty: USER_IVRING
 * @uid: set to it; 0: there is no such user, they stay root
 * @gid: set to its group
 *
 * Return: 0; -ENOENT: there is no user @text
 */
int user_ivring(const char *text, uid_t *uid, gid_t *gid);

/**
 * user_allowed() - may this user connect, or own a file of ours?
 * @uid: who, as the kernel says
 * @extra: who may beside root and the user we run as, or USER_NONE
 */
bool user_allowed(uid_t uid, uid_t extra);

/**
 * user_owns_file() - is it a plain file with one name, of such a user?
 * @st: of the file
 * @extra: as for user_allowed()
 *
 * In a directory where anybody may make files, no other is what it seems.
 */
bool user_owns_file(const struct stat *st, uid_t extra);

#endif
