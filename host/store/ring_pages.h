/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ring_pages.h - the pages of one ring from all legs, each once, in order
 *
 * DOC: Runs
 *
 * A store may have more pages than there is memory to name them. But a reader
 * appends the pages of a ring as they come, so the merged order is a list of
 * long runs: "descriptors 0 to 65535 of that file, then ...". It is found by
 * stepping through the files of all legs side by side, always taking the lowest
 * page number. A descriptor that is not above the one before it in its file does
 * not fit in such an order; it is left out and told of.
 */
#ifndef IVR_STORE_RING_PAGES_H
#define IVR_STORE_RING_PAGES_H

#include "store/store_file.h"

/**
 * struct page_ref - one page
 * @file: where it is
 * @index: its number in that file
 */
struct page_ref {
	struct store_file *file;
	uint64_t index;
};

/**
 * struct page_run - pages that lie one behind the other in a file
 * @first: the first
 * @n: how many
 */
struct page_run {
	struct page_ref first;
	uint64_t n;
};

/**
 * struct bad_pages - page numbers that cannot be used
 * @from: first
 * @to: behind the last
 */
struct bad_pages {
	uint64_t from;
	uint64_t to;
};

/* More of them are not remembered: what they held is missing undeclared then. */
#define BAD_PAGES_MAX (1u << 20)

/**
 * struct ring_pages - one ring of a stream
 * @runs: pages in order of their numbers, each once
 * @nruns: how many runs
 * @n: how many pages
 * @bad: pages that were left out because they made no sense
 * @nbad: how many entries
 * @high: highest page number ever kept
 * @dup_pages: copies dropped
 * @dup_records: records in them
 * @conflicts: page numbers under which different pages came
 */
struct ring_pages {
	struct page_run *runs;
	size_t nruns;
	size_t cap;
	uint64_t n;
	struct bad_pages *bad;
	size_t nbad;
	size_t bad_cap;
	uint64_t high;
	uint64_t dup_pages;
	uint64_t dup_records;
	uint64_t conflicts;
};

/**
 * struct ring_walk - a place in the pages of a ring; all zero: the first
 * @run: index of the run
 * @at: page in the run
 */
struct ring_walk {
	size_t run;
	uint64_t at;
};

/** ring_walk_next() - the page there, and one further; false behind the last */
bool ring_walk_next(const struct ring_pages *ring, struct ring_walk *w,
		    struct page_ref *r);

/** ref_desc() - descriptor of a page */
static inline struct ivr_desc ref_desc(const struct page_ref *r)
{
	return file_desc(r->file, r->index);
}

/**
 * ring_merge() - take what is new in some files
 * @ring: pages so far
 * @files: all files of this ring; @merged of each moves on
 * @n: how many
 * @found: gets a line for what makes no sense or differs
 *
 * Of a page that several files hold the one in the earliest leg is kept.
 *
 * Return: 0 or -ENOMEM
 */
int ring_merge(struct ring_pages *ring, struct store_file **files, size_t n,
	       struct findings *found);

/**
 * ring_check() - read every page and leave out those that are corrupt
 * @ring: ring
 * @found: gets a line for each
 *
 * Return: 0 or -ENOMEM
 */
int ring_check(struct ring_pages *ring, struct findings *found);

/** ring_forget() - drop the pages, remember how far they went */
void ring_forget(struct ring_pages *ring);

/** ring_free() - free everything but the files */
void ring_free(struct ring_pages *ring);

#endif
