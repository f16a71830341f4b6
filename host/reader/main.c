// SPDX-License-Identifier: GPL-2.0
/* main.c - ivring-reader: the trace of one VM, from memory to store */
#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/log.h"
#include "lib/open_files.h"
#include "reader/command.h"
#include "reader/conf.h"
#include "reader/confine.h"
#include "reader/session.h"

/* A server that is there answers at once; then a wrong VM is found in time. */
#define SETTLE_MS 1000

/**
 * struct program - the session and what ends it
 * @session: all of the reader
 * @signals: SIGTERM, SIGINT
 */
struct program {
	struct session session;
	struct watch signals;
};

static void on_signal(struct watch *w, uint32_t events)
{
	struct program *p = watch_owner(w, struct program, signals);
	struct signalfd_siginfo info;

	if (read(w->fd, &info, sizeof(info)) == sizeof(info))
		session_stop(&p->session);
}

static void watch_signals(struct program *p)
{
	sigset_t set;
	int fd, ret;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* Both come back as errors of write(), where they are handled. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	p->signals.ready = on_signal;
	ret = fd < 0 ? -errno :
		       loop_add(&p->session.loop, &p->signals, fd, EPOLLIN);
	if (ret)
		die("signals: %s", strerror(-ret));
}

/* The run directory of the VM is where its control socket is */
static void allow_faults(const char *ctl)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", ctl);
	fault_dir(dirname(path));
}

static void step(struct session *s, int timeout_ms)
{
	int ret = session_step(s, timeout_ms);

	if (ret) {
		err("event loop: %s", strerror(-ret));
		s->error = ret;
		s->state = SESSION_STOPPED;
	}
}

static void settle(struct session *s)
{
	uint64_t until = now_ms() + SETTLE_MS;

	while (!s->transport->heard(s) && s->state != SESSION_STOPPED &&
	       now_ms() < until)
		step(s, SETTLE_MS);
}

static void run(struct session *s)
{
	enum session_state told = SESSION_STATES;

	while (s->state != SESSION_STOPPED) {
		if (s->state != told)
			ready_status("%s", session_state_name(s->state));
		told = s->state;
		step(s, -1);
	}
}

int main(int argc, char **argv)
{
	static struct program p;
	static struct conf conf;
	int ret;

	log_init("ivring-reader", LOG_L_INFO);
	conf_parse(&conf, argc, argv);
	log_init("ivring-reader", conf.verbose ? LOG_L_DEBUG : LOG_L_INFO);
	if (!conf.verbose)
		log_rate(LOG_RATE_MOST, LOG_RATE_EVERY_MS);
	ret = conf.log_file ? log_to_file(conf.log_file) : 0;
	if (ret)
		warn("--log-file %s: %s; messages stay on stderr",
		     conf.log_file, strerror(-ret));
	/* Two of them for each ring, and a guest may have 512 vCPUs. */
	open_files_raise();
	if (ready_begin(&conf.ready))
		return EXIT_FAILURE;

	allow_faults(conf.ctl);
	if (session_open(&p.session, &conf) || command_listen(&p.session))
		return EXIT_FAILURE;
	watch_signals(&p);
	if (confine_rights(&p.session) || session_begin(&p.session))
		return EXIT_FAILURE;
	confine_calls();
	settle(&p.session);
	if (p.session.state != SESSION_STOPPED)
		ready_tell(&conf.ready);
	run(&p.session);
	ret = p.session.error;
	session_close(&p.session);
	/* Whoever waits for our end waits for the disk, too. */
	ready_end(&conf.ready);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}
