// SPDX-License-Identifier: GPL-2.0
/* cmd_status.c - `ivring status`: how server and reader of each VM are */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmds.h"
#include "lib/clock.h"
#include "lib/ctl_client.h"
#include "lib/dirs.h"
#include "lib/host_conf.h"
#include "lib/ivr_migrations.h"
#include "lib/ivr_msg.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/opts.h"
#include "lib/paths.h"
#include "lib/process.h"
#include "lib/table.h"
#include "migration/log/log_read.h"
#include "migration/log/timeline.h"
#include "service/supervise.h"

/* What a state of the reader means for people; "attached" needs no words. */
static const struct {
	const char *state, *words;
} meanings[] = {
	{ "no-server", "the reader waits for ivring-server; libvirt's hook "
		       "starts it with the VM" },
	{ "wait-vm", "no QEMU is connected: the VM is off" },
	{ "wait-hello",
	  "QEMU is connected, the guest has not called: it boots, "
	  "or ivring.ko is not loaded in it" },
	{ "wait-hello2", "the guest has called once, it is being called back" },
	{ "wait-ack", "the guest is attaching" },
	{ "wait-store", "the store takes nothing: see its free space and the "
			"reader's log" },
	{ "ending", "the VM is gone, its last pages are being stored" },
	{ "refused", "this guest is not the one the reader is for" },
	{ "stopped", "the reader is ending" },
};

/**
 * struct vm_status - one VM
 * @vm: its name
 * @server: pid of the server, or 0
 * @denied: whether there is one is not for us to know
 * @plain: it needs none: the reader looks into a file (role peer)
 * @reader: what the reader answered, or NULL
 * @why: what is missing, in words; NULL if nothing is
 */
struct vm_status {
	const char *vm;
	pid_t server;
	bool denied;
	bool plain;
	struct json_object *reader;
	const char *why;
};

/**
 * struct totals - sums over the data rings of a VM
 * @rings: how many
 * @taken: pages in the store
 * @behind: closed pages that are not
 * @produced: records of the guest
 * @lost: of these, lost for want of room
 */
struct totals {
	unsigned int rings;
	uint64_t taken, behind, produced, lost;
};

static void ask(struct vm_status *s, const char *vm, uint32_t timeout_ms)
{
	const char *state;
	size_t i;
	int ret;

	*s = (struct vm_status) { .vm = vm };
	s->server = supervise_pid(vm, IVR_SERVER_PID);
	ret = ctl_ask(vm, IVR_CTL_STATUS, now_ms() + timeout_ms, &s->reader);
	if (ret) {
		s->denied = ret == -EACCES || ret == -EPERM;
		s->why = ctl_fault(ret);
		return;
	}
	s->plain = !strcmp(json_text(s->reader, "transport", ""), "plain");
	state = json_text(s->reader, "state", "");
	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (!strcmp(meanings[i].state, state))
			s->why = meanings[i].words;
	if (s->plain && !strcmp(state, "wait-vm"))
		s->why = "its memory is not there: it is off";
	if (s->plain && !strcmp(state, "wait-hello"))
		s->why = "no guest is in its memory: the device is unplugged, "
			 "or the guest boots, or ivring.ko is not loaded in it";
}

static bool lacks_server(const struct vm_status *s)
{
	return !s->server && !s->plain && !s->denied;
}

/* The last ring is the one of the metadata; it has no records. */
static void add_up(struct json_object *reader, struct totals *t)
{
	struct json_object *rings = json_child(reader, "rings"), *r;
	size_t i, n = 0;

	*t = (struct totals) { 0 };
	if (json_object_is_type(rings, json_type_array))
		n = json_object_array_length(rings);
	for (i = 0; i + 1 < n; i++) {
		uint64_t head, pos;

		r = json_object_array_get_idx(rings, i);
		head = json_u64(r, "head");
		pos = json_u64(r, "pos");
		t->rings++;
		/* Pages are numbered from 1. */
		t->taken += pos ? pos - 1 : 0;
		t->behind += head > pos ? head - pos : 0;
		t->produced += json_u64(r, "produced");
		t->lost += json_u64(r, "lost");
	}
}

