// SPDX-License-Identifier: GPL-2.0
/* page.c - a page of the kernel's ring-buffer format, read with distrust */
#include <errno.h>
#include <string.h>

#include "store/page.h"

enum event_type {
	EVENT_LONG = 0,
	EVENT_PADDING = 29,
	EVENT_TIME_EXTEND = 30,
	EVENT_TIME_STAMP = 31,
};

#define TYPE_BITS  5
#define DELTA_BITS 27
/* An absolute time stamp carries 59 bits; the rest is that of the one before. */
#define STAMP_MASK ((1ull << 59) - 1)

static uint64_t load64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t load32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

int page_walk_init(struct page_walk *w, const void *page)
{
	uint64_t commit = load64((const char *)page + 8);

	if (commit > IVR_PAGE_PAYLOAD)
		return -EINVAL;
	w->next = (const unsigned char *)page + IVR_PAGE_HEADER;
	w->end = w->next + commit;
	w->ts = load64(page);
	w->data = NULL;
	w->size = 0;
	return 0;
}

/* Take @len bytes, a multiple of words; NULL if they are not there. */
static const unsigned char *take(struct page_walk *w, uint32_t len)
{
	const unsigned char *p = w->next;

	len = (len + 3) & ~3u;
	if (len > w->end - w->next)
		return NULL;
	w->next += len;
	return p;
}

static int take_record(struct page_walk *w, uint32_t words)
{
	const unsigned char *p;
	uint32_t len = words * 4;

	if (!words) {
		p = take(w, 4);
		if (!p)
			return -EINVAL;
		len = load32(p);
		if (len <= 4 || len > IVR_PAGE_PAYLOAD)
			return -EINVAL;
		len -= 4;
	}
	w->data = take(w, len);
	w->size = len;
	return w->data ? 1 : -EINVAL;
}

/* Without a delta a padding fills the rest of the page. */
static int take_padding(struct page_walk *w, uint32_t delta)
{
	const unsigned char *p;
	uint32_t len;

	if (!delta) {
		w->next = w->end;
		return 0;
	}
	p = take(w, 4);
	if (!p)
		return -EINVAL;
	len = load32(p);
	if (len < 4 || len > IVR_PAGE_PAYLOAD || !take(w, len - 4))
		return -EINVAL;
	w->ts += delta;
	return 0;
}

static int take_time(struct page_walk *w, bool stamp, uint32_t delta)
{
	const unsigned char *p = take(w, 4);
	uint64_t time;

	if (!p)
		return -EINVAL;
	time = ((uint64_t)load32(p) << DELTA_BITS) + delta;
	if (stamp)
		w->ts = (w->ts & ~STAMP_MASK) | (time & STAMP_MASK);
	else
		w->ts += time;
	return 0;
}

int page_walk_next(struct page_walk *w)
{
	while (w->next < w->end) {
		const unsigned char *p = take(w, 4);
		uint32_t type, delta;
		int ret;

		if (!p)
			return -EINVAL;
		type = load32(p) & ((1u << TYPE_BITS) - 1);
		delta = load32(p) >> TYPE_BITS;
		switch (type) {
		case EVENT_PADDING:
			ret = take_padding(w, delta);
			break;
		case EVENT_TIME_EXTEND:
		case EVENT_TIME_STAMP:
			ret = take_time(w, type == EVENT_TIME_STAMP, delta);
			break;
		default:
			w->ts += delta;
			ret = take_record(w, type);
		}
		if (ret)
			return ret;
	}
	return 0;
}

int desc_check(const struct ivr_desc *d, const char **why)
{
	if (!d->page)
		*why = "page number 0";
	else if (d->count > PAGE_MAX_EVENTS)
		*why = "impossible number of records";
	else if (!d->bytes || d->bytes > IVR_PAGE_PAYLOAD || d->bytes % 4)
		*why = "impossible number of bytes";
	else if (d->first > UINT64_MAX - d->count || d->page == UINT64_MAX)
		*why = "record or page number at the end of numbers";
	else if (d->lost > d->first)
		*why = "more records lost than there were";
	else if (d->ts_last < d->ts_first)
		*why = "time stamps go back";
	else
		return 0;
	return -EINVAL;
}

/* The records of a page must be as many, and as old, as is said of them. */
static const char *check_records(struct page_walk *w, const struct ivr_desc *d)
{
	uint64_t last = d->ts_first;
	uint32_t count = 0;
	int ret;

	while ((ret = page_walk_next(w)) > 0) {
		if (!count++ && w->ts != d->ts_first)
			return "first time stamp differs from descriptor";
		if (w->ts < last)
			return "time stamps go back";
		if (w->ts > d->ts_last)
			return "a record is later than its descriptor says";
		last = w->ts;
	}
	if (ret)
		return "an event does not lie within the page";
	return count == d->count ? NULL :
				   "number of records differs from descriptor";
}

int page_check(const void *page, const struct ivr_desc *d, const char **why)
{
	struct page_walk w;

	*why = "commit word differs from descriptor";
	if (load64((const char *)page + 8) != d->bytes ||
	    page_walk_init(&w, page))
		return -EINVAL;
	*why = check_records(&w, d);
	return *why ? -EINVAL : 0;
}

void page_set_missed(void *page, uint64_t missed)
{
	uint64_t commit = load64((char *)page + 8);
	uint64_t word = commit | PAGE_MISSED_EVENTS;

	if (commit + sizeof(missed) <= IVR_PAGE_PAYLOAD) {
		memcpy((char *)page + IVR_PAGE_HEADER + commit, &missed,
		       sizeof(missed));
		word |= PAGE_MISSED_STORED;
	}
	memcpy((char *)page + 8, &word, sizeof(word));
}
