// SPDX-License-Identifier: GPL-2.0
/*
 * cmd_hook.c - `ivring hook`: what libvirt's QEMU hook calls
 *
 * DOC: What may not happen here
 *
 * libvirt waits for a hook without a limit, holding the VM; so everything has
 * a deadline, and behind that an alarm that ends the process. A hook that
 * calls libvirt dead-locks; this one reads its standard input and nothing
 * else of libvirt's. What a hook prints replaces the domain's XML when
 * something comes in; so nothing is printed. A status other than 0 stops the
 * start, or at "reconnect" kills a VM that runs; so it is 0, unless `strict`
 * was asked for and a start can still be refused.
 *
 * One incoming migration calls "migrate" and then "prepare", a stop calls
 * "stopped" and then "release"; the second call finds its work done.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ivr_wire.h"
#include "cli/cmds.h"
#include "domain/domain_port.h"
#include "domain/domain_xml.h"
#include "lib/clock.h"
#include "lib/dirs.h"
#include "lib/host_conf.h"
#include "lib/log.h"
#include "lib/mem_size.h"
#include "lib/opts.h"
#include "lib/paths.h"
#include "lib/process.h"
#include "service/shm_file.h"
#include "service/supervise.h"

/**
 * enum act - what an operation asks of us
 * @ACT_NOTHING: it does not concern us
 * @ACT_START: a QEMU is about to start; may be refused
 * @ACT_CHECK: a QEMU runs; must not be refused
 * @ACT_STOP: a QEMU has ended; libvirt ignores the status
 */
enum act { ACT_NOTHING, ACT_START, ACT_CHECK, ACT_STOP };

/* clang-format off */
static const struct operation {
	const char *name, *sub;
	enum act act;
} operations[] = {
	{ "prepare",   "begin", ACT_START },
	{ "migrate",   "begin", ACT_START },
	{ "restore",   "begin", ACT_START },
	{ "reconnect", "begin", ACT_CHECK },
	{ "stopped",   "end",   ACT_STOP },
	{ "release",   "end",   ACT_STOP },
};
/* clang-format on */

/**
 * struct hook - one call
 * @vm: name as libvirt gave it
 * @what: the operation
 * @act: what it asks of us
 * @deadline: of now_ms()
 * @conf: settings of the VM
 */
struct hook {
	const char *vm;
	const char *what;
	enum act act;
	uint64_t deadline;
	struct conf conf;
};

/* Status of the process if the alarm ends it. */
static volatile sig_atomic_t alarm_status;

static void on_alarm(int sig)
{
	static const char line[] =
		"ivring hook: error: twice the deadline is over, giving up\n";

	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0) {
		/* There is nobody left to tell. */
	}
	_exit(alarm_status);
}

static void arm(uint32_t ms)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	uint64_t hard = 2ull * ms;

	sigaction(SIGALRM, &sa, NULL);
	/* A fraction counts whole; 0 would mean none. */
	alarm(hard / 1000 + 1);
}

static enum act find_act(const char *operation, const char *sub)
{
	size_t i;

	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(operations[i].name, operation) &&
		    !strcmp(operations[i].sub, sub))
			return operations[i].act;
	return ACT_NOTHING;
}

static void open_log(const struct hook *h)
{
	char path[PATH_MAX];

	/* Where it cannot be opened stderr is as good: libvirt logs it. */
	path_make_dir(h->conf.log_dir, 0755);
	snprintf(path, sizeof(path), "%s/%s-hook.log", h->conf.log_dir, h->vm);
	log_to_file(path);
}

/* What will not work later is said now, while someone can still mend it. */
static void warn_of_faults(const struct hook *h, const struct domain_ivr *ivr)
{
	const char *advice = "correct it with: ivring xml --domain";
	char usual[PATH_MAX];

	if (!path_of_vm(usual, sizeof(usual), dirs_run(), h->vm,
			IVR_QEMU_SOCK) &&
	    strcmp(usual, ivr->server))
		warn("VM %s: its server path '%s' is not '%s', was it renamed? "
		     "Another VM might have the same; %s",
		     h->vm, ivr->server, usual, advice);
	if (!ivr->master)
		warn("VM %s: role='master' is missing, it will not migrate; %s",
		     h->vm, advice);
	if (!ivr->override)
		warn("VM %s: no qemu:override sets master=on for alias '%s', it "
		     "will not migrate; %s",
		     h->vm, ivr->alias, advice);
	if (!ivr->size)
		warn("VM %s: no size in its metadata, taking %llu from this "
		     "host's configuration; %s",
		     h->vm, (unsigned long long)h->conf.size, advice);
	if (ivr->vectors < IVR_VECTORS)
		warn("VM %s: msi vectors='%u', the guest needs %d; %s", h->vm,
		     ivr->vectors, IVR_VECTORS, advice);
}

