// SPDX-License-Identifier: GPL-2.0
/* store_file.c - one pair of .pages and .desc, of any size, among any number */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "store/page.h"
#include "store/store_read.h"

/* Descriptors are cached in blocks of a memory page: 4 MiB in all. */
#define BLOCK_DESCS 64u
#define BLOCKS	    1024u

static const char *const suffix[FILE_PARTS] = { ".desc", ".pages" };

/** struct slot - one open descriptor that is not pinned */
struct slot {
	struct store_file *file;
	enum file_part part;
};

/* First in, first out: pages and descriptors are read from front to back. */
static struct slot slots[FILES_OPEN];
static unsigned int next_slot;

/**
 * struct block - descriptors @number * BLOCK_DESCS and on of a file
 * @file: id of the file, 0: empty
 * @n: how many of them were there when it was read
 */
struct block {
	uint64_t file;
	uint64_t number;
	unsigned int n;
	struct ivr_desc desc[BLOCK_DESCS];
};

static struct block blocks[BLOCKS];
static uint64_t last_id;

struct store_file *store_file_new(struct leg *l, unsigned int ring,
				  unsigned int number, const char *name)
{
	struct store_file *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->leg = l;
	f->ring = ring;
	f->number = number;
	f->id = ++last_id;
	f->fd[FILE_DESC] = f->fd[FILE_PAGES] = -1;
	snprintf(f->name, sizeof(f->name), "%s", name);
	return f;
}

static void close_part(struct store_file *f, enum file_part part)
{
	if (f->fd[part] >= 0)
		close(f->fd[part]);
	f->fd[part] = -1;
}

static void leave_slots(const struct store_file *f)
{
	unsigned int i;

	for (i = 0; i < FILES_OPEN; i++)
		if (slots[i].file == f)
			slots[i].file = NULL;
}

void store_file_free(struct store_file *f)
{
	bool open = f->fd[FILE_DESC] >= 0 || f->fd[FILE_PAGES] >= 0;

	close_part(f, FILE_DESC);
	close_part(f, FILE_PAGES);
	if (open && !f->pinned)
		leave_slots(f);
	free(f);
}

static int open_part(struct store_file *f, enum file_part part)
{
	char path[PATH_MAX];

	if (f->fd[part] >= 0)
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s%s", f->leg->path, f->name,
		     suffix[part]) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	f->fd[part] = file_open_regular(path);
	return f->fd[part] < 0 ? f->fd[part] : 0;
}

static void close_slots(void)
{
	unsigned int i;

	for (i = 0; i < FILES_OPEN; i++) {
		if (slots[i].file)
			close_part(slots[i].file, slots[i].part);
		slots[i].file = NULL;
	}
}

/* One that was got before may be closed by this. */
static int fd_of(struct store_file *f, enum file_part part)
{
	struct slot *s = &slots[next_slot];
	int ret;

	if (f->fd[part] >= 0)
		return f->fd[part];
	if (s->file)
		close_part(s->file, s->part);
	s->file = NULL;
	ret = open_part(f, part);
	if (ret == -EMFILE || ret == -ENFILE) {
		close_slots();
		ret = open_part(f, part);
	}
	if (ret)
		return ret;
	*s = (struct slot) { f, part };
	next_slot = (next_slot + 1) % FILES_OPEN;
	return f->fd[part];
}

int store_file_pin(struct store_file *f)
{
	int ret = open_part(f, FILE_PAGES);

	if (!ret)
		ret = open_part(f, FILE_DESC);
	f->pinned = true;
	return ret;
}

void store_file_unpin(struct store_file *f)
{
	if (!f->pinned)
		return;
	close_part(f, FILE_DESC);
	close_part(f, FILE_PAGES);
	f->pinned = false;
}

int file_page(struct store_file *f, uint64_t index, void *page)
{
	int fd = fd_of(f, FILE_PAGES);

	return fd < 0 ? fd :
			file_read_at(fd, page, IVR_PAGE_SIZE,
				     index * IVR_PAGE_SIZE);
}

