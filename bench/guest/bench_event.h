/* SPDX-License-Identifier: GPL-2.0 */
/* bench_event.h - a tracepoint whose event holds 64 bytes, for comparison */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ivring_bench

#if !defined(BENCH_EVENT_H) || defined(TRACE_HEADER_MULTI_READ)
#define BENCH_EVENT_H

#include <linux/tracepoint.h>

TRACE_EVENT(ivring_bench,
	TP_PROTO(const u8 *payload),
	TP_ARGS(payload),
	TP_STRUCT__entry(
		__array(u8, payload, 64)
	),
	TP_fast_assign(
		memcpy(__entry->payload, payload, 64);
	),
	TP_printk("payload=%s", __print_hex(__entry->payload, 64))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE bench_event
#include <trace/define_trace.h>
