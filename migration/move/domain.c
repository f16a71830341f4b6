// SPDX-License-Identifier: GPL-2.0
/* domain.c - what libvirt says of the domain that is to move */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/domain_edit.h"
#include "domain/domain_port.h"
#include "lib/clock.h"
#include "lib/ctl_client.h"
#include "lib/paths.h"
#include "lib/process.h"
#include "lib/stop_signal.h"
#include "migration/move/migration.h"
#include "service/shm_file.h"

/* Between two attempts to plug: libvirt may still be ending the migration. */
#define AGAIN_MS 500

int migrate_why(struct migration *m, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->why, sizeof(m->why), fmt, ap);
	va_end(ap);
	return ret;
}

void migrate_free(struct migration *m)
{
	free(m->device);
	m->device = NULL;
}

static int call(struct migration *m, struct virsh *v, uint64_t deadline,
		const char *in, char **out, const char *const *args)
{
	int ret = virsh_call(v, deadline, in, out, args);

	return ret ? migrate_why(m, ret, "%s: %s", v->uri, v->why) : 0;
}

int migrate_is_active(struct migration *m, struct virsh *v, uint64_t deadline,
		      bool *active)
{
	char *out;
	int ret;

	*active = false;
	ret = call(m, v, deadline, NULL, &out,
		   (const char *const[]) { "list", "--name", NULL });
	if (ret)
		return ret;
	free(out);
	/* The domain may be named by its id or UUID. */
	ret = virsh_call(v, deadline, NULL, &out,
			 (const char *const[]) { "domstate",
						 m->vm[0] ? m->vm : m->domain,
						 NULL });
	if (ret == -EIO)
		return 0;
	if (ret)
		return migrate_why(m, ret, "%s: %s", v->uri, v->why);
	*active = !strncmp(out, "running", 7) || !strncmp(out, "paused", 6);
	free(out);
	return 0;
}

static int dump(struct migration *m, struct virsh *v, uint64_t deadline,
		bool inactive, xmlDoc **doc)
{
	char xml_why[DOMAIN_XML_WHY_MAX], *text;
	int ret;

	ret = call(m, v, deadline, NULL, &text,
		   (const char *const[]) {
			   "dumpxml", m->vm[0] ? m->vm : m->domain,
			   inactive ? "--inactive" : NULL, NULL });
	if (ret)
		return ret;
	*doc = domain_xml_parse(text, strlen(text), xml_why);
	free(text);
	return *doc ? 0 : migrate_why(m, -EINVAL, "its XML: %s", xml_why);
}

/* Can it be unplugged at all, and plugged again? */
static int check_device(struct migration *m, const struct domain_ivr *ivr,
			const struct domain_port *port)
{
	static const char advice[] = "correct it with ivring xml --role peer, "
				     "then start the VM anew";

	if (ivr->present && !ivr->plain)
		return migrate_why(m, -EINVAL,
				   "its device is no " DOMAIN_XML_PLAIN
				   ", and QEMU may not survive that one's "
				   "unplugging; %s",
				   advice);
	if (!port->present || !port->holds_ours)
		return migrate_why(m, -EINVAL,
				   "its device has no port of its "
				   "own; %s",
				   advice);
	if (domain_xml_shm_fault(ivr, ivr->name))
		return migrate_why(m, -EINVAL,
				   "the shm '%s' in its metadata "
				   "%s; %s",
				   ivr->shm,
				   domain_xml_shm_fault(ivr, ivr->name),
				   advice);
	return 0;
}

static int take(struct migration *m, xmlDoc *doc)
{
	char xml_why[DOMAIN_XML_WHY_MAX];
	struct domain_port port;
	struct domain_ivr ivr;
	int ret;

	if (domain_xml_ivr(doc, &ivr, xml_why))
		return migrate_why(m, -EINVAL, "its XML: %s", xml_why);
	if (vm_name_check(ivr.name))
		return migrate_why(m, -EINVAL, "its name '%s' %s", ivr.name,
				   vm_name_error(vm_name_check(ivr.name)));
	snprintf(m->vm, sizeof(m->vm), "%.*s", IVR_VM_NAME_MAX - 1, ivr.name);
	if (ivr.role != DOMAIN_PEER)
		return migrate_why(
			m, -EINVAL,
			ivr.present ?
				"its role is master: its memory moves with it; use "
				"virsh migrate" :
				"it has no device of ours; use virsh "
				"migrate");
	domain_port_find(domain_xml_root(doc), &port);
	ret = check_device(m, &ivr, &port);
	if (ret)
		return ret;
	m->plugged = ivr.present;
	snprintf(m->alias, sizeof(m->alias), "%s",
		 ivr.present ? ivr.alias : DOMAIN_XML_ALIAS);
	free(m->device);
	m->device = domain_edit_device(doc, xml_why);
	if (!m->device)
		return migrate_why(m, -EINVAL, "%s", xml_why);
	return shm_file_path(m->vm, m->shm, sizeof(m->shm));
}

int migrate_look(struct migration *m, struct virsh *v, uint64_t deadline)
{
	xmlDoc *doc;
	int ret;

	ret = dump(m, v, deadline, false, &doc);
	if (ret)
		return ret;
	ret = take(m, doc);
	xmlFreeDoc(doc);
	return ret;
}

int migrate_has_device(struct migration *m, struct virsh *v, uint64_t deadline,
		       bool inactive, bool *has)
{
	xmlNode *device;
	xmlDoc *doc;
	int ret;

	ret = dump(m, v, deadline, inactive, &doc);
	if (ret)
		return ret;
	ret = domain_xml_device(domain_xml_root(doc), &device);
	*has = !ret && device;
	xmlFreeDoc(doc);
	return 0;
}

static int attach(struct migration *m, struct virsh *v, uint64_t deadline,
		  const char *to)
{
	return call(m, v, deadline, m->device, NULL,
		    (const char *const[]) { "attach-device", m->vm,
					    "/dev/stdin", to, NULL });
}

/*
 * What the domain will be when it is started next. A domain that was made
 * persistent by its migration is without the device there, too.
 */
static int plug_config(struct migration *m, struct virsh *v, uint64_t deadline)
{
	bool has;
	int ret;

	ret = migrate_has_device(m, v, deadline, true, &has);
	return ret || has ? ret : attach(m, v, deadline, "--config");
}

int migrate_plug(struct migration *m, struct virsh *v, uint64_t deadline)
{
	bool has;
	int ret;

	for (;;) {
		ret = migrate_has_device(m, v, deadline, false, &has);
		if (!ret && has)
			return plug_config(m, v, deadline);
		if (!ret)
			ret = attach(m, v, deadline, "--live");
		if (!ret)
			continue;
		if (ret == -EINTR || ms_until(deadline) <= AGAIN_MS)
			return ret;
		stop_signal_poll(NULL, 0, AGAIN_MS);
		if (stop_signal_asked())
			return migrate_why(m, -EINTR, "interrupted");
	}
}
