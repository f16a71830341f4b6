// SPDX-License-Identifier: GPL-2.0
/*
 * ring_step.c - interrupt a writer after every single instruction
 *
 * First the processor's trap flag shows which instructions a writer executes.
 * Then, one run for each of them, a breakpoint stops it there, and what the
 * handler does is what an interrupt would have done at that point, or what a
 * reader on another CPU would have seen there. So for one interrupt all
 * interleavings are tried, and for interrupts that are themselves interrupted a
 * random choice from a fixed seed.
 *
 * RING_STEP_NESTED: how many of the latter (default 300000).
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ucontext.h>
#include <cmocka.h>

#include "ring_rig.h"

#define SLOTS		4
#define TRAP_FLAG	0x100
#define INT3		0xcc
#define SEALED		1023
#define MAX_LEVELS	3
#define MAX_PAGES	256
#define MAX_STEPS	8192
#define SMALL		sizeof(struct kit_record)

/** enum act - what a writer or an interrupt does */
enum act {
	ACT_SMALL,
	ACT_LARGE,
	ACT_MAX,
	ACT_FLUSH,
	ACT_REFUSED,
	ACT_TWO_PAGES,
	ACT_FILL_RING,
	ACT_SMALL_FLUSH_SMALL,
	ACT_DRAIN,
	ACT_DRAIN_SMALL,
	ACT_DRAIN_FILL,
	ACT_DRAIN_ONE_FILL,
	ACTS
};

static const char * const act_names[] = {
	"small", "large", "max", "flush", "refused", "two pages", "fill ring",
	"small flush small", "drain", "drain small", "drain fill",
	"drain one fill",
};

_Static_assert(sizeof(act_names) / sizeof(act_names[0]) == ACTS, "names");

/** enum start - the ring that the victim finds */
enum start {
	START_FRESH,
	START_MIDDLE,
	START_PAGE_FULL,
	START_FLUSHED,
	START_RING_FULL,
	START_SEALED,
	START_SEALED_ROOM,
	START_LATE,
	START_CLOCK_BACK,
	STARTS
};

static const char * const start_names[] = {
	"fresh", "middle", "page full", "flushed", "ring full", "sealed",
	"sealed, room", "late", "clock back",
};

_Static_assert(sizeof(start_names) / sizeof(start_names[0]) == STARTS, "names");

/* Interrupts of this run: one comes in at the @nth time that @at is reached. */
static struct level {
	unsigned char *at;
	unsigned int nth;
	enum act act;
	unsigned int hits;
	unsigned char byte;
	bool passing;
	bool reached;
} levels[MAX_LEVELS];
static int nlevels;
static volatile int depth;
static unsigned long long runs;

/* Instructions of the last recorded writer, in order; and all there were. */
static unsigned char *steps[MAX_STEPS], *pool[MAX_STEPS];
static unsigned int nsteps, npool;
static volatile bool recording;

/* What the reader could see at the last look. */
static struct {
	__u64 head, tail, mirror;
	__u64 woken;
	struct ivr_desc desc[SLOTS];
	unsigned char page[SLOTS][IVR_PAGE_HEADER + 64];
	const char *error;
} seen;

/* For the place of losses: what the writers know, and what the pages say. */
static struct {
	__u64 lost[KIT_CONTEXTS][4096];
	__u64 n[KIT_CONTEXTS];
} drops;
static struct {
	__u64 lost;
	__u64 low[KIT_CONTEXTS];
} pages[MAX_PAGES];
static __u32 npages;

/* The same instructions whether recording or not: steps[] has them, too. */
static inline void trap_on(void)
{
	unsigned long flag = recording ? TRAP_FLAG : 0;

	__asm__ __volatile__("lea -128(%%rsp), %%rsp\n\t"
			     "pushfq\n\torq %0, (%%rsp)\n\tpopfq\n\t"
			     "lea 128(%%rsp), %%rsp"
			     : : "r" (flag) : "memory", "cc");
}

static inline void trap_off(void)
{
	__asm__ __volatile__("lea -128(%%rsp), %%rsp\n\t"
			     "pushfq\n\tandq %0, (%%rsp)\n\tpopfq\n\t"
			     "lea 128(%%rsp), %%rsp"
			     : : "i" (~TRAP_FLAG) : "memory", "cc");
}

