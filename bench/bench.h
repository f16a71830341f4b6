/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bench.h - what the native benchmarks have in common
 *
 * A benchmark writes records of 64 bytes in bursts, on one CPU, while somebody
 * on another CPU takes them away; between two bursts it waits, so that writing
 * is measured and not dropping. Only the bursts are timed.
 */
#ifndef IVR_BENCH_H
#define IVR_BENCH_H

#include <stdint.h>

#define PAYLOAD 64
#define BURST	20000
#define BURSTS	60
#define WARM_UP 15

/** bench_pin() - put the calling thread on a CPU; exits if it cannot */
void bench_pin(int cpu);

/**
 * bench_run() - time the bursts
 * @burst: writes BURST records
 * @between: waits until there is room for another burst; may be NULL
 *
 * The first WARM_UP bursts are not counted: they fault in the buffers.
 *
 * Return: nanoseconds per record, over all bursts that count
 */
double bench_run(void (*burst)(const void *payload), void (*between)(void));

/** bench_report() - one line for run.sh: name, ns, records written, lost */
void bench_report(const char *name, double ns, uint64_t written, uint64_t lost);

/* A loop for each benchmark, so that nothing is called through a pointer. */
#define DEFINE_BURST(name, write)             \
	static void name(const void *payload) \
	{                                     \
		int i;                        \
                                              \
		for (i = 0; i < BURST; i++)   \
			write(payload);       \
	}

#endif
