// SPDX-License-Identifier: GPL-2.0
/* ivring - everything that is not a daemon, as subcommands */
#include <stdio.h>
#include <string.h>

#include "cli/cmds.h"
#include "lib/log.h"
#include "lib/opts.h"

/**
 * struct command - one subcommand
 * @name: as typed
 * @run: the function
 * @help: one line
 */
struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
};

static int cmd_version(int argc, char **argv);
static int cmd_help(int argc, char **argv);

/* clang-format off */
static const struct command commands[] = {
	{ "xml",     cmd_xml,	  "put IVRing into a domain's XML" },
	{ "status",  cmd_status,  "how the reader of a VM is doing" },
	{ "drain",   cmd_drain,	  "take everything out of a VM's rings now" },
	{ "migrate", cmd_migrate, "move a VM whose memory is unplugged meanwhile" },
	{ "verify",  cmd_verify,  "account for every record in stores" },
	{ "export",  cmd_export,  "merge stores into one trace.dat" },
	{ "cat",     cmd_cat,	  "merge stores and print the events" },
	{ "doctor",  cmd_doctor,  "look for what keeps this host from tracing" },
	{ "hook",    cmd_hook,	  "what libvirt's QEMU hook calls" },
	{ "version", cmd_version, "print the version" },
	{ "help",    cmd_help,	  "print this list" },
	{ NULL, NULL, NULL }
};
/* clang-format on */

static int cmd_version(int argc, char **argv)
{
	printf("ivring %s\n", IVR_VERSION_STRING);
	return 0;
}

static int cmd_help(int argc, char **argv)
{
	const struct command *c;

	printf("usage: ivring COMMAND [OPTION]... [OPERAND]...\n\n");
	for (c = commands; c->name; c++)
		printf("  %-10s%s\n", c->name, c->help);
	printf("\n`ivring COMMAND --help' tells more.\n");
	return 0;
}

static const struct command *find(const char *name)
{
	const struct command *c;

	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	else if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		name = "version";
	for (c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *c;

	log_init("ivring", LOG_L_INFO);
	die_with(2);
	if (argc < 2) {
		err("no command given; `ivring help' lists them");
		return 2;
	}
	c = find(argv[1]);
	if (!c) {
		err("no command '%s'; `ivring help' lists them", argv[1]);
		return 2;
	}
	return c->run(argc - 1, argv + 1);
}
