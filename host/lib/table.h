/* SPDX-License-Identifier: GPL-2.0 */
/* table.h - columns aligned for people */
#ifndef IVR_LIB_TABLE_H
#define IVR_LIB_TABLE_H

#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS 16

/**
 * struct table - cells of text, row by row; all zero but @columns is empty
 * @columns: how many are in use
 * @left: bit per column: aligned left, otherwise right
 * @cells: the texts
 * @n: how many
 */
struct table {
	unsigned int columns;
	unsigned int left;
	char **cells;
	size_t n;
	size_t cap;
};

/** table_add() - the next cell; without memory the cell is left empty */
void table_add(struct table *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** table_print() - print and empty the table */
void table_print(struct table *t, FILE *out);

#endif
