/* SPDX-License-Identifier: GPL-2.0 */
/* libvirt_query.h - what libvirt is asked about one VM; by the worker, see libvirt_conn.h */
#ifndef IVR_WATCH_LIBVIRT_QUERY_H
#define IVR_WATCH_LIBVIRT_QUERY_H

#include <libvirt/libvirt.h>
#include <stdint.h>

#include "migration/watch/vm.h"

struct json_object;

/** query_init() - what holds for all VMs; before anything else */
void query_init(const struct watch_conf *conf);

/** query_vm() - the VM of a domain, or NULL without memory */
struct vm *query_vm(virDomainPtr dom);

/**
 * query_phase() - from the worker's thread: where is it in a migration?
 * @dom: VM
 * @list: number of the reconciliation, for struct vm's @listed
 *
 * The answer goes to vm_reconcile(). If an event came since, it is asked again.
 */
void query_phase(virDomainPtr dom, unsigned int list);

/**
 * query_counters() - have libvirt's counters logged
 * @dom: VM
 * @pass: of which
 */
void query_counters(virDomainPtr dom, uint64_t pass);

/** query_counters_of() - job statistics as the log has them; the caller's */
struct json_object *query_counters_of(virTypedParameterPtr params, int n);

/** query_operation() - enum virDomainJobOperation of job statistics */
int query_operation(virTypedParameterPtr params, int n);

#endif
