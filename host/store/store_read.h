/* SPDX-License-Identifier: GPL-2.0 */
/*
 * store_read.h - trace stores, as they lie on disk
 *
 * DOC: What is believed
 *
 * The host's reader made the files, so their names and lengths are taken as
 * they are; but a reader may have died and a disk may have been full, so
 * anything may end too early. What stands in descriptors, marks and pages
 * comes from the guest and is only carried here: merge.c judges descriptors,
 * page.c pages, account.c marks.
 */
#ifndef IVR_STORE_STORE_READ_H
#define IVR_STORE_STORE_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/ivr_store.h"
#include "store/findings.h"
#include "store/leg_text.h"
#include "store/tail.h"

/**
 * struct store_file - one pair of .pages and .desc
 * @leg: the leg it belongs to
 * @ring: ring; leg->rings is the metadata ring
 * @number: file number
 * @name: name without suffix
 * @descs: descriptors whose pages are there
 * @pages_fd: the pages
 * @merged: descriptors (counted from the file's start) that merge.c has taken
 * @beyond: last descriptor that has no page behind it, page 0 if there is none
 * @torn: a finding has told of a torn descriptor
 */
struct store_file {
	struct leg *leg;
	unsigned int ring;
	unsigned int number;
	char name[32];
	struct tail descs;
	int pages_fd;
	uint64_t merged;
	struct ivr_desc beyond;
	bool torn;
};

/**
 * struct leg - one attachment of a reader
 * @path: directory
 * @name: its last part
 * @store: directory of the store; identifies it
 * @dirfd: the directory
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
 * @marks: struct ivr_store_mark
 * @clocks: struct ivr_store_clock
 * @files: sorted by ring and number
 * @nfiles: how many
 * @order: place among the legs of its stream, set by legs_order()
 * @last_ts: highest time stamp in the pages that merge.c kept of it
 */
struct leg {
	char *path;
	const char *name;
	const char *store;
	int dirfd;
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
	struct tail clocks;
	struct store_file **files;
	size_t nfiles;
	size_t files_cap;
	unsigned int order;
	uint64_t last_ts;
};

/**
 * struct stores - everything that was named on the command line
 * @dirs: store directories, or single legs
 * @ndirs: how many
 * @legs: all legs of all of them, in the order found
 * @nlegs: how many
 * @found: what was found wrong
 */
struct stores {
	struct store_dir *dirs;
	size_t ndirs;
	size_t dirs_cap;
	struct leg **legs;
	size_t nlegs;
	size_t legs_cap;
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

/** file_desc() - descriptor number @index of a file, counted from its start */
static inline const struct ivr_desc *file_desc(const struct store_file *f,
					       uint64_t index)
{
	return tail_at(&f->descs, index - f->descs.base);
}

/**
 * file_page() - read a page
 * @f: file
 * @index: its number in the file
 * @page: IVR_PAGE_SIZE bytes
 *
 * Return: 0, -EIO if the file has become shorter, negative errno of pread()
 */
int file_page(const struct store_file *f, uint64_t index, void *page);

/** leg_mark() - mark @i of a leg */
static inline const struct ivr_store_mark *leg_mark(const struct leg *l,
						    size_t i)
{
	return tail_at(&l->marks, i);
}

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
