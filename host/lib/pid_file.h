/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pid_file.h - one instance of a program, and which process that is
 *
 * DOC: Who may be believed
 *
 * The number in a pid file is for people. Which process holds the file is asked
 * of the kernel: the holder has a POSIX lock on it, and F_GETLK names it. Such a
 * lock needs an open descriptor, so the file is 0600; one that others might have
 * opened, or that belongs to somebody else, is nobody's pid file: it holds back
 * nobody and names nobody. (flock() would do neither: it takes a lock on a file
 * that can only be read, and tells nobody whose it is.)
 *
 * A process that is to be signalled is first pinned by a pidfd and then looked
 * up again, so a pid that was given to another process meanwhile is not hit.
 */
#ifndef IVR_LIB_PID_FILE_H
#define IVR_LIB_PID_FILE_H

#include <sys/types.h>

/**
 * pid_file_take() - be the one instance
 * @path: file; made if missing
 *
 * The lock ends with the process, or as soon as it closes any descriptor of
 * the file.
 *
 * Return: descriptor that keeps the lock; -EEXIST if another process has it;
 * negative errno
 */
int pid_file_take(const char *path);

/** pid_file_leave() - remove the file and let go of the lock */
void pid_file_leave(const char *path, int fd);

/**
 * pid_file_holder() - which process holds a pid file?
 * @path: file
 *
 * Return: the pid; 0 if nobody holds it, or it is no pid file of ours; negative
 * errno if it cannot be read
 */
pid_t pid_file_holder(const char *path);

/**
 * pid_file_signal() - send a signal to the holder
 * @path: file
 * @pid: who held it when it was last looked at
 * @sig: signal
 *
 * Return: 0; -ESRCH if @pid does not hold it any more; negative errno
 */
int pid_file_signal(const char *path, pid_t pid, int sig);

#endif