static void step_write(__u32 ctx, __u32 len)
{
	struct kit_record rec = { .len = len, .ctx = ctx };
	void *body;

	rec.before = rig.loose ? 0 : rig.now;
	rec.seq = rig.seq[ctx]++;
	trap_on();
	body = ivr_ring_reserve(&rig.ring, len);
	trap_off();
	if (!body) {
		rig.dropped[ctx]++;
		drops.lost[ctx][drops.n[ctx]++] = rec.seq;
		return;
	}
	rec.after = rig.loose ? ~0ull : rig.now;
	kit_fill(body, &rec);
	trap_on();
	ivr_ring_commit(&rig.ring);
	trap_off();
}

static void step_flush(void)
{
	trap_on();
	ivr_ring_flush(&rig.ring);
	trap_off();
}

static void step_refused(void)
{
	trap_on();
	ivr_ring_reserve(&rig.ring, IVR_MAX_RECORD + 1);
	trap_off();
}

static void fill(__u32 ctx, __u32 n)
{
	while (n--)
		step_write(ctx, 1300);
}

static void act(__u32 ctx, enum act what)
{
	switch (what) {
	case ACT_SMALL:
		step_write(ctx, SMALL);
		break;
	case ACT_LARGE:
		step_write(ctx, 1000);
		break;
	case ACT_MAX:
		step_write(ctx, IVR_MAX_RECORD);
		break;
	case ACT_FLUSH:
		step_flush();
		break;
	case ACT_REFUSED:
		step_refused();
		break;
	case ACT_TWO_PAGES:
		fill(ctx, 7);
		break;
	case ACT_FILL_RING:
		fill(ctx, 4 * SLOTS);
		step_write(ctx, SMALL);
		break;
	case ACT_SMALL_FLUSH_SMALL:
		step_write(ctx, SMALL);
		step_flush();
		step_write(ctx, SMALL);
		break;
	case ACT_DRAIN:
		kit_drain(&rig.reader, ~0u);
		break;
	case ACT_DRAIN_SMALL:
		kit_drain(&rig.reader, ~0u);
		step_write(ctx, SMALL);
		break;
	case ACT_DRAIN_FILL:
		kit_drain(&rig.reader, ~0u);
		fill(ctx, 4 * SLOTS);
		break;
	case ACT_DRAIN_ONE_FILL:
		kit_drain(&rig.reader, 1);
		fill(ctx, 4 * SLOTS);
		break;
	case ACTS:
		break;
	}
}

static void bad(const char *what)
{
	if (!seen.error)
		seen.error = what;
}

static bool can_be_read(__u64 page)
{
	return page < seen.head && page >= seen.tail && page >= seen.mirror &&
	       page >= rig.reader.pos;
}

/* Pages that a reader may be reading have to stay as they were. */
static void look_at_old_pages(void)
{
	__u64 page;
	__u32 slot;

	page = seen.head > SLOTS ? seen.head - SLOTS : 1;
	for (; page < seen.head; page++) {
		if (!can_be_read(page))
			continue;
		slot = kit_slot(&rig.reg, page);
		if (memcmp(&seen.desc[slot], &rig.reg.desc[slot],
			   sizeof(seen.desc[slot])) ||
		    memcmp(seen.page[slot], rig.reg.data + (size_t)slot *
			   IVR_PAGE_SIZE, sizeof(seen.page[slot])))
			bad("a page that can be read was written to");
	}
}

/* A page is complete from the very moment at which head shows it. */
static void look_at_new_page(__u64 page)
{
	__u32 slot = kit_slot(&rig.reg, page);
	const unsigned char *data = rig.reg.data + (size_t)slot * IVR_PAGE_SIZE;
	const struct ivr_desc *d = &rig.reg.desc[slot];
	struct kit_cursor c;
	struct kit_event ev;
	__u32 n = 0;
	int more;

	kit_open(&c, data);
	while ((more = kit_next(&c, &ev)) > 0) {
		n++;
		if (!kit_intact(ev.body, ev.len))
			bad("a page was published with a torn record");
	}
	if (more < 0 || d->page != page || d->count != n || d->bytes != c.end)
		bad("a page was published half-made");
	seen.desc[slot] = *d;
	memcpy(seen.page[slot], data, sizeof(seen.page[slot]));
}

static void look(void)
{
	const struct ivr_ring_ctl *ctl = rig.reg.ctl;
	__u64 head = ctl->head, page;

	if (head < seen.head || ctl->tail < seen.tail ||
	    ctl->mirror < seen.mirror)
		bad("head, tail or mirror goes back");
	if (ctl->mirror > head)
		bad("mirror beyond head");
	seen.tail = ctl->tail;
	seen.mirror = ctl->mirror;
	look_at_old_pages();
	for (page = seen.head; page < head; page++)
		if (page >= seen.tail)
			look_at_new_page(page);
	seen.head = head;
}

static void put_byte(unsigned char *at, unsigned char byte)
{
	*(volatile unsigned char *)at = byte;
}

