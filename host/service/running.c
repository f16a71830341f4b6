// SPDX-License-Identifier: GPL-2.0
/* running.c - what runs for a VM already, and whether it can stay */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/ctl_client.h"
#include "lib/ivr_msg.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/opts.h"
#include "lib/process.h"
#include "service/running.h"
#include "service/supervise.h"

/* What a reader is given to answer. */
#define ASK_MS 500
/* Between two questions whether the reader has seen its VM go. */
#define POLL_MS 20

/* States in /proc/net/unix: SS_CONNECTING (not accepted), SS_CONNECTED */
#define UNIX_CONNECTING 2
#define UNIX_CONNECTED	3

/**
 * struct running - what a server that runs was started with
 * @size: bytes; of an option that is not there the server has its default,
 *	which is ours too
 * @vectors: likewise
 * @socket: likewise
 */
struct running {
	uint64_t size;
	uint64_t vectors;
	char socket[PATH_MAX];
};

static void number_of(pid_t pid, const char *option, uint64_t *value)
{
	char text[32];

	if (!process_option(pid, option, text, sizeof(text)))
		parse_size(text, value);
}

static bool server_fits(const struct supervise *s, pid_t pid,
			struct running *is)
{
	*is = (struct running) { .size = s->size, .vectors = s->vectors };
	number_of(pid, "--size", &is->size);
	number_of(pid, "--vectors", &is->vectors);
	if (process_option(pid, "--qemu-socket", is->socket,
			   sizeof(is->socket)))
		snprintf(is->socket, sizeof(is->socket), "%s", s->socket);
	return is->size == s->size && is->vectors == s->vectors &&
	       !strcmp(is->socket, s->socket);
}

/* Who is asked is the kernel: an accepted socket has the name of its listener. */
static bool has_qemu(pid_t server, const char *socket)
{
	char path[64], line[512];
	unsigned int state;
	bool found = false;
	int at;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/net/unix", (long)server);
	f = fopen(path, "re");
	if (!f)
		return true;
	/* proc(5): Num: RefCount Protocol Flags Type St Inode Path */
	while (!found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		at = 0;
		found = sscanf(line, "%*x: %*x %*x %*x %*x %x %*u %n", &state,
			       &at) == 1 &&
			at &&
			(state == UNIX_CONNECTING || state == UNIX_CONNECTED) &&
			!strcmp(line + at, socket);
	}
	fclose(f);
	return found;
}

int running_server(const struct supervise *s, pid_t pid)
{
	struct running is;

	if (server_fits(s, pid, &is))
		return 0;
	if (has_qemu(pid, is.socket)) {
		err("VM %s: the running server (pid %ld) has %" PRIu64
		    " bytes, "
		    "%" PRIu64 " vectors and %s, but the domain wants %" PRIu64
		    ", %" PRIu32
		    " and %s; a QEMU is connected to it: end that, "
		    "then start the VM again",
		    s->vm, (long)pid, is.size, is.vectors, is.socket, s->size,
		    s->vectors, s->socket);
		return -EEXIST;
	}
	warn("VM %s: the server of an earlier run (pid %ld) has %" PRIu64
	     " bytes, %" PRIu64 " vectors and %s, the domain wants %" PRIu64
	     ", %" PRIu32 " and %s; no QEMU is connected to it, it is replaced",
	     s->vm, (long)pid, is.size, is.vectors, is.socket, s->size,
	     s->vectors, s->socket);
	return 1;
}

/* The file of role peer is there before its device, so it is no VM as yet. */
static bool has_no_vm(struct json_object *status)
{
	const char *state = json_text(status, "state", "");
	bool plain = !strcmp(json_text(status, "transport", ""), "plain");

	return !strcmp(state, "wait-vm") || !strcmp(state, "no-server") ||
	       (plain && !strcmp(state, "wait-hello"));
}

void running_await_end_marks(const struct supervise *s, uint64_t deadline)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };
	struct json_object *status;
	bool done;

	do {
		done = ctl_ask(s->vm, IVR_CTL_STATUS, deadline, &status) ||
		       has_no_vm(status);
		json_object_put(status);
	} while (!done && ms_until(deadline) > POLL_MS &&
		 !nanosleep(&pause, NULL));
}

struct running_reader running_ask_reader(const struct supervise *s)
{
	struct json_object *status;
	struct running_reader is = { false };

	if (!ctl_ask(s->vm, IVR_CTL_STATUS, now_ms() + ASK_MS, &status))
		is = (struct running_reader) {
			.stopping = json_object_get_boolean(
				json_child(status, "stopping")),
			.waits = has_no_vm(status),
		};
	json_object_put(status);
	return is;
}

bool running_is_of_another(const struct supervise *s, pid_t reader)
{
	char uuid[64];

	return s->uuid && s->uuid[0] &&
	       !process_option(reader, "--uuid", uuid, sizeof(uuid)) &&
	       strcasecmp(uuid, s->uuid);
}

int running_await_reader(const struct supervise *s, pid_t pid)
{
	info("VM %s: the reader of the run before (pid %ld) still finishes its "
	     "store, waiting for it",
	     s->vm, (long)pid);
	if (!process_await(pid, s->deadline))
		return 0;
	err("VM %s: there is no new reader: the one of the run before (pid %ld) "
	    "has not finished its store. When it has ended, start one with: "
	    "virsh dumpxml '%s' | ivring hook '%s' reconnect begin",
	    s->vm, (long)pid, s->vm, s->vm);
	return -ETIME;
}