static void add_row(struct table *table, const struct vm_status *s)
{
	struct totals t;

	add_up(s->reader, &t);
	table_add(table, "%s", s->vm);
	if (s->server)
		table_add(table, "%ld", (long)s->server);
	else
		table_add(table, s->plain ? "-" : s->denied ? "?" : "down");
	table_add(table, "%s",
		  s->reader ? json_text(s->reader, "state", "?") : "down");
	table_add(table, "%s", json_text(s->reader, "guest", "-"));
	table_add(table, "%u", t.rings);
	table_add(table, "%" PRIu64, t.taken);
	table_add(table, "%" PRIu64, t.behind);
	table_add(table, "%" PRIu64, t.produced);
	table_add(table, "%" PRIu64, t.lost);
	table_add(table, "%s", json_text(s->reader, "store", "-"));
}

static struct json_object *to_json(struct vm_status *s)
{
	struct json_object *o = json_object_new_object();

	json_put_text(o, "vm", s->vm);
	json_object_object_add(o, "server_pid",
			       s->server ? json_object_new_int64(s->server) :
					   NULL);
	json_object_object_add(o, "reader", json_object_get(s->reader));
	json_object_object_add(o, "why",
			       s->why ? json_object_new_string(s->why) : NULL);
	return o;
}

static void add_heads(struct table *table)
{
	static const char *const heads[] = { "VM",     "SERVER",   "READER",
					     "GUEST",  "RINGS",	   "PAGES",
					     "BEHIND", "PRODUCED", "LOST",
					     "STORE" };
	size_t i;

	table->columns = sizeof(heads) / sizeof(heads[0]);
	/* Names on the left side, numbers on the right. */
	table->left = 1 << 0 | 1 << 2 | 1 << 3 | 1 << 9;
	for (i = 0; i < table->columns; i++)
		table_add(table, "%s", heads[i]);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool has_file(const char *vm, const char *file)
{
	char path[PATH_MAX];

	return !path_of_vm(path, sizeof(path), dirs_run(), vm, file) &&
	       !access(path, F_OK);
}

/* A VM that was renamed may have its socket, and nothing else, elsewhere. */
static int is_vm(const struct dirent *e)
{
	const char *vm = e->d_name;

	return vm[0] != '.' && has_file(vm, NULL) &&
	       (!has_file(vm, IVR_QEMU_SOCK) || has_file(vm, IVR_SERVER_PID) ||
		has_file(vm, IVR_READER_PID) || has_file(vm, IVR_CTL_SOCK));
}

/* One line of words under the table for whatever is not plainly at work. */
static void explain(const struct vm_status *s)
{
	bool lacks = lacks_server(s);

	printf("VM %s: %s%s%s\n", s->vm, lacks ? "no server runs" : "",
	       lacks && s->why ? ", " : "", s->why ? s->why : "");
}

static int show(char **vms, int n, bool json, uint32_t timeout_ms)
{
	struct json_object *list = json_object_new_array();
	struct vm_status *s = calloc(n + 1, sizeof(*s));
	struct table table = { 0 };
	int i, faults = 0;

	if (!s)
		return 2;
	if (!json)
		add_heads(&table);
	for (i = 0; i < n; i++) {
		ask(&s[i], vms[i], timeout_ms);
		faults += lacks_server(&s[i]) || !s[i].reader;
		if (json)
			json_object_array_add(list, to_json(&s[i]));
		else
			add_row(&table, &s[i]);
	}
	if (json)
		puts(json_object_to_json_string_ext(list,
						    JSON_C_TO_STRING_PRETTY));
	else
		table_print(&table, stdout);
	if (!json && !n)
		printf("no VM is being traced on this host (nothing in %s)\n",
		       dirs_run());
	for (i = 0; i < n; i++) {
		if (!json && (s[i].why || lacks_server(&s[i])))
			explain(&s[i]);
		json_object_put(s[i].reader);
	}
	json_object_put(list);
	free(s);
	return faults ? 1 : 0;
}

static int show_all(bool json, uint32_t timeout_ms)
{
	struct dirent **list = NULL;
	int i, ret, n = scandir(dirs_run(), &list, is_vm, by_name);
	char **vms;

	if (n < 0 && errno != ENOENT) {
		err("%s: %s", dirs_run(), strerror(errno));
		return 2;
	}
	n = n < 0 ? 0 : n;
	vms = calloc(n + 1, sizeof(*vms));
	if (!vms)
		n = 0;
	for (i = 0; i < n; i++)
		vms[i] = list[i]->d_name;
	ret = show(vms, n, json, timeout_ms);
	for (i = 0; i < n; i++)
		free(list[i]);
	free(list);
	free(vms);
	return ret;
}

/* This host's own record; where it has none others may do. */
static int load_own(struct migration_lines *lines, const char *vm, bool needed)
{
	char path[PATH_MAX];
	struct conf conf;
	int ret;

	conf_load(&conf, vm);
	ret = path_of_vm(path, sizeof(path), conf.store_dir, vm,
			 IVR_MIGRATIONS_FILE);
	if (!ret)
		ret = migration_lines_load(lines, path, vm);
	if (ret == -ENOENT && !needed)
		return 0;
	if (ret == -ENOENT)
		err("VM %s: no record of a migration on this host (no %s); "
		    "ivring-watch writes it while it runs",
		    vm, path);
	else if (ret)
		err("%s: %s", path, strerror(-ret));
	return ret;
}

static int load_all(struct migration_lines *lines, const char *vm, char **files,
		    int n)
{
	int i, ret = load_own(lines, vm, !n);

	for (i = 0; i < n && !ret; i++) {
		ret = migration_lines_load(lines, files[i], vm);
		if (ret)
			err("%s: %s", files[i], strerror(-ret));
	}
	if (!ret && !lines->n) {
		err("VM %s: the record has no migration of it", vm);
		ret = -ENOENT;
	}
	return ret;
}

static int last_migration(const char *vm, char **files, int n, bool json)
{
	struct migration_lines lines = { 0 };
	struct timeline t;
	struct json_object *o;
	int ret = vm_name_check(vm);

	if (ret) {
		err("'%s' %s", vm, vm_name_error(ret));
		return 2;
	}
	ret = load_all(&lines, vm, files, n);
	if (!ret) {
		migration_lines_last(&lines);
		timeline_of(&t, vm, &lines);
		if (json) {
			o = timeline_json(&t);
			puts(json_object_to_json_string_ext(
				o, JSON_C_TO_STRING_PRETTY));
			json_object_put(o);
		} else {
			timeline_print(&t);
		}
	}
	migration_lines_free(&lines);
	return ret ? 2 : 0;
}

static int show_named(char **vms, int n, bool json, uint32_t timeout_ms)
{
	char path[PATH_MAX];
	int k, ret;

	for (k = 0; k < n; k++) {
		ret = path_of_vm(path, sizeof(path), dirs_run(), vms[k], NULL);
		if (ret) {
			err("'%s' %s", vms[k], vm_name_error(ret));
			return 2;
		}
		if (access(path, F_OK)) {
			err("VM %s: it is not being traced on this host (no %s)",
			    vms[k], path);
			return 2;
		}
	}
	return show(vms, n, json, timeout_ms);
}

int cmd_status(int argc, char **argv)
{
	uint32_t timeout_ms = 2000;
	const char *moved = NULL;
	bool json = false;
	const struct opt table[] = {
		{ "json", 'j', OPT_FLAG, &json, NULL, "print JSON" },
		{ "timeout", 't', OPT_MS, &timeout_ms, "TIME",
		  "how long a reader may take to answer (default 2s)" },
		{ "last-migration", 'm', OPT_STRING, &moved, "VM",
		  "the time line of its last migration" },
		{ NULL },
	};
	int i;

	log_init("ivring status", LOG_L_INFO);
	i = opts_parse("ivring status",
		       "[--json] [VM]... | --last-migration VM "
		       "[--json] [FILE]...",
		       "Show server and reader of each VM of "
		       "this host, or what a migration was like:\nFILE is the "
		       "other host's " IVR_MIGRATIONS_FILE ".",
		       table, argc, argv);
	if (moved)
		return last_migration(moved, argv + i, argc - i, json);
	return i < argc ? show_named(argv + i, argc - i, json, timeout_ms) :
			  show_all(json, timeout_ms);
}
