/* SPDX-License-Identifier: GPL-2.0 */
/*
 * domain_xml.h - a libvirt domain's XML, as far as it concerns us
 *
 * DOC: What the XML of a traced VM carries
 *
 * One <shmem name='ivring'>, model ivshmem-doorbell, role master, whose server
 * is the socket of ivring-server; a user alias, because libvirt renumbers its
 * own; a fixed PCI address, because the address names the memory in the
 * migration stream; a qemu:override of master, because libvirt 9.0 does not
 * pass the role to QEMU for this model; and in <metadata> the size of the
 * memory, because libvirt takes no <size> for a device with a server and both
 * hosts of a migration must have the same.
 *
 * DOC: Role peer
 *
 * A device that is unplugged before a migration and plugged after it is of
 * model ivshmem-plain: QEMU leaves descriptors of an ivshmem-doorbell in its
 * main loop when that is unplugged without an in-kernel interrupt controller.
 * It is a <shmem name='ivring-VM'> (the name is a file in /dev/shm, hence one
 * for each VM), role peer, alone on a pcie-root-port of its own, since the
 * root bus of q35 takes no device at run time. The port is told to keep room
 * for it, see domain_port.h. While it is unplugged the domain has no <shmem>;
 * so the role and the name stand in <metadata> beside the size.
 *
 * The XML is read with libxml2 without network, external entities or document
 * type: libvirt writes none, so one that is there is somebody's attack.
 */
#ifndef IVR_DOMAIN_DOMAIN_XML_H
#define IVR_DOMAIN_DOMAIN_XML_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ivr_msg.h"

#define DOMAIN_XML_DEVICE    "ivring" /* shmem name */
#define DOMAIN_XML_ALIAS     "ua-ivring" /* libvirt keeps ua-* only */
#define DOMAIN_XML_MODEL     "ivshmem-doorbell"
#define DOMAIN_XML_PLAIN     "ivshmem-plain" /* of role peer */
#define DOMAIN_XML_NS	     "urn:ivring:1" /* of our metadata */
#define DOMAIN_XML_NS_PREFIX "ivring"
#define DOMAIN_XML_QEMU_NS   "http://libvirt.org/schemas/domain/qemu/1.0"

/* Largest XML taken; a domain with 1000 disks has less than 1 MiB. */
#define DOMAIN_XML_MAX (4u << 20)

#define DOMAIN_XML_WHY_MAX 160

/* As libvirt writes it, 8-4-4-4-12 hexadecimal digits, and a NUL. */
#define DOMAIN_XML_UUID_MAX 37

/**
 * enum domain_role - how the memory gets to another host
 * @DOMAIN_MASTER: QEMU migrates it
 * @DOMAIN_PEER: it does not: the device is unplugged before and plugged after
 */
enum domain_role { DOMAIN_MASTER, DOMAIN_PEER, DOMAIN_ROLES };

#define DOMAIN_ROLE_NAMES        \
	{                        \
		"master", "peer" \
	}

/**
 * struct domain_ivr - what a domain's XML says about IVRing
 * @name: name of the domain; empty if it has none
 * @uuid: its UUID; empty if it has none, or one that libvirt would not write
 * @role: in our metadata
 * @shm: name of the file in /dev/shm in our metadata, or empty
 * @present: there is a <shmem> of ours; the rest but @size is about it
 * @doorbell: its model is ivshmem-doorbell
 * @plain: its model is ivshmem-plain
 * @plain_size: bytes in its <size>, 0 if there is none
 * @master: its role is master
 * @override: QEMU is given master=on for its alias
 * @alias: its alias, or empty
 * @server: path of the server's socket, or empty
 * @vectors: MSI vectors it asks for; libvirt's default is 1
 * @addressed: it has a PCI address
 * @size: size in our metadata, 0 if there is none
 */
struct domain_ivr {
	char name[256];
	char uuid[DOMAIN_XML_UUID_MAX];
	enum domain_role role;
	char shm[sizeof(IVR_SHM_PREFIX) + IVR_VM_NAME_MAX];
	bool present;
	bool doorbell;
	bool plain;
	uint64_t plain_size;
	bool master;
	bool override;
	char alias[128];
	char server[256];
	uint32_t vectors;
	bool addressed;
	uint64_t size;
};

/**
 * domain_xml_read() - all of a descriptor, up to DOMAIN_XML_MAX
 * @fd: where from, read to its end
 * @text: set to the bytes; the caller frees them
 * @len: set to their number
 *
 * Return: 0, -EFBIG, -ENOMEM or the error of read()
 */
