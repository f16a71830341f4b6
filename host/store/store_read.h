/* SPDX-License-Identifier: GPL-2.0 */
/*
 * store_read.h - trace stores, as they lie on disk
 *
 * DOC: What is believed
 *
 * The host's reader made the files, so their names and lengths are taken as
 * they are; but a reader may have died and a disk may have been full, so
 * anything may end too early. What stands in descriptors, marks and pages
 * comes from the guest and is only carried here: ring_pages.c judges descriptors,
 * page.c pages, account.c marks.
 */
#ifndef IVR_STORE_STORE_READ_H
#define IVR_STORE_STORE_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/ivr_store.h"
#include "store/findings.h"
#include "store/leg_text.h"
#include "store/store_file.h"
#include "store/tail.h"

/**
 * struct leg - one attachment of a reader
 * @path: directory
 * @name: its last part
 * @store: directory of the store; identifies it
 * @dir: index of the store in struct stores
 * @number: of the leg in its store
 * @ready: the file `leg` was read
 * @broken: it made no sense, the leg is left out
 * @vm: name of the VM
 * @host: name of the host
 * @boot: boot id of the host
 * @policy: of the data rings
 * @stream: stream id, 32 hex digits
 * @epoch: of this attachment
 * @prev: epoch before
 * @rings: data rings
 * @realtime: host CLOCK_REALTIME at the attachment, ns; 0 if not known
 * @generation: which QEMU of the server
 * @marks: struct ivr_store_mark, as they were written
 * @by_ring: indices of @marks, sorted by ring
 * @sorted: how many are in @by_ring
 * @clocks: struct ivr_store_clock
 * @files: sorted by ring and number
 * @nfiles: how many
 * @taken: merge.c has it in a stream
 * @before: the leg that it continues, NULL if not known; set by legs_order()
 * @order: place among the legs of its stream, likewise
 * @high: for each ring the highest page of the legs before it, kept by lives.c
 * @last_ts: highest time stamp in the pages that merge.c kept of it
 */
struct leg {
	char *path;
	const char *name;
	const char *store;
	size_t dir;
	uint32_t number;
	bool ready;
	bool broken;
	char vm[STORE_TEXT_MAX];
	char host[STORE_TEXT_MAX];
	char boot[STORE_TEXT_MAX];
	char policy[STORE_TEXT_MAX];
	char stream[STORE_STREAM_HEX];
	uint64_t epoch;
	uint64_t prev;
	uint32_t rings;
	uint64_t realtime;
	uint64_t generation;
	struct tail marks;
	uint32_t *by_ring;
	size_t sorted;
	struct tail clocks;
	struct store_file **files;
	size_t nfiles;
	size_t files_cap;
	bool taken;
	struct leg *before;
	unsigned int order;
	uint64_t *high;
	uint64_t last_ts;
};

/**
 * struct stores - everything that was named on the command line
 * @dirs: store directories, or single legs
 * @ndirs: how many
 * @legs: all legs of all of them, in the order found
 * @nlegs: how many
 * @by_path: private: the same, to be found by their path
 * @found: what was found wrong
 */
struct stores {
	struct store_dir *dirs;
	size_t ndirs;
	size_t dirs_cap;
	struct leg **legs;
	size_t nlegs;
	size_t legs_cap;
	void *by_path;
	struct findings found;
};

/**
 * stores_open() - open stores and read all but the pages
 * @s: filled in; stores_close() it, after an error too
 * @paths: store directories, leg directories, or names of VMs
 * @n: how many
 * @wait: a store may still be empty, legs will come
 *
 * Logs what went wrong.
 *
 * Return: 0; -ENOENT: one of them is no store; other negative errno
 */
int stores_open(struct stores *s, char **paths, int n, bool wait);

/**
 * stores_refresh() - look for what was added
 * @s: opened stores
 *
 * Return: 0 or negative errno; what is wrong with a leg is only a finding
 */
int stores_refresh(struct stores *s);

/** stores_close() - close and free everything */
void stores_close(struct stores *s);

/** leg_mark() - mark @i of a leg */
static inline const struct ivr_store_mark *leg_mark(const struct leg *l,
						    size_t i)
{
	return tail_at(&l->marks, i);
}

/**
 * leg_ring_marks() - the marks of one ring
 * @l: leg
 * @ring: ring
 * @n: set to how many
 *
 * Return: their indices, ascending
 */
const uint32_t *leg_ring_marks(const struct leg *l, uint32_t ring, size_t *n);

/**
 * leg_ring_files() - the files of one ring
 * @l: leg
 * @ring: ring; l->rings is the metadata ring
 * @n: set to how many
 *
 * Return: they, by their numbers
 */
struct store_file *const *leg_ring_files(const struct leg *l, uint32_t ring,
					 size_t *n);

/** leg_start() - the START mark of a ring, or NULL */
const struct ivr_store_mark *leg_start(const struct leg *l, uint32_t ring);

/** leg_end() - the last END mark of a ring, or NULL */
const struct ivr_store_mark *leg_end(const struct leg *l, uint32_t ring);

/** leg_clock() - clock entry @i of a leg */
static inline const struct ivr_store_clock *leg_clock(const struct leg *l,
						      size_t i)
{
	return tail_at(&l->clocks, i);
}

/**
 * legs_same_qemu() - did the guest stay in one QEMU from @a to @b?
 *
 * Generations count from 1 in each server, so they tell QEMUs apart only
 * within one store.
 */
bool legs_same_qemu(const struct leg *a, const struct leg *b);

#endif
