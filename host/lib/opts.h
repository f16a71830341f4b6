/* SPDX-License-Identifier: GPL-2.0 */
/* opts.h - command lines from a table, from which --help is printed too */
#ifndef IVR_LIB_OPTS_H
#define IVR_LIB_OPTS_H

#include <stdbool.h>
#include <stdint.h>

#ifndef IVR_VERSION_STRING
#error "IVR_VERSION_STRING comes from the file VERSION, see Makefile"
#endif

enum opt_type {
	OPT_FLAG, /* bool: set to true */
	OPT_STRING, /* const char *: points into argv */
	OPT_U32, /* uint32_t */
	OPT_SIZE, /* uint64_t: bytes, with K, M or G (powers of 1024) */
	OPT_MS, /* uint32_t: milliseconds, with ms, s or m; bare is ms */
};

/**
 * struct opt - one option
 * @name: long name without dashes
 * @letter: short name or 0
 * @type: how the value is read
 * @dest: where it goes
 * @arg: name of the value in the help, NULL for a flag
 * @help: one line
 */
struct opt {
	const char *name;
	char letter;
	enum opt_type type;
	void *dest;
	const char *arg;
	const char *help;
};

/**
 * opts_parse() - parse a command line
 * @prog: name for messages ("ivring verify")
 * @usage: what follows the name in the usage line
 * @about: one or two lines for --help
 * @table: options; the last has a NULL name
 * @argc: as main() got it
 * @argv: as main() got it; permuted so that operands come last
 *
 * Handles --help and --version itself (prints, exits 0). A bad option gets one
 * clear line on stderr and the exit of die().
 *
 * Return: index of the first operand
 */
int opts_parse(const char *prog, const char *usage, const char *about,
	       const struct opt *table, int argc, char **argv);

/** parse_size() - "16M" to bytes; 0 or -EINVAL, -ERANGE */
int parse_size(const char *text, uint64_t *bytes);

/** parse_ms() - "2s" to milliseconds; 0 or -EINVAL, -ERANGE */
int parse_ms(const char *text, uint32_t *ms);

#endif
