/* SPDX-License-Identifier: GPL-2.0 */
/* output.h - a file that is there whole or not at all */
#ifndef IVR_LIB_OUTPUT_H
#define IVR_LIB_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

/**
 * struct output - a file in the making
 * @file: to be written; can be sought in
 * @path: where it will be, all links followed
 * @draft: name under which it is written; empty: it has none
 *
 * What is there and no regular file (a device, a FIFO) is not replaced: the
 * contents are copied into it when they are complete.
 */
struct output {
	FILE *file;
	char path[PATH_MAX];
	char draft[PATH_MAX];
};

/**
 * output_open() - begin
 * @o: filled in
 * @path: file; what a symbolic link names is meant, not the link
 *
 * Return: 0; -EISDIR; negative errno
 */
int output_open(struct output *o, const char *path);

/** output_commit() - all is written: put it in place; 0 or negative errno */
int output_commit(struct output *o);

/** output_close() - end; what was not committed is removed */
void output_close(struct output *o);

#endif
