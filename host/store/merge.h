/* SPDX-License-Identifier: GPL-2.0 */
/*
 * merge.h - the pages of one stream from all its legs, each once, in order
 *
 * DOC: Merging
 *
 * Order is by position and never by time: within a ring by page number. A page
 * that several legs hold (what the reader of the source had taken beyond the
 * guest's mirror, and the reader of the destination took again) is kept from
 * the earliest leg. Its copies must be equal, in the descriptor and in every
 * byte of events; if not, two guests have continued the same stream, as when
 * one saved image is restored twice, and no merge can be right: a conflict.
 *
 * Legs are ordered along their chain of epochs: a leg names the epoch before
 * its own. Where the chain is torn, because a store was not given, the host's
 * clock at the attachment decides.
 */
#ifndef IVR_STORE_MERGE_H
#define IVR_STORE_MERGE_H

#include "store/ring_pages.h"
#include "store/store_read.h"

/**
 * struct stream - one life of a guest's module
 * @id: 32 hex digits
 * @legs: in the order of their epochs
 * @nlegs: how many
 * @rings: data rings
 * @nrings: how many
 * @forked: two lives of the guest are in it, and that has been told
 */
struct stream {
	char id[STORE_STREAM_HEX];
	struct leg **legs;
	size_t nlegs;
	size_t legs_cap;
	struct ring_pages *rings;
	uint32_t nrings;
	bool forked;
};

/**
 * struct merge - all streams of some stores
 * @list: in the order of their first legs' attachment
 * @n: how many
 * @by_id: private: the same, to be found by their id
 */
struct merge {
	struct stream **list;
	size_t n;
	size_t cap;
	void *by_id;
};

/**
 * merge_update() - take what stores_refresh() has found
 * @m: all zero at first
 * @s: stores; findings go to s->found
 *
 * The first call gives everything; a later one adds to each ring the pages
 * that are new and higher than those before.
 *
 * Return: 0 or -ENOMEM
 */
int merge_update(struct merge *m, struct stores *s);

/** merge_free() - free everything but the stores */
void merge_free(struct merge *m);

/**
 * stream_check_pages() - read every page and leave out those that are corrupt
 * @st: stream
 * @found: gets a line for each
 *
 * Return: 0 or -ENOMEM
 */
int stream_check_pages(struct stream *st, struct findings *found);

#endif
