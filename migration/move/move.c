// SPDX-License-Identifier: GPL-2.0
/* move.c - the steps that change something */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/ctl_client.h"
#include "lib/fault.h"
#include "lib/ivr_msg.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/process.h"
#include "lib/stop_signal.h"
#include "migration/move/migration.h"
#include "service/shm_file.h"

#define CHECK_MS  20000
#define SPILL_MS  15000
#define UNPLUG_MS 30000
#define PLUG_MS	  30000

/*
 * The guest must not go back to the device while it is being unplugged; once
 * it has gone the stream is parked, and no lease counts any more.
 */
#define LEASE_MS (SPILL_MS + UNPLUG_MS + 10000)

/* A guest that was busy may have missed the request; it is made again. */
#define ASK_AGAIN_MS 10000
/* Between two looks at the domain's XML. */
#define LOOK_MS 100
/* Left of the deadline for a look itself, so that it is not libvirt's fault. */
#define LAST_LOOK_MS 3000

static int spill(void *ctx, uint64_t deadline)
{
	struct migration *m = ctx;
	struct json_object *reply;
	char request[32];
	const char *reason;
	int ret = fault_point("migrate-spill");

	if (ret)
		return ret;
	if (!m->plugged || m->no_spill)
		return MIGRATE_SKIPPED;
	snprintf(request, sizeof(request), IVR_CTL_SPILL " %d", LEASE_MS);
	ret = ctl_ask(m->vm, request, deadline, &reply);
	if (ret)
		return migrate_why(m, ret, "%s", ctl_fault(ret));
	if (!json_object_get_boolean(json_child(reply, "drained"))) {
		reason = json_text(reply, "reason",
				   json_text(reply, "error",
					     "no reason given"));
		ret = migrate_why(m, -EPROTO, "the guest does not spill: %s",
				  reason);
	}
	json_object_put(reply);
	return ret;
}

static bool attached(struct migration *m, uint64_t deadline)
{
	struct json_object *status;
	bool yes;

	yes = !ctl_ask(m->vm, IVR_CTL_STATUS, deadline, &status) &&
	      !strcmp(json_text(status, "state", ""), "attached");
	json_object_put(status);
	return yes;
}

/* A device that was plugged again has no lease to end; then it attaches. */
static int unspill(void *ctx, uint64_t deadline)
{
	struct migration *m = ctx;
	struct json_object *reply;

	if (!ctl_ask(m->vm, IVR_CTL_RESUME, deadline, &reply))
		json_object_put(reply);
	while (!attached(m, deadline)) {
		if (ms_until(deadline) <= LOOK_MS)
			return migrate_why(m, -ETIME,
					   "the reader has not "
					   "attached again; see ivring status %s",
					   m->vm);
		stop_signal_poll(NULL, 0, LOOK_MS);
	}
	return 0;
}

static int request_unplug(struct migration *m, uint64_t deadline)
{
	int ret;

	ret = virsh_call(&m->source, deadline, NULL, NULL,
			 (const char *const[]) { "detach-device-alias", m->vm,
						 m->alias, "--live", NULL });
	return ret ? migrate_why(m, ret, "%s", m->source.why) : 0;
}

/* libvirt has heard from QEMU that the device is gone when its XML lacks it. */
static int await_unplug(struct migration *m, uint64_t deadline)
{
	uint64_t again = now_ms() + ASK_AGAIN_MS;
	bool has;
	int ret;

	for (;;) {
		ret = migrate_has_device(m, &m->source, deadline, false, &has);
		if (ret || !has)
			return ret;
		if (ms_until(deadline) <= LAST_LOOK_MS)
			return migrate_why(
				m, -ETIME,
				"the guest does not give "
				"the device up; does it have acpiphp, or "
				"pciehp?");
		stop_signal_poll(NULL, 0, LOOK_MS);
		if (stop_signal_asked())
			return migrate_why(m, -EINTR, "interrupted");
		if (ms_until(again))
			continue;
		/* QEMU may say that it waits already; what counts is the XML. */
		request_unplug(m, deadline);
		again = UINT64_MAX;
	}
}

static int unplug(void *ctx, uint64_t deadline)
{
	struct migration *m = ctx;
	int ret = fault_point("migrate-unplug");

	if (ret)
		return ret;
	if (!m->plugged)
		return MIGRATE_SKIPPED;
	ret = request_unplug(m, deadline);
	/* A virsh that was killed may have asked. */
	m->asked = !ret || ret == -EINTR || ret == -ETIME;
	if (ret)
		return ret;
	ret = await_unplug(m, deadline);
	if (ret)
		return ret;
	m->asked = false;
	/* Should it be plugged here again, then into fresh memory. */
	shm_file_renew(m->shm);
	return 0;
}

static int replug_here(void *ctx, uint64_t deadline)
{
	struct migration *m = ctx;

	return migrate_plug(m, &m->source, deadline);
}

/* What virsh says last is not always what became of the VM. */
static int migrate(void *ctx, uint64_t deadline)
{
	struct migration *m = ctx;
	bool here, there;
	int ret = fault_point("migrate-migrate"), asked;

	if (ret)
		return ret;
	if (m->moved)
		return MIGRATE_SKIPPED;
	ret = virsh_migrate(&m->source, m->vm, m->dest.uri, m->options,
			    m->json);
	if (!ret)
		return 0;
	migrate_why(m, ret, "%s", m->source.why);
	stop_signal_ignore();
	deadline = now_ms() + CHECK_MS;
	asked = migrate_is_active(m, &m->source, deadline, &here);
	if (asked || here)
		return ret;
	asked = migrate_is_active(m, &m->dest, deadline, &there);
	if (asked || !there)
		return migrate_why(m, ret, "it runs neither here nor there");
	warn("VM %s: virsh migrate failed, but the VM is at %s", m->vm,
	     m->dest.uri);
	return 0;
}

static int plug(void *ctx, uint64_t deadline)
{
	struct migration *m = ctx;
	int ret = fault_point("migrate-plug");

	return ret ? ret : migrate_plug(m, &m->dest, deadline);
}

/* clang-format off */
const struct migrate_step migrate_move[] = {
	{ "check",   CHECK_MS,	migrate_check,	NULL,		false },
	{ "spill",   SPILL_MS,	spill,		unspill,	false },
	{ "unplug",  UNPLUG_MS, unplug,		replug_here,	false },
	{ "migrate", 0,		migrate,	NULL,		true },
	{ "plug",    PLUG_MS,	plug,		NULL,		false },
	{ NULL }
};
/* clang-format on */

static int look(void *ctx, uint64_t deadline)
{
	struct migration *m = ctx;

	return migrate_look(m, &m->dest, deadline);
}

static int plug_there(void *ctx, uint64_t deadline)
{
	struct migration *m = ctx;

	return m->plugged ? MIGRATE_SKIPPED :
			    migrate_plug(m, &m->dest, deadline);
}

/* clang-format off */
const struct migrate_step migrate_replug[] = {
	{ "check", CHECK_MS, look,	 NULL, true },
	{ "plug",  PLUG_MS,  plug_there, NULL, false },
	{ NULL }
};
/* clang-format on */
