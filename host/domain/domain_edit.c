// SPDX-License-Identifier: GPL-2.0
/* domain_edit.c - put what IVRing needs into a domain's XML */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ivr_wire.h"
#include "domain/domain_edit.h"
#include "domain/domain_port.h"
#include "domain/xml_put.h"

#define XML(s) ((const xmlChar *)(s))

/* libvirt puts its own devices at the ends of the root bus first. */
#define FIRST_SLOT 0x10
#define SLOTS	   32

/* libvirt takes one element per namespace here, with its own declaration. */
static void put_metadata(xmlNode *domain, const struct domain_want *want,
			 uint64_t size)
{
	bool peer = want->role == DOMAIN_PEER;
	xmlNode *n = domain_xml_metadata(domain);
	char text[24];

	if (!n) {
		n = xmlNewNode(NULL, XML(DOMAIN_XML_DEVICE));
		xml_put_child(xml_need_child(domain, NULL, "metadata", 1), n,
			      2);
		xmlSetNs(n, xmlNewNs(n, XML(DOMAIN_XML_NS),
				     XML(DOMAIN_XML_NS_PREFIX)));
	}
	snprintf(text, sizeof(text), "%" PRIu64, size);
	xml_set(n, "size", text);
	xml_set(n, "role", peer ? "peer" : NULL);
	xml_set(n, "shm", peer ? want->shm : NULL);
}

int pci_address_parse(const char *text, struct pci_address *addr)
{
	unsigned int part[3] = { 0 }, function = 0;
	const char *p = text, *end;
	int n = 0, i;

	for (;;) {
		end = p + strspn(p, "0123456789abcdefABCDEF");
		if (n == 3 || end == p || end - p > 4)
			return -EINVAL;
		part[n++] = strtoul(p, NULL, 16);
		if (*end != ':')
			break;
		p = end + 1;
	}
	if (*end == '.') {
		if (end[1] < '0' || end[1] > '7' || end[2])
			return -EINVAL;
		function = end[1] - '0';
	} else if (*end) {
		return -EINVAL;
	}
	/* The parts left out are the first ones. */
	for (i = 0; i < n; i++)
		part[2 - i] = part[n - 1 - i];
	for (i = 0; i < 3 - n; i++)
		part[i] = 0;
	*addr = (struct pci_address) { part[0], part[1], part[2], function };
	return part[1] > 0xff || !part[2] || part[2] >= SLOTS ? -EINVAL : 0;
}

static unsigned int attr_number(xmlNode *n, const char *attr)
{
	char text[16];

	domain_xml_attr(n, attr, text, sizeof(text));
	return strtoul(text, NULL, 0);
}

static bool pci_address_of(xmlNode *device, struct pci_address *addr)
{
	xmlNode *n = domain_xml_child(device, "address");

	if (!domain_xml_attr_is(n, "type", "pci"))
		return false;
	addr->domain = attr_number(n, "domain");
	addr->bus = attr_number(n, "bus");
	addr->slot = attr_number(n, "slot");
	addr->function = attr_number(n, "function");
	return true;
}

/* Is there another device in the slot? Functions are not ours to share. */
static bool slot_taken(xmlNode *ours, const struct pci_address *want)
{
	struct pci_address a;
	xmlNode *dev;

	for (dev = ours->parent->children; dev; dev = dev->next)
		if (dev != ours && dev->type == XML_ELEMENT_NODE &&
		    pci_address_of(dev, &a) && a.domain == want->domain &&
		    a.bus == want->bus && a.slot == want->slot)
			return true;
	return false;
}

static int choose_slot(xmlNode *dev, struct pci_address *addr)
{
	int i;

	*addr = (struct pci_address) { 0 };
	for (i = 0; i < SLOTS - 1; i++) {
		addr->slot = 1 + (FIRST_SLOT - 1 + i) % (SLOTS - 1);
		if (!slot_taken(dev, addr))
			return 0;
	}
	return -ENOSPC;
}

static void put_address(xmlNode *dev, const struct pci_address *addr)
{
	xmlNode *n = xml_need_child(dev, NULL, "address", 3);
	char text[16];

	xml_set(n, "type", "pci");
	snprintf(text, sizeof(text), "0x%04x", addr->domain);
	xml_set(n, "domain", text);
	snprintf(text, sizeof(text), "0x%02x", addr->bus);
	xml_set(n, "bus", text);
	snprintf(text, sizeof(text), "0x%02x", addr->slot);
	xml_set(n, "slot", text);
	snprintf(text, sizeof(text), "0x%x", addr->function);
	xml_set(n, "function", text);
}

static int find_address(xmlNode *dev, const struct domain_want *want, char *why)
{
	struct pci_address addr;

	if (want->slot) {
		addr = *want->slot;
		if (slot_taken(dev, &addr)) {
			snprintf(why, DOMAIN_XML_WHY_MAX,
				 "another device has "
				 "the PCI address %04x:%02x:%02x, choose a "
				 "free one with --slot",
				 addr.domain, addr.bus, addr.slot);
			return -EEXIST;
		}
	} else if (pci_address_of(dev, &addr)) {
		return 0;
	} else if (choose_slot(dev, &addr)) {
		snprintf(why, DOMAIN_XML_WHY_MAX,
			 "no slot of PCI bus 0 is "
			 "free, name one of another bus with --slot");
		return -ENOSPC;
	}
	put_address(dev, &addr);
	return 0;
}

static void remove_child(xmlNode *dev, const char *name)
{
	xml_remove(domain_xml_child(dev, name));
}

