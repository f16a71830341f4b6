/* SPDX-License-Identifier: GPL-2.0 */
/*
 * migration.h - the move of one VM of role peer
 *
 * DOC: The steps
 *
 *	check	 is all there with which it can be done, and undone?
 *	spill	 the guest writes into its own memory, the reader has the rest
 *	unplug	 the device is asked for, until the domain lives without it
 *	migrate	 virsh migrate
 *	plug	 the device, as it was, at the destination
 *
 * What fails before `migrate` is done is undone in reverse: plugged again,
 * resumed. After it the VM is at the destination, and plugging can be made up
 * for (--plug), because the guest parks its stream as long as it must.
 *
 * Nothing is kept in a file: what the device is like stands in the domain's
 * metadata, which moves along, and how far an earlier run came is seen from
 * where the VM runs and whether it has the device. So a run that was killed is
 * continued by running it again.
 *
 * Nothing waits for the guest to attach at the destination: libvirt does not
 * see that, and the reader that does is on the other host (`ivring status`).
 */
#ifndef IVR_MOVE_MIGRATION_H
#define IVR_MOVE_MIGRATION_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "domain/domain_xml.h"
#include "migration/move/steps.h"
#include "migration/move/virsh.h"

/**
 * enum migrate_exit - exit status of `ivring migrate`
 * @MIGRATE_EXIT_DONE: moved and plugged
 * @MIGRATE_EXIT_UNDONE: not moved; on the source all is as before
 * @MIGRATE_EXIT_NOT_BEGUN: usage, or the check failed; nothing was changed
 * @MIGRATE_EXIT_UNPLUGGED: the VM runs, wherever it says, without the device;
 *	--plug ends that
 */
enum migrate_exit {
	MIGRATE_EXIT_DONE,
	MIGRATE_EXIT_UNDONE,
	MIGRATE_EXIT_NOT_BEGUN,
	MIGRATE_EXIT_UNPLUGGED,
};

/**
 * struct migration - one move
 * @domain: as the user names it: name, id or UUID
 * @vm: its name
 * @source: libvirt here
 * @dest: libvirt there
 * @options: for virsh migrate, the last is NULL
 * @no_spill: do not ask the reader
 * @json: print a line of JSON for each step
 * @moved: the VM is at the destination (an earlier run brought it there)
 * @plugged: it had the device when we looked
 * @alias: of the device
 * @device: XML for attach-device; freed by migrate_free()
 * @asked: the device was asked for here, and has not come
 * @shm: the file here
 * @started: of now_ms()
 * @why: what is wrong, one line; empty: the errno says it
 */
struct migration {
	const char *domain;
	char vm[IVR_VM_NAME_MAX];
	struct virsh source;
	struct virsh dest;
	char **options;
	bool no_spill;
	bool json;
	bool moved;
	bool plugged;
	bool asked;
	char alias[sizeof(((struct domain_ivr *)0)->alias)];
	char *device;
	char shm[PATH_MAX];
	uint64_t started;
	char why[VIRSH_WHY_MAX + 128];
};

/** migrate_why() - set @why; returns @ret for the caller to return */
int migrate_why(struct migration *m, int ret, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** migrate_free() - what the steps have allocated */
void migrate_free(struct migration *m);

/**
 * migrate_is_active() - does a libvirt run the domain?
 * @m: migration
 * @v: connection
 * @deadline: of now_ms()
 * @active: set to it; paused counts
 *
 * Return: 0 or negative errno; @m->why tells. A libvirt that does not know the
 * domain does not run it
 */
int migrate_is_active(struct migration *m, struct virsh *v, uint64_t deadline,
		      bool *active);

/**
 * migrate_look() - fetch the domain's XML and take from it what is needed
 * @m: migration; @vm, @alias, @device, @shm, @plugged are set
 * @v: connection
 * @deadline: of now_ms()
 *
 * Return: 0 or negative errno; @m->why tells
 */
int migrate_look(struct migration *m, struct virsh *v, uint64_t deadline);

/**
 * migrate_has_device() - is the device in the XML of the domain?
 * @m: migration
 * @v: connection
 * @deadline: of now_ms()
 * @inactive: ask for what the domain will be when started next
 * @has: set to it
 *
 * Return: 0 or negative errno; @m->why tells
 */
int migrate_has_device(struct migration *m, struct virsh *v, uint64_t deadline,
		       bool inactive, bool *has);

/**
 * migrate_plug() - have the device plugged
 * @m: migration
 * @v: connection
 * @deadline: of now_ms(); it is tried again until then
 *
 * Return: 0, also if it is plugged already, or negative errno; @m->why tells
 */
int migrate_plug(struct migration *m, struct virsh *v, uint64_t deadline);

/** migrate_check() - step check; see the steps */
int migrate_check(void *ctx, uint64_t deadline);

/* The steps of a move, and of making up for a plug; for migrate_steps() */
extern const struct migrate_step migrate_move[];
extern const struct migrate_step migrate_replug[];

/**
 * migrate_report_pending() - say that the guest may still give the device up
 * @m: migration, undone
 *
 * QEMU keeps a request to unplug until the guest answers or is reset; nothing
 * takes it back.
 */
void migrate_report_pending(const struct migration *m);

/** migrate_report() - print what became of a step; for struct migrate_run */
void migrate_report(void *ctx, const struct migrate_step *step,
		    enum migrate_event event, uint32_t ms, int ret);

#endif
