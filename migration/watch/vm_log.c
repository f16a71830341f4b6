// SPDX-License-Identifier: GPL-2.0
/* vm_log.c - what is written down of a VM's migration */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/ivr_migrations.h"
#include "lib/json.h"
#include "lib/log.h"
#include "migration/watch/vm_log.h"

/* Only a VM that is traced gets a file: its store is there, or its reader. */
static void choose_file(struct vm *vm)
{
	char dir[sizeof(vm->log.path)], *slash;

	if (!vm->log.path[0])
		return;
	snprintf(dir, sizeof(dir), "%s", vm->log.path);
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	/* What the reader would make, of the mode that the hook gives it. */
	if (access(dir, F_OK) && !access(vm->run_dir, F_OK))
		mkdir(dir, 0750);
}

void vm_log_begin(struct vm *vm, uint64_t realtime_ns, bool source)
{
	vm->tally = (struct vm_tally) {
		.stood_before = !vm->migration.running,
	};
	vm->nsyncs = 0;
	vm->then.known = vm->now.known = vm->goal.known = false;
	vm->reason[0] = '\0';
	vm->began_ns = realtime_ns;
	choose_file(vm);
	migration_log_begin(&vm->log, realtime_ns, source);
}

static void write_sync(struct vm *vm, const struct vm_sync *s, bool known,
		       uint64_t bytes)
{
	struct json_object *o = json_object_new_object();

	if (!strcmp(s->event, "pass"))
		json_put_u64(o, "pass", s->pass);
	if (!strcmp(s->event, "setup"))
		json_put_bool(o, "running", !vm->tally.stood_before);
	if (known)
		json_put_u64(o, "ring_bytes", bytes);
	else
		json_object_object_add(o, "ring_bytes", NULL);
	migration_log_put(&vm->log, s->event, s->realtime_ns, o);
}

void vm_log_syncs(struct vm *vm)
{
	struct bound_view *now = &vm->now;
	uint64_t bytes = 0;
	uint32_t i, n = vm->nsyncs;

	if (!n)
		return;
	vm->nsyncs = 0;
	if (now->known)
		bytes = bound_bytes(&vm->then, now);
	else
		vm->tally.blind = true;
	vm->tally.ring_bytes += bytes;
	/* Of several that one answer serves the last one carries it all. */
	for (i = 0; i < n; i++)
		write_sync(vm, &vm->syncs[i], now->known,
			   i + 1 < n ? 0 : bytes);
	vm->then = *now;
}

void vm_log_sync(struct vm *vm, const char *event, uint64_t pass,
		 uint64_t realtime_ns)
{
	if (vm->nsyncs == SYNCS_MAX)
		vm->nsyncs--;
	vm->syncs[vm->nsyncs++] = (struct vm_sync) { event, pass, realtime_ns };
}

void vm_log_pass(struct vm *vm, uint64_t pass, uint64_t realtime_ns)
{
	write_sync(vm, &(struct vm_sync) { "pass", pass, realtime_ns }, true,
		   0);
}

static struct json_object *sums(const struct vm *vm, const char *via)
{
	struct json_object *o = json_object_new_object();

	json_put_text(o, "via", via);
	if (!vm->log.source)
		return o;
	json_put_u64(o, "passes", vm->tally.passes);
	json_put_u64(o, "rounds", vm->tally.rounds);
	if (vm->tally.blind)
		json_object_object_add(o, "ring_bytes", NULL);
	else
		json_put_u64(o, "ring_bytes", vm->tally.ring_bytes);
	return o;
}

void vm_log_phase(struct vm *vm, uint64_t realtime_ns, const char *via)
{
	const struct migration *m = &vm->migration;
	bool end = migration_is_end(m);

	/* Nothing more can be learnt of what still waits. */
	if (end)
		vm_log_syncs(vm);
	migration_log_put(&vm->log,
			  m->state == MIG_RESUMED ?
				  "resume" :
				  migration_state_name(m->state),
			  realtime_ns, end ? sums(vm, via) : NULL);
}

void vm_log_put(struct vm *vm, const char *event, const char *reason)
{
	struct json_object *o = NULL;

	if (reason) {
		o = json_object_new_object();
		json_put_text(o, "reason", reason);
	}
	migration_log_put(&vm->log, event, realtime_ns(), o);
}

void vm_log_untold(struct vm *vm, const char *order, const char *reason)
{
	struct json_object *o = json_object_new_object();

	info("VM %s: the reader was not told '%s': %s", vm->name, order,
	     reason);
	json_put_text(o, "order", order);
	json_put_text(o, "reason", reason);
	migration_log_put(&vm->log, "untold", realtime_ns(), o);
}

void vm_log_quiesced(struct vm *vm, uint32_t took_ms)
{
	struct json_object *o;

	if (vm->tally.rounds > IVR_MIGRATIONS_ROUNDS)
		return;
	o = json_object_new_object();
	json_put_u64(o, "round", vm->tally.rounds);
	json_put_u64(o, "took_ms", took_ms);
	migration_log_put(&vm->log, "quiesced", realtime_ns(), o);
}
