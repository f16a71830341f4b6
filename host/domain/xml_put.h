/* SPDX-License-Identifier: GPL-2.0 */
/* xml_put.h - put elements and attributes into a domain's XML, and take out */
#ifndef IVR_DOMAIN_XML_PUT_H
#define IVR_DOMAIN_XML_PUT_H

#include <libxml/tree.h>

/**
 * xml_put_child() - append a child, indented as libvirt does
 * @parent: element
 * @child: new node; now the tree's
 * @depth: of the child; <domain> has 0
 */
void xml_put_child(xmlNode *parent, xmlNode *child, int depth);

/**
 * xml_need_child() - the first child with that name, made if there is none
 * @parent: element
 * @ns: namespace or NULL
 * @name: of the child
 * @depth: of the child
 *
 * Return: the child
 */
xmlNode *xml_need_child(xmlNode *parent, xmlNs *ns, const char *name,
			int depth);

/**
 * xml_set() - give an attribute a value; what is right already is not touched
 * @node: element
 * @attr: name
 * @value: of the attribute; NULL removes it
 */
void xml_set(xmlNode *node, const char *attr, const char *value);

/**
 * xml_remove() - take an element out, and the blanks before it
 * @node: element or NULL
 */
void xml_remove(xmlNode *node);

/**
 * xml_put_override() - set a property of QEMU's device in <qemu:override>
 * @domain: from domain_xml_root()
 * @alias: of the device
 * @property: its name
 * @type: as libvirt knows them: string, unsigned, signed, bool
 * @value: of the property
 */
void xml_put_override(xmlNode *domain, const char *alias, const char *property,
		      const char *type, const char *value);

/**
 * xml_remove_override() - take it out again, with what is empty then
 * @domain: from domain_xml_root()
 * @alias: of the device
 * @property: its name
 */
void xml_remove_override(xmlNode *domain, const char *alias,
			 const char *property);

#endif
