/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ivr_msg.h - what the host programs say to each other, and where
 *
 * DOC: Server to reader
 *
 * A SOCK_SEQPACKET socket, one struct ivr_msg per packet, server to reader
 * only. The reader writes nothing; a packet from it ends the connection. One
 * reader at a time: a second gets IVR_MSG_BUSY and is closed.
 *
 * On connect the reader gets IVR_MSG_VM_DOWN if there is no QEMU, else
 * IVR_MSG_VM_UP. Later one of the two whenever QEMU comes or goes. UP carries
 * 1 + 2 * vectors descriptors in this order: the memory; the eventfds on which
 * the guest rings the reader (IVR_BELL_HELLO, IVR_BELL_DATA, ..); the eventfds
 * on which the reader rings the guest (IVR_BELL_CONTROL, ..). Each QEMU gets
 * new memory and new eventfds, so a bell of an earlier one cannot be taken for
 * one of this. Generations count up from 1 in the life of a server.
 *
 * DOC: People to reader
 *
 * A SOCK_STREAM socket. One line of one of these (IVR_CTL_*), answered with one
 * line of JSON; several lines may follow one another on a connection.
 *
 *	status			what it does now
 *	drain TIMEOUT_MS	FLUSH, and everything taken
 *	quiesce LEASE_MS [WINDOW]
 *				keep the guest quiesced for so long from now: rounds
 *				(see ivr_wire.h) until then. A later one replaces
 *				the lease. Answered at the end of the next round
 *	spill LEASE_MS		the same with SPILL, one round
 *	resume			end either; answered when the guest has
 *	moved			the VM was migrated away: what it had not handed to
 *				us is the destination's, see IVR_WHY_MOVED
 *	stop			end in good order
 *
 * An answer to drain, quiesce and spill has "drained": true, and per ring "head"
 * and "pos"; or false and "reason". One to resume and moved is "resumed" or
 * "moved", likewise.
 */
#ifndef IVR_MSG_H
#define IVR_MSG_H

#include <stdint.h>

#include "ivr_version.h"

#define IVR_MSG_MAGIC 0x4752564eu
/* Of this text; a reader of which version a server needs; the oldest server */
#define IVR_MSG_VERSION	    1
#define IVR_MSG_READER	    1
#define IVR_MSG_SERVER	    1
#define IVR_MSG_MAX_VECTORS 8
#define IVR_MSG_MAX_FDS	    (1 + 2 * IVR_MSG_MAX_VECTORS)

#define IVR_VM_NAME_MAX 64

/* One directory per VM below these; the VM's name is the directory's name. */
#define IVR_RUN_DIR	"/run/ivring"
#define IVR_STORE_DIR	"/var/lib/ivring"
#define IVR_CONF_DIR	"/etc/ivring"
#define IVR_QEMU_SOCK	"qemu.sock" /* server: QEMU connects */
#define IVR_READER_SOCK "reader.sock" /* server: reader connects */
#define IVR_CTL_SOCK	"ctl.sock" /* reader: people connect */
#define IVR_SERVER_PID	"server.pid"
#define IVR_READER_PID	"reader.pid"
#define IVR_MIGRATE_PID "migrate.pid"

/* Role peer: libvirt's name of the memory is this and the VM's name. */
#define IVR_SHM_PREFIX "ivring-"

/* The first word of a line to the reader */
#define IVR_CTL_STATUS	 "status"
#define IVR_CTL_DRAIN	 "drain"
#define IVR_CTL_QUIESCE	 "quiesce"
#define IVR_CTL_SPILL	 "spill"
#define IVR_CTL_RESUME	 "resume"
#define IVR_CTL_MOVED	 "moved"
#define IVR_CTL_STOP	 "stop"
#define IVR_CTL_LINE_MAX 128

/* A status has some 300 bytes a ring, and there are at most IVR_MAX_RINGS + 1. */
#define IVR_CTL_ANSWER_MAX (1u << 20)

enum ivr_msg_type {
	IVR_MSG_VM_UP = 1,
	IVR_MSG_VM_DOWN,
	IVR_MSG_BUSY,
};

/**
 * struct ivr_msg - one packet from server to reader
 * @magic: IVR_MSG_MAGIC
 * @version: as ivr_version.h has it, in halves of 8 bits
 * @type: enum ivr_msg_type
 * @generation: which QEMU
 * @size: bytes of the memory (UP)
 * @vectors: eventfds per direction (UP)
 * @qemu_pid: pid of QEMU as the kernel told it, for people
 * @vm: name of the VM that this server is for, NUL-terminated
 */
struct ivr_msg {
	uint32_t magic;
	uint16_t version;
	uint16_t type;
	uint64_t generation;
	uint64_t size;
	uint32_t vectors;
	int32_t qemu_pid;
	char vm[IVR_VM_NAME_MAX];
};

IVR_AT(ivr_msg, version, 4);
IVR_AT(ivr_msg, vm, 32);
IVR_STATIC_ASSERT(sizeof(struct ivr_msg) == 96);

/** ivr_msg_version() - what a server says */
static inline uint16_t ivr_msg_version(void)
{
	uint32_t word = IVR_VERSION_WORD(IVR_MSG_VERSION, IVR_MSG_READER);

	return (word & 0xff) | word >> 16 << 8;
}

/** ivr_msg_check() - can this reader do with it? as ivr_version_check() */
static inline int ivr_msg_check(uint16_t version)
{
	uint32_t word = (version & 0xff) | (uint32_t)(version >> 8) << 16;

	return ivr_version_check(word, IVR_MSG_VERSION, IVR_MSG_SERVER);
}

#endif /* IVR_MSG_H */
