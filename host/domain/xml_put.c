// SPDX-License-Identifier: GPL-2.0
/* xml_put.c - put elements and attributes into a domain's XML, and take out */
#include <stdio.h>

#include "domain/domain_xml.h"
#include "domain/xml_put.h"

#define XML(s) ((const xmlChar *)(s))

static xmlNode *new_indent(int depth)
{
	char text[32];

	snprintf(text, sizeof(text), "\n%*s", 2 * depth, "");
	return xmlNewText(XML(text));
}

void xml_put_child(xmlNode *parent, xmlNode *child, int depth)
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

xmlNode *xml_need_child(xmlNode *parent, xmlNs *ns, const char *name, int depth)
{
	xmlNode *n;

	n = domain_xml_child_ns(parent, ns ? (const char *)ns->href : NULL,
				name);
	if (n)
		return n;
	n = xmlNewNode(ns, XML(name));
	xml_put_child(parent, n, depth);
	return n;
}

void xml_set(xmlNode *node, const char *attr, const char *value)
{
	if (!value)
		xmlUnsetProp(node, XML(attr));
	else if (!domain_xml_attr_is(node, attr, value))
		xmlSetProp(node, XML(attr), XML(value));
}

void xml_remove(xmlNode *node)
{
	xmlNode *before;

	if (!node)
		return;
	before = node->prev;
	if (before && xmlNodeIsText(before) && xmlIsBlankNode(before)) {
		xmlUnlinkNode(before);
		xmlFreeNode(before);
	}
	xmlUnlinkNode(node);
	xmlFreeNode(node);
}

static xmlNs *need_ns(xmlNode *node, const char *uri, const char *prefix)
{
	xmlNs *ns = xmlSearchNsByHref(node->doc, node, XML(uri));

	return ns ? ns : xmlNewNs(node, XML(uri), XML(prefix));
}

/* The child of that name whose @attr is @value, made if there is none. */
static xmlNode *need_named(xmlNode *parent, xmlNs *ns, const char *name,
			   const char *attr, const char *value, int depth)
{
	xmlNode *n;

	for (n = parent->children; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE && n->ns &&
		    xmlStrEqual(n->ns->href, ns->href) &&
		    xmlStrEqual(n->name, XML(name)) &&
		    domain_xml_attr_is(n, attr, value))
			return n;
	n = xmlNewNode(ns, XML(name));
	xml_put_child(parent, n, depth);
	xml_set(n, attr, value);
	return n;
}

void xml_put_override(xmlNode *domain, const char *alias, const char *property,
		      const char *type, const char *value)
{
	xmlNs *ns = need_ns(domain, DOMAIN_XML_QEMU_NS, "qemu");
	xmlNode *n = domain_xml_override(domain, alias, property);

	if (!n) {
		n = xml_need_child(domain, ns, "override", 1);
		n = need_named(n, ns, "device", "alias", alias, 2);
		n = xml_need_child(n, ns, "frontend", 3);
		n = need_named(n, ns, "property", "name", property, 4);
	}
	xml_set(n, "type", type);
	xml_set(n, "value", value);
}

void xml_remove_override(xmlNode *domain, const char *alias,
			 const char *property)
{
	xmlNode *n = domain_xml_override(domain, alias, property), *parent;

	while (n && n != domain) {
		parent = n->parent;
		xml_remove(n);
		n = xmlFirstElementChild(parent) ? NULL : parent;
	}
}
