/* SPDX-License-Identifier: GPL-2.0 */
/* server_link.h - the reader's end of the server's reader socket (ivr_msg.h) */
#ifndef IVR_READER_SERVER_LINK_H
#define IVR_READER_SERVER_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/ivr_msg.h"
#include "lib/loop.h"

/* A server that is not there is looked for this often. */
#define LINK_RETRY_MS 200

struct server_link;

/**
 * struct server_link_ops - what the owner of a link is told
 * @message: a checked message; the owner gets the descriptors (UP), in the
 *	order of ivr_msg.h
 * @lost: the connection ended; link_step() makes a new one
 */
struct server_link_ops {
	void (*message)(struct server_link *l, const struct ivr_msg *m,
			int *fds);
	void (*lost)(struct server_link *l);
};

/**
 * struct server_link - the connection
 * @path: the server's reader socket; not copied
 * @loop: where it is watched
 * @ops: the owner's functions
 * @watch: the socket
 * @retry_ms: when to connect next
 * @missing_logged: the line about a missing server was printed
 * @heard: a message came since start, or a server was found missing
 */
struct server_link {
	const char *path;
	struct loop *loop;
	const struct server_link_ops *ops;
	struct watch watch;
	uint64_t retry_ms;
	bool missing_logged;
	bool heard;
};

/** link_init() - prepare; link_step() connects */
void link_init(struct server_link *l, struct loop *loop, const char *path,
	       const struct server_link_ops *ops);

/** link_step() - connect if it is not connected and the time has come */
void link_step(struct server_link *l, uint64_t now);

/** link_close() - hang up; @ops->lost is not called */
void link_close(struct server_link *l);

/** link_is_up() - is there a connection? */
bool link_is_up(const struct server_link *l);

#endif
