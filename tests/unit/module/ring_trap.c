// SPDX-License-Identifier: GPL-2.0
/* ring_trap.c - stop a function at any of its instructions */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ucontext.h>
#include <cmocka.h>

#include "tests/unit/module/ring_trap.h"

#define INT3	  0xcc
#define CODE_PAGE 4096

struct trap traps[TRAP_LEVELS];
int trap_levels;
volatile int trap_depth;
unsigned char *trap_steps[TRAP_STEPS], *trap_pool[TRAP_STEPS];
unsigned int trap_nsteps, trap_npool;
volatile bool trap_stepping;

static void (*do_interrupt)(int act);
static void (*do_each)(void);

static void put_byte(unsigned char *at, unsigned char byte)
{
	*(volatile unsigned char *)at = byte;
}

static void arm(struct trap *t)
{
	t->hits = 0;
	t->passing = false;
	t->reached = false;
	t->byte = *t->at;
	put_byte(t->at, INT3);
}

static void disarm(const struct trap *t)
{
	if (!t->reached)
		put_byte(t->at, t->byte);
}

/* The interrupt of this level: it may have one of its own. */
static void interrupt(struct trap *t)
{
	struct trap *next = t + 1;

	trap_depth++;
	if (trap_depth < trap_levels)
		arm(next);
	do_interrupt(t->act);
	if (trap_depth < trap_levels)
		disarm(next);
	trap_depth--;
}

/* A repeated string instruction traps at each turn and is still one. */
static void note_step(unsigned char *at)
{
	if (trap_nsteps && trap_steps[trap_nsteps - 1] == at)
		return;
	if (trap_nsteps < TRAP_STEPS)
		trap_steps[trap_nsteps++] = at;
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	unsigned char *at = (unsigned char *)regs[REG_RIP];
	struct trap *t = &traps[trap_depth];

	if (trap_stepping) {
		note_step(at);
		if (do_each)
			do_each();
		return;
	}
	if (t->passing && at == t->at)
		return;
	if (t->passing) {
		t->passing = false;
		regs[REG_EFL] &= ~TRAP_FLAG;
		put_byte(t->at, INT3);
		return;
	}
	/* Passing over a pushfq leaves the flag behind. */
	if (at != t->at + 1) {
		regs[REG_EFL] &= ~TRAP_FLAG;
		return;
	}
	regs[REG_RIP]--;
	put_byte(t->at, t->byte);
	if (++t->hits < t->nth) {
		t->passing = true;
		regs[REG_EFL] |= TRAP_FLAG;
		return;
	}
	t->reached = true;
	interrupt(t);
}

void trap_setup(void (*interrupt_with)(int act))
{
	struct sigaction sa = {
		.sa_sigaction = on_trap,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	do_interrupt = interrupt_with;
	sigaction(SIGTRAP, &sa, NULL);
}

void trap_walk(void (*f)(int act), int act, void (*each)(void))
{
	trap_nsteps = 0;
	trap_depth = 0;
	do_each = each;
	trap_stepping = true;
	f(act);
	trap_off();
	trap_stepping = false;
	assert_in_range(trap_nsteps, 15, TRAP_STEPS - 1);
}

static void make_writable(unsigned char *at)
{
	unsigned char *page = at - (uintptr_t)at % CODE_PAGE;

	if (mprotect(page, CODE_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC))
		fail_msg("cannot make code writable");
}

bool trap_is_ours(const unsigned char *at)
{
	extern unsigned char __executable_start, etext;

	return at >= &__executable_start && at < &etext;
}

void trap_record(void (*f)(int act), int act)
{
	unsigned int i, k;

	trap_walk(f, act, NULL);
	for (i = 0; i < trap_nsteps; i++) {
		for (k = 0; k < i && trap_steps[k] != trap_steps[i]; k++)
			;
		if (k < i)
			continue;
		make_writable(trap_steps[i]);
		for (k = 0; k < trap_npool && trap_pool[k] != trap_steps[i];
		     k++)
			;
		/* The library's code is the handlers' as well. */
		if (k == trap_npool && k < TRAP_STEPS &&
		    trap_is_ours(trap_steps[i]))
			trap_pool[trap_npool++] = trap_steps[i];
	}
}

void trap_run(void (*f)(int act), int act)
{
	trap_depth = 0;
	arm(&traps[0]);
	f(act);
	disarm(&traps[0]);
}

unsigned int trap_nth(unsigned int step)
{
	unsigned int i, n = 0;

	for (i = 0; i <= step; i++)
		n += trap_steps[i] == trap_steps[step];
	return n;
}
