// SPDX-License-Identifier: GPL-2.0
/*
 * ring_stress.c - many records, interrupted writers, readers beside them
 *
 * For each ring a thread writes and a thread reads and checks every record. The
 * writers are interrupted by signals as a CPU is by interrupts and NMI: from a
 * timer of each, from a thread that does nothing else, and from within the
 * clock, where it hurts most; signals interrupt signals. A writer's depth is its
 * context, and each context numbers its records, so that nothing can be torn,
 * doubled, swapped or missing unseen.
 *
 * Now and then the writer, as the ring's owner, changes the window or moves to
 * a spill; then one more thread unspills, beside the writer and the reader.
 *
 *	ring_stress [RECORDS]		or RING_STRESS_RECORDS=
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/module/ring_clock.h"
#include "tests/unit/module/ring_kit.h"
#include "tests/unit/module/ring_mem.h"

#define RINGS	      2
#define SLOTS	      16
#define SPILL_SLOTS   24
#define UNSPILL_PAGES 3
#define CHANGE_EVERY  2000
#define PATIENCE      8
#define DEPTHS	      4
#define SIGNALS	      3
#define SOON	      3
#define TIMER_NS      50000
#define DEADLINE_MS   10000

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define DEFAULT_RECORDS 5000000ull
#define CLOCK_STORM	1000
#else
#define DEFAULT_RECORDS 100000000ull
#define CLOCK_STORM	5000
#endif

/** enum where - the ring's way; who acts on it next */
enum where {
	AT_HOME, /* owner */
	UNSPILLING, /* unspiller */
	BROUGHT, /* owner */
};

/**
 * struct lane - a ring, the thread that writes it, the thread that reads it
 * @ring: must be first: the bell gets its address
 * @bell: eventfd of the reader
 * @goal: records that the writer is to commit
 * @committed: for each depth, records committed
 * @dropped: records that found no room
 * @seq: next record number
 * @rng: random state
 * @gave_up: the reader found something wrong and reads no more
 * @done: the writer has flushed and written its last
 * @sleeps: times that the reader waited for the bell
 * @spill: where the ring goes
 * @unspill: and how it comes back
 * @where: enum where
 * @waited: turns of the owner since it moved
 * @windows: changes of the window
 * @moves: into the spill, and all of them back
 * @unspilled: pages
 */
struct lane {
	struct ivr_ring ring;
	struct kit_region reg;
	struct kit_reader reader;
	int bell;
	pthread_t writer, reading, unspilling;
	__u64 goal;
	__u64 committed[DEPTHS];
	__u64 dropped[DEPTHS];
	__u64 seq[DEPTHS];
	__u32 rng[DEPTHS];
	int gave_up;
	int done;
	__u64 sleeps;
	struct kit_region spill;
	struct ivr_unspill unspill;
	int where;
	int waited;
	__u64 windows;
	__u64 moves;
	__u64 unspilled;
};

static struct lane lanes[RINGS];
static const int signals[SIGNALS] = { SIGUSR1, SIGUSR2, SIGWINCH };
static int writing;
static int failures;

static __thread struct lane *mine;
static __thread volatile int depth;
static __thread volatile __u32 until_storm, storms;

static void on_signal(int sig);

/*
 * ThreadSanitizer keeps signals out of handlers, and at times out of the whole
 * thread: there, a call has to do.
 */
static void storm(int sig)
{
#ifdef __SANITIZE_THREAD__
	on_signal(sig);
#else
	raise(sig);
#endif
}

__u64 test_clock(void)
{
	if (mine && depth < DEPTHS - 1 && --until_storm == 0) {
		/* Soon another one, to interrupt this one. */
		until_storm = 1 + ++storms % SOON;
		storm(signals[storms % SIGNALS]);
	}
	return __rdtsc();
}

static __u32 random_of(struct lane *l)
{
	__u32 x = l->rng[depth];

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return l->rng[depth] = x;
}

