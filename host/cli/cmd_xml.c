// SPDX-License-Identifier: GPL-2.0
/* cmd_xml.c - `ivring xml`: the domain XML that a VM needs */
#include <libxml/xmlmemory.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmds.h"
#include "domain/domain_edit.h"
#include "lib/dirs.h"
#include "lib/log.h"
#include "lib/mem_size.h"
#include "lib/opts.h"
#include "lib/paths.h"

#define DEFAULT_SIZE (16u << 20)

/* The declaration of XML is libvirt's to write; it prints none. */
static int print(xmlDoc *doc)
{
	xmlBuffer *buf = xmlBufferCreate();
	bool ok;

	if (!buf)
		return 1;
	ok = xmlNodeDump(buf, doc, xmlDocGetRootElement(doc), 0, 0) >= 0;
	if (ok)
		ok = puts((const char *)xmlBufferContent(buf)) >= 0 &&
		     !fflush(stdout);
	xmlBufferFree(buf);
	if (!ok)
		err("cannot print the XML");
	return !ok;
}

/* Put it all into @doc and print that; takes the document. */
static int put_in(xmlDoc *doc, const char *from, const char *vm,
		  const struct domain_want *asked)
{
	struct domain_want want = *asked;
	struct domain_ivr ivr;
	char server[108], text[MEM_SIZE_TEXT],
		shm[sizeof(IVR_SHM_PREFIX) + sizeof(ivr.name)];
	char why[DOMAIN_XML_WHY_MAX];
	const char *fault;
	int ret = 1;

	if (domain_xml_ivr(doc, &ivr, why)) {
		err("%s: %s", from, why);
		goto out;
	}
	if (vm && strcmp(vm, ivr.name)) {
		err("%s: the domain is '%s', not '%s'", from, ivr.name, vm);
		goto out;
	}
	ret = path_of_vm(server, sizeof(server), dirs_run(), ivr.name,
			 IVR_QEMU_SOCK);
	if (ret) {
		err("%s: the VM's name '%s' %s", from, ivr.name,
		    vm_name_error(ret));
		ret = 1;
		goto out;
	}
	if (!want.size)
		want.size = ivr.size ? ivr.size : DEFAULT_SIZE;
	fault = mem_size_fault(want.size, text, sizeof(text));
	want.server = server;
	snprintf(shm, sizeof(shm), IVR_SHM_PREFIX "%s", ivr.name);
	want.shm = shm;
	if (want.role == DOMAIN_ROLES)
		want.role = ivr.role;
	ret = 1;
	if (want.role == DOMAIN_PEER && want.slot)
		err("%s: --slot: a device of role peer has a port of its own, "
		    "leave it out",
		    from);
	else if (fault)
		err("%s: a size of %s", from, fault);
	else if (domain_edit(doc, &want, why))
		err("%s: %s", from, why);
	else
		ret = print(doc);
out:
	xmlFreeDoc(doc);
	return ret;
}

/* Not given it stays what the domain has: DOMAIN_ROLES. */
static bool role_known(const char *name, enum domain_role *role)
{
	static const char *const names[] = DOMAIN_ROLE_NAMES;
	unsigned int i;

	*role = DOMAIN_ROLES;
	if (!name)
		return true;
	for (i = 0; i < DOMAIN_ROLES; i++)
		if (!strcmp(name, names[i]))
			*role = i;
	if (*role == DOMAIN_ROLES)
		err("--role '%s': give master or peer", name);
	return *role != DOMAIN_ROLES;
}

static bool usable(const char *vm, const char *file, const char *slot,
		   bool sized, uint64_t size, struct pci_address *addr)
{
	char text[MEM_SIZE_TEXT];
	const char *fault = sized ? mem_size_fault(size, text, sizeof(text)) :
				    NULL;
	int ret = vm ? vm_name_check(vm) : 0;

	if (!vm && !file)
		err("give --vm NAME or --domain FILE, see --help");
	else if (ret)
		err("--vm '%s' %s", vm, vm_name_error(ret));
	else if (fault)
		err("--size: %s", fault);
	else if (slot && pci_address_parse(slot, addr))
		err("--slot '%s': not a PCI address, give one such as 10, "
		    "01:00 or 0000:00:10.0",
		    slot);
	else
		return true;
	return false;
}

int cmd_xml(int argc, char **argv)
{
	const char *vm = NULL, *file = NULL, *slot = NULL, *role = NULL;
	struct domain_want want = { .size = UINT64_MAX };
	char why[DOMAIN_XML_WHY_MAX];
	struct pci_address addr;
	const struct opt table[] = {
		{ "vm", 0, OPT_STRING, &vm, "NAME", "name of the VM" },
		{ "role", 'r', OPT_STRING, &role, "ROLE",
		  "master: moves with the VM (default); peer: unplugged "
		  "meanwhile" },
		{ "size", 's', OPT_SIZE, &want.size, "BYTES",
		  "shared memory, a power of two (default 16M)" },
		{ "slot", 0, OPT_STRING, &slot, "ADDR",
		  "PCI address, [[DDDD:]BB:]SS[.F] in hex (default: a free one)" },
		{ "domain", 'd', OPT_STRING, &file, "FILE",
		  "a domain's XML, printed with all put in; - is stdin" },
		{ NULL },
	};
	bool sized;
	xmlDoc *doc;

	log_init("ivring xml", LOG_L_INFO);
	if (opts_parse("ivring xml", "[--vm NAME] [--domain FILE] [OPTION]...",
		       "Print the libvirt domain XML that a traced VM needs.",
		       table, argc, argv) != argc) {
		err("'%s': no operand is taken, see --help", argv[argc - 1]);
		return 2;
	}
	sized = want.size != UINT64_MAX;
	if (!usable(vm, file, slot, sized, want.size, &addr) ||
	    !role_known(role, &want.role))
		return 2;
	if (!sized)
		want.size = 0;
	want.slot = slot ? &addr : NULL;

	doc = file ? domain_xml_load(file, why) : domain_edit_skeleton(vm);
	if (!doc) {
		err("%s: %s", file ? file : vm, file ? why : "out of memory");
		return 1;
	}
	return put_in(doc, file ? file : vm, vm, &want);
}
