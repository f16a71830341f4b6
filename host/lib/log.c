// SPDX-License-Identifier: GPL-2.0
/* log.c - one line a message */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/allowance.h"
#include "lib/clock.h"
#include "lib/log.h"

/* Longer messages are cut; below PIPE_BUF, so lines of processes never mix. */
#define LINE_MAX_BYTES 2048

static const char *prog_name = "ivring";
static enum log_level max_level = LOG_L_INFO;
static int log_fd = STDERR_FILENO;
static int die_exit = EXIT_FAILURE;
static struct allowance rate;
static unsigned long left_out;

void log_init(const char *prog, enum log_level level)
{
	prog_name = prog;
	max_level = level;
}

int log_to_file(const char *path)
{
	int fd = open(path,
		      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY,
		      0640);

	if (fd < 0)
		return -errno;
	if (log_fd != STDERR_FILENO)
		close(log_fd);
	log_fd = fd;
	/* libc opens its files for the first time stamp; later we may not. */
	tzset();
	return 0;
}

/* A file is read much later than a terminal, so its lines carry the time. */
static int put_time(char *line, size_t room)
{
	struct timespec now;
	struct tm tm;
	size_t n;

	if (log_fd == STDERR_FILENO)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(line, room, "%Y-%m-%dT%H:%M:%S", &tm);
	return (int)n +
	       snprintf(line + n, room - n, ".%03ldZ ", now.tv_nsec / 1000000);
}

static void vlog_msg(enum log_level level, const char *fmt, va_list ap)
{
	static const char *const names[] = { "error: ", "warning: ", "",
					     "debug: " };
	char line[LINE_MAX_BYTES];
	const int room = sizeof(line) - 1;
	int saved = errno, n, i;

	n = put_time(line, room);
	n += snprintf(line + n, room - n, "%s: %s", prog_name, names[level]);
	if (n < room)
		n += vsnprintf(line + n, room - n, fmt, ap);
	if (n >= room)
		n = room - 1;
	/* A control character from outside must not start a second line. */
	for (i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ')
			line[i] = ' ';
	line[n++] = '\n';
	if (write(log_fd, line, n) < 0) {
		/* There is nobody left to tell. */
	}
	errno = saved;
}

void log_rate(uint32_t most, uint32_t every_ms)
{
	rate = (struct allowance) { .most = most, .every_ms = every_ms };
	left_out = 0;
}

static void put(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void put(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog_msg(level, fmt, ap);
	va_end(ap);
}

/* Is this line too many? */
static bool is_too_much(void)
{
	if (!rate.most)
		return false;
	if (!allowance_take(&rate, now_ms())) {
		left_out++;
		return true;
	}
	if (left_out)
		put(LOG_L_WARN, "%lu lines were left out here", left_out);
	left_out = 0;
	return false;
}

void log_msg(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	if (level > max_level || is_too_much())
		return;
	va_start(ap, fmt);
	vlog_msg(level, fmt, ap);
	va_end(ap);
}

int log_allowed(struct log_limit *l)
{
	unsigned long long ms = now_ms();

	if (ms < l->next_ms) {
		l->suppressed++;
		return 0;
	}
	l->next_ms = ms + l->every_ms;
	return 1;
}

void die_with(int status)
{
	die_exit = status;
}

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog_msg(LOG_L_ERR, fmt, ap);
	va_end(ap);
	exit(die_exit);
}
