// SPDX-License-Identifier: GPL-2.0
/*
 * kwriter.c - numbered records through ivring_write(), from all contexts
 *
 * On each CPU a thread, a timer (softirq) and an hrtimer (hard interrupt)
 * write, each with numbers of its own, so they interrupt each other inside the
 * writer. Contents of a record: struct note; checker.py knows the hash.
 *
 * Unloading prints "kwriter W tried T refused R" for each writer
 * W = 100 * (context + 1) + CPU; context 0 thread, 1 softirq, 2 hard interrupt.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/timer.h>

#include "ivring.h"

enum { IN_THREAD, IN_SOFTIRQ, IN_HARDIRQ, CONTEXTS };

struct note {
	u64 writer;
	u64 number;
	u64 hash;
	u64 pad[5];
};

struct writer {
	struct task_struct *thread;
	struct timer_list timer;
	struct hrtimer hrtimer;
	u64 tried[CONTEXTS];
	u64 refused[CONTEXTS];
};

static DEFINE_PER_CPU(struct writer, writers);

static unsigned int burst = 32;
module_param(burst, uint, 0444);
MODULE_PARM_DESC(burst, "records in a row");

static unsigned int period_us = 500;
module_param(period_us, uint, 0444);
MODULE_PARM_DESC(period_us, "period of the hard interrupt");

static bool stopping;

/* splitmix64 (Steele, Lea, Flood 2014) */
static u64 hash(u64 w, u64 n)
{
	u64 z = n * 0x9e3779b97f4a7c15ull + w * 0xd1342543de82ef95ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static void write_burst(struct writer *w, int cpu, int context)
{
	struct note note = { .writer = 100 * (context + 1) + cpu };
	unsigned int i, j;

	for (i = 0; i < burst; i++) {
		note.number = w->tried[context]++;
		note.hash = hash(note.writer, note.number);
		for (j = 0; j < ARRAY_SIZE(note.pad); j++)
			note.pad[j] = note.hash + j;
		if (ivring_write(&note, sizeof(note)))
			w->refused[context]++;
	}
}

static int thread_fn(void *data)
{
	struct writer *w = data;

	while (!kthread_should_stop()) {
		write_burst(w, smp_processor_id(), IN_THREAD);
		usleep_range(500, 1000);
	}
	return 0;
}

static void timer_fn(struct timer_list *t)
{
	struct writer *w = container_of(t, struct writer, timer);

	write_burst(w, smp_processor_id(), IN_SOFTIRQ);
	if (!READ_ONCE(stopping))
		mod_timer(&w->timer, jiffies + 1);
}

static enum hrtimer_restart hrtimer_fn(struct hrtimer *t)
{
	struct writer *w = container_of(t, struct writer, hrtimer);

	write_burst(w, smp_processor_id(), IN_HARDIRQ);
	if (READ_ONCE(stopping))
		return HRTIMER_NORESTART;
	hrtimer_forward_now(t, ns_to_ktime(1000ull * period_us));
	return HRTIMER_RESTART;
}

static void start_here(void *unused)
{
	struct writer *w = this_cpu_ptr(&writers);

	hrtimer_start(&w->hrtimer, ns_to_ktime(1000ull * period_us),
		      HRTIMER_MODE_REL_PINNED_HARD);
}

static int __init kwriter_init(void)
{
	struct writer *w;
	int cpu;

	for_each_online_cpu(cpu)
	{
		w = per_cpu_ptr(&writers, cpu);
		hrtimer_init(&w->hrtimer, CLOCK_MONOTONIC,
			     HRTIMER_MODE_REL_PINNED_HARD);
		w->hrtimer.function = hrtimer_fn;
		timer_setup(&w->timer, timer_fn, TIMER_PINNED);
		w->timer.expires = jiffies + 1;
		add_timer_on(&w->timer, cpu);
		smp_call_function_single(cpu, start_here, NULL, 1);
		w->thread = kthread_run_on_cpu(thread_fn, w, cpu, "kwriter/%u");
	}
	return 0;
}

static void __exit kwriter_exit(void)
{
	struct writer *w;
	int cpu, c;

	WRITE_ONCE(stopping, true);
	for_each_online_cpu(cpu)
	{
		w = per_cpu_ptr(&writers, cpu);
		if (!IS_ERR_OR_NULL(w->thread))
			kthread_stop(w->thread);
		del_timer_sync(&w->timer);
		hrtimer_cancel(&w->hrtimer);
		for (c = 0; c < CONTEXTS; c++)
			pr_info("kwriter %d tried %llu refused %llu\n",
				100 * (c + 1) + cpu, w->tried[c],
				w->refused[c]);
	}
}

module_init(kwriter_init);
module_exit(kwriter_exit);
MODULE_DESCRIPTION("Numbered records for IVRing's tests");
MODULE_LICENSE("GPL");
