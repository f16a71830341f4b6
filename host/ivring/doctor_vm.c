// SPDX-License-Identifier: GPL-2.0
/* doctor_vm.c - XML, server, reader and store of traced VMs */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "conf.h"
#include "ctl.h"
#include "dirs.h"
#include "doctor.h"
#include "domain_xml.h"
#include "ivr_wire.h"
#include "opts.h"
#include "paths.h"
#include "process.h"
#include "supervise.h"

#define EDIT	"virsh dumpxml --inactive VM | ivring xml --domain -, virsh define"

/* A store with less room than this is said to be nearly full, or full. */
#define ROOM_WARN	(1ull << 30)
#define ROOM_FAIL	(64ull << 20)

/**
 * struct patient - one VM
 * @d: examination
 * @vm: its name
 * @ivr: its XML
 * @conf: its settings
 * @live: it runs
 */
struct patient {
	struct doctor *d;
	const char *vm;
	struct domain_ivr ivr;
	struct conf conf;
	bool live;
};

static bool load(const char *dir, const char *vm, struct domain_ivr *ivr,
		 char *why)
{
	char path[PATH_MAX];
	xmlDoc *doc;
	bool ok;

	snprintf(path, sizeof(path), "%s/qemu/%s.xml", dir, vm);
	doc = domain_xml_load(path, why);
	if (!doc)
		return false;
	ok = !domain_xml_ivr(doc, ivr, why);
	xmlFreeDoc(doc);
	return ok;
}

static void check_migratable(const struct patient *p)
{
	const struct domain_ivr *ivr = &p->ivr;

	if (!ivr->master)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT,
			   "role='master' is missing in its XML, it cannot "
			   "migrate");
	if (!ivr->override)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT, "no qemu:override "
			   "sets master=on for its alias '%s', it cannot "
			   "migrate", ivr->alias);
	if (!ivr->addressed)
		doctor_say(p->d, DOCTOR_WARN, p->vm, EDIT,
			   "its device has no fixed PCI address");
	if (!ivr->size)
		doctor_say(p->d, DOCTOR_WARN, p->vm, EDIT, "no size in its "
			   "metadata; both hosts of a migration must be "
			   "configured alike (here %" PRIu64 ")", p->conf.size);
}

static void check_xml(const struct patient *p)
{
	const struct domain_ivr *ivr = &p->ivr;
	const char *fault = ivr->size ? domain_xml_size_fault(ivr->size) : NULL;
	unsigned int failed = p->d->failed;
	char path[PATH_MAX];

	if (!ivr->doorbell)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT,
			   "its device is not an " DOMAIN_XML_MODEL);
	if (fault)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT,
			   "its size of %" PRIu64 " %s", ivr->size, fault);
	if (!path_of_vm(path, sizeof(path), dirs_run(), p->vm, IVR_QEMU_SOCK) &&
	    strcmp(path, ivr->server))
		doctor_say(p->d, strncmp(ivr->server, dirs_run(),
					 strlen(dirs_run())) ?
			   DOCTOR_FAIL : DOCTOR_WARN, p->vm, EDIT,
			   "QEMU is sent to '%s', not to %s", ivr->server, path);
	if (ivr->vectors < IVR_VECTORS || ivr->vectors > IVR_MSG_MAX_VECTORS)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT, "msi vectors='%u'; "
			   "it takes %d to %d", ivr->vectors, IVR_VECTORS,
			   IVR_MSG_MAX_VECTORS);
	check_migratable(p);
	if (failed == p->d->failed)
		doctor_say(p->d, DOCTOR_OK, p->vm, NULL, "its XML can be traced "
			   "and migrated");
}

/* A number on the server's command line, or its default. */
static uint64_t server_number(pid_t pid, const char *option, uint64_t otherwise)
{
	char text[32];
	uint64_t n;

	if (process_option(pid, option, text, sizeof(text)) ||
	    parse_size(text, &n))
		return otherwise;
	return n;
}

static void check_server(const struct patient *p)
{
	pid_t pid = supervise_pid(p->vm, IVR_SERVER_PID);
	uint64_t want = p->ivr.size ? p->ivr.size : p->conf.size;
	uint64_t size, vectors;

	if (!pid) {
		if (p->live)
			doctor_say(p->d, DOCTOR_FAIL, p->vm, "start the VM "
				   "again, or migrate it",
				   "it runs, but its server does not");
		return;
	}
	size = server_number(pid, "--size", want);
	vectors = server_number(pid, "--vectors", IVR_VECTORS);
	if (size != want)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, "stop the VM and that "
			   "process, then start the VM", "its server (pid %ld) "
			   "has %" PRIu64 " bytes, its XML wants %" PRIu64,
			   (long)pid, size, want);
	if (vectors < p->ivr.vectors)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, "stop the VM and that "
			   "process, then start the VM", "its server (pid %ld) "
			   "has %" PRIu64 " vectors, its XML wants %u",
			   (long)pid, vectors, p->ivr.vectors);
	if (size == want && vectors >= p->ivr.vectors)
		doctor_say(p->d, DOCTOR_OK, p->vm, NULL,
			   "server runs (pid %ld)", (long)pid);
}

