/* SPDX-License-Identifier: GPL-2.0 */
/* dirs.h - the directories of this host, each movable by the environment */
#ifndef IVR_LIB_DIRS_H
#define IVR_LIB_DIRS_H

#define IVR_LOG_DIR "/var/log/ivring"

/** dirs_run() - $IVRING_RUN_DIR or IVR_RUN_DIR: sockets and pid files */
const char *dirs_run(void);

/** dirs_store() - $IVRING_STORE_DIR or IVR_STORE_DIR: trace stores */
const char *dirs_store(void);

/** dirs_conf() - $IVRING_CONF_DIR or IVR_CONF_DIR: ivring.conf, <vm>.conf */
const char *dirs_conf(void);

/** dirs_log() - $IVRING_LOG_DIR or IVR_LOG_DIR */
const char *dirs_log(void);

/** dirs_libvirt_conf() - $IVRING_LIBVIRT_CONF_DIR or /etc/libvirt */
const char *dirs_libvirt_conf(void);

/** dirs_libvirt_run() - $IVRING_LIBVIRT_RUN_DIR or /run/libvirt */
const char *dirs_libvirt_run(void);

/** dirs_shm() - $IVRING_SHM_DIR or where libvirt puts memory of that name */
const char *dirs_shm(void);

/** dirs_systemd() - $IVRING_SYSTEMD_DIR or where systemd, if PID 1, has a file */
const char *dirs_systemd(void);

#endif