static void arm(struct level *l)
{
	l->hits = 0;
	l->passing = false;
	l->reached = false;
	l->byte = *l->at;
	put_byte(l->at, INT3);
}

/* The interrupt of this level: it may have one of its own. */
static void interrupt(struct level *l)
{
	struct level *next = l + 1;

	look();
	depth++;
	if (depth < nlevels)
		arm(next);
	act(depth, l->act);
	if (depth < nlevels && !next->reached)
		put_byte(next->at, next->byte);
	depth--;
	look();
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	struct level *l = &levels[depth];

	if (recording) {
		if (nsteps < MAX_STEPS)
			steps[nsteps++] = (unsigned char *)regs[REG_RIP];
		return;
	}
	if (l->passing) {
		l->passing = false;
		regs[REG_EFL] &= ~TRAP_FLAG;
		put_byte(l->at, INT3);
		return;
	}
	/* Passing over a pushfq leaves the flag behind. */
	if ((unsigned char *)regs[REG_RIP] != l->at + 1) {
		regs[REG_EFL] &= ~TRAP_FLAG;
		return;
	}
	regs[REG_RIP]--;
	put_byte(l->at, l->byte);
	if (++l->hits < l->nth) {
		l->passing = true;
		regs[REG_EFL] |= TRAP_FLAG;
		return;
	}
	l->reached = true;
	interrupt(l);
}

static void note_page(struct kit_reader *r, const struct ivr_desc *d)
{
	pages[npages].lost = d->lost;
	if (npages < MAX_PAGES - 1)
		npages++;
	memset(&pages[npages], 0xff, sizeof(pages[npages]));
}

static void note_record(struct kit_reader *r, const struct kit_record *rec,
			const struct kit_event *ev)
{
	if (rec->seq < pages[npages].low[rec->ctx])
		pages[npages].low[rec->ctx] = rec->seq;
}

/* A page must not declare what its own writers were refused only later. */
static const char *check_place_of_losses(void)
{
	__u64 low[KIT_CONTEXTS], before;
	__u32 p, ctx, i;

	memset(low, 0xff, sizeof(low));
	for (p = npages; p-- > 0; ) {
		before = 0;
		for (ctx = 0; ctx < KIT_CONTEXTS; ctx++) {
			if (pages[p].low[ctx] < low[ctx])
				low[ctx] = pages[p].low[ctx];
			for (i = 0; i < drops.n[ctx]; i++)
				before += drops.lost[ctx][i] < low[ctx];
		}
		if (pages[p].lost > before)
			return "a loss is declared before records it followed";
	}
	return NULL;
}

static void set_up(enum start start, enum ivr_policy policy)
{
	rig_close();
	rig_open(SLOTS, policy);
	memset(&seen, 0, sizeof(seen));
	memset(drops.n, 0, sizeof(drops.n));
	npages = 0;
	memset(&pages[0], 0xff, sizeof(pages[0]));
	rig.reader.page_done = note_page;
	rig.reader.seen = note_record;

	switch (start) {
	case START_FRESH:
		break;
	case START_MIDDLE:
		step_write(0, 200);
		break;
	case START_PAGE_FULL:
		rig_fill_page(0, 992);
		break;
	case START_FLUSHED:
		step_write(0, 200);
		step_flush();
		break;
	case START_RING_FULL:
		fill(0, 3 * SLOTS);
		break;
	case START_SEALED:
		fill(0, 3 * SLOTS + 2);
		break;
	case START_SEALED_ROOM:
		fill(0, 3 * SLOTS + 2);
		kit_drain(&rig.reader, 2);
		break;
	case START_LATE:
		step_write(0, 200);
		rig.now += 1ull << 40;
		break;
	case START_CLOCK_BACK:
		rig.loose = true;
		rig.now = 1000;
		step_write(0, 200);
		rig.now = 0;
		break;
	case STARTS:
		break;
	}
	rig.reg.host->wake = rig.reg.ctl->head;
}

static void note_published(void)
{
	__u64 page;

	seen.head = rig.reg.ctl->head;
	seen.tail = rig.reg.ctl->tail;
	seen.mirror = rig.reg.ctl->mirror;
	seen.woken = seen.head;
	for (page = seen.head > SLOTS ? seen.head - SLOTS : 1;
	     page < seen.head; page++)
		if (page >= seen.tail)
			look_at_new_page(page);
}

