// SPDX-License-Identifier: GPL-2.0
/*
 * ivring_bench.c - instructions per event, in the guest
 *
 * Meant for QEMU with `-accel tcg,thread=single -icount shift=0,sleep=off
 * -smp 1`: there the time stamp counter counts executed instructions, so the
 * figures are exact and the same in every run. All is measured when the module
 * is loaded; the lines in the log are for run.sh.
 */
#include <linux/module.h>
#include <linux/sched/clock.h>
#include <linux/trace_events.h>
#include <asm/tsc.h>

#define CREATE_TRACE_POINTS
#include "bench_event.h"

#include "ivring.h"

#define BATCHES 20
#define BATCH	1000

static char *tag = "";
module_param(tag, charp, 0444);
MODULE_PARM_DESC(tag, "put before each name");

static u8 payload[64], copy[64];
static unsigned long failed;
static u64 empty;

/* Without interrupts: a timer tick would be counted, too. */
#define MEASURE(statement)                                \
	({                                                \
		unsigned long flags;                      \
		u64 start, total = 0;                     \
		int i, k;                                 \
                                                          \
		for (i = 0; i < BATCHES; i++) {           \
			local_irq_save(flags);            \
			start = rdtsc_ordered();          \
			for (k = 0; k < BATCH; k++) {     \
				statement;                \
				barrier();                \
			}                                 \
			total += rdtsc_ordered() - start; \
			local_irq_restore(flags);         \
		}                                         \
		total;                                    \
	})

/* So that the compiler does not move the same copy out of the loop. */
static __always_inline void *hidden(void *to)
{
	OPTIMIZER_HIDE_VAR(to);
	return to;
}

static void report(const char *name, u64 total)
{
	u64 tenths;

	total -= min(total, empty);
	tenths = div_u64(total * 10, BATCHES * BATCH);
	pr_info("ivring_bench: %s%s %llu.%llu %lu\n", tag, name,
		div_u64(tenths, 10), tenths % 10, failed);
	failed = 0;
}

static void measure_ftrace(void)
{
	report("tracepoint-off", MEASURE(trace_ivring_bench(payload)));
	if (trace_set_clr_event("ivring_bench", "ivring_bench", 1)) {
		pr_err("ivring_bench: the event cannot be enabled\n");
		return;
	}
	/* Once before: the first event allocates. */
	trace_ivring_bench(payload);
	report("ftrace-event", MEASURE(trace_ivring_bench(payload)));
	trace_set_clr_event("ivring_bench", "ivring_bench", 0);
}

static int __init bench_init(void)
{
	empty = MEASURE();
	report("clock", MEASURE(sched_clock()));
	report("memcpy", MEASURE(memcpy(hidden(copy), payload, 64)));
	report("ivring_write",
	       MEASURE(failed |= ivring_write(payload, sizeof(payload))));
	report("ivring_write-8-bytes",
	       MEASURE(failed |= ivring_write(payload, 8)));
	measure_ftrace();
	return 0;
}

static void __exit bench_exit(void)
{
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("Instructions per event: ivring_write() beside ftrace");
MODULE_LICENSE("GPL");
