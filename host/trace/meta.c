// SPDX-License-Identifier: GPL-2.0
/* meta.c - the metadata blob, put together from pages and taken apart again */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "trace/comms.h"
#include "trace/meta.h"

/* A kernel with everything in it has 10,000 events. */
#define ITEMS_MAX (1u << 18)

/**
 * struct chunk - a part of a sending: pages one behind the other in a file
 * @gen: number of the blob
 * @sending: number of the sending
 * @offset: of the first page in the blob
 * @len: of the blob
 * @count: bytes; all pages but the last are full
 * @ref: where the first page is
 */
struct chunk {
	uint64_t gen;
	uint64_t sending;
	uint64_t offset;
	uint64_t len;
	uint64_t count;
	struct page_ref ref;
};

/* A guest can make each page one; older ones are left out then. */
#define CHUNKS_MAX (1u << 20)

/** struct chunks - all of a stream, newest leg first */
struct chunks {
	struct chunk *list;
	size_t n;
	size_t cap;
};

static bool chunk_makes_sense(const struct ivr_desc *d)
{
	return d->ts_last >= sizeof(struct ivr_meta_head) &&
	       d->ts_last <= IVR_META_MAX_BYTES && d->count &&
	       d->count <= IVR_PAGE_SIZE && d->first < d->ts_last &&
	       d->count <= d->ts_last - d->first;
}

/* Is @d, number @index of @f, what comes next in the blob and in the file? */
static bool continues(const struct chunk *c, const struct ivr_desc *d,
		      const struct store_file *f, uint64_t index)
{
	return c->gen == d->lost && c->sending == d->ts_first &&
	       c->len == d->ts_last && c->offset + c->count == d->first &&
	       !(c->count % IVR_PAGE_SIZE) && c->ref.file == f &&
	       c->ref.index + c->count / IVR_PAGE_SIZE == index;
}

static int put_chunk(struct chunks *c, const struct ivr_desc *d,
		     struct store_file *f, uint64_t index)
{
	if (c->n && continues(&c->list[c->n - 1], d, f, index)) {
		c->list[c->n - 1].count += d->count;
		return 0;
	}
	if (c->n >= CHUNKS_MAX)
		return 0;
	if (array_room(&c->list, &c->cap, c->n + 1, sizeof(*c->list)))
		return -ENOMEM;
	c->list[c->n++] = (struct chunk) {
		.gen = d->lost,
		.sending = d->ts_first,
		.offset = d->first,
		.len = d->ts_last,
		.count = d->count,
		.ref = { f, index },
	};
	return 0;
}

static int collect_file(struct chunks *c, struct store_file *f,
			struct findings *found)
{
	unsigned int nonsense = 0;
	uint64_t i;
	int ret = 0;

	for (i = 0; i < f->n && !ret; i++) {
		struct ivr_desc d = file_desc(f, i);

		if (chunk_makes_sense(&d))
			ret = put_chunk(c, &d, f, i);
		else
			nonsense++;
	}
	if (nonsense)
		found_note(found,
			   "%s/%s: %u metadata pages make no sense, "
			   "left out",
			   f->leg->path, f->name, nonsense);
	return ret;
}

/* Newest blob first, newest sending of it first, then as the bytes lie. */
static int newest_first(const void *pa, const void *pb)
{
	const struct chunk *a = pa, *b = pb;

	if (a->gen != b->gen)
		return a->gen > b->gen ? -1 : 1;
	if (a->sending != b->sending)
		return a->sending > b->sending ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static int collect(struct chunks *c, const struct stream *st,
		   struct findings *found)
{
	int ret = 0;
	size_t i, k;

	for (i = st->nlegs; i--;) {
		const struct leg *l = st->legs[i];

		for (k = 0; k < l->nfiles && !ret; k++)
			if (l->files[k]->ring == st->nrings)
				ret = collect_file(c, l->files[k], found);
	}
	if (c->n)
		qsort(c->list, c->n, sizeof(*c->list), newest_first);
	return ret;
}

static bool same_sending(const struct chunk *a, const struct chunk *b)
{
	return a->gen == b->gen && a->sending == b->sending && a->len == b->len;
}

static bool is_whole(const struct chunk *c, size_t n)
{
	uint64_t have = 0;
	size_t i;

	for (i = 0; i < n && c[i].offset <= have; i++)
		if (c[i].offset + c[i].count > have)
			have = c[i].offset + c[i].count;
	return have == c->len;
}

static int read_chunk(struct meta *m, const struct chunk *c)
{
	unsigned char page[IVR_PAGE_SIZE];
	uint64_t at, n;

	for (at = 0; at < c->count; at += n) {
		n = c->count - at < IVR_PAGE_SIZE ? c->count - at :
						    IVR_PAGE_SIZE;
		if (file_page(c->ref.file, c->ref.index + at / IVR_PAGE_SIZE,
			      page))
			return -EINVAL;
		memcpy(m->blob + c->offset + at, page, n);
	}
	return 0;
}

static int read_blob(struct meta *m, const struct chunk *c, size_t n)
{
	int ret = 0;
	size_t i;

	m->blob = malloc(c->len);
	if (!m->blob)
		return -ENOMEM;
	m->len = c->len;
	m->gen = c->gen;
	for (i = 0; i < n && !ret; i++)
		ret = read_chunk(m, &c[i]);
	return ret;
}

/* The blob of one whole sending, or an error that lets an older one be tried. */
static int load_sending(struct meta *m, const struct chunk *c, size_t n,
			struct findings *found)
{
	const char *why = "a page cannot be read";
	int ret;

	memset(m, 0, sizeof(*m));
	ret = read_blob(m, c, n);
	if (!ret)
		ret = meta_parse(m, &why);
	if (!ret)
		return 0;
	meta_free(m);
	if (ret == -EINVAL)
		found_note(found,
			   "metadata blob %llu: %s; an older one is "
			   "used if there is one",
			   (unsigned long long)c->gen, why);
	return ret;
}

static int add_comms(struct comms *comms, const struct meta *m)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < m->n && !ret; i++)
		if (m->items[i].kind == IVR_META_CMDLINES)
			ret = comms_add(comms, m->items[i].data,
					m->items[i].len);
	return ret;
}

