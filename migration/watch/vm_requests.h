/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vm_requests.h - what is asked of a VM's reader, and how it answers
 *
 * Each tells @done how it went, unless nothing is to be asked now (--observe, no
 * directory, or the same is under way already).
 */
#ifndef IVR_WATCH_VM_REQUESTS_H
#define IVR_WATCH_VM_REQUESTS_H

#include "migration/watch/vm.h"

/** vm_request_quiesce() - for the lease of @vm->conf; notes it in the tally */
void vm_request_quiesce(struct vm *vm, ctl_request_done_fn done);

/** vm_request_resume() - let the guest go on as ever */
void vm_request_resume(struct vm *vm, ctl_request_done_fn done);

/** vm_request_moved() - the VM is another host's */
void vm_request_moved(struct vm *vm, ctl_request_done_fn done);

/** vm_request_status() - how it is; one under way is followed by another */
void vm_request_status(struct vm *vm, ctl_request_done_fn done);

/**
 * vm_refusal() - why an answer is no
 * @ret: of ctl_request_done_fn
 * @reply: likewise
 *
 * Return: words that live as long as @reply
 */
const char *vm_refusal(int ret, struct json_object *reply);

#endif
