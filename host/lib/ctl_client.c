// SPDX-License-Identifier: GPL-2.0
/* ctl_client.c - ask the reader of a VM */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/ctl_client.h"
#include "lib/dirs.h"
#include "lib/ivr_msg.h"
#include "lib/paths.h"
#include "lib/process.h"

/* A status has some 200 bytes per ring, and there are at most 1024. */
#define REPLY_MAX	(1u << 20)

/* Non-blocking, because a reader that hangs leaves its backlog full. */
static int connect_to(const char *vm)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, rc;

	rc = path_of_vm(addr.sun_path, sizeof(addr.sun_path), dirs_run(), vm,
			IVR_CTL_SOCK);
	if (rc)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	rc = errno == EAGAIN ? -ETIME : -errno;
	close(fd);
	return rc;
}

static int wait_readable(int fd, uint64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do {
		n = poll(&p, 1, ms_until(deadline));
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n ? 0 : -ETIME;
}

/* Up to the newline or the end. */
static int read_line(int fd, char *buf, size_t room, uint64_t deadline)
{
	size_t used = 0;
	ssize_t n;
	int rc;

	while (used < room - 1) {
		rc = wait_readable(fd, deadline);
		if (rc)
			return rc;
		n = read(fd, buf + used, room - 1 - used);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return -errno;
		buf[used + n] = '\0';
		if (!n || strchr(buf + used, '\n'))
			return 0;
		used += n;
	}
	return -EMSGSIZE;
}

static int talk(int fd, const char *request, uint64_t deadline,
		struct json_object **reply)
{
	char line[64], *buf;
	int n, rc;

	n = snprintf(line, sizeof(line), "%s\n", request);
	if (send(fd, line, n, MSG_NOSIGNAL) != n)
		return errno ? -errno : -EPROTO;
	buf = calloc(1, REPLY_MAX);
	if (!buf)
		return -ENOMEM;
	rc = read_line(fd, buf, REPLY_MAX, deadline);
	if (!rc) {
		*reply = json_tokener_parse(buf);
		if (!json_object_is_type(*reply, json_type_object)) {
			json_object_put(*reply);
			*reply = NULL;
			rc = -EPROTO;
		}
	}
	free(buf);
	return rc;
}

int ctl_ask(const char *vm, const char *request, uint64_t deadline,
	    struct json_object **reply)
{
	int fd = connect_to(vm);
	int rc;

	*reply = NULL;
	if (fd < 0)
		return fd;
	rc = talk(fd, request, deadline, reply);
	close(fd);
	return rc;
}

const char *ctl_fault(int rc)
{
	switch (rc) {
	case -ENOENT:
		return "no reader runs";
	case -ECONNREFUSED:
		return "the reader has died and left its socket";
	case -ETIME:
		return "the reader did not answer in time";
	case -EPROTO:
	case -EMSGSIZE:
		return "the reader's answer makes no sense";
	case -EACCES:
		return "permission denied, ask as root";
	default:
		return strerror(-rc);
	}
}

const char *json_text(struct json_object *obj, const char *key,
		      const char *otherwise)
{
	struct json_object *v = json_child(obj, key);

	return json_object_is_type(v, json_type_string) ?
	       json_object_get_string(v) : otherwise;
}

struct json_object *json_child(struct json_object *obj, const char *key)
{
	struct json_object *v = NULL;

	if (json_object_is_type(obj, json_type_object))
		json_object_object_get_ex(obj, key, &v);
	return v;
}
