// SPDX-License-Identifier: GPL-2.0
/* bench.c - what the native benchmarks have in common */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

void bench_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		perror("bench: cannot pin to a CPU; two are needed");
		exit(1);
	}
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

double bench_run(void (*burst)(const void *payload), void (*between)(void))
{
	unsigned char payload[PAYLOAD];
	double start, total = 0;
	int i;

	memset(payload, 0x5a, sizeof(payload));
	for (i = 0; i < WARM_UP + BURSTS; i++) {
		start = now_ns();
		burst(payload);
		if (i >= WARM_UP)
			total += now_ns() - start;
		if (between)
			between();
	}
	return total / ((double)BURST * BURSTS);
}

void bench_report(const char *name, double ns, uint64_t written, uint64_t lost)
{
	printf("%s %.2f %llu %llu\n", name, ns, (unsigned long long)written,
	       (unsigned long long)lost);
}
