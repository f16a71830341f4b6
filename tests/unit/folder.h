/* SPDX-License-Identifier: GPL-2.0 */
/* folder.h - the folder that a test has for itself, and files in it */
#ifndef TEST_FOLDER_H
#define TEST_FOLDER_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char top[] = "/tmp/ivring-test-XXXXXX";

/** folder_open() - make it: @top; 0 or -1, as a cmocka fixture */
static inline int folder_open(void)
{
	return mkdtemp(top) ? 0 : -1;
}

/** folder_close() - remove it with all that is in it; a cmocka fixture */
static inline int folder_close(void **state)
{
	char shell[64];

	snprintf(shell, sizeof(shell), "rm -rf %s", top);
	return system(shell);
}

/** in_top() - path of a file in it; four are good at a time */
static inline char *in_top(const char *file)
{
	static char path[4][PATH_MAX];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], PATH_MAX, "%s/%s", top, file);
	return path[turn];
}

static inline bool there_is(const char *file)
{
	return !access(in_top(file), F_OK);
}

static inline void write_file(const char *file, const char *text)
{
	FILE *f = fopen(in_top(file), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/** read_file() - as a string; empty if there is none */
static inline void read_file(const char *file, char *buf, size_t len)
{
	FILE *f = fopen(in_top(file), "r");
	size_t n = f ? fread(buf, 1, len - 1, f) : 0;

	buf[n] = '\0';
	if (f)
		fclose(f);
}

/** take() - what was written to a file without a name, and close it */
static inline void take(FILE *f, char *buf, size_t len)
{
	size_t n;

	rewind(f);
	n = fread(buf, 1, len - 1, f);
	buf[n] = '\0';
	fclose(f);
}

#endif
