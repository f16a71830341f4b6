// SPDX-License-Identifier: GPL-2.0
/* cmd_doctor.c - `ivring doctor`: what keeps this host from tracing */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cmds.h"
#include "cli/doctor.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/opts.h"
#include "lib/paths.h"

static const char *const level_names[] = DOCTOR_LEVEL_NAMES;

_Static_assert(sizeof(level_names) / sizeof(level_names[0]) == DOCTOR_LEVELS,
	       "a name for each level");

void doctor_say(struct doctor *d, enum doctor_level level, const char *vm,
		const char *todo, const char *fmt, ...)
{
	struct json_object *o;
	char what[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	d->failed += level == DOCTOR_FAIL;
	if (!d->list) {
		printf("%-4s  %s%s%s%s%s%s\n", level_names[level],
		       vm ? "VM " : "", vm ? vm : "", vm ? ": " : "", what,
		       todo ? " \342\200\224 " : "", todo ? todo : "");
		return;
	}
	o = json_object_new_object();
	json_put_text(o, "level", level_names[level]);
	json_put_text(o, "vm", vm);
	json_put_text(o, "what", what);
	json_put_text(o, "todo", todo);
	json_object_array_add(d->list, o);
}

int cmd_doctor(int argc, char **argv)
{
	struct doctor d = { .deadline_ms = 2000 };
	bool json = false;
	const struct opt table[] = {
		{ "json", 'j', OPT_FLAG, &json, NULL, "print a JSON array" },
		{ "timeout", 't', OPT_MS, &d.deadline_ms, "TIME",
		  "for each program or reader that is asked (default 2s)" },
		{ NULL },
	};
	const char *vm;
	int i, ret;

	log_init("ivring doctor", LOG_L_INFO);
	i = opts_parse("ivring doctor", "[--json] [VM]",
		       "Look for what keeps this host from tracing its VMs.",
		       table, argc, argv);
	vm = i < argc ? argv[i] : NULL;
	ret = vm ? vm_name_check(vm) : 0;
	if (argc - i > 1 || ret) {
		if (ret)
			err("'%s' %s", vm, vm_name_error(ret));
		else
			err("give one VM or none, see --help");
		return 2;
	}
	if (json)
		d.list = json_object_new_array();
	doctor_host(&d);
	doctor_vms(&d, vm);
	if (json) {
		puts(json_object_to_json_string_ext(d.list,
						    JSON_C_TO_STRING_PRETTY));
		json_object_put(d.list);
	}
	return d.failed ? 1 : 0;
}
