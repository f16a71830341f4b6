// SPDX-License-Identifier: GPL-2.0
/* cmd_export.c - ivring export: merge stores into one trace.dat */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmds.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/opts.h"
#include "lib/output.h"
#include "lib/stop_signal.h"
#include "store/clock_map.h"
#include "store/pick.h"
#include "store/report.h"
#include "trace/trace_dat.h"

/* A kernel with everything built in has 200,000 symbols of 60 bytes. */
#define KALLSYMS_MAX (64u << 20)

static bool interrupted(void)
{
	return stop_signal_pending();
}

/** struct export_job - the options */
struct export_job {
	const char *output;
	const char *stream;
	const char *kallsyms;
	bool strict;
	bool wall;
};

static void show_progress(uint64_t done, uint64_t all)
{
	fprintf(stderr, "\r%3u%%%s", (unsigned int)(done * 100 / all),
		done == all ? "\r    \r" : "");
}

static int finish(const struct export_job *e, struct trace_dat *t, int ret)
{
	if (ret == -EINTR) {
		err("interrupted; nothing written");
	} else if (ret) {
		err("%s: %s", e->output, strerror(-ret));
	} else if (t->dropped && e->strict) {
		err("%llu pages are corrupt; nothing written (--strict)",
		    (unsigned long long)t->dropped);
		ret = -EINVAL;
	}
	return ret;
}

static int write_file(const struct export_job *e, struct trace_dat *t)
{
	struct output o;
	int ret = output_open(&o, e->output);

	if (ret)
		return finish(e, t, ret);
	stop_signal_init();
	t->stop = interrupted;
	ret = finish(e, t, trace_dat_write(t, o.file));
	if (!ret)
		ret = finish(e, t, output_commit(&o));
	output_close(&o);
	return ret;
}

/* Warn of what verify would call an error; one line is enough here. */
static int judge(const struct export_job *e, const struct report *r)
{
	if (report_fine(r))
		return 0;
	warn("%llu records missing undeclared, %llu conflicts, %llu there "
	     "twice, %llu places out of order; `ivring verify' tells where",
	     (unsigned long long)r->total.undeclared,
	     (unsigned long long)r->total.conflicts,
	     (unsigned long long)r->total.twice,
	     (unsigned long long)r->total.order_errors);
	if (!e->strict)
		return 0;
	err("nothing written (--strict)");
	return -EINVAL;
}

static int64_t wall_shift(const struct stream *st)
{
	struct clock_offset o;
	size_t i;

	for (i = 0; i < st->nlegs; i++)
		if (!clock_best(st->legs[i], 0, &o))
			return o.ns;
	warn("no clock entries in the store; time stamps stay guest time");
	return 0;
}

static int export_stream(const struct export_job *e, struct stores *s,
			 const struct stream *st, const struct meta *meta)
{
	struct trace_dat t = { .st = st, .meta = meta, .found = &s->found };
	struct findings rest = { 0 };
	char *kallsyms = NULL;
	struct report r;
	int ret = report_make(&r, st, &rest);

	findings_free(&rest);
	if (ret)
		return ret;
	t.accounts = r.rings;
	t.shift = e->wall ? wall_shift(st) : 0;
	if (isatty(STDERR_FILENO))
		t.progress = show_progress;
	ret = judge(e, &r);
	if (!ret && e->kallsyms) {
		ret = file_read(e->kallsyms, KALLSYMS_MAX, &kallsyms,
				&t.kallsyms_len);
		t.kallsyms = kallsyms;
		if (ret)
			err("%s: %s", e->kallsyms, strerror(-ret));
	}
	if (!ret)
		ret = write_file(e, &t);
	if (!ret)
		info("%s: %llu records of stream %s", e->output,
		     (unsigned long long)r.total.delivered, st->id);
	report_free(&r);
	free(kallsyms);
	return ret;
}

static int export(const struct export_job *e, struct stores *s, struct merge *m)
{
	const struct stream *st;
	struct meta meta;
	int ret = merge_update(m, s);

	if (ret) {
		err("%s", strerror(-ret));
		return 1;
	}
	st = pick_stream(m, e->stream);
	if (!st) {
		findings_say(&s->found);
		return 2;
	}
	ret = meta_load(&meta, st, &s->found);
	if (ret) {
		findings_say(&s->found);
		err("stream %s has no whole metadata (%s): no viewer could "
		    "name its events; run ivring-meta in the guest while a "
		    "reader is attached",
		    st->id, strerror(-ret));
		return 1;
	}
	ret = export_stream(e, s, st, &meta);
	findings_say(&s->found);
	meta_free(&meta);
	return ret ? 1 : 0;
}

int cmd_export(int argc, char **argv)
{
	struct export_job e = { .output = "trace.dat" };
	const struct opt table[] = {
		{ "output", 'o', OPT_STRING, &e.output, "FILE",
		  "write to FILE (default trace.dat)" },
		{ "stream", 's', OPT_STRING, &e.stream, "ID",
		  "the stream whose id begins so" },
		{ "kallsyms", 'k', OPT_STRING, &e.kallsyms, "FILE",
		  "the guest's /proc/kallsyms, if the store has none" },
		{ "wall", 'w', OPT_FLAG, &e.wall, NULL,
		  "shift time stamps to wall time as of the first host" },
		{ "strict", 0, OPT_FLAG, &e.strict, NULL,
		  "write nothing if the account is not in order" },
		{ NULL, 0, OPT_FLAG, NULL, NULL, NULL },
	};
	struct merge m = { 0 };
	struct stores s;
	int first, ret = 2;

	first = opts_parse(
		"ivring export", "[OPTION]... STORE...",
		"Merge STOREs into one file for trace-cmd report "
		"and KernelShark.\nA STORE is a directory, or a VM of this "
		"host.",
		table, argc, argv);
	log_init("ivring export", LOG_L_INFO);
	if (first >= argc) {
		err("no store given; see ivring export --help");
		return 2;
	}
	if (!stores_open(&s, argv + first, argc - first, false))
		ret = export(&e, &s, &m);
	merge_free(&m);
	stores_close(&s);
	return ret;
}
