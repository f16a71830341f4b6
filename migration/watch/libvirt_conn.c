// SPDX-License-Identifier: GPL-2.0
/* libvirt_conn.c - libvirt: its events, and what is asked of it */
#include <errno.h>
#include <json-c/json.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "migration/watch/libvirt_conn.h"
#include "migration/watch/libvirt_query.h"
#include "migration/watch/libvirt_state.h"
#include "migration/watch/qmp.h"
#include "migration/watch/vm_events.h"
#include "migration/watch/worker.h"

/* Between two attempts to connect; doubled up to the second. */
#define RETRY_MIN_MS 250
#define RETRY_MAX_MS 8000
/* A libvirtd that says nothing for so long, so often, is gone. */
#define ALIVE_S	    5
#define ALIVE_TIMES 3
#define STOP_MS	    2000

#define LIFECYCLE     0
#define JOB_COMPLETED 1
#define CALLBACKS     2

static struct {
	const char *uri;
	const char *state_dir;
	/* the worker's */
	virConnectPtr conn;
	int callbacks[CALLBACKS];
	int qmp;
	/* the event loop's */
	bool away;
	unsigned int reconciled;
	unsigned int failures;
} virt = { .callbacks = { -1, -1 }, .qmp = -1 };

/* libvirt prints every error unless somebody takes them. */
static void no_print(void *opaque, virErrorPtr error)
{
}

static uint64_t stamp(long long seconds, unsigned int micros)
{
	return seconds > 0 ? seconds * 1000000000ull + micros * 1000ull :
			     realtime_ns();
}

static void on_qmp(virConnectPtr conn, virDomainPtr dom, const char *event,
		   long long seconds, unsigned int micros, const char *details,
		   void *opaque)
{
	struct vm *vm = query_vm(dom);
	struct qmp_news news;

	if (!vm || !qmp_news_of(&news, event, details)) {
		debug("VM %s: QMP %s %s", virDomainGetName(dom), event,
		      details ? details : "");
		return;
	}
	vm->heard_ms = now_ms();
	if (news.event != EV_PASS) {
		vm_event(vm, news.event, stamp(seconds, micros), event);
		return;
	}
	vm_pass(vm, news.pass, stamp(seconds, micros));
	query_counters(dom, news.pass);
}

static const char *why_stopped(int detail)
{
	switch (detail) {
	case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN:
		return "shutdown";
	case VIR_DOMAIN_EVENT_STOPPED_DESTROYED:
		return "destroyed";
	case VIR_DOMAIN_EVENT_STOPPED_CRASHED:
		return "crashed";
	case VIR_DOMAIN_EVENT_STOPPED_SAVED:
		return "saved";
	case VIR_DOMAIN_EVENT_STOPPED_FAILED:
		return "failed";
	case VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT:
		return "snapshot";
	default:
		return "stopped";
	}
}

static int on_lifecycle(virConnectPtr conn, virDomainPtr dom, int event,
			int detail, void *opaque)
{
	struct vm *vm = query_vm(dom);

	if (!vm)
		return 0;
	vm->heard_ms = now_ms();
	if (event == VIR_DOMAIN_EVENT_STARTED)
		vm_event(vm,
			 detail == VIR_DOMAIN_EVENT_STARTED_MIGRATED ?
				 EV_INCOMING :
				 EV_STARTED,
			 realtime_ns(), "started");
	else if (event == VIR_DOMAIN_EVENT_STOPPED &&
		 detail == VIR_DOMAIN_EVENT_STOPPED_MIGRATED)
		vm_event(vm, EV_MOVED, realtime_ns(), "stopped: migrated");
	else if (event == VIR_DOMAIN_EVENT_STOPPED)
		vm_event(vm, EV_GONE, realtime_ns(), why_stopped(detail));
	return 0;
}

static void on_job_completed(virConnectPtr conn, virDomainPtr dom,
			     virTypedParameterPtr params, int n, void *opaque)
{
	struct vm *vm = query_vm(dom);
	int success = 1;

	virTypedParamsGetBoolean(params, n, VIR_DOMAIN_JOB_SUCCESS, &success);
	if (!vm || !success ||
	    query_operation(params, n) !=
		    VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT)
		return;
	vm->heard_ms = now_ms();
	vm_event(vm, EV_MOVED, realtime_ns(), "job completed");
	vm_note(vm, "job", realtime_ns(), query_counters_of(params, n));
}

/* The name is of a file; only a VM that is on its way is looked at. */
static void on_state_file(const char *name)
{
	struct vm *vm = vm_by_name(name);

	if (vm && migration_is_out(&vm->migration) &&
	    libvirt_state_has_moved(name))
		vm_event(vm, EV_MOVED, realtime_ns(),
			 "libvirt: phase confirm3");
}

/**
 * struct connect - connect, register, list all VMs
 * @work: first member
 * @ok: connected
 * @why: if not
 */
struct connect {
	struct work work;
	bool ok;
	char why[160];
};

static void connect_again(void);

static void on_close(virConnectPtr conn, int reason, void *opaque)
{
	if (virt.away)
		return;
	virt.away = true;
	warn("libvirt has closed the connection; trying again. What is "
	     "quiesced resumes by its lease");
	vm_each(vm_lost_sight);
	connect_again();
}

