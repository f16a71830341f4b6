// SPDX-License-Identifier: GPL-2.0
/*
 * hook_fake.c - what the hook takes for ivring-server and ivring-reader
 *
 * It behaves as the real ones do towards the hook: options, pid file,
 * readiness, background, control socket. How it misbehaves is told by
 * $FAKE_SERVER or $FAKE_READER: "fail", "hang" (never ready), "unlisten" (does not
 * stop when told), "full" (told to stop it says so, and ends when there is
 * $FAKE_DIR/room). Each start adds a line of its arguments to
 * $FAKE_DIR/<program>.starts.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/opts.h"
#include "lib/ready.h"
#include "lib/sock.h"

static struct ready ready = READY_INIT;
static const char *ctl, *qemu_socket, *behaviour;
static bool stopping;

static void note_start(const char *prog, int argc, char **argv)
{
	char path[512];
	FILE *f;
	int i;

	snprintf(path, sizeof(path), "%s/%s.starts", getenv("FAKE_DIR"), prog);
	f = fopen(path, "a");
	if (!f)
		die("%s", path);
	for (i = 1; i < argc; i++)
		fprintf(f, "%s ", argv[i]);
	fprintf(f, "\n");
	fclose(f);
}

static void parse(const char *prog, int argc, char **argv)
{
	static const char *ignored;
	const struct opt table[] = {
		{ "daemonize", 0, OPT_FLAG, &ready.daemonize, NULL, "" },
		{ "pid-file", 0, OPT_STRING, &ready.pid_file, "P", "" },
		{ "ctl", 0, OPT_STRING, &ctl, "P", "" },
		{ "vm", 0, OPT_STRING, &ignored, "X", "" },
		{ "size", 0, OPT_STRING, &ignored, "X", "" },
		{ "vectors", 0, OPT_STRING, &ignored, "X", "" },
		{ "qemu-socket", 0, OPT_STRING, &qemu_socket, "X", "" },
		{ "reader-socket", 0, OPT_STRING, &ignored, "X", "" },
		{ "qemu-uid", 0, OPT_STRING, &ignored, "X", "" },
		{ "server", 0, OPT_STRING, &ignored, "X", "" },
		{ "shm", 0, OPT_STRING, &ignored, "X", "" },
		{ "store", 0, OPT_STRING, &ignored, "X", "" },
		{ "uuid", 0, OPT_STRING, &ignored, "X", "" },
		{ "file-size", 0, OPT_STRING, &ignored, "X", "" },
		{ "files", 0, OPT_STRING, &ignored, "X", "" },
		{ "wake", 0, OPT_STRING, &ignored, "X", "" },
		{ "batch", 0, OPT_STRING, &ignored, "X", "" },
		{ "log-file", 0, OPT_STRING, &ignored, "X", "" },
		{ "event-log", 0, OPT_STRING, &ignored, "X", "" },
		{ .name = NULL },
	};

	opts_parse(prog, "", "", table, argc, argv);
}

/* One line, one answer; true if it was to stop. */
static bool answer(int fd)
{
	char line[64] = "";
	const char *reply;
	bool stop;

	if (read(fd, line, sizeof(line) - 1) <= 0)
		return false;
	stop = !strcmp(line, "stop\n") && strcmp(behaviour, "unlisten");
	if (stop && !strcmp(behaviour, "full")) {
		stopping = true;
		stop = false;
	}
	reply = stopping ? "{\"state\":\"ending\",\"stopping\":true}\n" :
			   "{\"state\":\"wait-vm\",\"stopping\":false}\n";
	if (write(fd, reply, strlen(reply)) < 0)
		return stop;
	return stop;
}

static bool has_room(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/room", getenv("FAKE_DIR"));
	return stopping && !access(path, F_OK);
}

static void serve(void)
{
	struct listener l;
	struct pollfd p;
	struct ucred who;
	bool stop = false;
	int fd;

	if (listener_open(&l, ctl, SOCK_STREAM, 0600, -1))
		die("cannot listen at %s", ctl);
	p = (struct pollfd) { .fd = l.fd, .events = POLLIN };
	ready_tell(&ready);
	while (!stop && !has_room() && poll(&p, 1, stopping ? 10 : -1) >= 0) {
		fd = listener_accept(&l, &who);
		if (fd < 0)
			continue;
		p.fd = fd;
		poll(&p, 1, -1);
		p.fd = l.fd;
		stop = answer(fd);
		close(fd);
	}
	listener_close(&l);
}

int main(int argc, char **argv)
{
	const char *prog = strrchr(argv[0], '/') + 1;
	struct listener qemu;
	sigset_t term;
	int sig;

	log_init(prog, LOG_L_INFO);
	note_start(prog, argc, argv);
	parse(prog, argc, argv);
	behaviour = getenv(strstr(prog, "server") ? "FAKE_SERVER" :
						    "FAKE_READER");
	behaviour = behaviour ? behaviour : "";
	if (!strcmp(behaviour, "fail"))
		die("told to fail");
	if (ready_begin(&ready))
		return 1;
	if (!strcmp(behaviour, "hang"))
		for (;;)
			pause();
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	if (qemu_socket &&
	    listener_open(&qemu, qemu_socket, SOCK_STREAM, 0600, -1))
		die("cannot listen at %s", qemu_socket);
	if (ctl) {
		if (!strcmp(behaviour, "unlisten"))
			sigprocmask(SIG_BLOCK, &term, NULL);
		serve();
	} else {
		sigprocmask(SIG_BLOCK, &term, NULL);
		ready_tell(&ready);
		sigwait(&term, &sig);
	}
	if (qemu_socket)
		listener_close(&qemu);
	ready_end(&ready);
	return 0;
}
