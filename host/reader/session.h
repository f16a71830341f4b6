/* SPDX-License-Identifier: GPL-2.0 */
/*
 * session.h - from "no server" to "the trace is complete", and round again
 *
 * DOC: When the memory may be touched
 *
 * See "Attaching, and why HELLO comes twice" in ivr_wire.h. shm_map() is
 * called in one place, on the way from WAIT_HELLO or WAIT_HELLO2 to WAIT_ACK,
 * and only by the second HELLO of the QEMU that this memory came with.
 *
 * DOC: When the VM goes
 *
 * What it leaves in memory is ours, unless it was migrated: then it is the
 * destination's, and somebody says `moved`. If the guest was being quiesced,
 * somebody will know, so that is waited for (SESSION_HANDOVER), a stop or not.
 *
 * DOC: The server is not the VM
 *
 * A server that goes away changes nothing: memory and bells work without it.
 * When one is there again it sends the memory again; the same file is the same
 * QEMU, another one means that the QEMU we knew is gone.
 */
#ifndef IVR_READER_SESSION_H
#define IVR_READER_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/allowance.h"
#include "lib/ivr_msg.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "reader/attachment.h"
#include "reader/conf.h"
#include "reader/ctl_server.h"
#include "reader/event_log.h"
#include "reader/plain.h"
#include "reader/server_link.h"
#include "reader/transport.h"
#include "store/store_write.h"

#define SESSION_NO_VM          \
	((struct session_vm) { \
		.mem = -1, .hello = -1, .data = -1, .control = -1 })

/* An epoch that is not acknowledged for so long is given up. */
#define ACK_PATIENCE_MS 2000
/* A store that failed is tried again after this. */
#define STORE_RETRY_MS 200
/* Told to stop, what a store refuses is given up after this. */
#define STOP_PATIENCE_MS 5000
/* QEMU gone in an order: for so long `moved` is waited for. */
#define HANDOVER_PATIENCE_MS 1000
/* `moved`, and the VM is still here after this: it did not. */
#define MOVED_PATIENCE_MS 5000
/*
 * HELLOs that are listened to: a guest sends a few and waits longer each time.
 * Without end they would cost a core.
 */
#define HELLOS_MOST	64
#define HELLOS_EVERY_MS 50
/*
 * Legs: each is a directory and some files, for ever. A guest that is rebooted, or
 * loads its module again, needs one each time.
 */
#define LEGS_MOST     32
#define LEGS_EVERY_MS 60000
/* Between two looks at the world while draining: less than a heartbeat. */
#define TURN_MS 20
/* Pages of one turn. */
#define TURN_PAGES 4096u

/**
 * enum session_state - what the reader waits for
 * @SESSION_NO_SERVER: the server's socket
 * @SESSION_WAIT_VM: VM_UP
 * @SESSION_WAIT_HELLO: the first HELLO; rings at each tick. Nothing is mapped
 * @SESSION_WAIT_HELLO2: the second HELLO, likewise
 * @SESSION_WAIT_ACK: our epoch in epoch_ack; mapped, heartbeat counts
 * @SESSION_WAIT_STORE: acknowledged; a store that takes a new leg
 * @SESSION_ATTACHED: pages
 * @SESSION_HANDOVER: QEMU is gone in an order; `moved`, for a while
 * @SESSION_ENDING: the last pages and the END marks to be in the store
 * @SESSION_REFUSED: another QEMU: this guest is not the one of --uuid
 * @SESSION_STOPPED: nothing more; loop no further
 */
enum session_state {
	SESSION_NO_SERVER,
	SESSION_WAIT_VM,
	SESSION_WAIT_HELLO,
	SESSION_WAIT_HELLO2,
	SESSION_WAIT_ACK,
	SESSION_WAIT_STORE,
	SESSION_ATTACHED,
	SESSION_HANDOVER,
	SESSION_ENDING,
	SESSION_REFUSED,
	SESSION_STOPPED,
	SESSION_STATES
};

/**
 * struct session_vm - one QEMU, as the server gave it
 * @mem: memory; -1: no VM
 * @dev: its identity
 * @ino: ..
 * @size: its bytes
 * @hello: eventfd on which the guest says HELLO
 * @data: eventfd on which it rings for data
 * @control: eventfd on which it is rung
 * @generation: number by the server
 * @left: it is gone; what it left is being stored
 */
