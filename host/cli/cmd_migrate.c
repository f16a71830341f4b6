// SPDX-License-Identifier: GPL-2.0
/* cmd_migrate.c - `ivring migrate`: move a VM of role peer */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmds.h"
#include "lib/clock.h"
#include "lib/dirs.h"
#include "lib/fault.h"
#include "lib/log.h"
#include "lib/opts.h"
#include "lib/paths.h"
#include "lib/pid_file.h"
#include "lib/process.h"
#include "lib/stop_signal.h"
#include "migration/move/migration.h"

static enum migrate_exit tell(const struct migration *m,
			      enum migrate_result result)
{
	switch (result) {
	case MIGRATE_DONE:
		return MIGRATE_EXIT_DONE;
	case MIGRATE_NOTHING:
		err("VM %s: not moved, nothing was changed", m->domain);
		return MIGRATE_EXIT_NOT_BEGUN;
	case MIGRATE_UNDONE:
		err("VM %s: not moved; it is here, and traced, as before",
		    m->domain);
		migrate_report_pending(m);
		return MIGRATE_EXIT_UNDONE;
	case MIGRATE_NOT_UNDONE:
		err("VM %s: not moved, and not all could be undone. If its "
		    "device is unplugged its trace waits in its own memory: "
		    "ivring migrate --plug %s",
		    m->domain, m->domain);
		return MIGRATE_EXIT_UNPLUGGED;
	case MIGRATE_HALF:
		err("VM %s: it runs at %s, without its device; its trace waits "
		    "in its own memory, and what does not fit there is "
		    "counted as lost. Go on with: ivring migrate --plug %s %s",
		    m->domain, m->dest.uri, m->domain, m->dest.uri);
		return MIGRATE_EXIT_UNPLUGGED;
	}
	return MIGRATE_EXIT_UNPLUGGED;
}

/*
 * A second one would plug what the first has unplugged. -EEXIST: there is one;
 * other negative errno: nothing of ours runs here for it.
 */
static int lock(const char *vm, char *path, size_t len)
{
	char dir[PATH_MAX];
	int fd;

	if (vm_name_check(vm) ||
	    path_of_vm(dir, sizeof(dir), dirs_run(), vm, NULL) ||
	    path_of_vm(path, len, dirs_run(), vm, IVR_MIGRATE_PID))
		return -EINVAL;
	fault_dir(dir);
	fd = pid_file_take(path);
	if (fd == -EEXIST)
		err("VM %s: another ivring migrate (pid %ld) is at work on it",
		    vm, (long)pid_file_holder(path));
	return fd;
}

static int run(struct migration *m, bool replug)
{
	struct migrate_run r = {
		.steps = replug ? migrate_replug : migrate_move,
		.ctx = m,
		.report = migrate_report,
	};
	enum migrate_result result;
	char path[PATH_MAX];
	int held = lock(m->domain, path, sizeof(path));

	if (held == -EEXIST)
		return MIGRATE_EXIT_NOT_BEGUN;
	m->started = now_ms();
	stop_signal_init();
	result = migrate_steps(&r);
	if (held >= 0)
		pid_file_leave(path, held);
	migrate_free(m);
	return tell(m, result);
}

static bool usable(int operands, bool replug, const char *const *operand)
{
	if (operands < (replug ? 1 : 2))
		err(replug ? "give DOMAIN, see --help" :
			     "give DOMAIN and DESTURI, see --help");
	else if (operand[0][0] == '-' || (operands > 1 && operand[1][0] == '-'))
		err("'%s': options of ivring migrate come before DOMAIN, those "
		    "of virsh migrate after DESTURI",
		    operand[0][0] == '-' ? operand[0] : operand[1]);
	else if (replug && operands > 2)
		err("'%s': --plug takes DOMAIN and URI only", operand[2]);
	else
		return true;
	return false;
}

int cmd_migrate(int argc, char **argv)
{
	struct migration m = { .source = { .uri = "qemu:///system" } };
	bool replug = false;
	const struct opt table[] = {
		{ "connect", 'c', OPT_STRING, &m.source.uri, "URI",
		  "libvirt of this host (default qemu:///system)" },
		{ "plug", 0, OPT_FLAG, &replug, NULL,
		  "only plug the device of a VM that has none" },
		{ "no-spill", 0, OPT_FLAG, &m.no_spill, NULL,
		  "without the guest's help; its stream may end" },
		{ "json", 'j', OPT_FLAG, &m.json, NULL,
		  "print a line of JSON for each step" },
		{ NULL },
	};
	int i;

	log_init("ivring migrate", LOG_L_INFO);
	/* What follows DESTURI is virsh's. */
	setenv("POSIXLY_CORRECT", "1", 1);
	i = opts_parse("ivring migrate",
		       "[OPTION]... DOMAIN DESTURI "
		       "[OPTION OF virsh migrate]...",
		       "Move a VM whose trace "
		       "memory is unplugged meanwhile (role peer).",
		       table, argc, argv);
	unsetenv("POSIXLY_CORRECT");
	if (!usable(argc - i, replug, (const char *const *)argv + i))
		return MIGRATE_EXIT_NOT_BEGUN;
	m.domain = argv[i];
	m.dest.uri = argc - i > 1 ? argv[i + 1] : m.source.uri;
	m.options = argc - i > 1 ? argv + i + 2 : argv + argc;
	return run(&m, replug);
}
