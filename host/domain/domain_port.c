// SPDX-License-Identifier: GPL-2.0
/* domain_port.c - the port at which a device of role peer is plugged */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "domain/domain_port.h"
#include "domain/xml_put.h"

#define XML(s) ((const xmlChar *)(s))

#define ROOT_PORT "pcie-root-port"
#define RESERVE	  "pref64-reserve"

/* PCI has no more buses in a domain. */
#define BUS_MAX 0xff

/* What the firmware reserves anyway, and no less than the guest can use. */
#define ROOM_MIN (2ull << 20)

uint64_t domain_port_room(uint64_t size)
{
	return 2 * size < ROOM_MIN ? ROOM_MIN : 2 * size;
}

static bool is_pci_controller(xmlNode *n)
{
	return n->type == XML_ELEMENT_NODE &&
	       xmlStrEqual(n->name, XML("controller")) &&
	       domain_xml_attr_is(n, "type", "pci");
}

static xmlNode *first_device(xmlNode *domain)
{
	xmlNode *n = domain_xml_child(domain, "devices");

	return n ? n->children : NULL;
}

static xmlNode *find(xmlNode *domain)
{
	xmlNode *n;

	for (n = first_device(domain); n; n = n->next)
		if (is_pci_controller(n) &&
		    domain_xml_attr_is(domain_xml_child(n, "alias"), "name",
				       DOMAIN_PORT_ALIAS))
			return n;
	return NULL;
}

static unsigned int number_of(xmlNode *n, const char *attr)
{
	uint64_t v = 0;
	char text[16];

	/* libvirt writes indexes in decimal, addresses in hexadecimal. */
	if (domain_xml_attr(n, attr, text, sizeof(text)))
		return 0;
	if (sscanf(text, "%" SCNi64, (int64_t *)&v) != 1 || v > BUS_MAX)
		return 0;
	return v;
}

static unsigned int bus_of(xmlNode *device)
{
	xmlNode *n = domain_xml_child(device, "address");

	return domain_xml_attr_is(n, "type", "pci") ? number_of(n, "bus") : 0;
}

static void see_devices(xmlNode *domain, struct domain_port *port)
{
	xmlNode *ours, *n;

	if (domain_xml_device(domain, &ours))
		ours = NULL;
	port->holds_ours = !ours || bus_of(ours) == port->bus;
	for (n = first_device(domain); n; n = n->next)
		if (n->type == XML_ELEMENT_NODE && n != ours &&
		    bus_of(n) == port->bus)
			port->shared = true;
}

void domain_port_find(xmlNode *domain, struct domain_port *port)
{
	xmlNode *n = find(domain);

	memset(port, 0, sizeof(*port));
	if (!n || !domain_xml_attr_is(n, "model", ROOT_PORT))
		return;
	port->present = true;
	port->bus = number_of(n, "index");
	domain_xml_number(domain_xml_override(domain, DOMAIN_PORT_ALIAS,
					      RESERVE),
			  "value", UINT64_MAX, &port->reserve);
	if (port->bus)
		see_devices(domain, port);
}

/* The first bus that no controller makes and no address names. */
static unsigned int free_bus(xmlNode *domain)
{
	unsigned int bus = 1, taken;
	xmlNode *n;

	for (n = first_device(domain); n; n = n->next) {
		if (n->type != XML_ELEMENT_NODE)
			continue;
		taken = bus_of(n);
		if (is_pci_controller(n) && number_of(n, "index") > taken)
			taken = number_of(n, "index");
		if (taken >= bus)
			bus = taken + 1;
	}
	return bus;
}

/* Of another machine a device may be coldplugged, not unplugged so. */
static int check_machine(xmlNode *domain, char *why)
{
	xmlNode *os = domain_xml_child(domain, "os"), *type;
	char machine[64];

	/* Nothing is said in a skeleton. */
	if (!os)
		return 0;
	type = domain_xml_child(os, "type");
	domain_xml_attr(type, "machine", machine, sizeof(machine));
	if (strstr(machine, "q35") || strstr(machine, "virt"))
		return 0;
	snprintf(why, DOMAIN_XML_WHY_MAX,
		 "role peer needs PCI Express ports, "
		 "machine '%.32s' has none; take machine='q35', or --role master",
		 machine[0] ? machine : "pc");
	return -EOPNOTSUPP;
}

static int make(xmlNode *domain, char *why)
{
	unsigned int bus = free_bus(domain);
	xmlNode *n;
	char text[16];

	if (bus > BUS_MAX) {
		snprintf(why, DOMAIN_XML_WHY_MAX,
			 "no PCI bus number is left for "
			 "a port; remove a pci controller, or --role master");
		return -ENOSPC;
	}
	n = xmlNewNode(NULL, XML("controller"));
	xml_put_child(xml_need_child(domain, NULL, "devices", 1), n, 2);
	xml_set(n, "type", "pci");
	snprintf(text, sizeof(text), "%u", bus);
	xml_set(n, "index", text);
	xml_set(n, "model", ROOT_PORT);
	xml_set(xml_need_child(n, NULL, "alias", 3), "name", DOMAIN_PORT_ALIAS);
	return 0;
}

int domain_port_put(xmlNode *domain, uint64_t size, unsigned int *bus,
		    char why[DOMAIN_XML_WHY_MAX])
{
	struct domain_port port;
	char text[24];
	int ret;

	ret = check_machine(domain, why);
	if (ret)
		return ret;
	domain_port_find(domain, &port);
	if (!port.present) {
		ret = make(domain, why);
		if (ret)
			return ret;
		domain_port_find(domain, &port);
	}
	if (!port.bus || port.shared) {
		snprintf(why, DOMAIN_XML_WHY_MAX,
			 port.bus ? "another device is "
				    "at the port '%s', move that" :
				    "the port '%s' has no "
				    "index, give it one",
			 DOMAIN_PORT_ALIAS);
		return -EEXIST;
	}
	if (port.reserve < domain_port_room(size)) {
		snprintf(text, sizeof(text), "%" PRIu64,
			 domain_port_room(size));
		xml_put_override(domain, DOMAIN_PORT_ALIAS, RESERVE, "unsigned",
				 text);
	}
	*bus = port.bus;
	return 0;
}
