/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libvirt_conn.h - libvirt: its events, and what is asked of it
 *
 * DOC: Two threads
 *
 * libvirt's event loop runs in the main thread and delivers events. A call to
 * libvirtd can take as long as libvirtd likes (it may be waiting for a VM whose
 * hook runs), so every call is made by a second thread, the worker, which takes
 * work from a queue and hands results back over an eventfd. So the orders
 * to readers never wait for libvirtd, and libvirtd never waits for us: it drops
 * a client that does not take its events.
 */
#ifndef IVR_WATCH_LIBVIRT_CONN_H
#define IVR_WATCH_LIBVIRT_CONN_H

#include <stdbool.h>

#include "migration/watch/vm.h"

/**
 * libvirt_start() - connect, follow, reconcile; again whenever libvirt comes back
 * @uri: of the connection; NULL: libvirt's default
 * @conf: what holds for all VMs; must outlive this
 * @state_dir: libvirt's state files, see libvirt_state.h
 *
 * virEventRegisterDefaultImpl() must have been called.
 *
 * Return: 0; negative errno
 */
int libvirt_start(const char *uri, const struct watch_conf *conf,
		  const char *state_dir);

/** libvirt_reconciled() - how often all VMs have been asked for */
unsigned int libvirt_reconciled(void);

/** libvirt_failures() - how many attempts to connect have failed in a row */
unsigned int libvirt_failures(void);

/** libvirt_stop() - let go of the connection; waits a moment for the worker */
void libvirt_stop(void);

#endif
