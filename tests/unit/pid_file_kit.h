/* SPDX-License-Identifier: GPL-2.0 */
/* pid_file_kit.h - another process that holds a pid file */
#ifndef TEST_PID_FILE_KIT_H
#define TEST_PID_FILE_KIT_H

#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/pid_file.h"

/** pid_file_other_process() - start it; it has the file when this returns */
static inline pid_t pid_file_other_process(const char *path)
{
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (pid_file_take(path) < 0 || write(ends[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return pid;
}

/** pid_file_end_other() - kill and reap it */
static inline void pid_file_end_other(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif
