// SPDX-License-Identifier: GPL-2.0
/*
 * lttng.c - the same bursts through LTTng-UST
 *
 *	bench-lttng discard|overwrite
 *
 * The session, its buffers (as large as the ring's) and its consumer are
 * run.sh's. What LTTng discarded it tells there, too.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "lttng_tp.h"

static inline void write_lttng(const void *payload)
{
	lttng_ust_tracepoint(ivring_bench, record, payload);
}

DEFINE_BURST(burst_lttng, write_lttng)

/* There is no way to ask the consumer; the loss in the report tells. */
static void pause_for_consumer(void)
{
	usleep(10000);
}

int main(int argc, char **argv)
{
	bool discard = argc == 2 && !strcmp(argv[1], "discard");
	double ns;

	if (!discard && (argc != 2 || strcmp(argv[1], "overwrite"))) {
		fprintf(stderr, "usage: %s discard|overwrite\n", argv[0]);
		return 1;
	}
	bench_pin(0);
	if (!lttng_ust_tracepoint_enabled(ivring_bench, record)) {
		fprintf(stderr, "bench-lttng: the event is not enabled\n");
		return 1;
	}
	ns = bench_run(burst_lttng, discard ? pause_for_consumer : NULL);
	bench_report(discard ? "lttng-discard" : "lttng-overwrite", ns,
		     (uint64_t)BURST * (WARM_UP + BURSTS), 0);
	return 0;
}
