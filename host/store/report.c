// SPDX-License-Identifier: GPL-2.0
/* report.c - what ivring verify found about one stream */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/clock_map.h"
#include "store/report.h"

static void report_leg(struct leg_report *lr, const struct stream *st, size_t i)
{
	const struct leg *l = st->legs[i];
	const struct leg *before = i ? st->legs[i - 1] : NULL;
	struct clock_offset o;
	size_t k;

	lr->leg = l;
	for (k = 0; k < l->nfiles; k++) {
		struct store_file *f = l->files[k];
		uint64_t first;

		if (f->ring == st->nrings || !f->n)
			continue;
		lr->stored += f->n;
		first = file_desc(f, 0).page;
		if (!lr->first || first < lr->first)
			lr->first = first;
		if (f->last_page > lr->last)
			lr->last = f->last_page;
	}
	if (!before || before->epoch == l->epoch || legs_same_qemu(before, l) ||
	    l->realtime < before->realtime)
		return;
	lr->moved = true;
	lr->measured = !clock_blackout(before, l, &o);
	if (lr->measured) {
		lr->blackout_ns = o.ns;
		lr->error_ns = o.error_ns;
	}
}

static void count_kept(struct report *r)
{
	size_t i;
	size_t k;

	for (i = 0; i < r->st->nrings; i++) {
		const struct ring_pages *ring = &r->st->rings[i];

		for (k = 0; k < ring->nruns; k++)
			r->legs[ring->runs[k].first.file->leg->order].kept +=
				ring->runs[k].n;
	}
}

static void total(struct report *r)
{
	size_t i;

	r->total.ended = true;
	for (i = 0; i < r->st->nrings; i++) {
		account_add(&r->total, &r->rings[i]);
		if (r->rings[i].cut)
			r->total.cut = true;
		if (!r->rings[i].ended)
			r->total.ended = false;
		if (r->rings[i].ended)
			r->total.why = r->rings[i].why;
		if (r->rings[i].guest_end)
			r->total.guest_end = r->rings[i].guest_end;
	}
}

int report_make(struct report *r, const struct stream *st,
		struct findings *found)
{
	int ret = 0;
	size_t i;

	memset(r, 0, sizeof(*r));
	r->st = st;
	r->rings = calloc(st->nrings, sizeof(*r->rings));
	r->legs = calloc(st->nlegs + 1, sizeof(*r->legs));
	if (!r->rings || !r->legs)
		ret = -ENOMEM;
	for (i = 0; i < st->nrings && !ret; i++)
		ret = account_ring(&r->rings[i], st, i, found);
	if (ret) {
		report_free(r);
		return ret;
	}
	total(r);
	for (i = 0; i < st->nlegs; i++)
		report_leg(&r->legs[i], st, i);
	count_kept(r);
	if (st->nlegs && st->legs[0]->prev)
		found_note(found,
			   "stream %.8s: %s goes on from an attachment "
			   "(epoch %016llx) that is in none of the stores "
			   "given; if the VM came from another host, give the "
			   "store of that host too",
			   st->id, st->legs[0]->path,
			   (unsigned long long)st->legs[0]->prev);
	return 0;
}

void report_free(struct report *r)
{
	free(r->rings);
	free(r->legs);
	memset(r, 0, sizeof(*r));
}

bool report_fine(const struct report *r)
{
	return !r->total.undeclared && !r->total.twice &&
	       !r->total.order_errors && !r->total.conflicts &&
	       !r->total.lost[LOSS_CORRUPT];
}

const char *report_end(const struct report *r)
{
	if (r->total.cut)
		return "cut off: its host went down; what was not on the disk "
		       "by then is lost, and nobody knows how much that was";
	if (!r->total.ended)
		return "open: no END mark, it still runs or its reader was "
		       "killed; accounted up to the last stored page";
	switch (r->total.why) {
	case IVR_WHY_VM_GONE:
		return "ended: the VM is gone from the last host";
	case IVR_WHY_RESET:
		return "ended: the guest began a new stream";
	case IVR_WHY_READER_STOPPED:
		return "stopped: the reader was told to; the next one goes on";
	case IVR_WHY_MOVED:
		return r->total.lost[LOSS_HANDED_OVER] ?
			       "moved: the VM took the rest along; if it lives on, "
			       "give the store of its host, too" :
			       "moved: the VM went to another host";
	case IVR_WHY_UNPLUGGED:
		return "parked: the guest took the stream into its own memory; "
		       "the next device goes on";
	case IVR_WHY_GUEST_GONE:
		if (r->total.guest_end == IVR_END_PANIC)
			return "ended: the guest panicked";
		if (r->total.guest_end == IVR_END_SHUTDOWN)
			return "ended: the guest shut down";
		if (r->total.guest_end == IVR_END_REMOVED)
			return "ended: the guest's module was removed";
		return "ended: by the guest";
	}
	return "ended";
}