static struct block *block_of(struct store_file *f, uint64_t number)
{
	/* Fibonacci hashing: neighbours in one file and files of one ring differ */
	uint64_t key = (f->id * 0x9e3779b97f4a7c15ull >> 32) + number;

	return &blocks[key % BLOCKS];
}

static int fill_block(struct block *b, struct store_file *f, uint64_t number,
		      unsigned int n)
{
	int fd = fd_of(f, FILE_DESC);
	int ret = fd < 0 ? fd :
			   file_read_at(fd, b->desc, n * sizeof(b->desc[0]),
					number * sizeof(b->desc));

	b->file = ret ? 0 : f->id;
	b->number = number;
	b->n = n;
	return ret;
}

struct ivr_desc file_desc(struct store_file *f, uint64_t index)
{
	uint64_t number = index / BLOCK_DESCS;
	unsigned int at = index % BLOCK_DESCS;
	struct block *b = block_of(f, number);
	uint64_t n = f->n - number * BLOCK_DESCS;

	if ((b->file != f->id || b->number != number || b->n <= at) &&
	    fill_block(b, f, number, n < BLOCK_DESCS ? n : BLOCK_DESCS))
		return (struct ivr_desc) { 0 };
	return b->desc[at];
}

static void note_unbacked(struct store_file *f, uint64_t pages, uint64_t descs,
			  struct findings *found)
{
	int fd = fd_of(f, FILE_DESC);
	const char *why;

	if (!f->unbacked)
		/* Without END marks: what a power cut may leave. */
		(leg_end(f->leg, f->leg->rings) ? found_bad : found_note)(
			found,
			"%s/%s.pages: store truncated after page "
			"%llu of the file: %llu descriptors have no page "
			"behind them",
			f->leg->path, f->name, (unsigned long long)pages,
			(unsigned long long)(descs - pages));
	f->unbacked = true;
	if (fd < 0 ||
	    file_read_at(fd, &f->beyond, sizeof(f->beyond),
			 (descs - 1) * sizeof(f->beyond)) ||
	    desc_check(&f->beyond, &why))
		f->beyond = (struct ivr_desc) { 0 };
}

static void note_torn(struct store_file *f, unsigned int bytes,
		      struct findings *found)
{
	if (!bytes || f->torn)
		return;
	f->torn = true;
	found_note(found,
		   "%s/%s.desc: %u bytes of a torn descriptor at the end, left "
		   "out",
		   f->leg->path, f->name, bytes);
}

static void set_count(struct store_file *f, uint64_t n)
{
	struct ivr_desc last;
	const char *why;
	uint64_t from;

	if (n <= f->n)
		return;
	from = f->n;
	f->n = n;
	/* The very last may be damaged, or a guest's nonsense. */
	while (n-- > from && f->n - n <= BLOCK_DESCS) {
		last = file_desc(f, n);
		if (desc_check(&last, &why))
			continue;
		f->last_page = last.page;
		break;
	}
}

static int64_t size_of(struct store_file *f, enum file_part part)
{
	int fd = fd_of(f, part);
	struct stat st;

	if (fd < 0)
		return fd;
	return fstat(fd, &st) ? -errno : st.st_size;
}

/*
 * Descriptors are counted before pages, so a reader at work, which appends
 * pages first, never looks as if it had forgotten pages.
 */
int store_file_refresh(struct store_file *f, struct findings *found)
{
	int64_t desc_size = size_of(f, FILE_DESC), pages_size;
	uint64_t descs, pages;

	if (desc_size < 0)
		return desc_size;
	pages_size = size_of(f, FILE_PAGES);
	if (pages_size < 0)
		return pages_size;
	descs = desc_size / sizeof(struct ivr_desc);
	pages = pages_size / IVR_PAGE_SIZE;
	note_torn(f, desc_size % sizeof(struct ivr_desc), found);
	if (pages < descs)
		note_unbacked(f, pages, descs, found);
	set_count(f, pages < descs ? pages : descs);
	return 0;
}
