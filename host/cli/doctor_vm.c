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

#include "ivr_wire.h"
#include "cli/doctor.h"
#include "domain/domain_port.h"
#include "domain/domain_xml.h"
#include "lib/clock.h"
#include "lib/ctl_client.h"
#include "lib/dirs.h"
#include "lib/host_conf.h"
#include "lib/ivr_msg.h"
#include "lib/json.h"
#include "lib/mem_size.h"
#include "lib/opts.h"
#include "lib/paths.h"
#include "lib/pid_file.h"
#include "lib/process.h"
#include "service/supervise.h"

#define EDIT "virsh dumpxml --inactive VM | ivring xml --domain -, virsh define"

#define EDIT_PEER                                                           \
	"virsh dumpxml --inactive VM | ivring xml --role peer --domain -, " \
	"virsh define, start it anew"

/* A store with less room than this is said to be nearly full, or full. */
#define ROOM_WARN (1ull << 30)
#define ROOM_FAIL (64ull << 20)

/**
 * struct vm_check - one VM
 * @d: examination
 * @vm: its name
 * @ivr: its XML
 * @port: likewise
 * @conf: its settings
 * @live: it runs
 */
struct vm_check {
	struct doctor *d;
	const char *vm;
	struct domain_ivr ivr;
	struct domain_port port;
	struct conf conf;
	bool live;
};

static bool load(const char *dir, const char *vm, struct domain_ivr *ivr,
		 struct domain_port *port, char *why)
{
	char path[PATH_MAX];
	xmlDoc *doc;
	bool ok;

	snprintf(path, sizeof(path), "%s/qemu/%s.xml", dir, vm);
	doc = domain_xml_load(path, why);
	if (!doc)
		return false;
	ok = !domain_xml_ivr(doc, ivr, why);
	if (ok)
		domain_port_find(domain_xml_root(doc), port);
	xmlFreeDoc(doc);
	return ok;
}

/* One of role peer may be without its device for a while. */
static bool is_traced(const struct domain_ivr *ivr)
{
	return ivr->present || ivr->role == DOMAIN_PEER;
}

static void check_migratable(const struct vm_check *p)
{
	const struct domain_ivr *ivr = &p->ivr;

	if (!ivr->master)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT,
			   "role='master' is missing in its XML, it cannot "
			   "migrate");
	if (!ivr->override)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT,
			   "no qemu:override "
			   "sets master=on for its alias '%s', it cannot "
			   "migrate",
			   ivr->alias);
	if (!ivr->addressed)
		doctor_say(p->d, DOCTOR_WARN, p->vm, EDIT,
			   "its device has no fixed PCI address");
	if (!ivr->size)
		doctor_say(p->d, DOCTOR_WARN, p->vm, EDIT,
			   "no size in its "
			   "metadata; both hosts of a migration must be "
			   "configured alike (here %" PRIu64 ")",
			   p->conf.size);
}

static void check_port(const struct vm_check *p)
{
	const struct domain_port *port = &p->port;
	uint64_t room = domain_port_room(p->ivr.size);

	if (!port->present || !port->holds_ours || port->shared)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT_PEER,
			   "its device has "
			   "no port of its own, it cannot be unplugged and "
			   "plugged");
	else if (port->reserve < room)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT_PEER,
			   "its port keeps "
			   "%" PRIu64 " bytes of room, a device plugged there "
			   "after a reboot needs %" PRIu64,
			   port->reserve, room);
}

static void check_peer_xml(const struct vm_check *p)
{
	const struct domain_ivr *ivr = &p->ivr;
	char text[MEM_SIZE_TEXT];
	const char *fault = mem_size_fault(ivr->size, text, sizeof(text));
	unsigned int failed = p->d->failed;

	if (fault)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT_PEER,
			   "its size of %s", fault);
	fault = domain_xml_shm_fault(ivr, p->vm);
	if (fault)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT_PEER,
			   "the shm '%s' in its metadata %s", ivr->shm, fault);
	if (ivr->present && !ivr->plain)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT_PEER,
			   "its device is "
			   "no " DOMAIN_XML_PLAIN ", QEMU may not survive that "
			   "one's unplugging");
	else if (ivr->present && ivr->master)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT_PEER,
			   "its device has "
			   "role='master', its metadata role peer");
	else if (ivr->present && ivr->plain_size != ivr->size)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT_PEER,
			   "its device has "
			   "%" PRIu64 " bytes, its metadata %" PRIu64,
			   ivr->plain_size, ivr->size);
	check_port(p);
	if (failed == p->d->failed)
		doctor_say(p->d, DOCTOR_OK, p->vm, NULL,
			   "its XML can be traced "
			   "and migrated by ivring migrate (role peer)");
}

