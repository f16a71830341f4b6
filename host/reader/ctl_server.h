/* SPDX-License-Identifier: GPL-2.0 */
/* ctl_server.h - the socket on which people ask the reader (ivr_msg.h) */
#ifndef IVR_READER_CTL_SERVER_H
#define IVR_READER_CTL_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/ivr_msg.h"
#include "lib/loop.h"
#include "lib/sock.h"

struct json_object;
struct ctl;

#define CTL_CLIENTS 16

/**
 * enum ctl_wait - what a client waits for
 * @CTL_IDLE: a command
 * @CTL_QUEUED: a request that serves it is to be put to the guest
 * @CTL_DRAINING: that request was put
 * @CTL_RESUMING: the guest is to resume
 */
enum ctl_wait { CTL_IDLE, CTL_QUEUED, CTL_DRAINING, CTL_RESUMING };

/**
 * struct ctl_client - one connection
 * @ctl: owner
 * @watch: socket; fd -1: a free place
 * @line: what came of the current line
 * @len: bytes in @line
 * @wait: what it waits for
 * @order: it waits for a round of its order, not for a mere drain
 * @deadline_ms: until when
 */
struct ctl_client {
	struct ctl *ctl;
	struct watch watch;
	char line[IVR_CTL_LINE_MAX];
	uint32_t len;
	enum ctl_wait wait;
	bool order;
	uint64_t deadline_ms;
};

/**
 * struct ctl - the socket and who is connected
 * @loop: where all is watched
 * @listener: socket; fd -1: none
 * @watch: listener
 * @command: a line came, without its end
 * @clients: connections
 */
struct ctl {
	struct loop *loop;
	struct listener listener;
	struct watch watch;
	void (*command)(struct ctl_client *c, const char *line);
	struct ctl_client clients[CTL_CLIENTS];
};

/** ctl_init() - no socket yet */
void ctl_init(struct ctl *c, struct loop *loop);

/**
 * ctl_open() - listen
 * @c: without a socket
 * @path: where
 * @command: called with each line, without its end
 *
 * Return: 0 or negative errno as listener_open()
 */
int ctl_open(struct ctl *c, const char *path,
	     void (*command)(struct ctl_client *c, const char *line));

/** ctl_close() - hang up on everyone and stop to listen */
void ctl_close(struct ctl *c);

/**
 * ctl_step() - take up commands that came behind one which had to wait
 * @c: socket
 *
 * Call it when answers may have been given outside of the event loop.
 *
 * Return: true if there was one
 */
bool ctl_step(struct ctl *c);

/**
 * ctl_reply() - answer with one line; the client may ask again
 * @c: client; one that does not read is hung up on
 * @o: answer; it is used up
 */
void ctl_reply(struct ctl_client *c, struct json_object *o);

#endif
