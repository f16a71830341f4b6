/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ring_os.h - the few primitives ring.c stands on
 *
 * In the kernel they come from it; in user space, where the unit tests, the
 * sanitizers and the benchmarks build the same ring.c, from the compiler.
 *
 * "Local" means: atomic against interrupts and NMI on this CPU (in user space:
 * against signals of this thread) and nothing else, hence no LOCK prefix.
 */
#ifndef IVR_RING_OS_H
#define IVR_RING_OS_H

/* clang-format off */
#ifndef __x86_64__
#error "IVRing needs a CPU-local 128-bit compare-and-exchange: x86-64 only so far"
#endif

#ifdef __KERNEL__

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/sched/clock.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/barrier.h>

/* What ftrace's own clock "local" reads; it needs preemption off. */
#define ivr_clock()	sched_clock()

#else /* user space */

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <linux/types.h>
#include <x86intrin.h>

typedef __u8 u8;
typedef __u32 u32;
typedef __u64 u64;

#undef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#define noinline		__attribute__((noinline))
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)

#define barrier()		__asm__ __volatile__("" ::: "memory")
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define smp_mb()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)
#define smp_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n((p), (v), __ATOMIC_RELEASE)

/* A test may bring a clock of its own. */
#ifndef ivr_clock
#define ivr_clock()	__rdtsc()
#endif

#endif /* __KERNEL__ */

/**
 * struct ivr_pair - the 128 bits that a reservation changes in one step
 *
 * cmpxchg16b wants the one in memory aligned to 16; struct ivr_ring sees to it.
 * Not required here, or the compiler would align the stack for every copy.
 */
struct ivr_pair {
	u64 place;
	u64 ts;
};

/**
 * ivr_local_cmpxchg_pair() - local compare-and-exchange of 128 bits
 * @p: the pair, aligned to 16 bytes
 * @old: expected value
 * @new: value to store
 *
 * Inline assembly, because the kernel's own this_cpu_cmpxchg_double() does not
 * link into a module of 6.1 and the compiler's builtin emits LOCK.
 *
 * Return: true if *@p was @old and is now @new
 */
static __always_inline _Bool ivr_local_cmpxchg_pair(struct ivr_pair *p,
						    struct ivr_pair old,
						    struct ivr_pair new)
{
	_Bool done;

	__asm__ __volatile__("cmpxchg16b %[p]"
			     : "=@ccz" (done), [p] "+m" (*p),
			       "+a" (old.place), "+d" (old.ts)
			     : "b" (new.place), "c" (new.ts)
			     : "memory");
	return done;
}

/**
 * ivr_local_cmpxchg() - local compare-and-exchange of 64 bits
 * @p: the word
 * @old: expected value
 * @new: value to store
 *
 * Return: true if *@p was @old and is now @new
 */
static __always_inline _Bool ivr_local_cmpxchg(u64 *p, u64 old, u64 new)
{
	_Bool done;

	__asm__ __volatile__("cmpxchgq %[new], %[p]"
			     : "=@ccz" (done), [p] "+m" (*p), "+a" (old)
			     : [new] "r" (new)
			     : "memory");
	return done;
}

/** ivr_local_inc() - local increment of 64 bits in one instruction */
static __always_inline void ivr_local_inc(u64 *p)
{
	__asm__ __volatile__("incq %0" : "+m" (*p) : : "memory");
}

/** ivr_local_dec_and_test() - local decrement; true if it is zero now */
static __always_inline _Bool ivr_local_dec_and_test(u64 *p)
{
	_Bool zero;

	__asm__ __volatile__("decq %[p]"
			     : "=@ccz" (zero), [p] "+m" (*p) : : "memory");
	return zero;
}

/**
 * ivr_mul_high() - upper half of a 64 x 64 bit product
 *
 * By hand, because with __int128 the compiler aligns the stack to 16.
 */
static __always_inline u64 ivr_mul_high(u64 a, u64 b)
{
	u64 high;

	__asm__("mulq %[b]" : "=d" (high), "+a" (a) : [b] "rm" (b) : "cc");
	return high;
}
/* clang-format on */

#endif /* IVR_RING_OS_H */
