/* SPDX-License-Identifier: GPL-2.0 */
/* decode_child.h - the process that reads a guest's formats, without any rights */
#ifndef IVR_TRACE_DECODE_CHILD_H
#define IVR_TRACE_DECODE_CHILD_H

#include <stdbool.h>

#include "trace/decode_share.h"

/**
 * struct decode_job - what a child is told
 * @meta: formats, symbols, names
 * @formats: index of @meta
 * @cpus: data rings
 * @share: requests and answers
 * @fd: socket: a byte in for each batch, a byte out when it is done
 * @symbols: learn the symbols; false: they ended a child before this one
 * @comms: likewise the names of processes
 */
struct decode_job {
	const struct meta *meta;
	const struct formats *formats;
	uint32_t cpus;
	struct decode_share *share;
	int fd;
	bool symbols;
	bool comms;
};

/** decode_child() - be that process; call it in a child of fork() */
void decode_child(const struct decode_job *job) __attribute__((noreturn));

#endif
