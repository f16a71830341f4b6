// SPDX-License-Identifier: GPL-2.0
/* conf.c - the command line of ivring-reader */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/dirs.h"
#include "lib/ivr_msg.h"
#include "lib/log.h"
#include "lib/opts.h"
#include "lib/paths.h"
#include "lib/users.h"
#include "reader/conf.h"
#include "reader/transport.h"
#include "store/quota.h"

/* Between two looks if nothing was said */
#define POLL_MS	      1
#define POLL_PLAIN_MS 10

#define RUN_DIR_MODE 0755

#define ABOUT                                                                   \
	"Takes the trace of one VM out of the memory that it shares with the\n" \
	"guest and puts it into the VM's store on this host."

int parse_uuid(const char *text, uint8_t uuid[16])
{
	unsigned int byte;
	int i;

	for (i = 0; i < 16; i++) {
		if (i && *text == '-')
			text++;
		if (!isxdigit((unsigned char)text[0]) ||
		    !isxdigit((unsigned char)text[1]) ||
		    sscanf(text, "%2x", &byte) != 1)
			return -EINVAL;
		uuid[i] = byte;
		text += 2;
	}
	return *text ? -EINVAL : 0;
}

static const char *path(struct conf *c, int i, const char *dir,
			const char *file)
{
	if (path_of_vm(c->path[i], sizeof(c->path[i]), dir, c->vm, file))
		die("--vm %s: path of %s is too long", c->vm, dir);
	return c->path[i];
}

static void make_run_dir(const char *dir)
{
	int ret = path_make_dir(dir, RUN_DIR_MODE);

	if (ret)
		die("%s: %s: give --ctl another place", dir, strerror(-ret));
}

static void fill_in(struct conf *c)
{
	const char *run = dirs_run();

	if (!c->server && !c->shm)
		c->server = path(c, 0, run, IVR_READER_SOCK);
	if (!c->ctl) {
		make_run_dir(path(c, 1, run, NULL));
		if (!c->ready.pid_file)
			c->ready.pid_file = path(c, 3, run, IVR_READER_PID);
		c->ctl = path(c, 1, run, IVR_CTL_SOCK);
	}
	if (!c->store)
		c->store = path(c, 2, dirs_store(), NULL);
}

static void check(struct conf *c, const char *uuid, const char *wake)
{
	int ret;

	if (!c->vm)
		die("no VM: give its name with --vm NAME");
	ret = vm_name_check(c->vm);
	if (ret)
		die("--vm %s: %s", c->vm, vm_name_error(ret));
	if (uuid && parse_uuid(uuid, c->uuid))
		die("--uuid %s: not a UUID, see `virsh domuuid`", uuid);
	c->have_uuid = uuid;
	if (strcmp(wake, "doorbell") && strcmp(wake, "poll"))
		die("--wake %s: neither doorbell nor poll", wake);
	if (c->shm && c->server)
		die("--shm and --server: there is either a file or a server");
	c->transport = c->shm ? &transport_plain : &transport_doorbell;
	c->drain.poll = c->shm || !strcmp(wake, "poll");
	if (c->poll_ms == UINT32_MAX)
		c->poll_ms = c->shm ? POLL_PLAIN_MS : POLL_MS;
	if (!c->poll_ms || !c->clock_ms)
		die("--poll-interval and --clock-interval must be at least 1ms");
	if (c->drain.file_size < IVR_PAGE_SIZE)
		die("--file-size: at least %u bytes", IVR_PAGE_SIZE);
}

void conf_parse(struct conf *c, int argc, char **argv)
{
	const char *uuid = NULL, *wake = "doorbell", *qemu = NULL, *user = NULL;
	const struct opt table[] = {
		{ "vm", 'n', OPT_STRING, &c->vm, "NAME",
		  "the VM, as the server and libvirt call it" },
		{ "server", 's', OPT_STRING, &c->server, "PATH",
		  "the server's reader socket" },
		{ "shm", 0, OPT_STRING, &c->shm, "PATH",
		  "file of an ivshmem-plain device, instead of a server" },
		{ "qemu-uid", 'u', OPT_STRING, &qemu, "USER",
		  "who may own that file, beside root (libvirt's QEMU user)" },
		{ "user", 0, OPT_STRING, &user, "USER",
		  "be this user once all is open (" USER_IVRING
		  ", if there is one)" },
		{ "ctl", 0, OPT_STRING, &c->ctl, "PATH",
		  "control socket to make" },
		{ "store", 'd', OPT_STRING, &c->store, "DIR",
		  "directory of the trace store" },
		{ "quota", 0, OPT_SIZE, &c->quota, "BYTES",
		  "store no more than this for the VM (16G; 0: any)" },
		{ "min-free", 0, OPT_SIZE, &c->keep_free, "BYTES",
		  "leave this free on the store's file system (1G, at most 5 %)" },
		{ "uuid", 0, OPT_STRING, &uuid, "UUID",
		  "refuse a guest with another one" },
		{ "file-size", 0, OPT_SIZE, &c->drain.file_size, "BYTES",
		  "begin a new file of a ring after this (256M)" },
		{ "files", 0, OPT_U32, &c->drain.files, "N",
		  "keep so many files of a ring in a leg (0: all)" },
		{ "wake", 0, OPT_STRING, &wake, "HOW",
		  "doorbell (the guest rings) or poll" },
		{ "batch", 0, OPT_U32, &c->drain.batch, "PAGES",
		  "closed pages that may wait before a bell (0)" },
		{ "poll-interval", 0, OPT_MS, &c->poll_ms, "TIME",
		  "look so often with --wake poll (1ms) or --shm (10ms)" },
		{ "clock-interval", 0, OPT_MS, &c->clock_ms, "TIME",
		  "ask for the guest's time so often (2s)" },
		{ "sync", 0, OPT_MS, &c->sync_ms, "TIME",
		  "bring what is stored to the disk so often (1s; 0: never)" },
		{ "once", 0, OPT_FLAG, &c->once, NULL,
		  "end when the VM is gone" },
		{ "daemonize", 'D', OPT_FLAG, &c->ready.daemonize, NULL,
		  "go to the background once ready" },
		{ "pid-file", 'p', OPT_STRING, &c->ready.pid_file, "FILE",
		  "locked file with the pid; one instance only" },
		{ "ready-fd", 0, OPT_U32, &c->ready.notify_fd, "FD",
		  "write a newline to it once ready" },
		{ "log-file", 'l', OPT_STRING, &c->log_file, "FILE",
		  "append messages to it instead of stderr" },
		{ "event-log", 0, OPT_STRING, &c->event_log, "FILE",
		  "append a JSON line for each phase" },
		{ "verbose", 'v', OPT_FLAG, &c->verbose, NULL, "say more" },
		{ 0 },
	};

	*c = (struct conf) {
		.drain = { .file_size = 256ull << 20 },
		.poll_ms = UINT32_MAX,
		.clock_ms = 2000,
		.sync_ms = 1000,
		.quota = QUOTA_BYTES,
		.keep_free = QUOTA_FREE,
		.ready = READY_INIT,
	};
	if (opts_parse("ivring-reader", "--vm NAME [OPTION]...", ABOUT, table,
		       argc, argv) < argc)
		die("no operands are expected, see --help");
	check(c, uuid, wake);
	if (user_ivring(user, &c->uid, &c->gid))
		die("--user '%s': no such user", user);
	c->qemu_uid = user_qemu();
	if (qemu && user_find(qemu, &c->qemu_uid))
		die("--qemu-uid '%s': no such user", qemu);
	fill_in(c);
}