/* One whole sending of each blob, newest first; the first is the result. */
static int load_all(struct meta *m, const struct chunks *c, struct comms *comms,
		    struct findings *found)
{
	bool any = false;
	size_t n;
	int ret = 0;
	size_t i;

	for (i = 0; i < c->n && ret != -ENOMEM; i += n) {
		const struct chunk *first = &c->list[i];
		struct meta one;

		for (n = 1; i + n < c->n && same_sending(first, first + n);)
			n++;
		if ((any && first->gen == m->gen) || !is_whole(first, n))
			continue;
		ret = load_sending(&one, first, n, found);
		if (ret)
			continue;
		ret = add_comms(comms, &one);
		if (!any)
			*m = one;
		else
			meta_free(&one);
		any = true;
	}
	return ret == -ENOMEM ? ret : any ? 0 : -ENODATA;
}

int meta_load(struct meta *m, const struct stream *st, struct findings *found)
{
	struct chunks c = { 0 };
	struct comms comms = { 0 };
	int ret;

	memset(m, 0, sizeof(*m));
	ret = collect(&c, st, found);
	if (!ret)
		ret = load_all(m, &c, &comms, found);
	if (!ret)
		ret = comms_text(&comms, &m->comms, &m->comms_len);
	free(c.list);
	comms_free(&comms);
	if (ret)
		meta_free(m);
	return ret;
}

void meta_free(struct meta *m)
{
	free(m->blob);
	free(m->items);
	free(m->comms);
	memset(m, 0, sizeof(*m));
}

const struct meta_item *meta_find(const struct meta *m, uint32_t kind)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->items[i].kind == kind)
			return &m->items[i];
	return NULL;
}

static int parse_item(const char *p, uint64_t left, struct meta_item *out,
		      uint64_t *used)
{
	struct ivr_meta_item it;

	if (left < sizeof(it))
		return -EINVAL;
	memcpy(&it, p, sizeof(it));
	left -= sizeof(it);
	if (it.name_len > left || it.data_len > left - it.name_len)
		return -EINVAL;
	*out = (struct meta_item) {
		.kind = it.kind,
		.name = p + sizeof(it),
		.name_len = it.name_len,
		.data = p + sizeof(it) + it.name_len,
		.len = it.data_len,
	};
	*used = (sizeof(it) + it.name_len + it.data_len + 7) & ~7ull;
	if (*used > left + sizeof(it))
		*used = left + sizeof(it);
	return 0;
}

int meta_parse(struct meta *m, const char **why)
{
	struct ivr_meta_head head;
	uint64_t at = sizeof(head), used;
	uint32_t i;
	int ret;

	*why = "too short";
	if (m->len < sizeof(head))
		return -EINVAL;
	memcpy(&head, m->blob, sizeof(head));
	*why = "no such magic";
	if (head.magic != IVR_META_MAGIC)
		return -EINVAL;
	ret = ivr_version_check(head.version, IVR_META_VERSION,
				IVR_META_OLDEST);
	*why = ret > 0 ?
		       "a version that this program does not know: use a newer ivring" :
		       "a version of long ago: use a newer ivring-meta";
	if (ret)
		return -EINVAL;
	*why = "more items than any kernel has events";
	if (head.items > ITEMS_MAX)
		return -EINVAL;
	*why = "an item does not lie within it";
	for (i = 0; i < head.items; i++) {
		if (array_room(&m->items, &m->cap, m->n + 1, sizeof(*m->items)))
			return -ENOMEM;
		if (parse_item(m->blob + at, m->len - at, &m->items[m->n],
			       &used))
			return -EINVAL;
		m->n++;
		at += used;
	}
	return 0;
}

static bool is_plain(char c)
{
	return isalnum((unsigned char)c) || strchr("_-.:", c);
}

int meta_event_name(const struct meta_item *it, size_t *system_len)
{
	const char *slash = memchr(it->name, '/', it->name_len);
	uint32_t i;

	if (!slash || slash == it->name || slash == it->name + it->name_len - 1)
		return -EINVAL;
	*system_len = slash - it->name;
	for (i = 0; i < it->name_len; i++)
		if (!it->name[i] ||
		    (i != *system_len && !is_plain(it->name[i])))
			return -EINVAL;
	return 0;
}
