/* SPDX-License-Identifier: GPL-2.0 */
/* session_parts.h - what the files of the session say to each other only */
#ifndef IVR_READER_SESSION_PARTS_H
#define IVR_READER_SESSION_PARTS_H

#include "reader/session.h"

struct json_object;

/* session.c */

/** session_set() - the only place where the state changes */
void session_set(struct session *s, enum session_state to);

/** session_ring() - ring the guest: IVR_BELL_CONTROL */
void session_ring(struct session *s);

/** session_fail() - stop in good order, and exit with an error after that */
void session_fail(struct session *s, int error);

/** session_end() - store what is left, then END marks with this reason */
void session_end(struct session *s, uint32_t why);

/** store_trouble() - the store refused something: say so, try again later */
void store_trouble(struct session *s, int error);

/** store_fine() - the store took something */
void store_fine(struct session *s);

/* command.c */

/** command_line() - a control client sent a line (ivr_msg.h) */
void command_line(struct ctl_client *c, const char *line);

/* handover.c */

/** handover_begin() - the VM left while attached */
void handover_begin(struct session *s);

/** handover_step() - SESSION_HANDOVER: is it time to take the rest? */
void handover_step(struct session *s);

/** handover_tick() - attached: may `moved` be forgotten, or obeyed already? */
void handover_tick(struct session *s);

/** handover_moved() - the command `moved`; @c is answered */
void handover_moved(struct session *s, struct ctl_client *c);

/** handover_reason() - why the leg of a VM that left ends, enum ivr_mark_reason */
uint32_t handover_reason(struct session *s);

/**
 * handover_refine() - what the guest page makes of a reason
 * @s: with mapped region
 * @why: enum ivr_mark_reason as the reader sees it
 *
 * Return: the same; IVR_WHY_GUEST_GONE or IVR_WHY_UNPLUGGED if that is so
 */
uint32_t handover_refine(struct session *s, uint32_t why);

/* vm.c */

/** vm_up() - transport: here is a VM; @vm is used up */
void vm_up(struct session *s, struct session_vm *vm);

/** vm_down() - transport: the VM has gone, if there was one */
void vm_down(struct session *s);

/** vm_drop() - forget a QEMU: close its descriptors; harmless if there is none */
void vm_drop(struct session_vm *vm);

/** vm_end() - nothing of the QEMU in work is needed any more */
void vm_end(struct session *s);

/* attach.c */

/** attach_begin() - listen for HELLO; nothing is mapped */
void attach_begin(struct session *s);

/** attach_hello() - the guest rang HELLO @count times */
void attach_hello(struct session *s, uint64_t count);

/** attach_refuse() - SESSION_REFUSED, or only back to listening, by @error */
void attach_refuse(struct session *s, int error);

/** attach_look() - WAIT_ACK: is our epoch acknowledged? */
void attach_look(struct session *s);

/** attach_store() - WAIT_STORE: open a leg */
void attach_store(struct session *s);

/** attach_undo() - unmap, forget the rings and the leg; marks are not made */
void attach_undo(struct session *s);

#endif
