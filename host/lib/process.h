/* SPDX-License-Identifier: GPL-2.0 */
/* process.h - start, find and end other programs, always with a deadline */
#ifndef IVR_LIB_PROCESS_H
#define IVR_LIB_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * process_find() - where is a program of ours?
 * @name: "ivring-server"
 * @path: set to it
 * @len: room in @path
 *
 * Looked for in $IVRING_LIBEXEC, or if that is not set beside this executable,
 * and then in $PATH.
 *
 * Return: 0 or -ENOENT
 */
int process_find(const char *name, char *path, size_t len);

/**
 * process_find_of() - where would another process find a program?
 * @pid: process whose $PATH is taken
 * @name: of the program
 * @path: set to it
 * @len: room in @path
 *
 * Return: 0; -ENOENT; -ESRCH if its environment cannot be read
 */
int process_find_of(pid_t pid, const char *name, char *path, size_t len);

/**
 * process_run() - start a program and wait for its end
 * @argv: argv[0] is the path; the last is NULL
 * @log: file to which its stderr is appended; NULL: /dev/null
 * @deadline: of now_ms(); the program and its group are killed then
 *
 * The program gets a session of its own and no descriptor of ours, so what it
 * leaves in the background outlives us and holds no pipe of our parent.
 *
 * Return: its exit status; -ETIME if it was killed; -EINTR if a signal ended
 * it; negative errno
 */
int process_run(char *const argv[], const char *log, uint64_t deadline);

/**
 * process_capture() - start a program and take what it prints
 * @argv: as for process_run()
 * @out: set to its standard output, cut at @len - 1 bytes, NUL-terminated
 * @len: room in @out
 * @deadline: as for process_run()
 *
 * Return: as process_run()
 */
int process_capture(char *const argv[], char *out, size_t len,
		    uint64_t deadline);

/**
 * process_await() - wait for the end of a process that need not be our child
 * @pid: process
 * @deadline: of now_ms()
 *
 * Return: 0; -ETIME; negative errno. 0 too if there is no such process
 */
int process_await(pid_t pid, uint64_t deadline);

/**
 * process_option() - value of an option on another's command line
 * @pid: process
 * @option: "--size"; "--size=VALUE" is found too
 * @value: set to it
 * @len: room in @value
 *
 * Return: 0; -ENOENT; negative errno
 */
int process_option(pid_t pid, const char *option, char *value, size_t len);

#endif
