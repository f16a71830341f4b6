// SPDX-License-Identifier: GPL-2.0
/* domain_edit.c - put what IVRing needs into a domain's XML */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain_edit.h"
#include "ivr_wire.h"

#define XML(s)		((const xmlChar *)(s))

/* libvirt puts its own devices at the ends of the root bus first. */
#define FIRST_SLOT	0x10
#define SLOTS		32

static xmlNode *new_indent(int depth)
{
	char text[32];

	snprintf(text, sizeof(text), "\n%*s", 2 * depth, "");
	return xmlNewText(XML(text));
}

/* A new child goes last, indented as libvirt does: two blanks a level. */
static void append(xmlNode *parent, xmlNode *child, int depth)
{
	xmlNode *last = parent->last;

	/* What there is indents the end tag; texts side by side would merge. */
	if (last && xmlNodeIsText(last) && xmlIsBlankNode(last)) {
		xmlUnlinkNode(last);
		xmlFreeNode(last);
	}
	xmlAddChild(parent, new_indent(depth));
	xmlAddChild(parent, child);
	xmlAddChild(parent, new_indent(depth - 1));
}

static xmlNode *need_child(xmlNode *parent, xmlNs *ns, const char *name,
			   int depth)
{
	xmlNode *n;

	n = domain_xml_child_ns(parent, ns ? (const char *)ns->href : NULL,
				name);
	if (n)
		return n;
	n = xmlNewNode(ns, XML(name));
	append(parent, n, depth);
	return n;
}

static void set(xmlNode *node, const char *attr, const char *value)
{
	if (!domain_xml_attr_is(node, attr, value))
		xmlSetProp(node, XML(attr), XML(value));
}

static xmlNs *need_ns(xmlNode *node, const char *uri, const char *prefix)
{
	xmlNs *ns = xmlSearchNsByHref(node->doc, node, XML(uri));

	return ns ? ns : xmlNewNs(node, XML(uri), XML(prefix));
}

/* libvirt takes one element per namespace here, with its own declaration. */
static void put_metadata(xmlNode *domain, uint64_t size)
{
	xmlNode *meta = need_child(domain, NULL, "metadata", 1), *n;
	char text[24];

	n = domain_xml_child_ns(meta, DOMAIN_XML_NS, DOMAIN_XML_DEVICE);
	if (!n) {
		n = xmlNewNode(NULL, XML(DOMAIN_XML_DEVICE));
		append(meta, n, 2);
		xmlSetNs(n, xmlNewNs(n, XML(DOMAIN_XML_NS),
				     XML(DOMAIN_XML_NS_PREFIX)));
	}
	snprintf(text, sizeof(text), "%" PRIu64, size);
	set(n, "size", text);
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

static int put_address(xmlNode *dev, const struct domain_want *want, char *why)
{
	struct pci_address addr;
	char text[16];
	xmlNode *n;

	if (want->slot) {
		addr = *want->slot;
		if (slot_taken(dev, &addr)) {
			snprintf(why, DOMAIN_XML_WHY_MAX, "another device has "
				 "the PCI address %04x:%02x:%02x, choose a "
				 "free one with --slot", addr.domain, addr.bus,
				 addr.slot);
			return -EEXIST;
		}
	} else if (pci_address_of(dev, &addr)) {
		return 0;
	} else if (choose_slot(dev, &addr)) {
		snprintf(why, DOMAIN_XML_WHY_MAX, "no slot of PCI bus 0 is "
			 "free, name one of another bus with --slot");
		return -ENOSPC;
	}
	n = need_child(dev, NULL, "address", 3);
	set(n, "type", "pci");
	snprintf(text, sizeof(text), "0x%04x", addr.domain);
	set(n, "domain", text);
	snprintf(text, sizeof(text), "0x%02x", addr.bus);
	set(n, "bus", text);
	snprintf(text, sizeof(text), "0x%02x", addr.slot);
	set(n, "slot", text);
	snprintf(text, sizeof(text), "0x%x", addr.function);
	set(n, "function", text);
	return 0;
}

static int put_device(xmlNode *dev, const struct domain_want *want, char *why)
{
	char vectors[8];
	xmlNode *n;

	snprintf(vectors, sizeof(vectors), "%d", IVR_VECTORS);
	set(dev, "role", "master");
	set(need_child(dev, NULL, "model", 3), "type", DOMAIN_XML_MODEL);
	/* A size belongs to the models without a server. */
	n = domain_xml_child(dev, "size");
	if (n) {
		xmlUnlinkNode(n);
		xmlFreeNode(n);
	}
	set(need_child(dev, NULL, "server", 3), "path", want->server);
	n = need_child(dev, NULL, "msi", 3);
	set(n, "vectors", vectors);
	set(n, "ioeventfd", "on");
	n = need_child(dev, NULL, "alias", 3);
	if (!xmlHasProp(n, XML("name")))
		set(n, "name", DOMAIN_XML_ALIAS);
	return put_address(dev, want, why);
}

static void put_override(xmlNode *domain, const char *alias)
{
	xmlNs *ns = need_ns(domain, DOMAIN_XML_QEMU_NS, "qemu");
	xmlNode *prop = domain_xml_override(domain, alias), *n;

	if (!prop) {
		n = need_child(domain, ns, "override", 1);
		prop = xmlNewNode(ns, XML("device"));
		append(n, prop, 2);
		set(prop, "alias", alias);
		n = need_child(prop, ns, "frontend", 3);
		prop = need_child(n, ns, "property", 4);
		set(prop, "name", "master");
	}
	/* An OnOffAuto of QEMU: in JSON a string, a bool is refused. */
	set(prop, "type", "string");
	set(prop, "value", "on");
}

int domain_edit(xmlDoc *doc, const struct domain_want *want,
		char why[DOMAIN_XML_WHY_MAX])
{
	xmlNode *domain = domain_xml_root(doc), *dev;
	struct domain_ivr ivr;
	int rc;

	rc = domain_xml_ivr(doc, &ivr, why);
	if (rc)
		return rc;
	put_metadata(domain, want->size ? want->size : ivr.size);
	domain_xml_device(domain, &dev);
	if (!dev) {
		dev = xmlNewNode(NULL, XML("shmem"));
		append(need_child(domain, NULL, "devices", 1), dev, 2);
		set(dev, "name", DOMAIN_XML_DEVICE);
	}
	rc = put_device(dev, want, why);
	if (rc)
		return rc;
	put_override(domain, ivr.alias[0] ? ivr.alias : DOMAIN_XML_ALIAS);
	return 0;
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
	append(domain, name, 1);
	xmlNodeAddContent(name, XML(vm));
	return doc;
}
