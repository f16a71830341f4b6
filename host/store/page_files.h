/* SPDX-License-Identifier: GPL-2.0 */
/* page_files.h - the files of one ring in a leg: pages, and descriptors beside them */
#ifndef IVR_STORE_PAGE_FILES_H
#define IVR_STORE_PAGE_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "lib/ivr_store.h"
#include "store/store_sync.h"

/* A run of slots that wraps round the end of the ring is in two pieces. */
#define PAGES_MAX_IOV 2

/**
 * struct page_files - the files of one ring
 * @sync: of the store
 * @dir: directory of the leg; it stays the leg's
 * @ring: ring
 * @nrings: data rings; @ring == @nrings is the metadata
 * @per_file: pages that a file may hold
 * @pages: current .pages, or -1
 * @desc: current .desc, or -1
 * @dirty: the current files have pages that were not given to @sync
 * @made: .. and were made since
 * @file: number of the current file, or of the next one to be made
 * @oldest: number of the oldest file that is still there
 * @count: pages in the current file that are covered by descriptors
 * @stored: the same of all files ever made in this leg
 */
struct page_files {
	struct store_sync *sync;
	int dir;
	uint32_t ring;
	uint32_t nrings;
	uint32_t per_file;
	int pages;
	int desc;
	bool dirty;
	bool made;
	uint32_t file;
	uint32_t oldest;
	uint32_t count;
	uint64_t stored;
};

/**
 * page_files_init() - no file yet
 * @p: filled in
 * @sync: of the store
 * @dir: directory of the leg
 * @ring: ring
 * @nrings: data rings
 * @file_size: bytes after which the next .pages file is begun
 */
void page_files_init(struct page_files *p, struct store_sync *sync, int dir,
		     uint32_t ring, uint32_t nrings, uint64_t file_size);

/** page_files_sync() - have the current files synced; was there a need? */
bool page_files_sync(struct page_files *p);

/** page_files_close() - close the current files */
void page_files_close(struct page_files *p);

/**
 * page_files_room() - make sure that there is a file with room
 * @p: files
 *
 * Return: pages that fit into it, at least 1; negative errno
 */
int page_files_room(struct page_files *p);

/**
 * page_files_put() - write pages behind the covered ones; they do not count yet
 * @p: files, after page_files_room()
 * @iov: at most PAGES_MAX_IOV pieces
 * @n: number of pieces
 *
 * May be called again and then writes over what the last call wrote.
 *
 * Return: 0; negative errno, and then nothing of them is left in the file
 */
int page_files_put(struct page_files *p, const struct iovec *iov, int n);

/**
 * page_files_take_back() - drop the first pages of the last page_files_put()
 * @p: files
 * @skip: pages to drop
 * @keep: pages behind them, that move to the front
 *
 * Return: 0 or negative errno, and then all of them are taken back
 */
int page_files_take_back(struct page_files *p, uint32_t skip, uint32_t keep);

/**
 * page_files_commit() - cover the pages put by descriptors
 * @p: files
 * @desc: descriptors
 * @n: how many
 *
 * Return: 0; -ESTALE if the files were removed under us; negative errno: the
 * pages are taken back
 */
int page_files_commit(struct page_files *p, const struct ivr_desc *desc,
		      uint32_t n);

/** page_files_undo() - cut off what descriptors do not cover */
void page_files_undo(struct page_files *p);

/** page_files_count() - number of files there */
uint32_t page_files_count(const struct page_files *p);

/**
 * page_files_oldest() - which pages would go with the oldest file
 * @p: files
 * @from: first page
 * @to: page after the last one
 *
 * Return: 0; -ENODATA if it is empty; negative errno
 */
int page_files_oldest(const struct page_files *p, uint64_t *from, uint64_t *to);

/**
 * page_files_drop_oldest() - remove the oldest file, which is not the current
 *
 * Return: bytes that it had
 */
uint64_t page_files_drop_oldest(struct page_files *p);

#endif
