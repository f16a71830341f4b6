/* SPDX-License-Identifier: GPL-2.0 */
/* init.h - what main.c sets up and takes down */
#ifndef IVR_INIT_H
#define IVR_INIT_H

/** ivr_pci_init() - drive the device, now or when it comes; 0 or errno */
int ivr_pci_init(void);

/** ivr_pci_exit() - let go of the device; the stream ends, parked or not */
void ivr_pci_exit(void);

/** ivr_export_start() - ask ftrace for all it records; 0 or negative errno */
int ivr_export_start(void);

/** ivr_export_stop() - and no more; returns when the last call has ended */
void ivr_export_stop(void);

/** ivr_chardev_init() - make /dev/ivring; 0 or negative errno */
int ivr_chardev_init(void);

/** ivr_chardev_exit() - remove it; nobody has it open, or we would not unload */
void ivr_chardev_exit(void);

/** ivr_status_init() - make the file; without debugfs there is none */
void ivr_status_init(void);

/** ivr_status_exit() - remove it */
void ivr_status_exit(void);

#endif