static void let_go(void)
{
	int i;

	if (!virt.conn)
		return;
	virConnectUnregisterCloseCallback(virt.conn, on_close);
	for (i = 0; i < CALLBACKS; i++)
		if (virt.callbacks[i] >= 0)
			virConnectDomainEventDeregisterAny(virt.conn,
							   virt.callbacks[i]);
	if (virt.qmp >= 0)
		virConnectDomainQemuMonitorEventDeregister(virt.conn, virt.qmp);
	virt.callbacks[LIFECYCLE] = virt.callbacks[JOB_COMPLETED] = -1;
	virt.qmp = -1;
	virConnectClose(virt.conn);
	virt.conn = NULL;
}

static int listen_to(virConnectPtr conn)
{
	virt.callbacks[LIFECYCLE] =
		virConnectDomainEventRegisterAny(conn, NULL,
						 VIR_DOMAIN_EVENT_ID_LIFECYCLE,
						 VIR_DOMAIN_EVENT_CALLBACK(
							 on_lifecycle),
						 NULL, NULL);
	virt.callbacks[JOB_COMPLETED] = virConnectDomainEventRegisterAny(
		conn, NULL, VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
		VIR_DOMAIN_EVENT_CALLBACK(on_job_completed), NULL, NULL);
	virt.qmp = virConnectDomainQemuMonitorEventRegister(
		conn, NULL, "^(MIGRATION|MIGRATION_PASS|STOP|RESUME)$", on_qmp,
		NULL, NULL,
		VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX);
	return virt.callbacks[LIFECYCLE] < 0 ||
			       virt.callbacks[JOB_COMPLETED] < 0 ||
			       virt.qmp < 0 ?
		       -ENOTCONN :
		       0;
}

/* Each is asked and reported by itself, the whole list at last. */
static int ask_all(virConnectPtr conn)
{
	virDomainPtr *doms = NULL;
	int i, n;

	n = virConnectListAllDomains(conn, &doms,
				     VIR_CONNECT_LIST_DOMAINS_ACTIVE);
	for (i = 0; i < n; i++) {
		query_phase(doms[i], virt.reconciled + 1);
		virDomainFree(doms[i]);
	}
	free(doms);
	return n;
}

static int connect_once(void)
{
	virConnectPtr conn = virConnectOpen(virt.uri);

	if (!conn)
		return -ENOTCONN;
	virt.conn = conn;
	virConnectSetKeepAlive(conn, ALIVE_S, ALIVE_TIMES);
	return virConnectRegisterCloseCallback(conn, on_close, NULL, NULL) ||
			       listen_to(conn) || ask_all(conn) < 0 ?
		       -ENOTCONN :
		       0;
}

static void connect_work(struct work *work)
{
	struct connect *c = (struct connect *)work;
	unsigned int i, ms = RETRY_MIN_MS;

	let_go();
	for (i = 0; i < virt.failures && ms < RETRY_MAX_MS; i++)
		ms *= 2;
	if (virt.failures && !worker_pause(ms))
		return;
	c->ok = !connect_once();
	if (c->ok)
		return;
	snprintf(c->why, sizeof(c->why), "%s", virGetLastErrorMessage());
	let_go();
}

/* Who is not in the list any more has left unseen. */
static void miss(struct vm *vm)
{
	if (vm->migration.up && vm->listed != virt.reconciled)
		vm_event(vm, EV_GONE, realtime_ns(), "not there any more");
}

static void connected(void)
{
	int ret = libvirt_state_watch(virt.state_dir, on_state_file);

	if (ret)
		warn("%s: %s; readers are told late that a VM has moved",
		     virt.state_dir, strerror(-ret));
	virt.reconciled++;
	virt.failures = 0;
	vm_each(miss);
	info("connected to libvirt");
}

static void connect_report(struct work *work)
{
	struct connect *c = (struct connect *)work;
	bool ok = c->ok;

	if (ok)
		connected();
	else if (!virt.failures++)
		warn("no connection to libvirt, trying again: %s", c->why);
	free(c);
	virt.away = !ok;
	if (!ok)
		connect_again();
}

static void connect_again(void)
{
	struct connect *c = calloc(1, sizeof(*c));

	if (!c) {
		err("no memory to connect to libvirt: nothing is followed");
		return;
	}
	c->work.work = connect_work;
	c->work.report = connect_report;
	worker_give(&c->work);
}

int libvirt_start(const char *uri, const struct watch_conf *conf,
		  const char *state_dir)
{
	int ret = worker_start();

	if (ret)
		return ret;
	virSetErrorFunc(NULL, no_print);
	virt.uri = uri;
	query_init(conf);
	virt.state_dir = state_dir;
	virt.away = true;
	connect_again();
	return 0;
}

unsigned int libvirt_reconciled(void)
{
	return virt.reconciled;
}

unsigned int libvirt_failures(void)
{
	return virt.failures;
}

void libvirt_stop(void)
{
	libvirt_state_unwatch();
	if (worker_stop(STOP_MS))
		let_go();
}
