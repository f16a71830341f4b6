/* SPDX-License-Identifier: GPL-2.0 */
/*
 * meta.h - the metadata blob, put together from pages and taken apart again
 *
 * DOC: Sendings
 *
 * The guest sends its blob again to each reader that attaches, so a store may
 * hold it many times, and may hold a sending that was cut off. A sending is
 * whole if its pages, from whichever legs, cover the blob from end to end. The
 * newest whole one is used; of the others only the names of processes are,
 * because a process that has gone is named in an older blob only.
 *
 * Nothing in a blob is believed: every length is checked against what is left.
 */
#ifndef IVR_TRACE_META_H
#define IVR_TRACE_META_H

#include "ivr_meta.h"
#include "store/merge.h"

/**
 * struct meta_item - one item; both texts lie in the blob
 * @kind: enum ivr_meta_kind
 * @name: name, not terminated
 * @name_len: its length
 * @data: contents, not terminated
 * @len: its length
 */
struct meta_item {
	uint32_t kind;
	const char *name;
	uint32_t name_len;
	const char *data;
	uint64_t len;
};

/**
 * struct meta - the metadata of a stream
 * @gen: number of the blob in the guest
 * @blob: the blob, owned
 * @len: its length
 * @items: its items
 * @n: how many
 * @comms: "pid name" lines of all blobs, the newest name of each pid;
 *	terminated, owned
 * @comms_len: its length
 */
struct meta {
	uint64_t gen;
	char *blob;
	uint64_t len;
	struct meta_item *items;
	size_t n;
	size_t cap;
	char *comms;
	size_t comms_len;
};

/**
 * meta_load() - find the newest whole blob of a stream
 * @m: filled in; meta_free() it
 * @st: stream
 * @found: gets a line for what is wrong
 *
 * Return: 0, -ENODATA if there is no whole blob, -ENOMEM
 */
int meta_load(struct meta *m, const struct stream *st, struct findings *found);

/** meta_free() - free everything */
void meta_free(struct meta *m);

/** meta_find() - the first item of a kind, NULL if there is none */
const struct meta_item *meta_find(const struct meta *m, uint32_t kind);

/**
 * meta_parse() - take a blob apart
 * @m: @m->blob and @m->len set; items are filled in
 * @why: set to a few words on error
 *
 * Return: 0, -EINVAL, -ENOMEM
 */
int meta_parse(struct meta *m, const char **why);

/**
 * meta_event_name() - split an IVR_META_EVENT item's name "system/event"
 * @it: item
 * @system_len: set to the length of the system at the start of it->name
 *
 * Return: 0, or -EINVAL if the name is not of that form in plain characters
 */
int meta_event_name(const struct meta_item *it, size_t *system_len);

#endif
