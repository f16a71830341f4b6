/* SPDX-License-Identifier: GPL-2.0 */
/* vm.h - the QEMU in work, and the one after it */
#ifndef IVR_READER_VM_H
#define IVR_READER_VM_H

#include "reader/session.h"

/** vm_drop() - forget a QEMU: close its descriptors; harmless if there is none */
void vm_drop(struct session_vm *vm);

/**
 * vm_begin() - take up a QEMU
 * @s: without one
 * @vm: used up
 *
 * Return: the state to be in
 */
enum session_state vm_begin(struct session *s, struct session_vm *vm);

/** vm_listen() - ring for a HELLO, nothing is mapped; the state to be in */
enum session_state vm_listen(struct session *s);

/**
 * vm_end() - nothing of the QEMU in work is needed any more: the next one, if
 * there is one
 *
 * Return: the state to be in
 */
enum session_state vm_end(struct session *s);

#endif