static bool write_one(struct lane *l)
{
	struct kit_record rec = { .ctx = depth };
	__u32 r = random_of(l);
	void *body;

	rec.len = sizeof(rec) + r % 56;
	if (r % 512 == 0)
		rec.len = sizeof(rec) + r % 2000;
	rec.seq = l->seq[depth]++;
	rec.before = __rdtsc();
	body = ivr_ring_reserve(&l->ring, rec.len);
	if (!body) {
		l->dropped[depth]++;
		return false;
	}
	rec.after = __rdtsc();
	kit_fill(body, &rec);
	ivr_ring_commit(&l->ring);
	l->committed[depth]++;
	return true;
}

static void on_signal(int sig)
{
	int saved = errno;
	__u32 n;

	if (!mine || depth == DEPTHS - 1)
		return;
	depth++;
	n = random_of(mine) % 64;
	if (n == 0)
		ivr_ring_flush(&mine->ring);
	if (n == 1)
		n = 200;
	for (n = 1 + n % 4 + n / 50; n; n--)
		write_one(mine);
	depth--;
	if (!depth && until_storm <= SOON)
		until_storm = CLOCK_STORM;
	errno = saved;
}

static timer_t start_timer(int sig)
{
	struct itimerspec every = {
		.it_value.tv_nsec = TIMER_NS,
		.it_interval.tv_nsec = TIMER_NS,
	};
	struct sigevent ev = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = sig,
	};
	timer_t timer;

	ev._sigev_un._tid = gettid();
	if (timer_create(CLOCK_MONOTONIC, &ev, &timer) ||
	    timer_settime(timer, 0, &every, NULL)) {
		perror("ring_stress: timer");
		exit(1);
	}
	return timer;
}

static enum where where(const struct lane *l)
{
	return __atomic_load_n(&l->where, __ATOMIC_ACQUIRE);
}

static bool gave_up(const struct lane *l)
{
	return __atomic_load_n(&l->gave_up, __ATOMIC_RELAXED);
}

static void hand_over(struct lane *l, enum where to)
{
	__atomic_store_n(&l->where, to, __ATOMIC_RELEASE);
}

static void move(struct lane *l)
{
	struct ivr_ring_mem mem = ring_mem_of(&l->spill, false);

	if (ivr_ring_move(&l->ring, &mem))
		return;
	ivr_unspill_home(&l->unspill, &l->ring);
	l->moves++;
	l->waited = 0;
	hand_over(l, UNSPILLING);
}

/* A writer that never rests can keep one unspill busy to the end of the test. */
static void rest(const struct lane *l)
{
	while (where(l) == UNSPILLING && !gave_up(l))
		sched_yield();
}

/* The owner's turn, if it is. */
static void change(struct lane *l)
{
	__u32 r = random_of(l) >> 8;

	switch (where(l)) {
	case AT_HOME:
		if (r % 4 == 0)
			move(l);
		else
			l->windows += !ivr_ring_window(&l->ring,
						       r % 3 == 0 ?
							       SLOTS :
							       2 + r % (SLOTS -
									1));
		break;
	case BROUGHT:
		hand_over(l, ivr_ring_return(&l->ring, &l->unspill) ?
				     UNSPILLING :
				     AT_HOME);
		break;
	case UNSPILLING:
		if (++l->waited > PATIENCE)
			rest(l);
		break;
	}
}

static void come_home(struct lane *l)
{
	while (where(l) != AT_HOME && !gave_up(l)) {
		if (where(l) == BROUGHT)
			change(l);
		sched_yield();
	}
}

static void *unspill(void *arg)
{
	struct timespec pause = { .tv_nsec = 20000 };
	struct lane *l = arg;
	__u32 n;

	while (!__atomic_load_n(&l->done, __ATOMIC_ACQUIRE)) {
		if (where(l) != UNSPILLING) {
			nanosleep(&pause, NULL);
			continue;
		}
		n = ivr_unspill_step(&l->unspill, &l->ring, UNSPILL_PAGES);
		l->unspilled += n;
		if (n < UNSPILL_PAGES)
			hand_over(l, BROUGHT);
	}
	return NULL;
}

/* Overwriting never waits: give the reader a chance to see something. */
static bool outrun(const struct lane *l)
{
	return l->ring.policy == IVR_POLICY_OVERWRITE &&
	       l->committed[0] % 512 == 0;
}

