// SPDX-License-Identifier: GPL-2.0
/*
 * native.c - ring.c in user space: nanoseconds per record
 *
 *	bench-ring-CLOCK discard|overwrite|memcpy
 *
 * A record is what the module's ivring_write() makes: the common fields and a
 * payload of 64 bytes. Which clock stamps it was decided when ring.c was built.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "ring.h"

#ifndef CLOCK_NAME
#define CLOCK_NAME "rdtsc"
#endif

#define SLOTS 2048
#define TAG   0x62656e6368ull

/* As struct record in guest/module/write.c. */
struct record {
	__u16 type;
	__u8 flags;
	__u8 preempt_count;
	__s32 pid;
	__u32 data_loc;
	__u8 data[PAYLOAD];
} __attribute__((packed, aligned(4)));

static struct ivr_ring ring;
static struct ivr_ring_mem mem;
static struct ivr_host_ring *host;
static int stop, pid;
static __u64 taken;

static __always_inline void write_ring(const void *payload)
{
	struct record *r = ivr_ring_reserve(&ring, sizeof(*r));

	if (!r)
		return;
	r->type = 1;
	r->flags = 0;
	r->preempt_count = 0;
	r->pid = pid;
	r->data_loc = PAYLOAD << 16 | offsetof(struct record, data);
	memcpy(r->data, payload, PAYLOAD);
	ivr_ring_commit(&ring);
}

DEFINE_BURST(burst_ring, write_ring)

/* A copy to where nothing has been just now, as a trace record's is. */
static unsigned char *heap;
static size_t heap_at;

static __always_inline void write_memcpy(const void *payload)
{
	memcpy(heap + heap_at, payload, PAYLOAD);
	heap_at = (heap_at + PAYLOAD) % (SLOTS * IVR_PAGE_SIZE);
}

DEFINE_BURST(burst_memcpy, write_memcpy)

static void no_bell(struct ivr_ring *r)
{
}

static void *pages(size_t n)
{
	void *p = aligned_alloc(IVR_PAGE_SIZE, n * IVR_PAGE_SIZE);

	if (!p) {
		perror("bench: memory");
		exit(1);
	}
	return memset(p, 0, n * IVR_PAGE_SIZE);
}

static void open_ring(enum ivr_policy policy)
{
	host = pages(1);
	host->wake = IVR_WAKE_NEVER;
	mem = (struct ivr_ring_mem) {
		.ctl = pages(1),
		.desc = pages(SLOTS / IVR_DESCS_PER_PAGE),
		.data = pages(SLOTS),
		.host = host,
		.slots = SLOTS,
	};
	ivr_ring_init(&ring, &mem, 0, policy, TAG, no_bell);
	ivr_ring_ack(mem.ctl, 0);
}

/* Takes closed pages away as the real reader does: into a file, unread. */
static void *read_pages(void *arg)
{
	__u64 head, pos = 1;
	FILE *out = arg;

	bench_pin(1);
	for (;;) {
		head = smp_load_acquire(&mem.ctl->head);
		if (pos == head) {
			if (__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
				return NULL;
			usleep(200);
			continue;
		}
		for (; pos < head; pos++) {
			if (pwrite(fileno(out), &mem.data[(pos - 1) % SLOTS],
				   IVR_PAGE_SIZE,
				   (pos - 1) % SLOTS * IVR_PAGE_SIZE) !=
			    IVR_PAGE_SIZE) {
				perror("bench: write");
				exit(1);
			}
			taken += mem.desc[(pos - 1) % SLOTS].count;
			smp_store_release(&host->pos_seal, (pos + 1) ^ TAG);
			smp_store_release(&host->pos, pos + 1);
		}
	}
}

/* Room for a burst and more: see SLOTS. */
static void wait_for_reader(void)
{
	while (READ_ONCE(mem.ctl->head) - READ_ONCE(host->pos) > 16)
		usleep(200);
}

static void bench_discard(void)
{
	pthread_t reader;
	FILE *out = tmpfile();
	double ns;

	if (!out || pthread_create(&reader, NULL, read_pages, out)) {
		perror("bench: reader");
		exit(1);
	}
	ns = bench_run(burst_ring, wait_for_reader);
	ivr_ring_flush(&ring);
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	pthread_join(reader, NULL);
	if (taken + mem.ctl->lost != (__u64)BURST * (WARM_UP + BURSTS)) {
		fprintf(stderr, "bench: records are missing\n");
		exit(1);
	}
	bench_report("ring-" CLOCK_NAME "-discard", ns, taken, mem.ctl->lost);
}

static void bench_overwrite(void)
{
	double ns = bench_run(burst_ring, NULL);

	ivr_ring_flush(&ring);
	bench_report("ring-" CLOCK_NAME "-overwrite", ns,
		     mem.ctl->produced - mem.ctl->lost, mem.ctl->lost);
}

static void bench_memcpy(void)
{
	double ns;

	heap = pages(SLOTS);
	ns = bench_run(burst_memcpy, NULL);
	bench_report("memcpy", ns, (__u64)BURST * (WARM_UP + BURSTS), 0);
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	pid = getpid();
	bench_pin(0);
	if (!strcmp(what, "discard")) {
		open_ring(IVR_POLICY_DISCARD);
		bench_discard();
	} else if (!strcmp(what, "overwrite")) {
		open_ring(IVR_POLICY_OVERWRITE);
		bench_overwrite();
	} else if (!strcmp(what, "memcpy")) {
		bench_memcpy();
	} else {
		fprintf(stderr, "usage: %s discard|overwrite|memcpy\n",
			argv[0]);
		return 1;
	}
	return 0;
}
