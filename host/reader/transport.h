/* SPDX-License-Identifier: GPL-2.0 */
/*
 * transport.h - how the reader gets at a VM's memory and at its attention
 *
 * Two of them: *doorbell*, where a server gives sealed memory and eventfds, and
 * *plain*, where a file is all there is and both sides look into it again and
 * again ("A device without interrupts" in ivr_wire.h). Either tells the session
 * of VMs with session_vm_up() and session_vm_down() and of HELLOs with
 * attach_hello(); what is done with the memory then is the same.
 */
#ifndef IVR_READER_TRANSPORT_H
#define IVR_READER_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

struct session;
struct session_vm;

/**
 * struct transport - one way
 * @name: for people: "doorbell", "plain"
 * @reused: the same memory may be another device's later
 * @open: begin to look for a VM; 0 or negative errno, logged
 * @close: end that
 * @tick: called every IVR_HEARTBEAT_MS, and between steps if it must be sooner
 * @is_up: can we hear of VMs? If not the session is in SESSION_NO_SERVER
 * @heard: do we know by now whether there is a VM, or that we must wait?
 * @check: may this memory be mapped? 0 or negative errno; maps nothing
 * @fault: what that errno means
 * @listen: wait for HELLO of the session's VM; 0 or negative errno
 * @unlisten: do so no more; harmless if it did not
 * @ring: IVR_BELL_CONTROL
 * @is_silent: attached: has the guest shown no life for IVR_HEARTBEAT_LOST_MS?
 *	false if that cannot be known
 * @allows: is this guest, whose page was just read, one for this transport?
 *	0 or the negative errno to refuse it with
 */
struct transport {
	const char *name;
	bool reused;
	int (*open)(struct session *s);
	void (*close)(struct session *s);
	void (*tick)(struct session *s);
	bool (*is_up)(const struct session *s);
	bool (*heard)(const struct session *s);
	int (*check)(const struct session_vm *vm);
	const char *(*fault)(int error);
	int (*listen)(struct session *s);
	void (*unlisten)(struct session *s);
	void (*ring)(struct session *s);
	bool (*is_silent)(const struct session *s);
	int (*allows)(const struct session *s);
};

extern const struct transport transport_doorbell;
extern const struct transport transport_plain;

#endif
