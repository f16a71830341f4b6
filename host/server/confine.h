/* SPDX-License-Identifier: GPL-2.0 */
/* confine.h - what the server may do once it serves: nothing but that */
#ifndef IVR_SERVER_CONFINE_H
#define IVR_SERVER_CONFINE_H

#include <stddef.h>
#include <sys/types.h>

/**
 * server_confine() - give up all else; call it when everything is open
 * @uid: user to be; 0: stay
 * @gid: its group
 * @files: sockets and pid file, that are removed at the end; NULL: none
 * @n: how many
 *
 * Return: 0 or negative errno, logged
 */
int server_confine(uid_t uid, gid_t gid, const char *const *files, size_t n);

#endif
