/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_conf.h - /etc/ivring/ivring.conf and /etc/ivring/<vm>.conf
 *
 * Lines "key = value"; empty lines and lines that start with # are skipped. The
 * file of the VM is read second and wins. A line that makes no sense costs a
 * warning, never the start of a VM.
 */
#ifndef IVR_LIB_HOST_CONF_H
#define IVR_LIB_HOST_CONF_H

#include <stdbool.h>
#include <stdint.h>

/* Longest values: of a directory, and of all else. */
#define CONF_PATH_MAX  1024
#define CONF_VALUE_MAX 32

/**
 * struct conf - settings of one VM on this host
 * @size: of the memory if the domain's metadata names none
 * @deadline_ms: of the hook
 * @strict: the hook may refuse a start of which there would be no trace
 * @store_dir: below it lies a store per VM
 * @log_dir: of the hook and of the programs that it starts
 * @qemu_user: who may connect to the server as QEMU; empty: its default
 * @user: as whom server and reader run; empty: USER_IVRING if there is one
 * @file_size: for --file-size of the reader; empty: its default
 * @files: for --files, likewise
 * @quota: for --quota, likewise
 * @min_free: for --min-free, likewise
 * @sync: for --sync, likewise
 * @wake: for --wake, likewise
 * @batch: for --batch, likewise
 * @event_log: the reader writes an event log beside the other logs
 */
struct conf {
	uint64_t size;
	uint32_t deadline_ms;
	bool strict;
	char store_dir[CONF_PATH_MAX];
	char log_dir[CONF_PATH_MAX];
	char qemu_user[CONF_VALUE_MAX];
	char user[CONF_VALUE_MAX];
	char file_size[CONF_VALUE_MAX];
	char files[CONF_VALUE_MAX];
	char quota[CONF_VALUE_MAX];
	char min_free[CONF_VALUE_MAX];
	char sync[CONF_VALUE_MAX];
	char wake[CONF_VALUE_MAX];
	char batch[CONF_VALUE_MAX];
	bool event_log;
};

/**
 * conf_load() - defaults, ivring.conf, <vm>.conf
 * @conf: filled in
 * @vm: a name that vm_name_check() accepts, or NULL
 *
 * What is wrong is logged, one line each, and left at the value before.
 *
 * Return: number of faults
 */
int conf_load(struct conf *conf, const char *vm);

#endif
