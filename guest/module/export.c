// SPDX-License-Identifier: GPL-2.0
/* export.c - what ftrace records goes into our rings as well */
#include <linux/rcupdate.h>
#include <linux/trace.h>

#include "init.h"
#include "params.h"
#include "ring_fast.h"
#include "stream.h"

/*
 * ftrace calls this with preemption off, in whatever context the event came.
 * @entry is the event's data, struct trace_entry first, as it lies in ftrace's
 * own ring.
 */
static void export_entry(struct trace_export *export, const void *entry,
			 unsigned int len)
{
	struct ivr_ring *ring = __this_cpu_read(ivr_ring_here);
	void *body;

	if (!ring)
		return;
	body = ivr_ring_reserve_at(ring, len, ivr_clock());
	if (!body)
		return;
	memcpy(body, entry, len);
	ivr_ring_commit_inline(ring);
}

static struct trace_export export = {
	.write = export_entry,
	.flags = TRACE_EXPORT_FUNCTION | TRACE_EXPORT_EVENT |
		 TRACE_EXPORT_MARKER,
};

int ivr_export_start(void)
{
	return ivr_trace ? register_ftrace_export(&export) : 0;
}

void ivr_export_stop(void)
{
	if (!ivr_trace)
		return;
	unregister_ftrace_export(&export);
	/* It may still run on another CPU. */
	synchronize_rcu();
}
