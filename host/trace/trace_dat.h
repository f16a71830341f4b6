/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trace_dat.h - write a stream as trace.dat, version 6
 *
 * The format is that of trace-cmd.dat.v6(5). Version 6 and not 7, because all
 * viewers open it. A data ring is a CPU; its pages are written as they were in
 * the guest, but for two things: what lies behind the events in a page is
 * zeroed, and a page before which records are missing says so in its commit
 * word, so that viewers show the loss where it was.
 */
#ifndef IVR_TRACE_TRACE_DAT_H
#define IVR_TRACE_TRACE_DAT_H

#include <stdio.h>

#include "store/account.h"
#include "store/merge.h"
#include "trace/meta.h"

/**
 * struct trace_dat - what to write
 * @st: merged stream
 * @meta: its metadata
 * @accounts: one for each ring, for the statistics in the file
 * @kallsyms: text to use instead of the guest's own, or NULL
 * @kallsyms_len: its length
 * @shift: added by viewers to every time stamp, ns; 0 for guest time
 * @found: gets a line for each page that cannot be used
 * @progress: called now and then with pages done and to do; may be NULL
 * @stop: asked now and then: has the user had enough? May be NULL
 * @dropped: set to the number of pages that were not written
 */
struct trace_dat {
	const struct stream *st;
	const struct meta *meta;
	const struct ring_account *accounts;
	const char *kallsyms;
	size_t kallsyms_len;
	int64_t shift;
	struct findings *found;
	void (*progress)(uint64_t done, uint64_t all);
	bool (*stop)(void);
	uint64_t dropped;
};

/**
 * trace_dat_write() - write the file
 * @t: what to write
 * @out: where to; must be seekable and empty
 *
 * Return: 0, -ENOMEM, -EFBIG (a part is too long for its length word), -EINTR
 * (@t->stop said so), or the negative errno of a write
 */
int trace_dat_write(struct trace_dat *t, FILE *out);

#endif