static void put_alias(xmlNode *dev)
{
	xmlNode *n = xml_need_child(dev, NULL, "alias", 3);

	if (!xmlHasProp(n, XML("name")))
		xml_set(n, "name", DOMAIN_XML_ALIAS);
}

static int put_master(xmlNode *dev, const struct domain_want *want, char *why)
{
	char vectors[8];
	xmlNode *n;

	snprintf(vectors, sizeof(vectors), "%d", IVR_VECTORS);
	xml_set(dev, "name", DOMAIN_XML_DEVICE);
	xml_set(dev, "role", "master");
	xml_set(xml_need_child(dev, NULL, "model", 3), "type",
		DOMAIN_XML_MODEL);
	/* A size belongs to the models without a server. */
	remove_child(dev, "size");
	xml_set(xml_need_child(dev, NULL, "server", 3), "path", want->server);
	n = xml_need_child(dev, NULL, "msi", 3);
	xml_set(n, "vectors", vectors);
	xml_set(n, "ioeventfd", "on");
	put_alias(dev);
	return find_address(dev, want, why);
}

/* The elements in libvirt's order, because this is also printed alone. */
static void put_plain(xmlNode *dev, const char *shm, uint64_t size,
		      unsigned int bus)
{
	const struct pci_address addr = { .bus = bus };
	char text[24];
	xmlNode *n;

	xml_set(dev, "name", shm);
	xml_set(dev, "role", "peer");
	xml_set(xml_need_child(dev, NULL, "model", 3), "type",
		DOMAIN_XML_PLAIN);
	n = xml_need_child(dev, NULL, "size", 3);
	if (domain_xml_size(n) != size) {
		xml_set(n, "unit", "b");
		snprintf(text, sizeof(text), "%" PRIu64, size);
		xmlNodeSetContent(n, XML(text));
	}
	put_alias(dev);
	put_address(dev, &addr);
}

static int put_peer(xmlNode *domain, xmlNode *dev,
		    const struct domain_want *want, uint64_t size, char *why)
{
	unsigned int bus;
	int ret;

	ret = domain_port_put(domain, size, &bus, why);
	if (ret)
		return ret;
	remove_child(dev, "server");
	remove_child(dev, "msi");
	put_plain(dev, want->shm, size, bus);
	return 0;
}

int domain_edit(xmlDoc *doc, const struct domain_want *want,
		char why[DOMAIN_XML_WHY_MAX])
{
	xmlNode *domain = domain_xml_root(doc), *dev;
	struct domain_ivr ivr;
	const char *alias;
	uint64_t size;
	int ret;

	ret = domain_xml_ivr(doc, &ivr, why);
	if (ret)
		return ret;
	domain_xml_device(domain, &dev);
	if (!dev) {
		dev = xmlNewNode(NULL, XML("shmem"));
		xml_put_child(xml_need_child(domain, NULL, "devices", 1), dev,
			      2);
		xml_set(dev, "name", DOMAIN_XML_DEVICE);
	}
	size = want->size ? want->size : ivr.size;
	put_metadata(domain, want, size);
	alias = ivr.alias[0] ? ivr.alias : DOMAIN_XML_ALIAS;
	if (want->role == DOMAIN_PEER) {
		xml_remove_override(domain, alias, "master");
		return put_peer(domain, dev, want, size, why);
	}
	ret = put_master(dev, want, why);
	if (ret)
		return ret;
	/* An OnOffAuto of QEMU: in JSON a string, a bool is refused. */
	xml_put_override(domain, alias, "master", "string", "on");
	return 0;
}

static char *print(xmlDoc *doc, xmlNode *n)
{
	xmlBuffer *buf = xmlBufferCreate();
	char *text = NULL;

	if (buf && xmlNodeDump(buf, doc, n, 0, 1) >= 0)
		text = strdup((const char *)xmlBufferContent(buf));
	xmlBufferFree(buf);
	return text;
}

char *domain_edit_device(xmlDoc *doc, char why[DOMAIN_XML_WHY_MAX])
{
	struct domain_port port;
	struct domain_ivr ivr;
	char *text = NULL;
	xmlDoc *alone;
	xmlNode *dev;

	if (domain_xml_ivr(doc, &ivr, why))
		return NULL;
	domain_port_find(domain_xml_root(doc), &port);
	if (ivr.role != DOMAIN_PEER || !ivr.shm[0] || !ivr.size || !port.bus) {
		snprintf(why, DOMAIN_XML_WHY_MAX,
			 "role, shm and size in its "
			 "metadata, or the port '%s', are missing",
			 DOMAIN_PORT_ALIAS);
		return NULL;
	}
	alone = xmlNewDoc(XML("1.0"));
	dev = xmlNewNode(NULL, XML("shmem"));
	xmlDocSetRootElement(alone, dev);
	put_plain(dev, ivr.shm, ivr.size, port.bus);
	/* The alias is what it will be unplugged by. */
	if (ivr.alias[0])
		xml_set(domain_xml_child(dev, "alias"), "name", ivr.alias);
	text = print(alone, dev);
	if (!text)
		snprintf(why, DOMAIN_XML_WHY_MAX, "out of memory");
	xmlFreeDoc(alone);
	return text;
}

xmlDoc *domain_edit_skeleton(const char *vm)
{
	xmlDoc *doc = xmlNewDoc(XML("1.0"));
	xmlNode *domain, *name;

	if (!doc)
		return NULL;
	domain = xmlNewNode(NULL, XML("domain"));
	xmlDocSetRootElement(doc, domain);
	name = xmlNewNode(NULL, XML("name"));
	xml_put_child(domain, name, 1);
	xmlNodeAddContent(name, XML(vm));
	return doc;
}
