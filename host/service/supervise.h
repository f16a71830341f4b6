/* SPDX-License-Identifier: GPL-2.0 */
/*
 * supervise.h - server and reader of a VM: start, check, take down
 *
 * DOC: Who is the parent
 *
 * Neither program may be a child of libvirtd, which calls us, or hold one of
 * its pipes. Where systemd runs they become transient units
 * (ivring-server-VM.service, ivring-reader-VM.service) with a control group of
 * their own, and are started again if they die; a server finds in systemd's
 * descriptor store what it had of a live QEMU. Elsewhere they go to the
 * background themselves (--daemonize), and a server that dies cannot be
 * replaced, because QEMU connects only once. In both cases the pid file, which
 * a live program keeps locked, says what runs.
 *
 * DOC: Role peer
 *
 * There is no server then. The hook makes the file that will be the memory; the
 * reader waits until a guest lives in it, which may be never, or long after the
 * start.
 */
#ifndef IVR_SERVICE_SUPERVISE_H
#define IVR_SERVICE_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct conf;

/**
 * struct supervise - one VM and how it is to be served
 * @vm: name that vm_name_check() accepts
 * @conf: settings
 * @uuid: of the VM, for the reader to check; NULL or empty: it takes any
 * @shm: role peer: the file that will be the memory; NULL: role master
 * @socket: where QEMU will connect
 * @size: bytes of the memory
 * @vectors: doorbells per direction
 * @deadline: of now_ms(), for the call as a whole
 */
struct supervise {
	const char *vm;
	const struct conf *conf;
	const char *uuid;
	const char *shm;
	const char *socket;
	uint64_t size;
	uint32_t vectors;
	uint64_t deadline;
};

/**
 * supervise_start() - have the server ready for QEMU, and a reader behind it
 * @s: what is wanted; all of it is used
 *
 * What runs already is left alone, if it fits: a server with another size,
 * number of vectors or socket is replaced, unless a QEMU is connected to it; so
 * is a reader that waits for a VM with another UUID. A reader that was told to
 * stop and still writes (its store was full) is waited for; a second one could
 * not have the store. A server that is not ready at the deadline is killed: QEMU would wait in its handshake without end, and libvirt with
 * it, where a refused connection fails at once. A reader that is slow may come
 * later.
 *
 * Role peer: the file of an earlier run is replaced and a reader that still has
 * it is ended, unless a process has the memory: then another VM of that name
 * runs here, this one will not start, and all is left as it is. What a stranger
 * made under the name is replaced whoever has it.
 *
 * The directory of @socket is made if it is missing: after a change of the
 * VM's name it is that of the old one.
 *
 * Return: 0; -EEXIST: a server that does not fit has a QEMU; -ETIME; -ENOENT: program
 * not installed; -ECHILD: it refused to start. All are logged here
 */
int supervise_start(const struct supervise *s);

/**
 * supervise_check() - libvirtd was restarted: are both still there?
 * @s: as for supervise_start()
 *
 * A dead reader is started again. A dead server is left to systemd, if anyone:
 * to one that we start the live QEMU would not connect. Role peer has none.
 *
 * Return: 0 if both run now, else as supervise_start(); logged here
 */
int supervise_check(const struct supervise *s);

/**
 * supervise_stop() - the VM is gone: let the reader finish, end both
 * @s: @vm, @conf and @deadline are used
 *
 * A reader that is still writing at the deadline is left to finish. The file
 * of role peer is removed; so are the VM's directory and that of the server's
 * socket, if they are empty.
 *
 * Return: 0 if nothing runs any more; -ETIME; logged here
 */
int supervise_stop(const struct supervise *s);

/**
 * supervise_pid() - who holds a pid file of the VM?
 * @vm: name that vm_name_check() accepts
 * @file: IVR_SERVER_PID or IVR_READER_PID
 *
 * Return: pid, or 0 if it does not run
 */
pid_t supervise_pid(const char *vm, const char *file);

#endif
