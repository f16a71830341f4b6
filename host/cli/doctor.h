/* SPDX-License-Identifier: GPL-2.0 */
/* doctor.h - what `ivring doctor` finds, and where it looks */
#ifndef IVR_CLI_DOCTOR_H
#define IVR_CLI_DOCTOR_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

/** enum doctor_level - how bad a finding is */
enum doctor_level {
	DOCTOR_OK,
	DOCTOR_WARN, /* works, but not for ever or not everywhere */
	DOCTOR_FAIL, /* does not work */
	DOCTOR_LEVELS
};

#define DOCTOR_LEVEL_NAMES           \
	{                            \
		"ok", "warn", "fail" \
	}

/**
 * struct doctor - the examination
 * @list: findings for --json, or NULL: they are printed as they come
 * @failed: how many were DOCTOR_FAIL
 * @deadline_ms: for each single program or reader that is asked
 */
struct doctor {
	struct json_object *list;
	unsigned int failed;
	uint32_t deadline_ms;
};

/**
 * doctor_say() - add a finding
 * @d: examination
 * @level: how bad
 * @vm: whose it is, or NULL for the host
 * @todo: what to do about it; NULL if it is fine
 * @fmt: what was found
 */
void doctor_say(struct doctor *d, enum doctor_level level, const char *vm,
		const char *todo, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/** doctor_host() - QEMU, libvirt, hook, programs, security modules */
void doctor_host(struct doctor *d);

/**
 * doctor_vms() - XML, server, reader and store of traced VMs
 * @d: examination
 * @only: name of a VM, or NULL for all that libvirt knows on this host
 *
 * libvirt is not asked; its files are read, so that it may hang or be off.
 */
void doctor_vms(struct doctor *d, const char *only);

#endif
