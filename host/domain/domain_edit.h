/* SPDX-License-Identifier: GPL-2.0 */
/* domain_edit.h - put what IVRing needs into a domain's XML */
#ifndef IVR_DOMAIN_DOMAIN_EDIT_H
#define IVR_DOMAIN_DOMAIN_EDIT_H

#include <stdint.h>

#include "domain/domain_xml.h"

/**
 * struct pci_address - where a device lies; as in <address type='pci'>
 * @domain: PCI domain
 * @bus: 0 is the root
 * @slot: 1 to 31
 * @function: 0 to 7
 */
struct pci_address {
	unsigned int domain;
	unsigned int bus;
	unsigned int slot;
	unsigned int function;
};

/**
 * struct domain_want - what is to be in the XML
 * @role: of the device
 * @server: path of the server's socket for QEMU (role master)
 * @shm: name of the file in /dev/shm (role peer)
 * @size: of the memory, in bytes; 0 keeps the one there is
 * @slot: wanted address, or NULL: keep it, or choose a free slot. With role
 *	peer NULL: the device has a port of its own
 */
struct domain_want {
	enum domain_role role;
	const char *server;
	const char *shm;
	uint64_t size;
	const struct pci_address *slot;
};

/**
 * pci_address_parse() - read "[[DDDD:]BB:]SS[.F]", hexadecimal
 * @text: address
 * @addr: filled in; what is left out is 0
 *
 * Return: 0 or -EINVAL
 */
int pci_address_parse(const char *text, struct pci_address *addr);

/**
 * domain_edit() - put in what is missing and set right what is wrong
 * @doc: a domain; changed in place
 * @want: what is to be there
 * @why: on failure one line that says what is wrong
 *
 * Everything that is not ours stays, and of ours what is right already, so a
 * second call changes nothing. An alias that the device has is kept.
 *
 * Return: 0; -EINVAL: not a domain; -EEXIST: two devices of ours, or the
 * address is taken; -ENOSPC: no free slot on the root bus; -EOPNOTSUPP: role
 * peer on a machine without ports
 */
int domain_edit(xmlDoc *doc, const struct domain_want *want,
		char why[DOMAIN_XML_WHY_MAX]);

/**
 * domain_edit_device() - the <shmem> of a VM of role peer alone
 * @doc: the domain, whether the device is plugged or not
 * @why: on failure one line that says what is wrong
 *
 * Made of the metadata and the port, so that whoever has the domain's XML can
 * plug the device.
 *
 * Return: text for `virsh attach-device`, to be freed; NULL on failure
 */
char *domain_edit_device(xmlDoc *doc, char why[DOMAIN_XML_WHY_MAX]);

/**
 * domain_edit_skeleton() - a domain with nothing in it but a name
 * @vm: the name
 *
 * Return: a document for domain_edit(), or NULL for want of memory
 */
xmlDoc *domain_edit_skeleton(const char *vm);

#endif