/* Is there something in the XML with which no server can be started? */
static int refuse(const struct hook *h, const struct domain_ivr *ivr,
		  uint64_t size)
{
	size_t root = strlen(dirs_run());
	char text[MEM_SIZE_TEXT];
	const char *fault = mem_size_fault(size, text, sizeof(text));

	if (!ivr->doorbell)
		err("VM %s: <shmem name='%s'> is not of model %s", h->vm,
		    DOMAIN_XML_DEVICE, DOMAIN_XML_MODEL);
	else if (strncmp(ivr->server, dirs_run(), root) ||
		 ivr->server[root] != '/' || strstr(ivr->server, "/../"))
		err("VM %s: its server path '%s' is not below %s", h->vm,
		    ivr->server, dirs_run());
	else if (fault)
		err("VM %s: a size of %s", h->vm, fault);
	else if (ivr->vectors > IVR_MSG_MAX_VECTORS)
		err("VM %s: msi vectors='%u', at most %d can be served", h->vm,
		    ivr->vectors, IVR_MSG_MAX_VECTORS);
	else
		return 0;
	return -EINVAL;
}

static int serve(const struct hook *h, const struct domain_ivr *ivr)
{
	struct supervise s = {
		.vm = h->vm,
		.conf = &h->conf,
		.uuid = ivr->uuid,
		.socket = ivr->server,
		.size = ivr->size ? ivr->size : h->conf.size,
		.vectors = ivr->vectors < IVR_VECTORS ? IVR_VECTORS :
							ivr->vectors,
		.deadline = h->deadline,
	};

	if (refuse(h, ivr, s.size))
		return -EINVAL;
	warn_of_faults(h, ivr);
	return h->act == ACT_CHECK ? supervise_check(&s) : supervise_start(&s);
}

/* The same for a VM whose device will be unplugged. */
static void warn_of_peer_faults(const struct hook *h,
				const struct domain_ivr *ivr,
				const struct domain_port *port)
{
	const char *advice = "correct it with: ivring xml --role peer --domain";

	if (!port->present || !port->holds_ours)
		warn("VM %s: its device has no port of its own, it cannot be "
		     "unplugged and plugged; %s",
		     h->vm, advice);
	else if (port->reserve < domain_port_room(ivr->size))
		warn("VM %s: its port keeps no room for %llu bytes, a device "
		     "plugged later will have no memory; %s",
		     h->vm, (unsigned long long)ivr->size, advice);
	if (ivr->present && ivr->master)
		warn("VM %s: role='master' in its device, QEMU will migrate "
		     "the memory; %s",
		     h->vm, advice);
	if (ivr->present && ivr->plain_size != ivr->size)
		warn("VM %s: its device has %llu bytes, its metadata %llu; %s",
		     h->vm, (unsigned long long)ivr->plain_size,
		     (unsigned long long)ivr->size, advice);
}

static int refuse_peer(const struct hook *h, const struct domain_ivr *ivr)
{
	char text[MEM_SIZE_TEXT];
	const char *fault = mem_size_fault(ivr->size, text, sizeof(text));

	if (domain_xml_shm_fault(ivr, h->vm))
		err("VM %s: the shm '%s' in its metadata %s", h->vm, ivr->shm,
		    domain_xml_shm_fault(ivr, h->vm));
	else if (fault)
		err("VM %s: a size of %s", h->vm, fault);
	else if (ivr->present && !ivr->plain)
		err("VM %s: of role peer only " DOMAIN_XML_PLAIN " can be "
		    "traced",
		    h->vm);
	else
		return 0;
	return -EINVAL;
}

