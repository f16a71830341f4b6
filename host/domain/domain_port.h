/* SPDX-License-Identifier: GPL-2.0 */
/*
 * domain_port.h - the port at which a device of role peer is plugged
 *
 * DOC: Room at the port
 *
 * A device that is plugged into a port at run time gets its memory from the
 * window that the firmware gave the port at boot. Of itself the firmware
 * reserves 2 MiB for an empty port, and the guest's kernel then says "BAR 2:
 * can't assign; no space". QEMU's property pref64-reserve asks for more. BAR 2
 * must be aligned to its own size, which the window of an empty port is not:
 * SeaBIOS aligned one of 16 MiB to 4 MiB, and the BAR did not fit. A window of
 * twice the size holds an aligned block of that size wherever it lies; it costs
 * address space only. (A device that is there at boot gets a window that fits,
 * and keeps it; but a VM may be rebooted while the device is unplugged.)
 */
#ifndef IVR_DOMAIN_DOMAIN_PORT_H
#define IVR_DOMAIN_DOMAIN_PORT_H

#include "domain/domain_xml.h"

#define DOMAIN_PORT_ALIAS "ua-ivring-port"

/**
 * struct domain_port - the port, as found in a domain's XML
 * @present: there is a pcie-root-port of our alias
 * @bus: its index, which is the bus of the device; 0: libvirt will choose
 * @reserve: bytes reserved for memory like ours, 0 if it is not told
 * @holds_ours: our <shmem> is there, or no <shmem> of ours is anywhere
 * @shared: something else is addressed to its bus
 */
struct domain_port {
	bool present;
	unsigned int bus;
	uint64_t reserve;
	bool holds_ours;
	bool shared;
};

/**
 * domain_port_room() - what has to be reserved
 * @size: bytes of the memory
 *
 * Return: bytes
 */
uint64_t domain_port_room(uint64_t size);

/**
 * domain_port_find() - look for it
 * @domain: from domain_xml_root()
 * @port: filled in
 */
void domain_port_find(xmlNode *domain, struct domain_port *port);

/**
 * domain_port_put() - have a port, with room
 * @domain: from domain_xml_root()
 * @size: bytes of the memory
 * @bus: set to the bus of the device
 * @why: on failure one line that says what is wrong
 *
 * Return: 0; -EOPNOTSUPP: a machine without PCI Express, or of unknown type;
 * -EEXIST: another device is at the port; -ENOSPC: no bus number is left
 */
int domain_port_put(xmlNode *domain, uint64_t size, unsigned int *bus,
		    char why[DOMAIN_XML_WHY_MAX]);

#endif
