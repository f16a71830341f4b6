/* SPDX-License-Identifier: GPL-2.0 */
/*
 * page.h - a page of the kernel's ring-buffer format, read with distrust
 *
 * The format is that of include/linux/ring_buffer.h: a 64-bit time stamp, a
 * commit word (bytes of events that follow), then events. An event begins with
 * a 32-bit word, 5 bits of type or length and 27 bits of time delta:
 *
 *	0	the next word holds the length, itself included
 *	1..28	length in words of 4 bytes
 *	29	padding; with a delta: the next word holds the length
 *	30	time extend: the next word holds the upper bits of the delta
 *	31	absolute time stamp, likewise
 */
#ifndef IVR_STORE_PAGE_H
#define IVR_STORE_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "ivr_wire.h"

/* The smallest event is a header of one word and one word of data. */
#define PAGE_MAX_EVENTS (IVR_PAGE_PAYLOAD / 8)

/* Flags of the commit word, from kernel/trace/ring_buffer.c. */
#define PAGE_MISSED_EVENTS (1ull << 31)
#define PAGE_MISSED_STORED (1ull << 30)

/**
 * struct page_walk - a place in a page
 * @next: first byte not yet walked over
 * @end: end of the events
 * @ts: time stamp of the current event
 * @data: its data
 * @size: bytes of its data
 */
struct page_walk {
	const unsigned char *next;
	const unsigned char *end;
	uint64_t ts;
	const unsigned char *data;
	uint32_t size;
};

/**
 * page_walk_init() - go to the start of a page
 * @w: filled in
 * @page: IVR_PAGE_SIZE bytes, must stay until the walk is over
 *
 * Return: 0, or -EINVAL if the commit word is no length
 */
int page_walk_init(struct page_walk *w, const void *page);

/**
 * page_walk_next() - go to the next record
 * @w: walk
 *
 * Return: 1, 0 at the end, -EINVAL if an event does not lie within the page
 */
int page_walk_next(struct page_walk *w);

/**
 * page_check() - does a page agree with its descriptor?
 * @page: IVR_PAGE_SIZE bytes
 * @d: descriptor
 * @why: set to a few words if it does not
 *
 * A page that passes can be given to any reader of this format.
 *
 * Return: 0 or -EINVAL
 */
int page_check(const void *page, const struct ivr_desc *d, const char **why);

/**
 * desc_check() - can a descriptor of a data page be true at all?
 * @d: descriptor
 * @why: set to a few words if it cannot
 *
 * Return: 0 or -EINVAL
 */
int desc_check(const struct ivr_desc *d, const char **why);

/**
 * page_set_missed() - tell readers that records are missing before this page
 * @page: a page that has passed page_check(); changed
 * @missed: how many
 *
 * As ring_buffer_read_page() does it: a flag in the commit word, and, if there
 * is room for it, the number behind the events and another flag.
 */
void page_set_missed(void *page, uint64_t missed);

#endif
