/* SPDX-License-Identifier: GPL-2.0 */
/*
 * events.h - the event types of IVRing's own records
 *
 * These tracepoints are never called: records of these types are put into the
 * ring by write.c. Declaring them gives each an id, and a format under
 * events/ivring in tracefs, so every tool decodes them like any other event.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ivring

#if !defined(IVR_EVENTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define IVR_EVENTS_H

#include <linux/tracepoint.h>

/* clang-format off */
TRACE_EVENT(write,
	TP_PROTO(const void *data, size_t len),
	TP_ARGS(data, len),
	TP_STRUCT__entry(
		__dynamic_array(u8, data, len)
	),
	TP_fast_assign(
		memcpy(__get_dynamic_array(data), data, len);
	),
	TP_printk("data=%s", __print_hex(__get_dynamic_array(data),
					 __get_dynamic_array_len(data)))
);

TRACE_EVENT(user,
	TP_PROTO(const char *text, size_t len),
	TP_ARGS(text, len),
	TP_STRUCT__entry(
		__dynamic_array(char, text, len)
	),
	TP_fast_assign(
		memcpy(__get_dynamic_array(text), text, len);
	),
	TP_printk("%s", __get_str(text))
);
/* clang-format on */

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE events
#include <trace/define_trace.h>
