// SPDX-License-Identifier: GPL-2.0
/* cmd_doctor.c - `ivring doctor`: what keeps this host from tracing */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cmds.h"
#include "cli/doctor.h"
#include "lib/log.h"
#include "lib/opts.h"
#include "lib/paths.h"

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
