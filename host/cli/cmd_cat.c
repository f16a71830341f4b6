// SPDX-License-Identifier: GPL-2.0
/* cmd_cat.c - ivring cat: merge stores and print the events */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmds.h"
#include "lib/array.h"
#include "lib/log.h"
#include "lib/opts.h"
#include "store/pick.h"
#include "trace/cat_print.h"

/* How often --follow looks whether the stores have grown. */
#define FOLLOW_MS 200

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
	interrupted = 1;
}

/**
 * struct printed - a stream that is being printed
 * @st: stream
 * @iter: its records
 * @box: decodes them
 * @meta_pages: metadata pages that were there when these were learned
 * @at: leg in which the guest is, as far as printed
 */
struct printed {
	struct stream *st;
	struct record_iter *iter;
	struct decode_box *box;
	uint64_t meta_pages;
	const struct leg *at;
};

/** struct cat - the options and what is being printed */
struct cat {
	const char *stream;
	bool follow;
	struct cat_style style;
	struct printed *list;
	size_t n;
	size_t cap;
};

static uint64_t count_meta_pages(const struct stream *st)
{
	uint64_t n = 0;
	size_t i, k;

	for (i = 0; i < st->nlegs; i++)
		for (k = 0; k < st->legs[i]->nfiles; k++)
			if (st->legs[i]->files[k]->ring == st->nrings)
				n += st->legs[i]->files[k]->n;
	return n;
}

static bool had_enough(void)
{
	return interrupted;
}

static int learn(struct printed *p, struct findings *found)
{
	uint64_t pages = count_meta_pages(p->st);
	struct decode_box *box;
	struct meta meta;
	int ret;

	if (p->box && pages == p->meta_pages)
		return 0;
	ret = meta_load(&meta, p->st, found);
	if (ret != -ENOMEM)
		p->meta_pages = pages;
	if (ret == -ENODATA && p->box)
		return 0;
	if (!ret && p->box && decode_box_has(p->box, &meta)) {
		meta_free(&meta);
		return 0;
	}
	if (ret == -ENOMEM)
		return ret;
	if (ret)
		found_note(found,
			   "stream %.8s: no whole metadata in the "
			   "store, events have no names",
			   p->st->id);
	box = decode_box_new(&meta, p->st->nrings, found, had_enough);
	if (!box)
		return -ENOMEM;
	decode_box_follow(box, p->box);
	decode_box_free(p->box);
	p->box = box;
	return 0;
}

/*
 * A page of the new leg may begin with records from before the move. The move
 * is over for sure behind the last record that the old leg holds.
 */
static void follow_move(struct cat *c, struct printed *p,
			const struct record *r)
{
	if (!p->at)
		p->at = r->leg;
	if (r->leg->order <= p->at->order || r->ts <= p->at->last_ts)
		return;
	if (!legs_same_qemu(p->at, r->leg))
		cat_print_move(&c->style, p->at, r->leg);
	p->at = r->leg;
}

static int print_batch(struct cat *c, struct printed *p,
		       const struct record *batch, uint32_t n)
{
	static struct decoded d;
	int ret = decode_box_run(p->box);
	uint32_t i;

	for (i = 0; i < n && !ret && !ferror(stdout); i++) {
		follow_move(c, p, &batch[i]);
		decode_box_get(p->box, i, &d);
		cat_print_record(&c->style, &d, &batch[i], p->at);
	}
	decode_box_clear(p->box);
	return ret;
}

static int print_records(struct cat *c, struct printed *p)
{
	struct record batch[DECODE_BATCH];
	uint32_t n = 0;
	int ret = 0;

	while (!ret && !interrupted && !ferror(stdout) &&
	       record_iter_next(p->iter, &batch[n])) {
		if (decode_box_add(p->box, &batch[n++]))
			continue;
		ret = print_batch(c, p, batch, n);
		n = 0;
	}
	if (!ret && n)
		ret = print_batch(c, p, batch, n);
	return ret == -EINTR ? 0 : ret;
}

static int add_streams(struct cat *c, struct merge *m)
{
	size_t i;

	for (i = 0; i < m->n; i++) {
		struct stream *st = m->list[i];
		size_t k;

		for (k = 0; k < c->n && c->list[k].st != st; k++)
			;
		if (k < c->n || !st->nlegs || !stream_is(st, c->stream))
			continue;
		if (array_room(&c->list, &c->cap, c->n + 1, sizeof(*c->list)))
			return -ENOMEM;
		c->list[c->n++] = (struct printed) { .st = st };
	}
	return 0;
}

static int print_new(struct cat *c, struct stores *s, struct merge *m)
{
	int ret = merge_update(m, s);
	size_t i;

	if (!ret)
		ret = add_streams(c, m);
	for (i = 0; i < c->n && !ret; i++) {
		struct printed *p = &c->list[i];
		bool begins = !p->iter;

		ret = learn(p, &s->found);
		if (ret)
			break;
		if (begins && (m->n > 1 || c->follow))
			cat_print_stream(&c->style, p->st);
		if (begins)
			p->iter = record_iter_new(p->st, &s->found);
		else
			record_iter_more(p->iter);
		if (!p->iter)
			return -ENOMEM;
		ret = print_records(c, p);
		if (!interrupted)
			record_iter_forget(p->iter);
	}
	fflush(stdout);
	findings_say(&s->found);
	return ret;
}

static int cat(struct cat *c, struct stores *s, struct merge *m)
{
	int ret = print_new(c, s, m);

	while (!ret && c->follow && !interrupted && !ferror(stdout)) {
		poll(NULL, 0, FOLLOW_MS);
		ret = stores_refresh(s);
		if (!ret)
			ret = print_new(c, s, m);
	}
	if (ret) {
		err("%s", strerror(-ret));
		return 1;
	}
	if (ferror(stdout)) {
		err("cannot write to standard output");
		return 1;
	}
	if (!c->n && !c->follow) {
		pick_stream(m, c->stream);
		return 2;
	}
	return 0;
}

static void cat_free(struct cat *c)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		record_iter_free(c->list[i].iter);
		decode_box_free(c->list[i].box);
	}
	free(c->list);
}

int cmd_cat(int argc, char **argv)
{
	struct cat c = { .stream = NULL };
	bool no_plugins = false;
	const struct opt table[] = {
		{ "follow", 'f', OPT_FLAG, &c.follow, NULL,
		  "go on printing what is added, until interrupted" },
		{ "wall", 'w', OPT_FLAG, &c.style.wall, NULL,
		  "print wall time of the host, not the guest's clock" },
		{ "json", 'j', OPT_FLAG, &c.style.json, NULL,
		  "print one JSON object a line" },
		{ "stream", 's', OPT_STRING, &c.stream, "ID",
		  "only the stream whose id begins so" },
		{ "no-plugins", 'N', OPT_FLAG, &no_plugins, NULL,
		  "does nothing; plugins are never used" },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL },
	};
	struct sigaction sa = { .sa_handler = on_interrupt };
	struct merge m = { 0 };
	struct stores s;
	int first, ret = 2;

	first = opts_parse("ivring cat", "[OPTION]... STORE...",
			   "Merge STOREs and print the events as trace-cmd "
			   "report does. A STORE is a\ndirectory, or a VM of "
			   "this host.",
			   table, argc, argv);
	log_init("ivring cat", LOG_L_INFO);
	if (first >= argc) {
		err("no store given; see ivring cat --help");
		return 2;
	}
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	if (!stores_open(&s, argv + first, argc - first, c.follow))
		ret = cat(&c, &s, &m);
	cat_free(&c);
	merge_free(&m);
	stores_close(&s);
	return ret;
}
