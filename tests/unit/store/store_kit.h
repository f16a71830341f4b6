/* SPDX-License-Identifier: GPL-2.0 */
/*
 * store_kit.h - stores made by hand, from a guest that is only a model
 *
 * The model closes pages of real ring-buffer format and remembers them; legs
 * take copies of them, as readers do.
 */
#ifndef STORE_KIT_H
#define STORE_KIT_H

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <setjmp.h>
#include <cmocka.h>

#include "ivr_meta.h"
#include "lib/ivr_store.h"
#include "store/merge.h"
#include "store/report.h"

#define KIT_RINGS    4
#define KIT_PAGES    64
#define KIT_STREAM   "0123456789abcdef0123456789abcdef"
#define KIT_EVENT_ID 1001

/** struct kit_ring - one ring of the guest; pages[0] is page number 1 */
struct kit_ring {
	struct ivr_desc descs[KIT_PAGES];
	unsigned char pages[KIT_PAGES][IVR_PAGE_SIZE];
	uint64_t head;
	uint64_t produced;
	uint64_t lost;
};

/** struct kit_guest - the model */
struct kit_guest {
	struct kit_ring rings[KIT_RINGS];
	uint64_t ts;
};

/** struct kit_leg - what goes into the file `leg` */
struct kit_leg {
	const char *store;
	unsigned int number;
	const char *stream;
	const char *host;
	const char *policy;
	uint64_t epoch;
	uint64_t prev;
	uint64_t realtime;
	unsigned int rings;
	unsigned int generation;
	char path[512];
};

/** kit_dir() - a new empty directory; kit_rm() removes it and all in it */
char *kit_dir(void);
void kit_rm(char *dir);

/** kit_guest() - a guest at the start of its stream; free() it */
struct kit_guest *kit_guest(void);

/** kit_close_page() - the guest closes a page of @count records */
void kit_close_page(struct kit_guest *g, unsigned int ring, unsigned int count);

/** kit_discard() - the guest drops @count records, its ring being full */
void kit_discard(struct kit_guest *g, unsigned int ring, unsigned int count);

/** kit_leg() - make a leg; unset numbers and names get usual values */
struct kit_leg kit_leg(struct kit_leg l);

/** kit_append() - append to a file of a leg */
void kit_append(const struct kit_leg *l, const char *name, const void *p,
		size_t len);

/** kit_take() - the leg takes pages @from .. @to - 1 of the guest's ring */
void kit_take(const struct kit_leg *l, const struct kit_guest *g,
	      unsigned int ring, uint64_t from, uint64_t to);

/** kit_gap() - a GAP mark */
void kit_gap(const struct kit_leg *l, unsigned int ring, uint32_t reason,
	     uint64_t from, uint64_t to);

/** kit_start() - a START mark at page @from */
void kit_start(const struct kit_leg *l, unsigned int ring, uint64_t from);

/** kit_end() - an END mark with the guest's counters, position @to */
void kit_end(const struct kit_leg *l, const struct kit_guest *g,
	     unsigned int ring, uint32_t reason, uint64_t to);

/** kit_clock() - a clock entry */
void kit_clock(const struct kit_leg *l, uint64_t guest, uint64_t realtime,
	       uint64_t error);

/**
 * kit_blob() - a metadata blob; free() it
 * @cmdlines: text of saved_cmdlines
 * @len: set to its length
 */
unsigned char *kit_blob(const char *cmdlines, uint64_t *len);

/** kit_meta() - the leg holds bytes @from .. @to - 1 of a sending of a blob */
void kit_meta(const struct kit_leg *l, uint64_t gen, uint64_t sending,
	      const unsigned char *blob, uint64_t len, uint64_t from,
	      uint64_t to);

/** struct kit_result - stores read, merged and accounted for */
struct kit_result {
	struct stores s;
	struct merge m;
	struct report r;
};

/** kit_read() - read one or two stores with one stream in them */
void kit_read(struct kit_result *k, const char *a, const char *b);
void kit_free(struct kit_result *k);

/**
 * struct kit_world - the state of a test: a guest and stores on two hosts
 * @dir: directory of its own, removed in the end
 * @a: store of one host, not made yet
 * @b: store of the other
 * @g: guest
 * @k: what kit_read() makes of the stores
 */
struct kit_world {
	char *dir;
	char a[64];
	char b[64];
	struct kit_guest *g;
	struct kit_result k;
};

/** kit_world_open() - begin with a guest that has written nothing */
void kit_world_open(struct kit_world *w);
void kit_world_close(struct kit_world *w);

/** kit_setup() - cmocka's setup with a struct kit_world, and its teardown */
int kit_setup(void **state);
int kit_teardown(void **state);

/** kit_close_pages() - ring 0 closes @n pages of 10 records */
void kit_close_pages(struct kit_world *w, unsigned int n);

/** kit_found() - is there a finding that contains @text? */
bool kit_found(const struct kit_result *k, const char *text);

#endif