static void *write_ring(void *arg)
{
	struct lane *l = arg;
	timer_t timer;
	sigset_t all;
	int i;

	until_storm = CLOCK_STORM;
	mine = l;
	timer = start_timer(signals[(l - lanes) % SIGNALS]);
	while (l->committed[0] < l->goal && !gave_up(l)) {
		if (!write_one(l) || outrun(l))
			sched_yield();
		if (l->seq[0] % CHANGE_EVERY == 0 || where(l) == BROUGHT)
			change(l);
	}
	timer_delete(timer);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	__atomic_sub_fetch(&writing, 1, __ATOMIC_ACQ_REL);
	mine = NULL;
	come_home(l);
	for (i = 0; i < 3; i++)
		ivr_ring_flush(&l->ring);
	__atomic_store_n(&l->done, 1, __ATOMIC_RELEASE);
	eventfd_write(l->bell, 1);
	return NULL;
}

/* An idle reader: a wake position, one more look, then sleep until the bell. */
static void wait_for_bell(struct lane *l)
{
	struct pollfd p = { .fd = l->bell, .events = POLLIN };
	eventfd_t count;

	__atomic_store_n(&l->reg.host->wake, l->reader.pos, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&l->reg.ctl->head, __ATOMIC_ACQUIRE) !=
		    l->reader.pos ||
	    __atomic_load_n(&l->done, __ATOMIC_ACQUIRE))
		return;
	l->sleeps++;
	if (poll(&p, 1, DEADLINE_MS) == 0) {
		l->reader.error = "the bell did not ring";
		return;
	}
	if (eventfd_read(l->bell, &count))
		l->reader.error = "eventfd";
}

static void *read_ring(void *arg)
{
	struct lane *l = arg;
	int done;

	do {
		done = __atomic_load_n(&l->done, __ATOMIC_ACQUIRE);
		if (!kit_drain(&l->reader, 8) && !done)
			wait_for_bell(l);
	} while (!l->reader.error &&
		 !(done && l->reader.pos == __atomic_load_n(&l->reg.ctl->head,
							    __ATOMIC_ACQUIRE)));
	__atomic_store_n(&l->gave_up, 1, __ATOMIC_RELAXED);
	return NULL;
}

/* The third source of signals: from outside, in bursts that nest. */
static void *pester(void *arg)
{
	struct timespec pause = { .tv_nsec = 20000 };
	__u32 n = 0;
	int i;

	while (__atomic_load_n(&writing, __ATOMIC_ACQUIRE) == RINGS) {
		for (i = 0; i < RINGS; i++)
			pthread_kill(lanes[i].writer, signals[n++ % SIGNALS]);
		if (n % 16 == 0)
			nanosleep(&pause, NULL);
	}
	return NULL;
}

static void ring_bell(struct ivr_ring *ring)
{
	eventfd_write(((struct lane *)ring)->bell, 1);
}

static void open_lane(struct lane *l, enum ivr_policy policy, __u64 goal)
{
	struct ivr_ring_mem mem;
	int i;

	memset(l, 0, sizeof(*l));
	kit_region_make(&l->reg, SLOTS);
	kit_region_make(&l->spill, SPILL_SLOTS);
	mem = ring_mem_of(&l->reg, true);
	ivr_ring_init(&l->ring, &mem, l - lanes, policy, KIT_TAG, ring_bell);
	ivr_ring_ack(l->reg.ctl, false);
	kit_reader_init(&l->reader, &l->reg, policy == IVR_POLICY_OVERWRITE);
	l->bell = eventfd(0, EFD_NONBLOCK);
	l->goal = goal;
	for (i = 0; i < DEPTHS; i++)
		l->rng[i] = 0x9e3779b9u * (l - lanes + 1) + 77 * i + 1;
}

static void start(void *(*f)(void *), void *arg, pthread_t *t)
{
	if (pthread_create(t, NULL, f, arg)) {
		perror("ring_stress: thread");
		exit(1);
	}
}

static void run_lanes(void)
{
	pthread_t pesterer;
	int i;

	writing = RINGS;
	for (i = 0; i < RINGS; i++) {
		start(read_ring, &lanes[i], &lanes[i].reading);
		start(unspill, &lanes[i], &lanes[i].unspilling);
		start(write_ring, &lanes[i], &lanes[i].writer);
	}
	start(pester, NULL, &pesterer);
	pthread_join(pesterer, NULL);
	for (i = 0; i < RINGS; i++) {
		pthread_join(lanes[i].writer, NULL);
		pthread_join(lanes[i].unspilling, NULL);
		pthread_join(lanes[i].reading, NULL);
	}
}