int domain_xml_read(int fd, char **text, size_t *len);

/**
 * domain_xml_parse() - text to tree
 * @text: XML
 * @len: bytes of it
 * @why: on failure one line that says what is wrong, without newline
 *
 * Return: the document, to be freed with xmlFreeDoc(), or NULL
 */
xmlDoc *domain_xml_parse(const char *text, size_t len,
			 char why[DOMAIN_XML_WHY_MAX]);

/**
 * domain_xml_load() - read and parse a file
 * @path: file, or "-" for standard input
 * @why: as for domain_xml_parse()
 *
 * Return: the document or NULL
 */
xmlDoc *domain_xml_load(const char *path, char why[DOMAIN_XML_WHY_MAX]);

/**
 * domain_xml_root() - the <domain> element
 * @doc: a domain, or the status file of a running one (<domstatus>)
 *
 * Return: the element or NULL if this is the XML of something else
 */
xmlNode *domain_xml_root(xmlDoc *doc);

/**
 * domain_xml_child() - first child element with that name, in no namespace
 * @parent: element or NULL
 * @name: of the child
 *
 * Return: the child or NULL
 */
xmlNode *domain_xml_child(xmlNode *parent, const char *name);

/**
 * domain_xml_child_ns() - first child element with that name in a namespace
 * @parent: element or NULL
 * @ns: URI
 * @name: of the child
 *
 * Return: the child or NULL
 */
xmlNode *domain_xml_child_ns(xmlNode *parent, const char *ns, const char *name);

/**
 * domain_xml_attr_is() - has an element this attribute with this value?
 * @node: element or NULL
 * @attr: name
 * @value: wanted
 *
 * Return: true or false
 */
bool domain_xml_attr_is(xmlNode *node, const char *attr, const char *value);

/**
 * domain_xml_attr() - copy an attribute
 * @node: element or NULL
 * @attr: name
 * @buf: set to the value, or to "" if there is none or it does not fit
 * @size: of @buf
 *
 * Return: 0, -ENOENT or -ENAMETOOLONG
 */
int domain_xml_attr(xmlNode *node, const char *attr, char *buf, size_t size);

/**
 * domain_xml_metadata() - our element in <metadata>
 * @domain: from domain_xml_root()
 *
 * Return: the element or NULL
 */
xmlNode *domain_xml_metadata(xmlNode *domain);

/**
 * domain_xml_device() - our <shmem>: of either name, see "Role peer"
 * @domain: from domain_xml_root()
 * @device: set to the element, NULL if there is none
 *
 * Return: 0, or -EEXIST if there are two
 */
int domain_xml_device(xmlNode *domain, xmlNode **device);

/**
 * domain_xml_override() - a <qemu:property> of an alias
 * @domain: from domain_xml_root()
 * @alias: of the device
 * @property: its name in QEMU
 *
 * Return: the property element or NULL
 */
xmlNode *domain_xml_override(xmlNode *domain, const char *alias,
			     const char *property);

/**
 * domain_xml_number() - a number in an attribute; as parse_size() reads it
 * @node: element or NULL
 * @attr: name
 * @max: the largest that is taken
 * @value: set to it; stays if there is none
 *
 * Return: 0 or -EINVAL
 */
int domain_xml_number(xmlNode *node, const char *attr, uint64_t max,
		      uint64_t *value);

/**
 * domain_xml_size() - bytes in a <size> of libvirt's
 * @n: the element or NULL
 *
 * Return: bytes; 0 if there is none, or none that makes sense
 */
uint64_t domain_xml_size(xmlNode *n);

/**
 * domain_xml_ivr() - collect what the XML says about IVRing
 * @doc: from domain_xml_parse()
 * @ivr: filled in
 * @why: on failure one line that says what is wrong
 *
 * Return: 0; -EINVAL: not a domain, a number or role that is none or a value
 * too long; -EEXIST: two devices of ours
 */
int domain_xml_ivr(xmlDoc *doc, struct domain_ivr *ivr,
		   char why[DOMAIN_XML_WHY_MAX]);

/**
 * domain_xml_shm_fault() - what is wrong with the file of a VM of role peer?
 * @ivr: filled by domain_xml_ivr()
 * @vm: name of the VM
 *
 * Two VMs with one file would share their memory, so the name is the VM's.
 *
 * Return: NULL if nothing is, else the end of a sentence
 */
const char *domain_xml_shm_fault(const struct domain_ivr *ivr, const char *vm);

#endif
