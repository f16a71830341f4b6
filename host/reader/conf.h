/* SPDX-License-Identifier: GPL-2.0 */
/* conf.h - what the user wants of the reader */
#ifndef IVR_READER_CONF_H
#define IVR_READER_CONF_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/ready.h"
#include "reader/drain.h"

/**
 * struct conf - the command line, checked
 * @vm: name of the VM
 * @server: the server's reader socket
 * @shm: file of the memory instead of a server; NULL: a server
 * @qemu_uid: who may own @shm, beside root and us, or USER_NONE
 * @transport: how the VM is found, by one of the two
 * @ctl: our control socket
 * @store: directory of the store
 * @quota: bytes that it may have; 0: any
 * @keep_free: bytes that stay free on its file system; 0: none
 * @uuid: UUID that the guest must have
 * @have_uuid: is @uuid given?
 * @drain: files, wake-up
 * @poll_ms: between two looks (@drain.poll)
 * @clock_ms: between two clock legs
 * @sync_ms: between two syncs of the store; 0: none
 * @uid: user to be once all is open; 0: root stays root
 * @gid: its group
 * @once: end when the VM is gone
 * @verbose: log what is only of interest to a developer
 * @log_file: log, NULL: stderr
 * @event_log: event log, NULL: none
 * @ready: background, pid file, readiness
 * @path: private: room for the paths made from the name
 */
struct conf {
	const char *vm;
	const char *server;
	const char *shm;
	uid_t qemu_uid;
	const struct transport *transport;
	const char *ctl;
	const char *store;
	uint64_t quota;
	uint64_t keep_free;
	uint8_t uuid[16];
	bool have_uuid;
	struct drain_conf drain;
	uint32_t poll_ms;
	uint32_t clock_ms;
	uint32_t sync_ms;
	uid_t uid;
	gid_t gid;
	bool once;
	bool verbose;
	const char *log_file;
	const char *event_log;
	struct ready ready;
	char path[4][PATH_MAX];
};

/** conf_parse() - fill @c from the command line; exits on an error */
void conf_parse(struct conf *c, int argc, char **argv);

/** parse_uuid() - "8-4-4-4-12" in hex, dashes optional; 0 or -EINVAL */
int parse_uuid(const char *text, uint8_t uuid[16]);

#endif