struct session_vm {
	int mem;
	dev_t dev;
	ino_t ino;
	uint64_t size;
	int hello;
	int data;
	int control;
	uint64_t generation;
	bool left;
};

/**
 * struct session_times - CLOCK_REALTIME of the phases of this attachment
 * @connected_ns: VM_UP
 * @hello1_ns: first HELLO
 * @hello2_ns: second HELLO
 * @attached_ns: leg opened
 */
struct session_times {
	uint64_t connected_ns;
	uint64_t hello1_ns;
	uint64_t hello2_ns;
	uint64_t attached_ns;
};

/**
 * struct session - all of one reader
 * @conf: command line; the caller's
 * @state: what it waits for; written by session_set() only
 * @since_ms: since when
 * @error: why it stopped: 0 or negative errno
 * @stopping: told to stop
 * @stop_ms: when
 * @loop: all descriptors
 * @transport: how VMs are found
 * @link: the server (doorbell)
 * @plain: the file (plain)
 * @ctl: people
 * @tick: timer of IVR_HEARTBEAT_MS
 * @poll: timer of --wake poll
 * @hello: watch on the HELLO eventfd
 * @data: watch on the data eventfd
 * @vm: the QEMU in work
 * @next: the QEMU after it, or mem -1
 * @refused: stream of the guest that was refused last
 * @att: the attachment in work
 * @store: the store
 * @synced: watch on the end of a round of the store's sync
 * @sync_ms: when to begin the next round
 * @sync_open: a round was begun of which nobody has asked how it ended
 * @sync_error: the last error of the disk, for people; 0: none
 * @store_ms: when to try the store again; 0: it works
 * @store_error: what it says since then; 0: it works
 * @events: event log
 * @times: for people
 * @limit_store: for messages about the store
 * @limit_guest: for messages that the guest can cause
 * @hellos: how many are still listened to
 * @new_legs: how many the guest may still have
 * @legs_ms: no new leg before this
 */
struct session {
	const struct conf *conf;
	enum session_state state;
	uint64_t since_ms;
	int error;
	bool stopping;
	uint64_t stop_ms;
	struct loop loop;
	const struct transport *transport;
	struct server_link link;
	struct plain plain;
	struct ctl ctl;
	struct watch tick;
	struct watch poll;
	struct watch hello;
	struct watch data;
	struct session_vm vm;
	struct session_vm next;
	uint8_t refused[16];
	struct attachment att;
	struct store store;
	struct watch synced;
	uint64_t sync_ms;
	bool sync_open;
	int sync_error;
	uint64_t store_ms;
	int store_error;
	struct event_log events;
	struct session_times times;
	struct log_limit limit_store;
	struct log_limit limit_guest;
	struct allowance hellos;
	struct allowance new_legs;
	uint64_t legs_ms;
};

/**
 * session_open() - open the event log, the timers and the store
 * @s: filled in; session_close() also after an error
 * @conf: command line; it must outlive @s
 *
 * Return: 0; negative errno, and the reason was logged
 */
int session_open(struct session *s, const struct conf *conf);

/**
 * session_begin() - start the sync thread, begin to look for a VM
 *
 * Return: 0 or negative errno, logged
 */
int session_begin(struct session *s);

/** session_close() - close everything */
void session_close(struct session *s);

/**
 * session_step() - wait for something, do what follows from it
 * @s: session
 * @timeout_ms: wait at most so long; -1: as long as nothing happens
 *
 * Return: 0; negative errno if the event loop is broken
 */
int session_step(struct session *s, int timeout_ms);

/**
 * session_set() - the only place where the state changes
 *
 * For session.c and for those who bring news: transports and commands. All
 * others return the state to be in.
 */
void session_set(struct session *s, enum session_state to);

/** session_stop() - end in good order; goes on until SESSION_STOPPED */
void session_stop(struct session *s);

/** session_fail() - stop in good order, and exit with an error after that */
void session_fail(struct session *s, int error);

/** session_vm_up() - transport: here is a VM; @vm is used up */
void session_vm_up(struct session *s, struct session_vm *vm);

/** session_vm_down() - transport: the VM has gone, if there was one */
void session_vm_down(struct session *s);

/** session_state_name() - "wait-hello", .. */
const char *session_state_name(enum session_state state);

/** session_status() - the answer to "status"; the caller puts it */
struct json_object *session_status(struct session *s);

#endif
