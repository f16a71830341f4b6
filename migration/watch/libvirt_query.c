// SPDX-License-Identifier: GPL-2.0
/* libvirt_query.c - what libvirt is asked about one VM */
#include <json-c/json.h>
#include <libvirt/virterror.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/log.h"
#include "migration/watch/libvirt_query.h"
#include "migration/watch/vm_events.h"
#include "migration/watch/worker.h"

/* An answer that an event has overtaken is asked for again. */
#define ASK_AGAIN 8

static const struct watch_conf *query_conf;

void query_init(const struct watch_conf *conf)
{
	query_conf = conf;
}

struct vm *query_vm(virDomainPtr dom)
{
	char uuid[VIR_UUID_STRING_BUFLEN];

	if (virDomainGetUUIDString(dom, uuid))
		return NULL;
	return vm_get(query_conf, uuid, virDomainGetName(dom));
}

/**
 * struct query - ask for one VM
 * @work: first member
 * @dom: VM, a reference of ours
 * @pass: for the counters of this pass; 0: for its phase
 * @list: number of the reconciliation
 * @times: how often it was asked
 * @asked_ms: now_ms() before
 * @known: libvirt answered
 * @running: its guest runs
 * @event: its phase; EV_STARTED: another job than a migration
 * @detail: counters, or NULL
 */
struct query {
	struct work work;
	virDomainPtr dom;
	uint64_t pass;
	unsigned int list;
	int times;
	uint64_t asked_ms;
	bool known;
	bool running;
	enum migration_event event;
	struct json_object *detail;
};

static void put_param(struct json_object *o, const char *key,
		      virTypedParameterPtr params, int n, const char *name)
{
	unsigned long long v;

	if (virTypedParamsGetULLong(params, n, name, &v) == 1)
		json_object_object_add(o, key, json_object_new_uint64(v));
}

struct json_object *query_counters_of(virTypedParameterPtr params, int n)
{
	struct json_object *o = json_object_new_object();

	put_param(o, "memory_bytes", params, n,
		  VIR_DOMAIN_JOB_MEMORY_PROCESSED);
	put_param(o, "memory_total", params, n, VIR_DOMAIN_JOB_MEMORY_TOTAL);
	put_param(o, "memory_remaining", params, n,
		  VIR_DOMAIN_JOB_MEMORY_REMAINING);
	put_param(o, "dirty_rate", params, n, VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE);
	put_param(o, "iteration", params, n, VIR_DOMAIN_JOB_MEMORY_ITERATION);
	put_param(o, "downtime_ms", params, n, VIR_DOMAIN_JOB_DOWNTIME);
	put_param(o, "total_ms", params, n, VIR_DOMAIN_JOB_TIME_ELAPSED);
	return o;
}

int query_operation(virTypedParameterPtr params, int n)
{
	int v = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;

	virTypedParamsGetInt(params, n, VIR_DOMAIN_JOB_OPERATION, &v);
	return v;
}

static enum migration_event event_of_job(int type, int op)
{
	if (type == VIR_DOMAIN_JOB_NONE)
		return EV_NO_JOB;
	if (op == VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT)
		return EV_JOB_OUT;
	return op == VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN ? EV_JOB_IN :
							     EV_STARTED;
}

static void query_work(struct work *work)
{
	struct query *a = (struct query *)work;
	virTypedParameterPtr params = NULL;
	int state = 0, type = 0, n = 0;

	a->asked_ms = now_ms();
	a->known = (a->pass || !virDomainGetState(a->dom, &state, NULL, 0)) &&
		   !virDomainGetJobStats(a->dom, &type, &params, &n, 0);
	if (!a->known) {
		debug("VM %s: %s", virDomainGetName(a->dom),
		      virGetLastErrorMessage());
		return;
	}
	a->running = state == VIR_DOMAIN_RUNNING || state == VIR_DOMAIN_BLOCKED;
	a->event = event_of_job(type, query_operation(params, n));
	if (a->pass && type != VIR_DOMAIN_JOB_NONE)
		a->detail = query_counters_of(params, n);
	virTypedParamsFree(params, n);
}

static void query_end(struct query *a)
{
	virDomainFree(a->dom);
	json_object_put(a->detail);
	free(a);
}

static void counters_report(struct work *work)
{
	struct query *a = (struct query *)work;
	struct vm *vm = query_vm(a->dom);

	if (vm && a->detail) {
		json_put_u64(a->detail, "pass", a->pass);
		vm_note(vm, "counters", realtime_ns(), a->detail);
		a->detail = NULL;
	}
	query_end(a);
}

static void phase_report(struct work *work)
{
	struct query *a = (struct query *)work;
	struct vm *vm = query_vm(a->dom);

	if (vm && a->known) {
		vm->listed = a->list;
		/* What was heard since may be newer than the answer. */
		if (vm->heard_ms >= a->asked_ms && a->times++ < ASK_AGAIN) {
			worker_give(work);
			return;
		}
		vm_reconcile(vm, a->event, a->running);
	}
	query_end(a);
}

static struct query *new_query(virDomainPtr dom, uint64_t pass)
{
	struct query *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->work.work = query_work;
	a->work.report = pass ? counters_report : phase_report;
	virDomainRef(dom);
	a->dom = dom;
	a->pass = pass;
	return a;
}

void query_counters(virDomainPtr dom, uint64_t pass)
{
	struct query *a = new_query(dom, pass);

	if (a)
		worker_give(&a->work);
}

void query_phase(virDomainPtr dom, unsigned int list)
{
	struct query *a = new_query(dom, 0);

	if (!a)
		return;
	a->list = list;
	query_work(&a->work);
	worker_report(&a->work);
}
