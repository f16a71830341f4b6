// SPDX-License-Identifier: GPL-2.0
/* write.c - records of our own: from other modules and from user space */
#include <linux/export.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/trace_events.h>
#include <linux/uaccess.h>

#define CREATE_TRACE_POINTS
#include "events.h"

#include "ivring.h"
#include "ring_fast.h"
#include "stream.h"
#include "write.h"

/*
 * Both events have this shape: one dynamic array behind struct trace_entry, which
 * is written as one word.
 */
struct own_record {
	u64 entry;
	u32 data_loc;
	u8 data[];
} __packed __aligned(4);

static_assert(sizeof(struct own_record) ==
	      sizeof(struct trace_event_raw_write));
static_assert(sizeof(struct own_record) == sizeof(struct trace_event_raw_user));
static_assert(offsetof(struct trace_entry, flags) == 2 &&
	      offsetof(struct trace_entry, preempt_count) == 3 &&
	      offsetof(struct trace_entry, pid) == 4);
static_assert(sizeof(struct own_record) + IVRING_MAX_WRITE <= IVR_MAX_RECORD);

static u32 interrupt_flags(unsigned int pc)
{
	return (pc & NMI_MASK ? TRACE_FLAG_NMI : 0) |
	       (pc & HARDIRQ_MASK ? TRACE_FLAG_HARDIRQ : 0) |
	       (pc & SOFTIRQ_OFFSET ? TRACE_FLAG_SOFTIRQ : 0);
}

/* struct trace_entry as one word: one store instead of four. */
static __always_inline u64 trace_entry(u16 type)
{
	unsigned int pc = preempt_count();
	/* Without the preemption count that the writer itself holds. */
	u32 low = type | (pc - 1) << 24;

	if (unlikely(irqs_disabled()))
		low |= TRACE_FLAG_IRQS_OFF << 16;
	if (unlikely(pc & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET)))
		low |= interrupt_flags(pc) << 16;
	return low | (u64)(u32)current->pid << 32;
}

static __always_inline int write_record(const struct trace_event_call *call,
					const void *data, size_t len)
{
	struct ivr_ring *ring;
	struct own_record *r;
	int ret = -ENODEV;
	u64 now;

	preempt_disable_notrace();
	/* First of all: nothing else has to be kept across this call. */
	now = ivr_clock();
	ring = __this_cpu_read(ivr_ring_here);
	if (likely(ring)) {
		ret = -ENOBUFS;
		r = ivr_ring_reserve_at(ring, sizeof(*r) + len, now);
		if (likely(r)) {
			r->entry = trace_entry(call->event.type);
			r->data_loc = len << 16 |
				      offsetof(struct own_record, data);
			memcpy(r->data, data, len);
			ivr_ring_commit_inline(ring);
			ret = 0;
		}
	}
	preempt_enable_notrace();
	return ret;
}

int ivring_write(const void *data, size_t len)
{
	if (unlikely(len > IVRING_MAX_WRITE))
		return -EMSGSIZE;
	return write_record(&event_write, data, len);
}
EXPORT_SYMBOL_GPL(ivring_write);

int ivr_write_text(const char __user *text, size_t len)
{
	char small[256], *buf = small;
	int ret = -EFAULT;

	if (!len || len >= IVRING_MAX_WRITE)
		return -EMSGSIZE;
	if (len >= sizeof(small)) {
		buf = kmalloc(len + 1, GFP_KERNEL);
		if (!buf)
			return -ENOMEM;
	}
	if (!copy_from_user(buf, text, len)) {
		buf[len] = '\0';
		ret = write_record(&event_user, buf, len + 1);
	}
	if (buf != small)
		kfree(buf);
	return ret;
}
