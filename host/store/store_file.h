/* SPDX-License-Identifier: GPL-2.0 */
/*
 * store_file.h - one pair of .pages and .desc, of any size, among any number
 *
 * DOC: What is kept in memory and open
 *
 * A store may be larger than memory and have more files than a process may
 * open. So descriptors are read where they are needed, by a cache of fixed
 * size, and all files share FILES_OPEN descriptors. Only files of a leg that
 * may still grow are kept open (@pinned): its reader removes the oldest when a
 * store is full, and what was counted shall also be readable.
 */
#ifndef IVR_STORE_STORE_FILE_H
#define IVR_STORE_STORE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/ivr_store.h"
#include "store/findings.h"

struct leg;

/* Descriptors of this process for files that are not pinned */
#define FILES_OPEN 256

/** enum file_part - which of the two */
enum file_part { FILE_DESC, FILE_PAGES, FILE_PARTS };

/**
 * struct store_file - one pair of .pages and .desc
 * @leg: the leg it belongs to
 * @ring: ring; leg->rings is the metadata ring
 * @number: file number
 * @name: name without suffix
 * @id: private: of this file in the cache of descriptors
 * @fd: private: open descriptors, or -1
 * @pinned: private: they stay open
 * @n: descriptors whose pages are there
 * @last_page: page number in the last of them, 0 if it makes no sense
 * @merged: descriptors (counted from the file's start) that ring_pages.c has
 *	taken
 * @merged_page: highest page number among these
 * @unbacked: there are descriptors without a page behind them
 * @beyond: the last of them; page 0 if it makes no sense or there is none
 * @missing: a finding has told that it cannot be read
 * @torn: a finding has told of a torn descriptor
 */
struct store_file {
	struct leg *leg;
	unsigned int ring;
	unsigned int number;
	char name[32];
	uint64_t id;
	int fd[FILE_PARTS];
	bool pinned;
	uint64_t n;
	uint64_t last_page;
	uint64_t merged;
	uint64_t merged_page;
	bool unbacked;
	struct ivr_desc beyond;
	bool missing;
	bool torn;
};

/**
 * store_file_new() - a file that was found in a leg
 * @l: leg
 * @ring: ring
 * @number: number
 * @name: name without suffix, shorter than that of struct store_file
 *
 * Return: the file, nothing of it read yet; NULL if there is no memory
 */
struct store_file *store_file_new(struct leg *l, unsigned int ring,
				  unsigned int number, const char *name);

/** store_file_free() - close and free it */
void store_file_free(struct store_file *f);

/** store_file_pin() - open both now, and keep them so; 0 or negative errno */
int store_file_pin(struct store_file *f);

/** store_file_unpin() - it grows no more: it may be closed and opened again */
void store_file_unpin(struct store_file *f);

/**
 * store_file_refresh() - count what is there now
 * @f: file
 * @found: gets a line for what is torn
 *
 * Return: 0 or negative errno
 */
int store_file_refresh(struct store_file *f, struct findings *found);

/**
 * file_desc() - one descriptor
 * @f: file
 * @index: its number in the file
 *
 * Return: it; one of page 0, which desc_check() refuses, if it cannot be read
 */
struct ivr_desc file_desc(struct store_file *f, uint64_t index);

/**
 * file_page() - read a page
 * @f: file
 * @index: its number in the file
 * @page: IVR_PAGE_SIZE bytes
 *
 * Return: 0, -EIO if the file has become shorter, negative errno of pread()
 */
int file_page(struct store_file *f, uint64_t index, void *page);

#endif
