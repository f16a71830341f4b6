// SPDX-License-Identifier: GPL-2.0
/* check.c - may the move begin? nothing is changed here */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ctl_client.h"
#include "lib/fault.h"
#include "lib/ivr_msg.h"
#include "lib/json.h"
#include "migration/move/migration.h"

/* Options of virsh migrate with which it cannot work, and why. */
static const struct {
	const char *option, *why;
} refused[] = {
	{ "--dname", "its memory's file has the name of the VM" },
	{ "--offline", "only a VM that runs has a trace to move" },
	{ "--postcopy-resume", "that resumes a migration; use virsh" },
};

static int check_options(struct migration *m)
{
	size_t i, len;
	char **o;

	for (o = m->options; *o; o++)
		for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
			len = strlen(refused[i].option);
			if (!strncmp(*o, refused[i].option, len) &&
			    (!(*o)[len] || (*o)[len] == '='))
				return migrate_why(m, -EINVAL, "%s: %s", *o,
						   refused[i].why);
		}
	return 0;
}

/* The reader must have the guest, or there is nobody who takes the rest. */
static int check_reader(struct migration *m, uint64_t deadline)
{
	struct json_object *status;
	const char *state;
	int ret;

	ret = ctl_ask(m->vm, IVR_CTL_STATUS, deadline, &status);
	if (ret)
		return migrate_why(m, ret,
				   "%s here; start it, or give "
				   "--no-spill and lose what is in the memory",
				   ctl_fault(ret));
	state = json_text(status, "state", "?");
	ret = strcmp(state, "attached") ? -EAGAIN : 0;
	if (ret)
		migrate_why(m, ret,
			    "the reader is not attached (%s): is the "
			    "module loaded? or give --no-spill",
			    state);
	json_object_put(status);
	return ret;
}

/* Here and not there; or, after a run that was cut short, there. */
static int find(struct migration *m, uint64_t deadline)
{
	bool here, there;
	int ret;

	ret = migrate_is_active(m, &m->source, deadline, &here);
	if (!ret)
		ret = migrate_is_active(m, &m->dest, deadline, &there);
	if (ret)
		return ret;
	if (here && there)
		return migrate_why(m, -EEXIST,
				   "it runs on both sides, or %s "
				   "is this host",
				   m->dest.uri);
	if (!here && !there)
		return migrate_why(m, -ENOENT,
				   "it does not run, neither at %s "
				   "nor at %s",
				   m->source.uri, m->dest.uri);
	m->moved = there;
	return migrate_look(m, there ? &m->dest : &m->source, deadline);
}

/* One that was left running by a run that was killed, or another's. */
static int check_job(struct migration *m, uint64_t deadline)
{
	char *out;
	int ret;

	ret = virsh_call(&m->source, deadline, NULL, &out,
			 (const char *const[]) { "domjobinfo", m->vm, NULL });
	if (ret)
		return migrate_why(m, ret, "%s: %s", m->source.uri,
				   m->source.why);
	if (!strstr(out, "None"))
		ret = migrate_why(m, -EBUSY,
				  "a migration or another job of it "
				  "runs; wait for its end, or virsh domjobabort");
	free(out);
	return ret;
}

int migrate_check(void *ctx, uint64_t deadline)
{
	struct migration *m = ctx;
	int ret = fault_point("migrate-check");

	if (!ret)
		ret = check_options(m);
	if (!ret)
		ret = find(m, deadline);
	if (!ret && m->moved && m->plugged)
		ret = migrate_why(m, -EEXIST,
				  "it runs at %s already, with its "
				  "device",
				  m->dest.uri);
	if (!ret && !m->moved)
		ret = check_job(m, deadline);
	if (!ret && m->plugged && !m->no_spill)
		ret = check_reader(m, deadline);
	return ret;
}