static void check_reader(const struct patient *p)
{
	struct json_object *reply;
	int rc;

	rc = ctl_ask(p->vm, "status", now_ms() + p->d->deadline_ms, &reply);
	if (!rc)
		doctor_say(p->d, DOCTOR_OK, p->vm, NULL, "reader runs, %s",
			   json_text(reply, "state", "?"));
	else if (p->live)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, "see its log, start "
			   "ivring-reader", "it runs, but %s", ctl_fault(rc));
	else if (supervise_pid(p->vm, IVR_READER_PID))
		doctor_say(p->d, DOCTOR_FAIL, p->vm, "see its log",
			   "%s", ctl_fault(rc));
	json_object_put(reply);
}

static void check_pid_file(const struct patient *p, const char *file)
{
	char path[PATH_MAX];

	if (path_of_vm(path, sizeof(path), dirs_run(), p->vm, file) ||
	    access(path, F_OK) || pid_file_holder(path))
		return;
	doctor_say(p->d, DOCTOR_WARN, p->vm, "nothing, the next start takes it "
		   "over; see the log for why", "%s is of a process that died",
		   path);
}

static void check_store(const struct patient *p)
{
	char path[PATH_MAX];
	struct statvfs fs;
	uint64_t room;

	if (path_of_vm(path, sizeof(path), p->conf.store_dir, p->vm, NULL))
		return;
	/* Before the first start only the directory above it is there. */
	if (access(path, F_OK))
		snprintf(path, sizeof(path), "%s", p->conf.store_dir);
	if (access(path, F_OK))
		return;
	if (access(path, W_OK | X_OK) || statvfs(path, &fs)) {
		doctor_say(p->d, DOCTOR_FAIL, p->vm, "correct its owner and "
			   "mode, or store-dir in the configuration",
			   "store %s: %s", path, strerror(errno));
		return;
	}
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (room < ROOM_WARN)
		doctor_say(p->d, room < ROOM_FAIL ? DOCTOR_FAIL : DOCTOR_WARN,
			   p->vm, "remove old legs or set file-size and files",
			   "store %s: %" PRIu64 " MiB left", path, room >> 20);
	else
		doctor_say(p->d, DOCTOR_OK, p->vm, NULL,
			   "store %s: %" PRIu64 " MiB left", path, room >> 20);
}

/* The settings are those it will start with next; live facts those of now. */
static bool examine(struct doctor *d, const char *vm)
{
	struct patient p = { .d = d, .vm = vm };
	char why[DOMAIN_XML_WHY_MAX];
	struct domain_ivr live;
	int rc;

	p.live = load(dirs_libvirt_run(), vm, &live, why);
	if (!load(dirs_libvirt_conf(), vm, &p.ivr, why)) {
		if (!p.live)
			return false;
		p.ivr = live;
	}
	if (!p.ivr.present && !(p.live && live.present))
		return false;
	p.live = p.live && live.present;
	rc = vm_name_check(vm);
	if (rc) {
		doctor_say(d, DOCTOR_FAIL, vm, "rename it", "its name %s",
			   vm_name_error(rc));
		return true;
	}
	conf_load(&p.conf, vm);
	if (p.ivr.present)
		check_xml(&p);
	if (p.live)
		p.ivr = live;
	check_server(&p);
	check_reader(&p);
	check_pid_file(&p, IVR_SERVER_PID);
	check_pid_file(&p, IVR_READER_PID);
	check_store(&p);
	return true;
}

/* Those that are defined; then, where @transient, those that only run. */
static unsigned int examine_all(struct doctor *d, const char *dir,
				bool transient)
{
	char path[PATH_MAX], name[256];
	unsigned int n = 0;
	struct dirent *e;
	DIR *list;

	snprintf(path, sizeof(path), "%s/qemu", dir);
	list = opendir(path);
	while (list && (e = readdir(list))) {
		size_t len = strlen(e->d_name);

		if (len < 5 || strcmp(e->d_name + len - 4, ".xml"))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)len - 4, e->d_name);
		snprintf(path, sizeof(path), "%s/qemu/%s.xml",
			 dirs_libvirt_conf(), name);
		if (!transient || access(path, F_OK))
			n += examine(d, name);
	}
	if (list)
		closedir(list);
	return n;
}

void doctor_vms(struct doctor *d, const char *only)
{
	unsigned int n;

	if (only) {
		if (!examine(d, only))
			doctor_say(d, DOCTOR_FAIL, only, "see 'virsh list --all'; "
				   "then ivring xml --domain",
				   "libvirt does not know it on this host, or it "
				   "has no device of ours");
		return;
	}
	n = examine_all(d, dirs_libvirt_conf(), false);
	n += examine_all(d, dirs_libvirt_run(), true);
	if (!n)
		doctor_say(d, DOCTOR_WARN, NULL, "ivring xml --domain FILE",
			   "no VM of this host has a device of ours");
}
