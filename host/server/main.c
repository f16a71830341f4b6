// SPDX-License-Identifier: GPL-2.0
/* main.c - ivring-server: the memory and the doorbells of one VM */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ivr_wire.h"
#include "lib/dirs.h"
#include "lib/fault.h"
#include "lib/ivr_msg.h"
#include "lib/log.h"
#include "lib/mem_size.h"
#include "lib/opts.h"
#include "lib/paths.h"
#include "lib/ready.h"
#include "lib/users.h"
#include "server/confine.h"
#include "server/memory.h"
#include "server/server.h"

#define PROG	     "ivring-server"
#define DEFAULT_SIZE (16ull << 20)
#define DIR_MODE     0755

static const char about[] =
	"Serve the shared memory and the doorbells of one VM to its QEMU\n"
	"(ivshmem-doorbell) and to ivring-reader.";

/**
 * struct options - the command line
 * @config: what goes to the server as it is
 * @ready: how to start
 * @mode: --socket-mode, octal text
 * @qemu_user: --qemu-uid, or NULL
 * @reader_user: --reader-uid, or NULL
 * @user: --user, or NULL
 * @log_file: --log-file, or NULL
 * @verbose: --verbose
 * @qemu_path: room for the default
 * @reader_path: room for the default
 * @pid_path: room for the default
 */
struct options {
	struct server_config config;
	struct ready ready;
	const char *mode;
	const char *qemu_user;
	const char *reader_user;
	const char *user;
	const char *log_file;
	bool verbose;
	char qemu_path[256];
	char reader_path[256];
	char pid_path[256];
};

static void parse(struct options *o, int argc, char **argv)
{
	const struct opt table[] = {
		{ "vm", 'n', OPT_STRING, &o->config.vm, "NAME",
		  "name of the VM" },
		{ "size", 's', OPT_SIZE, &o->config.size, "SIZE",
		  "bytes of the memory, a power of two (16M)" },
		{ "qemu-socket", 'q', OPT_STRING, &o->config.qemu_path, "PATH",
		  "where QEMU connects (" IVR_RUN_DIR "/NAME/" IVR_QEMU_SOCK
		  ")" },
		{ "reader-socket", 'r', OPT_STRING, &o->config.reader_path,
		  "PATH",
		  "where the reader connects (" IVR_RUN_DIR
		  "/NAME/" IVR_READER_SOCK ")" },
		{ "socket-mode", 'm', OPT_STRING, &o->mode, "MODE",
		  "octal mode of both sockets (0660)" },
		{ "qemu-uid", 'u', OPT_STRING, &o->qemu_user, "USER",
		  "who may connect as QEMU, beside root (libvirt's QEMU user)" },
		{ "reader-uid", 'U', OPT_STRING, &o->reader_user, "USER",
		  "who may connect as reader, beside root (nobody else)" },
		{ "user", 0, OPT_STRING, &o->user, "USER",
		  "be this user once all is open (" USER_IVRING
		  ", if there is one)" },
		{ "vectors", 'l', OPT_U32, &o->config.vectors, "N",
		  "doorbells per direction, as the device's vectors= (2)" },
		{ "daemonize", 'd', OPT_FLAG, &o->ready.daemonize, NULL,
		  "go to the background when ready" },
		{ "pid-file", 'p', OPT_STRING, &o->ready.pid_file, "PATH",
		  "locked while running (" IVR_RUN_DIR "/NAME/" IVR_SERVER_PID
		  ")" },
		{ "log-file", 'L', OPT_STRING, &o->log_file, "PATH",
		  "append messages there, not to stderr" },
		{ "ready-fd", 'R', OPT_U32, &o->ready.notify_fd, "N",
		  "write a newline to this descriptor when ready" },
		{ "verbose", 'v', OPT_FLAG, &o->verbose, NULL, "say more" },
		{ .name = NULL },
	};
	int i = opts_parse(PROG, "--vm NAME [options]", about, table, argc,
			   argv);

	log_init(PROG, o->verbose ? LOG_L_DEBUG : LOG_L_INFO);
	if (!o->verbose)
		log_rate(LOG_RATE_MOST, LOG_RATE_EVERY_MS);
	if (i < argc)
		die("unexpected argument '%s', see --help", argv[i]);
}

