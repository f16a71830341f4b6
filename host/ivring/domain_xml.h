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
 * The XML is read with libxml2 without network, external entities or document
 * type: libvirt writes none, so one that is there is somebody's attack.
 */
#ifndef IVRING_DOMAIN_XML_H
#define IVRING_DOMAIN_XML_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ivr_msg.h"

#define DOMAIN_XML_DEVICE	"ivring"	/* shmem name */
#define DOMAIN_XML_ALIAS	"ua-ivring"	/* libvirt keeps ua-* only */
#define DOMAIN_XML_MODEL	"ivshmem-doorbell"
#define DOMAIN_XML_NS		"urn:ivring:1"	/* of our metadata */
#define DOMAIN_XML_NS_PREFIX	"ivring"
#define DOMAIN_XML_QEMU_NS	"http://libvirt.org/schemas/domain/qemu/1.0"

/* Largest XML taken; a domain with 1000 disks has less than 1 MiB. */
#define DOMAIN_XML_MAX		(4u << 20)

#define DOMAIN_XML_WHY_MAX	160

/**
 * struct domain_ivr - what a domain's XML says about IVRing
 * @name: name of the domain; empty if it has none
 * @present: there is a <shmem name='ivring'>; the rest is about it
 * @doorbell: its model is ivshmem-doorbell
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
	bool present;
	bool doorbell;
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
 * domain_xml_device() - our <shmem>
 * @domain: from domain_xml_root()
 * @device: set to the element, NULL if there is none
 *
 * Return: 0, or -EEXIST if there are two
 */
int domain_xml_device(xmlNode *domain, xmlNode **device);

/**
 * domain_xml_override() - the <qemu:property name='master'> of an alias
 * @domain: from domain_xml_root()
 * @alias: of the device
 *
 * Return: the property element or NULL
 */
xmlNode *domain_xml_override(xmlNode *domain, const char *alias);

/**
 * domain_xml_ivr() - collect what the XML says about IVRing
 * @doc: from domain_xml_parse()
 * @ivr: filled in
 * @why: on failure one line that says what is wrong
 *
 * Return: 0; -EINVAL: not a domain, a number that is none or a value too long;
 * -EEXIST: two devices of ours
 */
int domain_xml_ivr(xmlDoc *doc, struct domain_ivr *ivr,
		   char why[DOMAIN_XML_WHY_MAX]);

/**
 * domain_xml_size_fault() - what is wrong with a size of the memory?
 * @bytes: the size
 *
 * QEMU aborts on a size that is no power of two, so nobody may come that far.
 *
 * Return: NULL if nothing is, else the end of a sentence
 */
const char *domain_xml_size_fault(uint64_t bytes);

#endif
