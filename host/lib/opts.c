// SPDX-License-Identifier: GPL-2.0
/* opts.c - command lines from a table */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/opts.h"

#define MAX_OPTS 64
/* Values getopt_long() returns for long options; above any letter. */
#define LONG_BASE    0x100
#define LONG_HELP    (LONG_BASE + MAX_OPTS)
#define LONG_VERSION (LONG_HELP + 1)
/* Where the explanations start in --help. */
#define HELP_COLUMN 30

/**
 * struct unit - one suffix of a number
 * @suffix: text after the digits
 * @factor: what it multiplies by
 */
struct unit {
	const char *suffix;
	uint64_t factor;
};

static const struct unit size_units[] = {
	{ "", 1 },	     { "K", 1ull << 10 }, { "M", 1ull << 20 },
	{ "G", 1ull << 30 }, { NULL, 0 },
};

static const struct unit ms_units[] = {
	{ "", 1 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { NULL, 0 },
};

static int parse_number(const char *text, const struct unit *units,
			uint64_t max, uint64_t *value)
{
	unsigned long long n;
	char *end;

	/* strtoull() takes blanks and a minus sign; nobody means those. */
	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno)
		return -ERANGE;
	for (; units->suffix; units++)
		if (!strcasecmp(end, units->suffix))
			break;
	if (!units->suffix)
		return -EINVAL;
	if (n > max / units->factor)
		return -ERANGE;
	*value = n * units->factor;
	return 0;
}

int parse_size(const char *text, uint64_t *bytes)
{
	return parse_number(text, size_units, UINT64_MAX, bytes);
}

int parse_ms(const char *text, uint32_t *ms)
{
	uint64_t value;
	int ret = parse_number(text, ms_units, UINT32_MAX, &value);

	if (!ret)
		*ms = (uint32_t)value;
	return ret;
}

static int parse_u32(const char *text, uint32_t *number)
{
	static const struct unit none[] = { { "", 1 }, { NULL, 0 } };
	uint64_t value;
	int ret = parse_number(text, none, UINT32_MAX, &value);

	if (!ret)
		*number = (uint32_t)value;
	return ret;
}

static int store_value(const struct opt *o, const char *text)
{
	switch (o->type) {
	case OPT_FLAG:
		*(bool *)o->dest = true;
		return 0;
	case OPT_STRING:
		*(const char **)o->dest = text;
		return 0;
	case OPT_U32:
		return parse_u32(text, o->dest);
	case OPT_SIZE:
		return parse_size(text, o->dest);
	case OPT_MS:
		return parse_ms(text, o->dest);
	}
	return -EINVAL;
}

static const char *wanted(enum opt_type type)
{
	switch (type) {
	case OPT_SIZE:
		return "a size such as 512K, 16M or 1G";
	case OPT_MS:
		return "a time such as 500ms, 2s or 1m";
	default:
		return "a number from 0 to 4294967295";
	}
}

static void print_option(char letter, const char *name, const char *arg,
			 const char *help)
{
	char left[128];
	int n;

	n = letter ? snprintf(left, sizeof(left), "  -%c, --%s", letter, name) :
		     snprintf(left, sizeof(left), "      --%s", name);
	if (arg && n < (int)sizeof(left))
		snprintf(left + n, sizeof(left) - n, " %s", arg);
	if (strlen(left) < HELP_COLUMN)
		printf("%-*s%s\n", HELP_COLUMN, left, help);
	else
		printf("%s\n%*s%s\n", left, HELP_COLUMN, "", help);
}

static void print_help(const char *prog, const char *usage, const char *about,
		       const struct opt *table)
{
	const struct opt *o;

	printf("usage: %s %s\n%s\n\n", prog, usage, about);
	for (o = table; o->name; o++)
		print_option(o->letter, o->name, o->arg, o->help);
	print_option(0, "help", NULL, "print this help and exit");
	print_option(0, "version", NULL, "print the version and exit");
}

/* getopt's own tables, made from ours; returns the number of options. */
static int make_tables(const struct opt *table, struct option *longs,
		       char *letters)
{
	int n;

	/* A colon first makes getopt tell a missing value from a bad option. */
	*letters++ = ':';
	for (n = 0; table[n].name; n++) {
		bool has_arg = table[n].type != OPT_FLAG;

		if (n == MAX_OPTS)
			die("option table of more than %d entries", MAX_OPTS);
		longs[n] = (struct option) { table[n].name,
					     has_arg ? required_argument :
						       no_argument,
					     NULL, LONG_BASE + n };
		if (table[n].letter)
			*letters++ = table[n].letter;
		if (table[n].letter && has_arg)
			*letters++ = ':';
	}
	*letters = '\0';
	longs[n] = (struct option) { "help", no_argument, NULL, LONG_HELP };
	longs[n + 1] = (struct option) { "version", no_argument, NULL,
					 LONG_VERSION };
	longs[n + 2] = (struct option) { NULL, 0, NULL, 0 };
	return n;
}

static void __attribute__((noreturn))
bad_option(const char *prog, int c, char **argv)
{
	/* optopt is zero for an unknown long name, a letter for a short one. */
	const char *word = argv[optind - 1];
	char letter[3] = { '-', (char)optopt, '\0' };

	if (optopt > 0 && optopt < LONG_BASE)
		word = letter;
	log_init(prog, LOG_L_INFO);
	if (c == ':')
		die("option '%s' needs a value, see --help", word);
	if (optopt >= LONG_BASE)
		die("option '%s' takes no value, see --help", word);
	die("unknown option '%s', see --help", word);
}

static const struct opt *find_option(const struct opt *table, int n, int c)
{
	int i;

	if (c >= LONG_BASE)
		return &table[c - LONG_BASE];
	for (i = 0; i < n; i++)
		if (table[i].letter == c)
			return &table[i];
	return NULL;
}

static void take_option(const char *prog, const struct opt *o)
{
	int ret = store_value(o, optarg);

	if (!ret)
		return;
	log_init(prog, LOG_L_INFO);
	if (ret == -ERANGE)
		die("--%s %s: too large", o->name, optarg);
	die("--%s '%s': not a valid value, give %s", o->name, optarg,
	    wanted(o->type));
}

int opts_parse(const char *prog, const char *usage, const char *about,
	       const struct opt *table, int argc, char **argv)
{
	struct option longs[MAX_OPTS + 3];
	char letters[2 * MAX_OPTS + 2];
	int n = make_tables(table, longs, letters);
	int c;

	/* Zero, not one: glibc then starts anew, also in a second call. */
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		switch (c) {
		case LONG_HELP:
			print_help(prog, usage, about, table);
			exit(EXIT_SUCCESS);
		case LONG_VERSION:
			printf("%s %s\n", prog, IVR_VERSION_STRING);
			exit(EXIT_SUCCESS);
		case ':':
		case '?':
			bad_option(prog, c, argv);
		default:
			take_option(prog, find_option(table, n, c));
		}
	}
	return optind;
}
