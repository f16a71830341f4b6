/* SPDX-License-Identifier: GPL-2.0 */
/* lttng_tp.h - an LTTng-UST event with a payload of 64 bytes */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER ivring_bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "lttng_tp.h"

#if !defined(LTTNG_TP_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define LTTNG_TP_H

#include <lttng/tracepoint.h>

LTTNG_UST_TRACEPOINT_EVENT(ivring_bench, record,
	LTTNG_UST_TP_ARGS(const unsigned char *, payload),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_array(unsigned char, payload, payload, 64)
	)
)

#endif

#include <lttng/tracepoint-event.h>