static const char *check_run(void)
{
	const char *error;

	if (seen.error)
		return seen.error;
	if (rig.ring.nest)
		return "somebody is still inside";
	if (rig.reg.ctl->head < ivr_ring_open_page(&rig.ring) +
				(rig_open_units() == SEALED))
		return "a closed page was forgotten";
	if (rig.bells != (rig.reg.ctl->head > seen.woken))
		return "the bell did not ring exactly once";
	step_write(0, SMALL);
	error = rig_finish();
	return error ? error : check_place_of_losses();
}

/* One run; the levels are set. */
static void run(enum ivr_policy policy, enum start start, enum act victim)
{
	const char *error;
	int i;

	set_up(start, policy);
	note_published();
	depth = 0;
	runs++;
	arm(&levels[0]);
	act(0, victim);
	if (!levels[0].reached)
		put_byte(levels[0].at, levels[0].byte);

	error = check_run();
	if (!error)
		return;
	print_message("# %s: %s, %s, %s, page %llu\n", error,
		      policy ? "overwrite" : "discard", start_names[start],
		      act_names[victim],
		      (unsigned long long)rig.reader.error_page);
	for (i = 0; i < nlevels; i++)
		print_message("#   interrupted at %p by %s\n", levels[i].at,
			      act_names[levels[i].act]);
	fail_msg("%s", error);
}

static void make_writable(unsigned char *at)
{
	unsigned char *page = at - (uintptr_t)at % 4096;

	if (mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC))
		fail_msg("cannot make code writable");
}

/* Which instructions does this writer execute? */
static void record(enum ivr_policy policy, enum start start, enum act victim)
{
	unsigned int i, k;

	set_up(start, policy);
	nsteps = 0;
	depth = 0;
	recording = true;
	act(0, victim);
	trap_off();
	recording = false;
	assert_in_range(nsteps, 15, MAX_STEPS - 1);

	for (i = 0; i < nsteps; i++) {
		for (k = 0; k < npool && pool[k] != steps[i]; k++)
			;
		if (k < npool || npool == MAX_STEPS)
			continue;
		make_writable(steps[i]);
		pool[npool++] = steps[i];
	}
}

static unsigned int occurrence(unsigned int step)
{
	unsigned int i, n = 0;

	for (i = 0; i <= step; i++)
		n += steps[i] == steps[step];
	return n;
}

static const enum act victims[] = {
	ACT_SMALL, ACT_LARGE, ACT_MAX, ACT_FLUSH, ACT_REFUSED,
};

#define VICTIMS (sizeof(victims) / sizeof(victims[0]))

static void every_instruction(enum ivr_policy policy)
{
	enum start start;
	unsigned int i;
	__u32 v;

	nlevels = 1;
	for (start = 0; start < STARTS; start++)
		for (v = 0; v < VICTIMS; v++) {
			record(policy, start, victims[v]);
			for (i = 0; i < nsteps * ACTS; i++) {
				levels[0].at = steps[i / ACTS];
				levels[0].nth = occurrence(i / ACTS);
				levels[0].act = i % ACTS;
				run(policy, start, victims[v]);
				assert_true(levels[0].reached);
			}
		}
}

static void discard(void **state)
{
	every_instruction(IVR_POLICY_DISCARD);
}

static void overwrite(void **state)
{
	every_instruction(IVR_POLICY_OVERWRITE);
}

static void interrupted_interrupts(void **state)
{
	const char *wanted = getenv("RING_STEP_NESTED");
	__u32 n = wanted ? atoi(wanted) : 300000;
	__u32 i, two = 0, three = 0;
	unsigned int seed = 4711;

	assert_true(npool > 100);
	while (n--) {
		nlevels = 2 + rand_r(&seed) % 2;
		for (i = 0; i < MAX_LEVELS; i++) {
			levels[i].act = rand_r(&seed) % ACTS;
			levels[i].at = pool[rand_r(&seed) % npool];
			levels[i].nth = 1 + (rand_r(&seed) % 4 == 0);
			levels[i].reached = false;
		}
		run(rand_r(&seed) % 2, rand_r(&seed) % STARTS,
		    victims[rand_r(&seed) % VICTIMS]);
		two += levels[1].reached;
		three += levels[2].reached;
	}
	print_message("# %llu runs, %u two deep, %u three deep\n", runs, two,
		      three);
	if (!wanted)
		assert_true(two > 1000 && three > 200);
}

static int open_rig(void **state)
{
	rig_open(SLOTS, IVR_POLICY_DISCARD);
	return 0;
}

static int close_rig(void **state)
{
	rig_close();
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_rig, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(discard),
		TEST(overwrite),
		TEST(interrupted_interrupts),
	};
	struct sigaction sa = {
		.sa_sigaction = on_trap,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	sigaction(SIGTRAP, &sa, NULL);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
