// SPDX-License-Identifier: GPL-2.0
/* vm.c - the VMs that are known, and their timers */
#include <libvirt/libvirt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/dirs.h"
#include "lib/host_conf.h"
#include "lib/ivr_migrations.h"
#include "lib/ivr_msg.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "migration/watch/ctl_request.h"
#include "migration/watch/vm.h"
#include "migration/watch/vm_events.h"

/* So long may a late event or answer still belong to a VM that has left. */
#define LINGER_MS 60000

static struct vm *vms;

static void set_paths(struct vm *vm)
{
	struct conf conf;

	vm->run_dir[0] = vm->ctl[0] = vm->log.path[0] = '\0';
	if (path_of_vm(vm->run_dir, sizeof(vm->run_dir), dirs_run(), vm->name,
		       NULL) ||
	    path_of_vm(vm->ctl, sizeof(vm->ctl), dirs_run(), vm->name,
		       IVR_CTL_SOCK)) {
		info("VM %s: its name cannot be a directory's: followed, but "
		     "neither ordered nor recorded",
		     vm->name);
		vm->run_dir[0] = vm->ctl[0] = '\0';
		return;
	}
	conf_load(&conf, vm->name);
	if (path_of_vm(vm->log.path, sizeof(vm->log.path), conf.store_dir,
		       vm->name, IVR_MIGRATIONS_FILE))
		vm->log.path[0] = '\0';
}

static void set_name(struct vm *vm, const char *name)
{
	if (!strcmp(vm->name, name))
		return;
	snprintf(vm->name, sizeof(vm->name), "%s", name);
	vm->migration.vm = vm->log.vm = vm->name;
	vm->log.run_dir = vm->run_dir;
	set_paths(vm);
}

struct vm *vm_get(const struct watch_conf *conf, const char *uuid,
		  const char *name)
{
	struct vm *vm;

	for (vm = vms; vm; vm = vm->next)
		if (!strcmp(vm->uuid, uuid))
			break;
	if (!vm) {
		vm = calloc(1, sizeof(*vm));
		if (!vm) {
			err("no memory to follow VM %s", name);
			return NULL;
		}
		vm->conf = conf;
		snprintf(vm->uuid, sizeof(vm->uuid), "%s", uuid);
		vm->timer_ms = -1;
		vm->timer = virEventAddTimeout(-1, vm_tick, vm, NULL);
		vm->next = vms;
		vms = vm;
	}
	set_name(vm, name);
	return vm;
}

struct vm *vm_by_name(const char *name)
{
	struct vm *vm;

	for (vm = vms; vm; vm = vm->next)
		if (!strcmp(vm->name, name))
			return vm;
	return NULL;
}

void vm_each(void (*call)(struct vm *vm))
{
	struct vm *vm, *next;

	for (vm = vms; vm; vm = next) {
		next = vm->next;
		call(vm);
	}
}

bool vm_any_request(void)
{
	const struct vm *vm;
	int i;

	for (vm = vms; vm; vm = vm->next)
		for (i = 0; i < VM_REQUESTS; i++)
			if (vm->requests[i])
				return true;
	return false;
}

static void forget(struct vm **place)
{
	struct vm *vm = *place;
	int i;

	*place = vm->next;
	for (i = 0; i < VM_REQUESTS; i++)
		ctl_request_drop(vm->requests[i]);
	if (vm->timer >= 0)
		virEventRemoveTimeout(vm->timer);
	free(vm);
}

static bool is_old(const struct vm *vm)
{
	const struct migration *m = &vm->migration;

	return !m->up && !migration_is_out(m) && !migration_is_in(m) &&
	       now_ms() - vm->since_ms > LINGER_MS;
}

void vm_forget_old(void)
{
	struct vm **place = &vms;

	while (*place) {
		if (is_old(*place))
			forget(place);
		else
			place = &(*place)->next;
	}
}

void vm_forget_all(void)
{
	while (vms)
		forget(&vms);
}
