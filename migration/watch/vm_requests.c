// SPDX-License-Identifier: GPL-2.0
/* vm_requests.c - what is asked of a VM's reader, and how it answers */
#include <errno.h>
#include <stdio.h>

#include "lib/ctl_client.h"
#include "lib/fault.h"
#include "lib/ivr_msg.h"
#include "lib/json.h"
#include "lib/log.h"
#include "migration/watch/vm_requests.h"

/* How long a reader may take; a round has the lease. */
#define STATUS_MS 1000
#define RESUME_MS 2000
#define MOVED_MS  2000

static bool may_ask(struct vm *vm, enum vm_request kind)
{
	if (vm->conf->observe || !vm->ctl[0] || vm->requests[kind])
		return false;
	fault_dir(vm->run_dir);
	return true;
}

static int send_it(struct vm *vm, enum vm_request kind, int fault,
		   const char *line, uint32_t timeout_ms,
		   ctl_request_done_fn done)
{
	struct ctl_request **request = &vm->requests[kind];

	if (fault)
		return ctl_request_fail(request, fault, done, vm);
	debug("VM %s: request: %s", vm->name, line);
	return ctl_request_send(request, vm->ctl, line, timeout_ms, done, vm);
}

void vm_request_quiesce(struct vm *vm, ctl_request_done_fn done)
{
	char line[IVR_CTL_LINE_MAX];

	if (!may_ask(vm, REQUEST_QUIESCE))
		return;
	snprintf(line, sizeof(line), IVR_CTL_QUIESCE " %u", vm->conf->lease_ms);
	if (!send_it(vm, REQUEST_QUIESCE, fault_point("watch-order-quiesce"),
		     line, vm->conf->lease_ms, done))
		vm->tally.ordered = true;
}

void vm_request_resume(struct vm *vm, ctl_request_done_fn done)
{
	if (may_ask(vm, REQUEST_RESUME))
		send_it(vm, REQUEST_RESUME, fault_point("watch-order-resume"),
			IVR_CTL_RESUME, RESUME_MS, done);
}

void vm_request_moved(struct vm *vm, ctl_request_done_fn done)
{
	if (may_ask(vm, REQUEST_MOVED))
		send_it(vm, REQUEST_MOVED, fault_point("watch-order-moved"),
			IVR_CTL_MOVED, MOVED_MS, done);
}

void vm_request_status(struct vm *vm, ctl_request_done_fn done)
{
	if (vm->requests[REQUEST_STATUS]) {
		vm->again = true;
		return;
	}
	fault_dir(vm->run_dir);
	/* What it said before is not what it would say now. */
	if (send_it(vm, REQUEST_STATUS,
		    vm->ctl[0] ? fault_point("watch-order-status") : -ENOENT,
		    IVR_CTL_STATUS, STATUS_MS, done))
		vm->now.known = false;
}

/* A reader that does not know the request says "error" instead of "reason". */
const char *vm_refusal(int ret, struct json_object *reply)
{
	if (ret)
		return ctl_fault(ret);
	return json_text(reply, "reason",
			 json_text(reply, "error",
				   "the reader gives no reason"));
}
