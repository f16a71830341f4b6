/* SPDX-License-Identifier: GPL-2.0 */
/* session_parts.h - what the files of the session say to each other only */
#ifndef IVR_READER_SESSION_PARTS_H
#define IVR_READER_SESSION_PARTS_H

#include "session.h"

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

/* vm.c */

/** vm_link_ops - what the server tells, for server_link.h */
extern const struct server_link_ops vm_link_ops;

/** vm_drop() - forget a QEMU: close its descriptors; harmless if there is none */
void vm_drop(struct session_vm *vm);

/** vm_end() - nothing of the QEMU in work is needed any more */
void vm_end(struct session *s);

/* attach.c */

/** attach_begin() - listen for HELLO; nothing is mapped */
void attach_begin(struct session *s);

/** attach_hello() - the guest rang HELLO @count times */
void attach_hello(struct session *s, uint64_t count);

/** attach_look() - WAIT_ACK: is our epoch acknowledged? */
void attach_look(struct session *s);

/** attach_store() - WAIT_STORE: open a leg */
void attach_store(struct session *s);

/** attach_undo() - unmap, forget the rings and the leg; marks are not made */
void attach_undo(struct session *s);

#endif
