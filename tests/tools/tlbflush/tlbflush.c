// SPDX-License-Identifier: GPL-2.0
/*
 * tlbflush.c - have QEMU's TLB of each vCPU flushed all the time
 *
 * QEMU before 9.0 under TCG: when a migration collects the dirty bits of a RAM
 * block whose length is a multiple of 256 KiB, it leaves the TLB entries that
 * let a store pass without setting the bit again, and what is stored until the
 * next flush may not arrive. The length of the main memory can be odd (lab.sh),
 * that of ivshmem's cannot. A load of CR3 flushes; its period is the time in
 * which a store can still be missed.
 */
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/smp.h>

static unsigned int period_us = 200;
module_param(period_us, uint, 0444);
MODULE_PARM_DESC(period_us, "time between two flushes");

static DEFINE_PER_CPU(struct hrtimer, timers);

static enum hrtimer_restart flush(struct hrtimer *timer)
{
	unsigned long cr3;

	asm volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(cr3) : : "memory");
	hrtimer_forward_now(timer, ns_to_ktime(period_us * 1000ull));
	return HRTIMER_RESTART;
}

static void start(void *unused)
{
	struct hrtimer *timer = this_cpu_ptr(&timers);

	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer->function = flush;
	hrtimer_start(timer, ns_to_ktime(period_us * 1000ull),
		      HRTIMER_MODE_REL_PINNED_HARD);
}

static int __init tlbflush_init(void)
{
	on_each_cpu(start, NULL, 1);
	return 0;
}

static void __exit tlbflush_exit(void)
{
	int cpu;

	for_each_online_cpu(cpu) hrtimer_cancel(per_cpu_ptr(&timers, cpu));
}

module_init(tlbflush_init);
module_exit(tlbflush_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION(
	"Flushes QEMU's TLB from a timer on each CPU, for migration tests under TCG");
