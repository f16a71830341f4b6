// SPDX-License-Identifier: GPL-2.0
/*
 * ramp.c - known numbered records from one CPU of the guest into /dev/ivring, or
 * into the file of -f, one write() a record
 *
 * Record N of writer W is "ramp W N X PAD": X is a hash of (W, N) and PAD has a
 * length and bytes that follow from it, so that a checker knows each byte of
 * each record without being told. A number is used up whether or not the write
 * succeeded; at the end the program says how many writes were refused.
 *
 * Runs until the time is over, or SIGTERM. Prints one line:
 *	ramp W tried T refused R
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCH_NS 5000000L

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	stopped = 1;
}

/* splitmix64 (Steele, Lea, Flood 2014); checker.py has its own. */
static uint64_t hash(uint64_t w, uint64_t n)
{
	uint64_t z = n * 0x9e3779b97f4a7c15ull + w * 0xd1342543de82ef95ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static int record(char *buf, size_t room, unsigned int w, uint64_t n)
{
	uint64_t x = hash(w, n);
	int len = snprintf(buf, room, "ramp %u %llu %016llx ", w,
			   (unsigned long long)n, (unsigned long long)x);
	int pad = 24 + x % 73;
	int i;

	for (i = 0; i < pad; i++)
		buf[len++] = 'a' + (x >> i % 56) % 26;
	return len;
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		fprintf(stderr, "ramp: cpu %d: %s\n", cpu, strerror(errno));
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = stop };
	uint64_t n, tried = 0, refused = 0, rate = 15000, limit = UINT64_MAX;
	int64_t start, elapsed, end = INT64_MAX;
	const char *path = "/dev/ivring";
	int c, fd, len, cpu = 0;
	char buf[256];

	while ((c = getopt(argc, argv, "c:r:n:t:f:")) != -1) {
		switch (c) {
		case 'c':
			cpu = atoi(optarg);
			break;
		case 'r':
			rate = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			limit = strtoull(optarg, NULL, 0);
			break;
		case 'f':
			path = optarg;
			break;
		case 't':
			end = strtoll(optarg, NULL, 0) * 1000000000ll;
			break;
		default:
			fputs("usage: ramp [-c CPU] [-r PER_SECOND, 0 is full speed] [-n COUNT] [-t SECONDS] [-f FILE]\n",
			      stderr);
			return 1;
		}
	}
	fd = open(path, O_WRONLY);
	if (fd < 0) {
		fprintf(stderr, "ramp: %s: %s\n", path, strerror(errno));
		return 1;
	}
	pin(cpu);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);

	start = now_ns();
	for (n = 0; n < limit && !stopped; n++) {
		len = record(buf, sizeof(buf), cpu, n);
		tried++;
		if (write(fd, buf, len) != len)
			refused++;
		if (n % 64)
			continue;
		for (;;) {
			elapsed = now_ns() - start;
			if (!rate || stopped || elapsed > end ||
			    n <= elapsed / 1000 * rate / 1000000)
				break;
			nanosleep(&(struct timespec) { .tv_nsec = BATCH_NS },
				  NULL);
		}
		if (elapsed > end)
			break;
	}
	printf("ramp %d tried %llu refused %llu\n", cpu,
	       (unsigned long long)tried, (unsigned long long)refused);
	return 0;
}
