/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libvirt_state.h - libvirt's state files: the first to tell that a VM has moved
 *
 * DOC: Why files
 *
 * On the source libvirt learns from the destination that the guest runs there,
 * then ends QEMU, then runs the hooks that end server and reader, and only then
 * sends STOPPED_MIGRATED and JOB_COMPLETED. That is too late to tell the
 * reader anything, and QEMU's "completed" is too early: the destination may
 * still refuse. What is written in between is the phase of libvirt's job: its
 * QEMU driver keeps /run/libvirt/qemu/VM.xml, replaced as a whole at each change,
 * and enters "confirm3" when the destination has the guest
 * ("confirm3_cancelled" when not) right before it ends QEMU; with libvirt 9.0 some
 * milliseconds before. These files are libvirt's own business. If they are not
 * there, not readable or different some day, nothing is lost but time: the events
 * still come.
 */
#ifndef IVR_WATCH_LIBVIRT_STATE_H
#define IVR_WATCH_LIBVIRT_STATE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * libvirt_state_watch() - tell of changed state files from now on
 * @dir: libvirt's directory of them
 * @changed: called from the event loop with the name of a VM
 *
 * Return: 0; negative errno: there is no such directory yet, or no inotify
 */
int libvirt_state_watch(const char *dir, void (*changed)(const char *vm));

/** libvirt_state_unwatch() - no longer */
void libvirt_state_unwatch(void);

/**
 * libvirt_state_has_moved() - does the state file say that the destination has the VM?
 * @vm: its name
 *
 * Return: true only if it does for certain
 */
bool libvirt_state_has_moved(const char *vm);

/**
 * libvirt_state_is_confirmed() - the same, of the text of a state file
 * @xml: text
 * @len: its length
 */
bool libvirt_state_is_confirmed(const char *xml, size_t len);

#endif
