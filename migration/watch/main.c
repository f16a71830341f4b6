// SPDX-License-Identifier: GPL-2.0
/* main.c - ivring-watch: follow the migrations of all VMs of this host */
#include <errno.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ivr_wire.h"
#include "lib/dirs.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/opts.h"
#include "lib/ready.h"
#include "migration/log/log_write.h"
#include "migration/watch/libvirt_conn.h"

#define PROG	 "ivring-watch"
#define LEASE_MS 3000
/* A third of it is the interval of orders. */
#define LEASE_MIN_MS 300
#define SWEEP_MS     10000
/* With --once: how often to look whether it is done. */
#define ONCE_MS 50

static const char about[] =
	"Follow the migrations of all VMs of this host, whoever started them, and\n"
	"have their guests quiesced on the way.";

/**
 * struct options - the command line
 * @conf: what holds for all VMs
 * @ready: how to start
 * @uri: --connect, or NULL
 * @log_file: --log-file, or NULL
 * @once: --once
 * @json: --json
 * @verbose: --verbose
 * @state_dir: room for libvirt's state directory
 */
struct options {
	struct watch_conf conf;
	struct ready ready;
	const char *uri;
	const char *log_file;
	bool once;
	bool json;
	bool verbose;
	char state_dir[256];
};

static bool told_to_stop;

static void parse(struct options *o, int argc, char **argv)
{
	const struct opt table[] = {
		{ "connect", 'c', OPT_STRING, &o->uri, "URI",
		  "libvirt's URI (qemu:///system)" },
		{ "lease", 't', OPT_MS, &o->conf.lease_ms, "TIME",
		  "of a quiesce order, renewed after a third of it (3s)" },
		{ "observe", 'o', OPT_FLAG, &o->conf.observe, NULL,
		  "follow and record, never order" },
		{ "once", '1', OPT_FLAG, &o->once, NULL,
		  "look once, put in order what is not, say it, exit" },
		{ "json", 'j', OPT_FLAG, &o->json, NULL,
		  "print a line of JSON for each phase" },
		{ "daemonize", 'd', OPT_FLAG, &o->ready.daemonize, NULL,
		  "go to the background when ready" },
		{ "pid-file", 'p', OPT_STRING, &o->ready.pid_file, "PATH",
		  "locked while running" },
		{ "log-file", 'L', OPT_STRING, &o->log_file, "PATH",
		  "append messages there, not to stderr" },
		{ "ready-fd", 'R', OPT_U32, &o->ready.notify_fd, "N",
		  "write a newline to this descriptor when ready" },
		{ "verbose", 'v', OPT_FLAG, &o->verbose, NULL, "say more" },
		{ .name = NULL },
	};
	int i = opts_parse(PROG, "[options]", about, table, argc, argv);

	log_init(PROG, o->verbose ? LOG_L_DEBUG : LOG_L_INFO);
	if (i < argc)
		die("unexpected argument '%s', see --help", argv[i]);
	if (o->conf.lease_ms < LEASE_MIN_MS ||
	    o->conf.lease_ms > IVR_LEASE_MAX_MS)
		die("--lease %u ms: give %u ms to %u s", o->conf.lease_ms,
		    LEASE_MIN_MS, IVR_LEASE_MAX_MS / 1000);
	snprintf(o->state_dir, sizeof(o->state_dir), "%s/qemu",
		 dirs_libvirt_run());
}

static void on_signal(int watch, int fd, int events, void *opaque)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) == sizeof(info))
		told_to_stop = true;
}

/* Blocked before the first thread is made, so that none takes them. */
static int watch_signals(void)
{
	sigset_t set;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	return virEventAddHandle(fd, VIR_EVENT_HANDLE_READABLE, on_signal, NULL,
				 NULL) < 0 ?
		       -ENOMEM :
		       0;
}

static void sweep(int timer, void *opaque)
{
	vm_forget_old();
}

static void run(const struct options *o, struct ready *ready)
{
	bool told = false;

	while (!told_to_stop) {
		if (virEventRunDefaultImpl() < 0) {
			err("event loop: %s", virGetLastErrorMessage());
			return;
		}
		/* Ready is who has seen what there is. */
		if (!told && libvirt_reconciled()) {
			ready_tell(ready);
			told = true;
		}
		if (o->once && libvirt_reconciled() && !vm_any_request())
			return;
		if (o->once && libvirt_failures())
			die("no connection to libvirt");
	}
}

static void say_state(struct vm *vm)
{
	struct json_object *o;

	if (!migration_is_out(&vm->migration) &&
	    !migration_is_in(&vm->migration) && !vm->migration.up)
		return;
	o = json_object_new_object();
	json_put_text(o, "vm", vm->name);
	json_put_text(o, "state", migration_state_name(vm->migration.state));
	json_put_bool(o, "running", vm->migration.running);
	json_print(o);
	json_object_put(o);
}

static void say_line(struct vm *vm)
{
	if (vm->migration.up || migration_is_in(&vm->migration))
		printf("%s: %s, its guest %s here\n", vm->name,
		       migration_state_name(vm->migration.state),
		       vm->migration.running ? "runs" : "does not run");
}

static int follow(struct options *o)
{
	int ret = virEventRegisterDefaultImpl() ? -ENOMEM : watch_signals();

	if (!ret && virEventAddTimeout(o->once ? ONCE_MS : SWEEP_MS, sweep,
				       NULL, NULL) < 0)
		ret = -ENOMEM;
	if (!ret)
		ret = libvirt_start(o->uri, &o->conf, o->state_dir);
	if (ret) {
		err("start: %s", strerror(-ret));
		return ret;
	}
	run(o, &o->ready);
	if (o->once)
		vm_each(o->json ? say_state : say_line);
	libvirt_stop();
	vm_forget_all();
	return told_to_stop || o->once ? 0 : -EIO;
}

int main(int argc, char **argv)
{
	struct options o = {
		.conf = { .lease_ms = LEASE_MS },
		.ready = READY_INIT,
	};
	int ret;

	log_init(PROG, LOG_L_INFO);
	parse(&o, argc, argv);
	migration_log_to_stdout(o.json && !o.once);
	if (ready_begin(&o.ready))
		return EXIT_FAILURE;
	ret = o.log_file ? log_to_file(o.log_file) : 0;
	if (ret)
		die("--log-file %s: %s", o.log_file, strerror(-ret));
	ret = follow(&o);
	ready_end(&o.ready);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}
