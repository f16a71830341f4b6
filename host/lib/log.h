/* SPDX-License-Identifier: GPL-2.0 */
/* log.h - one line a message, to stderr, or to the file of log_to_file() */
#ifndef IVR_LIB_LOG_H
#define IVR_LIB_LOG_H

#include <stdarg.h>
#include <stdint.h>

enum log_level { LOG_L_ERR, LOG_L_WARN, LOG_L_INFO, LOG_L_DEBUG };

/**
 * log_init() - name the program and choose what is said
 * @prog: prefix of each line; not copied
 * @level: least important level that is still printed
 */
void log_init(const char *prog, enum log_level level);

/** log_to_file() - append to @path from now on; 0 or negative errno */
int log_to_file(const char *path);

/**
 * log_rate() - no more lines than these from now on
 * @most: at once
 * @every_ms: one more after this
 *
 * For daemons: whatever a guest can cause must not fill the host's disk. What is
 * left out is counted, and told with the next line.
 */
void log_rate(uint32_t most, uint32_t every_ms);

/* What our daemons are allowed: 17 MB of longest lines a day, not 100 GB. */
#define LOG_RATE_MOST	  200
#define LOG_RATE_EVERY_MS 5000

void log_msg(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define err(...)   log_msg(LOG_L_ERR, __VA_ARGS__)
#define warn(...)  log_msg(LOG_L_WARN, __VA_ARGS__)
#define info(...)  log_msg(LOG_L_INFO, __VA_ARGS__)
#define debug(...) log_msg(LOG_L_DEBUG, __VA_ARGS__)

/**
 * struct log_limit - let a message through at most once in @every_ms
 *
 * What the guest can cause must not fill the host's log.
 */
struct log_limit {
	unsigned int every_ms;
	unsigned long long next_ms;
	unsigned long suppressed;
};

/** log_allowed() - is it time again? counts the refused ones */
int log_allowed(struct log_limit *l);

/**
 * die_with() - exit status of die() from now on, 1 until then
 *
 * For programs in which 1 has another meaning.
 */
void die_with(int status);

/** die() - say why and exit; for start-up only */
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