static __u64 sum(const __u64 *v)
{
	return v[0] + v[1] + v[2] + v[3];
}

static const char *check_lane(struct lane *l)
{
	struct kit_reader *r = &l->reader;
	__u64 nested = sum(l->committed) - l->committed[0];
	__u64 planned = l->goal / CLOCK_STORM;
	int i;

	kit_settle(r);
	if (r->error)
		return r->error;
	if (l->ring.nest)
		return "somebody is still inside";
	if (sum(l->dropped) != l->reg.ctl->lost)
		return "lost is not what the writers were refused";
	if (r->delivered + r->missed != sum(l->committed))
		return "committed != delivered + missed";
	if (!r->overwrite && r->missed)
		return "missed under the discard policy";
	for (i = 0; i < DEPTHS; i++)
		if (r->expect[i] > l->seq[i])
			return "a record nobody wrote";
	/* The clock's alone are so many, however few the others are. */
	if (nested < planned / 2 || l->committed[2] < planned / 10 ||
	    l->committed[3] < planned / 50)
		return "too few nested records to prove anything";
	planned = l->goal / CHANGE_EVERY / 100 + 1;
	if (l->windows < planned || l->moves < planned || !l->unspilled)
		return "too few changes to prove anything";
	return NULL;
}

static void report_lane(const struct lane *l)
{
	const struct kit_reader *r = &l->reader;

	printf("# ring %d: committed %llu, nested one deep %llu, two %llu, three %llu\n",
	       (int)(l - lanes), l->committed[0], l->committed[1],
	       l->committed[2], l->committed[3]);
	printf("# ring %d: delivered %llu, declared lost %llu, overwritten %llu, pages %llu\n",
	       (int)(l - lanes), r->delivered, r->declared, r->missed,
	       r->pages);
	printf("# ring %d: reader slept %llu times; %llu windows, %llu moves, %llu pages unspilled\n",
	       (int)(l - lanes), l->sleeps, l->windows, l->moves, l->unspilled);
}

static void run_test(int number, const char *name, enum ivr_policy policy,
		     __u64 records)
{
	struct timespec t0, t1;
	const char *error = NULL, *e;
	double secs;
	int i;

	for (i = 0; i < RINGS; i++)
		open_lane(&lanes[i], policy, records / RINGS);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	run_lanes();
	clock_gettime(CLOCK_MONOTONIC, &t1);

	for (i = 0; i < RINGS; i++) {
		e = check_lane(&lanes[i]);
		report_lane(&lanes[i]);
		if (e) {
			printf("# ring %d, page %llu: %s\n", i,
			       lanes[i].reader.error_page, e);
			error = e;
		}
		kit_region_free(&lanes[i].reg);
		kit_region_free(&lanes[i].spill);
		close(lanes[i].bell);
	}
	secs = t1.tv_sec - t0.tv_sec + (t1.tv_nsec - t0.tv_nsec) / 1e9;
	printf("# %.1f s\n%sok %d - %s, %llu records\n", secs,
	       error ? "not " : "", number, name, records);
	fflush(stdout);
	failures += !!error;
}

static __u64 wanted_records(int argc, char **argv)
{
	const char *text = argc > 1 ? argv[1] : getenv("RING_STRESS_RECORDS");
	char *end;
	__u64 n;

	if (!text)
		return DEFAULT_RECORDS;
	n = strtoull(text, &end, 0);
	if (*end || n < 100000) {
		fprintf(stderr,
			"ring_stress: '%s': want a number of records, 100000 or more\n",
			text);
		exit(1);
	}
	return n;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	__u64 n = wanted_records(argc, argv);
	int i;

	sa.sa_flags = SA_NODEFER | SA_RESTART;
	for (i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &sa, NULL);
	printf("1..2\n");
	run_test(1, "discard", IVR_POLICY_DISCARD, n);
	run_test(2, "overwrite", IVR_POLICY_OVERWRITE, n / 10);
	return failures != 0;
}
