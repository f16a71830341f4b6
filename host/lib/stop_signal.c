// SPDX-License-Identifier: GPL-2.0
/* stop_signal.c - SIGINT, SIGTERM and SIGHUP ask for the end */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "lib/stop_signal.h"

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t asked;
static bool ignored;
static sigset_t before;

static void note(int sig)
{
	asked = sig;
}

void stop_signal_init(void)
{
	struct sigaction sa = { .sa_handler = note }, old;
	sigset_t set;
	size_t i;

	asked = 0;
	ignored = false;
	sigemptyset(&set);
	for (i = 0; i < SIGNALS; i++) {
		sigaction(signals[i], NULL, &old);
		if (old.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &sa, NULL);
		sigaddset(&set, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &set, &before);
}

int stop_signal_asked(void)
{
	return ignored ? 0 : asked;
}

bool stop_signal_pending(void)
{
	sigset_t set;
	size_t i;

	if (stop_signal_asked())
		return true;
	if (ignored || sigpending(&set))
		return false;
	for (i = 0; i < SIGNALS; i++)
		if (sigismember(&set, signals[i]))
			return true;
	return false;
}

void stop_signal_ignore(void)
{
	ignored = true;
}

void stop_signal_child(void)
{
	sigprocmask(SIG_SETMASK, &before, NULL);
}

int stop_signal_poll(struct pollfd *p, int n, uint32_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000l };
	int got;

	got = ppoll(p, n, ms == UINT32_MAX ? NULL : &t, &before);
	return got < 0 && errno == EINTR ? 0 : got;
}
