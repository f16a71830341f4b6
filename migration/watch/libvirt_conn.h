/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libvirt_conn.h - libvirt: its events, and what is asked of it
 *
 * DOC: Two threads
 *
 * libvirt's event loop runs in the main thread and delivers events. A call to
 * libvirtd can take as long as libvirtd likes (it may be waiting for a VM whose
 * hook runs), so every call is made by a second thread, the clerk, which takes
 * errands from a queue and hands results back over an eventfd. So the orders
 * to readers never wait for libvirtd, and libvirtd never waits for us: it drops
 * a client that does not take its events.
 */
#ifndef IVR_WATCH_LIBVIRT_CONN_H
#define IVR_WATCH_LIBVIRT_CONN_H

#include <stdbool.h>

#include "migration/watch/vm.h"

/**
 * virt_start() - connect, follow, reconcile; again whenever libvirt comes back
 * @uri: of the connection; NULL: libvirt's default
 * @conf: what holds for all VMs; must outlive this
 * @state_dir: libvirt's state files, see phase.h
 *
 * virEventRegisterDefaultImpl() must have been called.
 *
 * Return: 0; negative errno
 */
int virt_start(const char *uri, const struct watch_conf *conf,
	       const char *state_dir);

/** virt_reconciled() - how often all VMs have been asked for */
unsigned int virt_reconciled(void);

/** virt_failures() - how many attempts to connect have failed in a row */
unsigned int virt_failures(void);

/** virt_stop() - let go of the connection; waits a moment for the clerk */
void virt_stop(void);

#endif
