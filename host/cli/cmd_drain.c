// SPDX-License-Identifier: GPL-2.0
/* cmd_drain.c - `ivring drain`: everything into the store, by a deadline */
#include <errno.h>
#include <stdio.h>

#include "cli/cmds.h"
#include "lib/clock.h"
#include "lib/ctl_client.h"
#include "lib/ivr_msg.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/opts.h"
#include "lib/paths.h"
#include "lib/process.h"

/* The reader keeps the deadline; this is for its answer to arrive. */
#define GRACE_MS 1000

static int report(const char *vm, struct json_object *reply)
{
	const char *error = json_text(reply, "error", NULL);

	if (error) {
		err("VM %s: %s", vm, error);
		return 2;
	}
	if (!json_object_get_boolean(json_child(reply, "drained"))) {
		err("VM %s: not drained: %s", vm,
		    json_text(reply, "reason", "no reason given"));
		return 1;
	}
	return 0;
}

static int drain(const char *vm, uint32_t ms, bool json)
{
	struct json_object *reply;
	char request[32];
	int ret;

	snprintf(request, sizeof(request), IVR_CTL_DRAIN " %u", ms);
	ret = ctl_ask(vm, request, now_ms() + ms + GRACE_MS, &reply);
	if (ret) {
		err("VM %s: %s", vm, ctl_fault(ret));
		return ret == -ETIME ? 1 : 2;
	}
	ret = report(vm, reply);
	if (json)
		json_print(reply);
	else if (!ret)
		printf("VM %s: drained\n", vm);
	json_object_put(reply);
	return ret;
}

int cmd_drain(int argc, char **argv)
{
	uint32_t ms = 5000;
	bool json = false;
	const struct opt table[] = {
		{ "timeout", 't', OPT_MS, &ms, "TIME",
		  "how long it may take (default 5s)" },
		{ "json", 'j', OPT_FLAG, &json, NULL,
		  "print the reader's answer" },
		{ NULL },
	};
	int i, ret;

	log_init("ivring drain", LOG_L_INFO);
	i = opts_parse("ivring drain", "[--timeout TIME] [--json] VM",
		       "Have a VM close its pages and put all of them into the "
		       "store.",
		       table, argc, argv);
	if (argc - i != 1) {
		err("give one VM, see --help");
		return 2;
	}
	ret = vm_name_check(argv[i]);
	if (ret) {
		err("'%s' %s", argv[i], vm_name_error(ret));
		return 2;
	}
	return drain(argv[i], ms, json);
}
