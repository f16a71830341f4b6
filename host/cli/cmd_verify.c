// SPDX-License-Identifier: GPL-2.0
/* cmd_verify.c - ivring verify: account for every record in stores */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmds.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/opts.h"
#include "lib/text.h"
#include "store/pick.h"
#include "store/report.h"

/** struct verify - the options and what comes of them */
struct verify {
	const char *stream;
	bool json;
	bool quick;
	bool bad;
	size_t reported;
	struct json_object *list;
};

static int report_one(struct verify *v, struct stream *st,
		      struct findings *found)
{
	struct report r;
	int ret = 0;

	if (!v->quick)
		ret = stream_check_pages(st, found);
	if (!ret)
		ret = report_make(&r, st, found);
	if (ret)
		return ret;
	if (!report_fine(&r))
		v->bad = true;
	if (v->json) {
		json_object_array_add(v->list, report_json(&r));
	} else {
		if (v->reported)
			putchar('\n');
		report_print(&r, stdout);
	}
	v->reported++;
	report_free(&r);
	return 0;
}

static struct json_object *findings_json(const struct findings *found)
{
	struct json_object *list = json_object_new_array();
	char clean[1024];
	size_t i;

	for (i = 0; i < found->n; i++) {
		struct json_object *o = json_object_new_object();
		const char *text = found->list[i].text;

		text_clean(clean, sizeof(clean), text, strlen(text));
		json_put_text(o, "text", clean);
		json_put_bool(o, "bad", found->list[i].bad);
		json_object_array_add(list, o);
	}
	return list;
}

static void print_json(struct verify *v, const struct findings *found)
{
	struct json_object *o = json_object_new_object();

	json_put_bool(o, "fine", !v->bad);
	json_object_object_add(o, "streams", v->list);
	json_object_object_add(o, "findings", findings_json(found));
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY));
	json_object_put(o);
}

static int verify(struct verify *v, struct stores *s, struct merge *m)
{
	int ret = merge_update(m, s);
	size_t i;

	for (i = 0; i < m->n && !ret; i++)
		if (m->list[i]->nlegs && stream_is(m->list[i], v->stream))
			ret = report_one(v, m->list[i], &s->found);
	if (ret) {
		err("%s", strerror(-ret));
		return 2;
	}
	if (!v->reported) {
		if (s->found.n)
			findings_say(&s->found);
		pick_stream(m, v->stream);
		return 2;
	}
	if (s->found.bad)
		v->bad = true;
	if (v->json)
		print_json(v, &s->found);
	fflush(stdout);
	if (!v->json)
		findings_say(&s->found);
	return v->bad;
}

int cmd_verify(int argc, char **argv)
{
	struct verify v = { .list = NULL };
	const struct opt table[] = {
		{ "stream", 's', OPT_STRING, &v.stream, "ID",
		  "only the stream whose id begins so" },
		{ "quick", 'q', OPT_FLAG, &v.quick, NULL,
		  "look at descriptors only, do not read the pages" },
		{ "json", 'j', OPT_FLAG, &v.json, NULL, "print JSON" },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL },
	};
	struct merge m = { 0 };
	struct stores s;
	int first, ret = 2;

	first = opts_parse("ivring verify", "[OPTION]... STORE...",
			   "Account for every record of the streams in STOREs "
			   "(one for each host\nthe VM was on; a directory, or "
			   "a VM of this host): delivered, declared lost,\n"
			   "or missing.",
			   table, argc, argv);
	log_init("ivring verify", LOG_L_INFO);
	if (first >= argc) {
		err("no store given; see ivring verify --help");
		return 2;
	}
	if (v.json)
		v.list = json_object_new_array();
	if (!stores_open(&s, argv + first, argc - first, false))
		ret = verify(&v, &s, &m);
	merge_free(&m);
	stores_close(&s);
	return ret;
}
