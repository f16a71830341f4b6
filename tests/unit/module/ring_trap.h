/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ring_trap.h - stop a function at any of its instructions
 *
 * First the processor's trap flag shows which instructions a function executes.
 * Then, one run for each of them, a breakpoint stops it there, and what is
 * called is what an interrupt would have done at that point, or what a reader
 * on another CPU would have seen there.
 */
#ifndef RING_TRAP_H
#define RING_TRAP_H

#include <stdbool.h>

#define TRAP_LEVELS 3
#define TRAP_STEPS  16384

/**
 * struct trap - an interrupt, which the next one may interrupt
 * @at: the instruction before which it comes
 * @nth: at the how-manyeth time
 * @act: what it does, for the test
 * @hits: times that @at was reached
 * @byte: what stood at @at
 * @passing: on the way over @at
 * @reached: it came
 */
struct trap {
	unsigned char *at;
	unsigned int nth;
	int act;
	unsigned int hits;
	unsigned char byte;
	bool passing;
	bool reached;
};

/** traps - those of the next run; the first @trap_levels count */
extern struct trap traps[TRAP_LEVELS];
extern int trap_levels;

/** trap_depth - how many are running: the context of a writer */
extern volatile int trap_depth;

/** trap_steps - instructions of the last recorded function, in order */
extern unsigned char *trap_steps[TRAP_STEPS];
extern unsigned int trap_nsteps;

/** trap_pool - all instructions of this program that were recorded */
extern unsigned char *trap_pool[TRAP_STEPS];
extern unsigned int trap_npool;

/** trap_is_ours() - an instruction of this program, not of a library? */
bool trap_is_ours(const unsigned char *at);

/** trap_setup() - once; @interrupt is called at depth 1 and more */
void trap_setup(void (*interrupt)(int act));

/** trap_record() - which instructions does @f execute between on and off? */
void trap_record(void (*f)(int act), int act);

/** trap_walk() - have @each called after each of those instructions */
void trap_walk(void (*f)(int act), int act, void (*each)(void));

/** trap_run() - run @f with the traps set */
void trap_run(void (*f)(int act), int act);

/** trap_nth() - the how-manyeth time is it, at trap_steps[@step]? */
unsigned int trap_nth(unsigned int step);

extern volatile bool trap_stepping;

#define TRAP_FLAG 0x100

/* The same instructions whether stepping or not: trap_steps[] has them, too. */
static inline void trap_on(void)
{
	unsigned long flag = trap_stepping ? TRAP_FLAG : 0;

	__asm__ __volatile__("lea -128(%%rsp), %%rsp\n\t"
			     "pushfq\n\torq %0, (%%rsp)\n\tpopfq\n\t"
			     "lea 128(%%rsp), %%rsp"
			     :
			     : "r"(flag)
			     : "memory", "cc");
}

static inline void trap_off(void)
{
	__asm__ __volatile__("lea -128(%%rsp), %%rsp\n\t"
			     "pushfq\n\tandq %0, (%%rsp)\n\tpopfq\n\t"
			     "lea 128(%%rsp), %%rsp"
			     :
			     : "i"(~TRAP_FLAG)
			     : "memory", "cc");
}

#endif
