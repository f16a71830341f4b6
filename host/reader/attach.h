/* SPDX-License-Identifier: GPL-2.0 */
/* attach.h - from the first HELLO to an open leg; all return the state to be in */
#ifndef IVR_READER_ATTACH_H
#define IVR_READER_ATTACH_H

#include "reader/session.h"

/** attach_hello() - the guest rang HELLO @count times */
enum session_state attach_hello(struct session *s, uint64_t count);

/**
 * attach_refuse() - this guest cannot be read
 * @s: session
 * @guest: its page
 * @error: -EXDEV, -ENOTSUP: it is refused; else it is listened to again
 */
enum session_state attach_refuse(struct session *s,
				 const struct ivr_guest_page *guest, int error);

/** attach_tick() - WAIT_HELLO, WAIT_HELLO2: a bell may have been lost */
enum session_state attach_tick(struct session *s);

/** attach_ack_step() - WAIT_ACK: is our epoch acknowledged? */
enum session_state attach_ack_step(struct session *s);

/** attach_ack_tick() - WAIT_ACK: ring again; is it time to give up? */
enum session_state attach_ack_tick(struct session *s);

/** attach_ack_left() - WAIT_ACK: QEMU has gone; did the guest acknowledge? */
enum session_state attach_ack_left(struct session *s);

/** attach_store_step() - WAIT_STORE: open a leg */
enum session_state attach_store_step(struct session *s);

#endif