static mode_t parse_mode(const char *text)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (end == text || *end || mode > 0777)
		die("--socket-mode '%s': give an octal mode such as 0660",
		    text);
	return (mode_t)mode;
}

static uid_t parse_user(const char *option, const char *text, uid_t otherwise)
{
	uid_t uid;

	if (!text)
		return otherwise;
	if (user_find(text, &uid))
		die("--%s '%s': no such user", option, text);
	return uid;
}

static void check(struct options *o)
{
	struct server_config *c = &o->config;
	char fault[MEM_SIZE_TEXT];
	int ret;

	if (!c->vm)
		die("which VM? give --vm NAME");
	ret = vm_name_check(c->vm);
	if (ret)
		die("--vm '%s' %s", c->vm, vm_name_error(ret));
	if (mem_size_fault(c->size, fault, sizeof(fault)))
		die("--size: %s", fault);
	if (c->vectors < IVR_VECTORS || c->vectors > IVR_MSG_MAX_VECTORS)
		die("--vectors %u: give %u to %u, as many as the device has",
		    c->vectors, IVR_VECTORS, IVR_MSG_MAX_VECTORS);
	c->mode = parse_mode(o->mode);
	c->qemu_uid = parse_user("qemu-uid", o->qemu_user, user_qemu());
	c->reader_uid = parse_user("reader-uid", o->reader_user, USER_NONE);
}

static const char *in_run_dir(const struct options *o, char *buf, size_t len,
			      const char *file)
{
	/* vm_name_check() has passed. */
	if (path_of_vm(buf, len, dirs_run(), o->config.vm, file))
		die("%s/%s: path too long", dirs_run(), o->config.vm);
	return buf;
}

/* With both sockets elsewhere, nothing of ours is needed in the run directory */
static void fill_paths(struct options *o)
{
	struct server_config *c = &o->config;
	char dir[256];
	int ret;

	if (c->qemu_path && c->reader_path)
		return;
	in_run_dir(o, dir, sizeof(dir), NULL);
	ret = path_make_dir(dir, DIR_MODE);
	if (ret)
		die("%s: %s", dir, strerror(-ret));
	if (!c->qemu_path)
		c->qemu_path = in_run_dir(o, o->qemu_path, sizeof(o->qemu_path),
					  IVR_QEMU_SOCK);
	if (!c->reader_path)
		c->reader_path = in_run_dir(o, o->reader_path,
					    sizeof(o->reader_path),
					    IVR_READER_SOCK);
	if (!o->ready.pid_file)
		o->ready.pid_file = in_run_dir(o, o->pid_path,
					       sizeof(o->pid_path),
					       IVR_SERVER_PID);
}

/*
 * Until here messages went to whoever started us. A log that cannot be written
 * keeps no VM from starting.
 */
static void start_log(const char *path)
{
	int ret = path ? log_to_file(path) : 0;

	if (ret)
		warn("--log-file %s: %s; messages stay on stderr", path,
		     strerror(-ret));
}

static int give_up_rights(const struct options *o)
{
	const char *const files[] = {
		o->config.qemu_path,
		o->config.reader_path,
		o->ready.pid_file,
	};
	uid_t uid;
	gid_t gid;

	if (user_ivring(o->user, &uid, &gid)) {
		err("--user '%s': no such user", o->user);
		return -ENOENT;
	}
	return server_confine(uid, gid, files,
			      sizeof(files) / sizeof(files[0]));
}

static int serve(struct options *o)
{
	char dir[256];
	struct server s;
	int ret;

	fault_dir(in_run_dir(o, dir, sizeof(dir), NULL));
	ret = server_open(&s, &o->config);
	if (ret)
		return ret;
	start_log(o->log_file);
	ret = give_up_rights(o);
	if (!ret) {
		ready_tell(&o->ready);
		ret = server_run(&s);
	}
	server_close(&s);
	return ret;
}

int main(int argc, char **argv)
{
	struct options o = {
		.config = { .size = DEFAULT_SIZE, .vectors = IVR_VECTORS },
		.ready = READY_INIT,
		.mode = "0660",
	};
	int ret;

	parse(&o, argc, argv);
	check(&o);
	fill_paths(&o);
	if (ready_begin(&o.ready))
		return EXIT_FAILURE;
	ret = serve(&o);
	ready_end(&o.ready);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}
