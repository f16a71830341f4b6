/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reader_kit.h - a session, a server and a guest in one process, step by step
 *
 * And an auditor that reads a store back by ivr_store.h alone and knows what
 * the simulated guest wrote.
 */
#ifndef IVR_READER_KIT_H
#define IVR_READER_KIT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <json-c/json.h>

#include "reader/session.h"
#include "tests/sim/guest.h"

#define KIT_VM	 "vm"
#define KIT_SIZE (1ull << 20)
/* What waits for something waits at most so long, and then the test fails. */
#define KIT_PATIENCE_MS 20000

/**
 * struct kit - all of it
 * @dir: temporary directory; the store is in DIR/store
 * @conf: the reader's
 * @s: the reader
 * @open: @s is open
 * @listener: server's reader socket
 * @conn: connection of the reader, or -1
 * @g: the guest
 * @generation: of the last VM_UP
 */
struct kit {
	char dir[64];
	struct conf conf;
	struct session s;
	bool open;
	struct listener listener;
	int conn;
	struct sim_guest g;
	uint64_t generation;
};

/** kit_open() - directory, server, guest of @nrings; no reader yet */
void kit_open(struct kit *k, uint64_t size, uint32_t nrings, uint32_t policy);

/** kit_close() - everything away, the directory included */
void kit_close(struct kit *k);

/** kit_launch() - what the program does at first; 0 or negative errno */
int kit_launch(struct kit *k);

/** kit_reader() - start the reader; it connects and gets VM_UP */
void kit_reader(struct kit *k);

/** kit_reader_end() - close the reader, orderly or not */
void kit_reader_end(struct kit *k);

/** kit_accept() - server: take the connection if there is one */
void kit_accept(struct kit *k);

/** kit_send() - server: one message; UP carries the descriptors of @g */
void kit_send(struct kit *k, uint32_t type, const char *vm);

/** kit_step() - one step of the reader and of the guest */
void kit_step(struct kit *k);

/** kit_until() - step until the reader is in @state, or fail */
void kit_until(struct kit *k, enum session_state state);

/** kit_attach() - start the reader and step until it is attached */
void kit_attach(struct kit *k);

/** kit_caught_up() - step until all closed pages are taken */
void kit_caught_up(struct kit *k);

/** kit_stop() - tell the reader to stop, step until it has, close it */
void kit_stop(struct kit *k);

/** kit_ticks() - step through so many heartbeats of the attached reader */
void kit_ticks(struct kit *k, int n);

/** kit_client() - a control client's socket */
int kit_client(struct kit *k);

/** kit_say() - send a line */
void kit_say(int fd, const char *line);

/** kit_has_answer() - is there something to be read? */
bool kit_has_answer(int fd);

/** kit_answer() - step until the answer is there; the caller puts it */
struct json_object *kit_answer(struct kit *k, int fd);

/** kit_ask() - say, and answer, on a connection of its own */
struct json_object *kit_ask(struct kit *k, const char *line);

/** kit_asked() - the same; true or false of @key in the answer */
bool kit_asked(struct kit *k, const char *line, const char *key);

/** kit_field() - a key that must be there */
struct json_object *kit_field(struct json_object *o, const char *key);

/** kit_patient() - as kit_waiting(), but returns false and fails nothing */
bool kit_patient(uint64_t *waited);

/**
 * kit_waiting() - for loops: fails the test after KIT_PATIENCE_MS
 * @waited: time waited so far; 0 at the start
 *
 * Return: true
 */
bool kit_waiting(uint64_t *waited);

/** kit_mappings() - how often the guest's memory is mapped in this process */
int kit_mappings(struct kit *k);

/**
 * struct audit - what a store holds of one ring of one stream
 * @pages: different pages
 * @twice: further copies of one of them, equal in identity
 * @delivered: records in different pages
 * @lost: records that the guest declared lost, up to the last page
 * @declared: records that fell into pages covered by a mark
 * @undeclared: records missing without any of these
 * @torn: pages whose content does not fit their descriptor
 * @next: record number after the last page
 * @last: last page number
 */
struct audit {
	uint64_t pages;
	uint64_t twice;
	uint64_t delivered;
	uint64_t lost;
	uint64_t declared;
	uint64_t undeclared;
	uint64_t torn;
	uint64_t next;
	uint64_t last;
};

/** audit_ring() - count one ring of @stream over all legs of @store */
void audit_ring(struct audit *a, const char *store, const uint8_t stream[16],
		uint32_t ring);

/** audit_whole() - assert that all that @g produced is accounted for */
void audit_whole(struct kit *k);

/** audit_marks() - number of marks of a kind, reason and ring in all legs */
int audit_marks(const char *store, uint32_t kind, uint32_t why, uint32_t ring);

/** audit_mark() - the last of them; fails the test if there is none */
struct ivr_store_mark audit_mark(const char *store, uint32_t kind, uint32_t why,
				 uint32_t ring);

/** kit_store() - path of the store */
const char *kit_store(struct kit *k);

/** kit_leg_file() - path of a file in the newest leg; a static buffer */
const char *kit_leg_file(struct kit *k, const char *file);

#endif
