/* SPDX-License-Identifier: GPL-2.0 */
/* vm_log.h - what is written down of a VM's migration, see ivr_migrations.h */
#ifndef IVR_WATCH_VM_LOG_H
#define IVR_WATCH_VM_LOG_H

#include "migration/watch/vm.h"

/** vm_log_begin() - a new migration, away from here or to here */
void vm_log_begin(struct vm *vm, uint64_t realtime_ns, bool source);

/** vm_log_phase() - the line of the phase that was entered; @via: what told it */
void vm_log_phase(struct vm *vm, uint64_t realtime_ns, const char *via);

/** vm_log_put() - a line with nothing but a reason, or none (NULL) */
void vm_log_put(struct vm *vm, const char *event, const char *reason);

/** vm_log_untold() - the reader could not be told what it had to know */
void vm_log_untold(struct vm *vm, const char *order, const char *reason);

/** vm_log_quiesced() - a round is complete */
void vm_log_quiesced(struct vm *vm, uint32_t took_ms);

/**
 * vm_log_sync() - a line that waits for the reader's heads
 *
 * vm_log_syncs() writes it.
 */
void vm_log_sync(struct vm *vm, const char *event, uint64_t pass,
		 uint64_t realtime_ns);

/** vm_log_pass() - a pass that carries nothing of the rings' that was not told */
void vm_log_pass(struct vm *vm, uint64_t pass, uint64_t realtime_ns);

/** vm_log_syncs() - the reader's answer is in @vm->now, or there is none */
void vm_log_syncs(struct vm *vm);

#endif