static int serve_peer(const struct hook *h, const struct domain_ivr *ivr,
		      const struct domain_port *port)
{
	char shm[PATH_MAX];
	struct supervise s = {
		.vm = h->vm,
		.conf = &h->conf,
		.uuid = ivr->uuid,
		.shm = shm,
		.size = ivr->size,
		.deadline = h->deadline,
	};

	if (refuse_peer(h, ivr) || shm_file_path(h->vm, shm, sizeof(shm)))
		return -EINVAL;
	warn_of_peer_faults(h, ivr, port);
	return h->act == ACT_CHECK ? supervise_check(&s) : supervise_start(&s);
}

/* By the name alone: what runs is to end even if the XML is damaged. */
static int end(const struct hook *h)
{
	struct supervise s = {
		.vm = h->vm,
		.conf = &h->conf,
		.deadline = h->deadline,
	};

	char shm[PATH_MAX];

	if (!supervise_pid(h->vm, IVR_SERVER_PID) &&
	    !supervise_pid(h->vm, IVR_READER_PID) &&
	    (shm_file_path(h->vm, shm, sizeof(shm)) || access(shm, F_OK)))
		return 0;
	open_log(h);
	return supervise_stop(&s);
}

static int begin(const struct hook *h)
{
	char why[DOMAIN_XML_WHY_MAX];
	struct domain_ivr ivr = { .present = false };
	xmlDoc *doc = domain_xml_load("-", why);
	struct domain_port port;
	int ret;

	ret = doc ? domain_xml_ivr(doc, &ivr, why) : -1;
	if (!ret)
		domain_port_find(domain_xml_root(doc), &port);
	xmlFreeDoc(doc);
	/* One of role peer comes in without its device. */
	if (!ret && !ivr.present && ivr.role == DOMAIN_MASTER)
		return 0;
	open_log(h);
	if (ret) {
		err("VM %s: %s: its XML is not understood: %s", h->vm, h->what,
		    why);
		return ret;
	}
	ret = ivr.role == DOMAIN_PEER ? serve_peer(h, &ivr, &port) :
					serve(h, &ivr);
	if (ret)
		err("VM %s: %s: %s", h->vm, h->what,
		    h->act == ACT_CHECK || ivr.role == DOMAIN_PEER ?
			    "the VM runs on without a trace" :
			    "QEMU will not start without its server, or there will be "
			    "no trace");
	return ret;
}

static int run(struct hook *h, uint32_t deadline_ms)
{
	int ret = vm_name_check(h->vm);

	if (ret) {
		err("VM '%s': its name %s; not traced", h->vm,
		    vm_name_error(ret));
		return 0;
	}
	conf_load(&h->conf, h->vm);
	if (!deadline_ms)
		deadline_ms = h->conf.deadline_ms;
	h->deadline = now_ms() + deadline_ms;
	alarm_status = h->conf.strict && h->act == ACT_START;
	arm(deadline_ms);

	ret = h->act == ACT_STOP ? end(h) : begin(h);
	if (!ret || h->act != ACT_START || !h->conf.strict)
		return 0;
	/* libvirt shows this to whoever wanted the VM. */
	dprintf(STDERR_FILENO,
		"ivring hook: VM %s is refused (strict), see "
		"%s/%s-hook.log\n",
		h->vm, h->conf.log_dir, h->vm);
	return 1;
}

int cmd_hook(int argc, char **argv)
{
	uint32_t deadline_ms = 0;
	const struct opt table[] = {
		{ "deadline", 0, OPT_MS, &deadline_ms, "TIME",
		  "give up after this (default 5s)" },
		{ NULL },
	};
	struct hook h = { 0 };
	int i;

	log_init("ivring hook", LOG_L_INFO);
	i = opts_parse("ivring hook",
		       "[--deadline TIME] [--] VM OPERATION SUB "
		       "[EXTRA]",
		       "Called by libvirt with the domain's XML on "
		       "standard input; see ivring-hook(8).",
		       table, argc, argv);
	if (argc - i < 3) {
		err("give VM, OPERATION and SUB-OPERATION, see --help");
		return 2;
	}
	h.vm = argv[i];
	h.what = argv[i + 1];
	h.act = find_act(argv[i + 1], argv[i + 2]);
	return h.act == ACT_NOTHING ? 0 : run(&h, deadline_ms);
}
