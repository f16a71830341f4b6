// SPDX-License-Identifier: GPL-2.0
/* report_text.c - a report for people */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/table.h"
#include "store/report.h"

static void add_header(struct table *t)
{
	int i;

	table_add(t, "ring");
	table_add(t, "produced");
	table_add(t, "delivered");
	for (i = 0; i < LOSSES; i++)
		table_add(t, "%s", loss_name(i));
	table_add(t, "undeclared");
	table_add(t, "copies");
	table_add(t, "order");
}

static void add_account(struct table *t, const char *name,
			const struct ring_account *a)
{
	int i;

	table_add(t, "%s", name);
	table_add(t, "%" PRIu64, a->produced);
	table_add(t, "%" PRIu64, a->delivered);
	for (i = 0; i < LOSSES; i++)
		table_add(t, "%" PRIu64, a->lost[i]);
	table_add(t, "%" PRIu64, a->undeclared);
	table_add(t, "%" PRIu64, a->dup_records);
	table_add(t, "%s",
		  a->conflicts	  ? "CONFLICT" :
		  a->order_errors ? "BROKEN" :
				    "kept");
}

static void print_rings(const struct report *r, FILE *out)
{
	struct table t = { .columns = 6 + LOSSES };
	char name[16];
	uint32_t i;

	add_header(&t);
	for (i = 0; i < r->st->nrings; i++) {
		snprintf(name, sizeof(name), "%u", i);
		add_account(&t, name, &r->rings[i]);
	}
	add_account(&t, "total", &r->total);
	table_print(&t, out);
}

static void add_time(struct table *t, uint64_t ns)
{
	time_t s = ns / 1000000000;
	char text[40];
	struct tm tm;

	if (!ns || !gmtime_r(&s, &tm) ||
	    !strftime(text, sizeof(text), "%F %T", &tm))
		table_add(t, "?");
	else
		table_add(t, "%s.%03" PRIu64 "Z", text, ns / 1000000 % 1000);
}

static void add_blackout(struct table *t, const struct leg_report *lr)
{
	if (!lr->moved)
		table_add(t, "-");
	else if (!lr->measured)
		table_add(t, "moved here, not measured");
	else
		table_add(t, "moved here, %.3f ms +- %.3f ms",
			  lr->blackout_ns / 1e6, lr->error_ns / 1e6);
}

static void print_legs(const struct report *r, FILE *out)
{
	struct table t = { .columns = 7, .left = 0x67 };
	size_t i;

	table_add(&t, "leg");
	table_add(&t, "host");
	table_add(&t, "attached");
	table_add(&t, "stored");
	table_add(&t, "copies");
	table_add(&t, "pages");
	table_add(&t, "black-out");
	for (i = 0; i < r->st->nlegs; i++) {
		const struct leg_report *lr = &r->legs[i];

		table_add(&t, "%s", lr->leg->name);
		table_add(&t, "%s", lr->leg->host);
		add_time(&t, lr->leg->realtime);
		table_add(&t, "%" PRIu64, lr->stored);
		table_add(&t, "%" PRIu64, lr->stored - lr->kept);
		table_add(&t, "%" PRIu64 "-%" PRIu64, lr->first, lr->last);
		add_blackout(&t, lr);
	}
	table_print(&t, out);
}

static void print_sum(const struct report *r, FILE *out)
{
	const struct ring_account *a = &r->total;

	if (a->left)
		fprintf(out,
			"%" PRIu64 " more records were in the guest, in "
			"pages not yet taken\n",
			a->left);
	if (a->conflicts)
		fprintf(out,
			"CONFLICT: %" PRIu64 " pages differ between legs\n",
			a->conflicts);
	fprintf(out,
		"produced = delivered + declared lost: %" PRIu64 " = %" PRIu64
		" + %" PRIu64 ", %" PRIu64 " undeclared, %" PRIu64
		" duplicates after merge, order %s\n",
		a->produced, a->delivered, account_lost(a), a->undeclared,
		a->twice, a->order_errors ? "broken" : "kept");
}

void report_print(const struct report *r, FILE *out)
{
	const struct leg *l = r->st->legs[0];

	fprintf(out,
		"stream %s, VM %s, policy %s, %u ring%s, %zu leg%s\n%s\n\n",
		r->st->id, l->vm, l->policy, r->st->nrings,
		r->st->nrings == 1 ? "" : "s", r->st->nlegs,
		r->st->nlegs == 1 ? "" : "s", report_end(r));
	print_rings(r, out);
	fputc('\n', out);
	print_legs(r, out);
	fputc('\n', out);
	print_sum(r, out);
}