static void check_xml(const struct vm_check *p)
{
	const struct domain_ivr *ivr = &p->ivr;
	char text[MEM_SIZE_TEXT];
	const char *fault = ivr->size ? mem_size_fault(ivr->size, text,
						       sizeof(text)) :
					NULL;
	unsigned int failed = p->d->failed;
	char path[PATH_MAX];

	if (!ivr->doorbell)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT,
			   "its device is not an " DOMAIN_XML_MODEL);
	if (fault)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT, "its size of %s",
			   fault);
	if (!path_of_vm(path, sizeof(path), dirs_run(), p->vm, IVR_QEMU_SOCK) &&
	    strcmp(path, ivr->server))
		doctor_say(p->d,
			   strncmp(ivr->server, dirs_run(),
				   strlen(dirs_run())) ?
				   DOCTOR_FAIL :
				   DOCTOR_WARN,
			   p->vm, EDIT, "QEMU is sent to '%s', not to %s",
			   ivr->server, path);
	if (ivr->vectors < IVR_VECTORS || ivr->vectors > IVR_MSG_MAX_VECTORS)
		doctor_say(p->d, DOCTOR_FAIL, p->vm, EDIT,
			   "msi vectors='%u'; "
			   "it takes %d to %d",
			   ivr->vectors, IVR_VECTORS, IVR_MSG_MAX_VECTORS);
	check_migratable(p);
	if (failed == p->d->failed)
		doctor_say(p->d, DOCTOR_OK, p->vm, NULL,
			   "its XML can be traced "
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

static void check_server(const struct vm_check *p)
{
	pid_t pid = supervise_pid(p->vm, IVR_SERVER_PID);
	uint64_t want = p->ivr.size ? p->ivr.size : p->conf.size;
	uint64_t size, vectors;

	if (!pid) {
		if (p->live)
			doctor_say(p->d, DOCTOR_FAIL, p->vm,
				   "start the VM "
				   "again, or migrate it",
				   "it runs, but its server does not");
		return;
	}
	size = server_number(pid, "--size", want);
	vectors = server_number(pid, "--vectors", IVR_VECTORS);
	if (size != want)
		doctor_say(p->d, DOCTOR_FAIL, p->vm,
			   "stop the VM and that "
			   "process, then start the VM",
			   "its server (pid %ld) "
			   "has %" PRIu64 " bytes, its XML wants %" PRIu64,
			   (long)pid, size, want);
	if (vectors < p->ivr.vectors)
		doctor_say(p->d, DOCTOR_FAIL, p->vm,
			   "stop the VM and that "
			   "process, then start the VM",
			   "its server (pid %ld) "
			   "has %" PRIu64 " vectors, its XML wants %u",
			   (long)pid, vectors, p->ivr.vectors);
	if (size == want && vectors >= p->ivr.vectors)
		doctor_say(p->d, DOCTOR_OK, p->vm, NULL,
			   "server runs (pid %ld)", (long)pid);
}

static void check_plugged(const struct vm_check *p)
{
	if (p->live && !p->ivr.present)
		doctor_say(p->d, DOCTOR_WARN, p->vm,
			   "unless it is being "
			   "migrated: ivring migrate --plug VM",
			   "it runs "
			   "without its device, its trace waits in its own "
			   "memory");
}

static void check_reader(const struct vm_check *p)
{
	struct json_object *reply;
	int ret;

	ret = ctl_ask(p->vm, IVR_CTL_STATUS, now_ms() + p->d->deadline_ms,
		      &reply);
	if (!ret)
		doctor_say(p->d, DOCTOR_OK, p->vm, NULL, "reader runs, %s",
			   json_text(reply, "state", "?"));
	else if (p->live)
		doctor_say(p->d, DOCTOR_FAIL, p->vm,
			   "see its log, start "
			   "ivring-reader",
			   "it runs, but %s", ctl_fault(ret));
	else if (supervise_pid(p->vm, IVR_READER_PID))
		doctor_say(p->d, DOCTOR_FAIL, p->vm, "see its log", "%s",
			   ctl_fault(ret));
	json_object_put(reply);
}

static void check_pid_file(const struct vm_check *p, const char *file)
{
	char path[PATH_MAX];

	if (path_of_vm(path, sizeof(path), dirs_run(), p->vm, file) ||
	    access(path, F_OK) || pid_file_holder(path))
		return;
	doctor_say(p->d, DOCTOR_WARN, p->vm,
		   "nothing, the next start takes it "
		   "over; see the log for why",
		   "%s is of a process that died", path);
}

static void check_store(const struct vm_check *p)
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
		doctor_say(p->d, DOCTOR_FAIL, p->vm,
			   "correct its owner and "
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

static void check_config(const struct vm_check *p)
{
	if (p->ivr.role == DOMAIN_PEER)
		check_peer_xml(p);
	else
		check_xml(p);
}

static void check_life(const struct vm_check *p)
{
	if (p->ivr.role == DOMAIN_PEER)
		check_plugged(p);
	else
		check_server(p);
	check_reader(p);
	check_pid_file(p, IVR_SERVER_PID);
	check_pid_file(p, IVR_READER_PID);
	check_store(p);
}

/* The settings are those it will start with next; live facts those of now. */
static bool examine(struct doctor *d, const char *vm)
{
	struct vm_check p = { .d = d, .vm = vm }, live = p;
	char why[DOMAIN_XML_WHY_MAX];
	int ret;

	live.live = load(dirs_libvirt_run(), vm, &live.ivr, &live.port, why);
	if (!load(dirs_libvirt_conf(), vm, &p.ivr, &p.port, why)) {
		if (!live.live)
			return false;
		p = live;
	}
	live.live = live.live && is_traced(&live.ivr);
	if (!is_traced(&p.ivr) && !live.live)
		return false;
	ret = vm_name_check(vm);
	if (ret) {
		doctor_say(d, DOCTOR_FAIL, vm, "rename it", "its name %s",
			   vm_name_error(ret));
		return true;
	}
	conf_load(&p.conf, vm);
	live.conf = p.conf;
	if (is_traced(&p.ivr))
		check_config(&p);
	check_life(live.live ? &live : &p);
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
			doctor_say(d, DOCTOR_FAIL, only,
				   "see 'virsh list --all'; "
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
