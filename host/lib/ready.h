/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ready.h - one instance, in the background if wished, and "I am ready"
 *
 * Three ways to say it, each used if it applies: a newline on a descriptor
 * that is then closed (as s6 supervisors expect it), sd_notify() (systemd),
 * and the end of the parent that a shell waits for (--daemonize).
 */
#ifndef IVR_LIB_READY_H
#define IVR_LIB_READY_H

#include <stdbool.h>
#include <stdint.h>

#define READY_NO_FD UINT32_MAX

/**
 * struct ready - how this process starts and tells it
 * @notify_fd: descriptor to tell on, or READY_NO_FD; uint32_t for OPT_U32
 * @daemonize: go to the background
 * @pid_file: see pid_file.h, or NULL
 * @pid_fd: private: the locked file, or -1
 * @parent_fd: private: pipe to the waiting parent, or -1
 * @null_fd: private: /dev/null, opened while we may, or -1
 */
struct ready {
	uint32_t notify_fd;
	bool daemonize;
	const char *pid_file;
	int pid_fd;
	int parent_fd;
	int null_fd;
};

#define READY_INIT                                                       \
	{                                                                \
		.notify_fd = READY_NO_FD, .pid_fd = -1, .parent_fd = -1, \
		.null_fd = -1                                            \
	}

/**
 * ready_begin() - take the pid file, go to the background
 * @r: filled with READY_INIT and options
 *
 * With @r->daemonize only the child returns. The parent exits 0 when the child
 * calls ready_tell(), and 1 if it dies before; the child has stderr until
 * then, so die() still reaches the shell. Errors are logged here: call before
 * anything is opened or started, and exit on an error.
 *
 * Return: 0; -EEXIST if another instance holds the pid file; negative errno
 */
int ready_begin(struct ready *r);

/**
 * ready_tell() - whoever waits may go on
 * @r: as given to ready_begin()
 *
 * In the background, stdin, stdout and stderr go to /dev/null from here on.
 */
void ready_tell(struct ready *r);

/** ready_status() - one line for `systemctl status`; nothing elsewhere */
void ready_status(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** ready_end() - tell that we stop, remove the pid file, unlock it */
void ready_end(struct ready *r);

#endif
