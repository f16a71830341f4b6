/* SPDX-License-Identifier: GPL-2.0 */
/*
 * virsh.h - ask libvirt through virsh
 *
 * A process with a deadline can be ended whatever the daemon on the other side,
 * perhaps on another host, does; a call of the library cannot. And all that the
 * user has set up for virsh (URIs, credentials) holds here too.
 */
#ifndef IVR_MOVE_VIRSH_H
#define IVR_MOVE_VIRSH_H

#include <stdbool.h>
#include <stdint.h>

#define VIRSH_WHY_MAX 256

/**
 * struct virsh - a connection, and what it said last
 * @uri: of libvirt
 * @why: after a failure one line that says what is wrong
 */
struct virsh {
	const char *uri;
	char why[VIRSH_WHY_MAX];
};

/**
 * virsh_call() - run one command
 * @v: connection
 * @deadline: of now_ms()
 * @in: text that the command finds in /dev/stdin, or NULL
 * @out: set to what it printed, to be freed, NULL on failure; or NULL
 * @args: the command and its arguments; the last is NULL
 *
 * Return: 0; -EIO: it failed; -ETIME: it was killed; -EINTR: likewise, because
 * of a signal to us (stop_signal.h); -ENOENT: there is no virsh; negative errno
 */
int virsh_call(struct virsh *v, uint64_t deadline, const char *in, char **out,
	       const char *const *args);

/**
 * virsh_migrate() - run `virsh migrate` for the user to see
 * @v: connection to the source
 * @vm: domain
 * @dest: URI of the destination
 * @options: further arguments; the last is NULL
 * @to_stderr: what it prints goes to stderr
 *
 * Its end is waited for without limit. A signal that asks us for the end makes
 * us abort the job; it is the last that is heard. When we die virsh gets SIGINT.
 *
 * Return: as virsh_call(), without -ETIME
 */
int virsh_migrate(struct virsh *v, const char *vm, const char *dest,
		  char *const *options, bool to_stderr);

#endif
