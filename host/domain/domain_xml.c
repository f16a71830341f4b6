// SPDX-License-Identifier: GPL-2.0
/* domain_xml.c - a libvirt domain's XML, as far as it concerns us */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ivr_wire.h"
#include "domain/domain_xml.h"
#include "lib/file.h"
#include "lib/opts.h"

#define XML(s) ((const xmlChar *)(s))

static void xml_free(xmlChar **s)
{
	xmlFree(*s);
}

#define auto_xml __attribute__((cleanup(xml_free))) xmlChar

int domain_xml_read(int fd, char **text, size_t *len)
{
	return file_read_fd(fd, DOMAIN_XML_MAX, text, len);
}

static void refuse_doctype(void *arg, const xmlChar *name, const xmlChar *ext,
			   const xmlChar *sys)
{
	xmlParserCtxt *ctxt = arg;

	/* Before any entity of it can be declared, let alone expanded. */
	ctxt->_private = ctxt;
	xmlStopParser(ctxt);
}

static void explain(xmlParserCtxt *ctxt, char *why)
{
	const xmlError *e = xmlCtxtGetLastError(ctxt);
	size_t len;

	if (ctxt->_private) {
		snprintf(why, DOMAIN_XML_WHY_MAX,
			 "it has a DOCTYPE; libvirt writes none, remove it");
		return;
	}
	snprintf(why, DOMAIN_XML_WHY_MAX, "line %d: %s", e ? e->line : 0,
		 e && e->message ? e->message : "not XML");
	len = strcspn(why, "\n");
	why[len] = '\0';
}

xmlDoc *domain_xml_parse(const char *text, size_t len,
			 char why[DOMAIN_XML_WHY_MAX])
{
	xmlParserCtxt *ctxt;
	xmlDoc *doc;

	if (!len || len > DOMAIN_XML_MAX) {
		snprintf(why, DOMAIN_XML_WHY_MAX,
			 len ? "larger than %u bytes" : "no XML came",
			 DOMAIN_XML_MAX);
		return NULL;
	}
	ctxt = xmlNewParserCtxt();
	if (!ctxt) {
		snprintf(why, DOMAIN_XML_WHY_MAX, "out of memory");
		return NULL;
	}
	ctxt->sax->internalSubset = refuse_doctype;
	doc = xmlCtxtReadMemory(ctxt, text, len, NULL, NULL,
				XML_PARSE_NONET | XML_PARSE_NOERROR |
					XML_PARSE_NOWARNING);
	if (!doc || ctxt->_private) {
		explain(ctxt, why);
		xmlFreeDoc(doc);
		doc = NULL;
	}
	xmlFreeParserCtxt(ctxt);
	return doc;
}

xmlDoc *domain_xml_load(const char *path, char why[DOMAIN_XML_WHY_MAX])
{
	bool is_stdin = !strcmp(path, "-");
	xmlDoc *doc = NULL;
	char *text = NULL;
	size_t len = 0;
	int fd, ret;

	fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	ret = fd < 0 ? -errno : domain_xml_read(fd, &text, &len);
	if (fd >= 0 && !is_stdin)
		close(fd);
	if (ret)
		snprintf(why, DOMAIN_XML_WHY_MAX, "%s", strerror(-ret));
	else
		doc = domain_xml_parse(text, len, why);
	free(text);
	return doc;
}

static bool is_element(xmlNode *n, const char *ns, const char *name)
{
	if (n->type != XML_ELEMENT_NODE || !xmlStrEqual(n->name, XML(name)))
		return false;
	if (!ns || !n->ns)
		return !ns && !n->ns;
	return xmlStrEqual(n->ns->href, XML(ns));
}

xmlNode *domain_xml_child_ns(xmlNode *parent, const char *ns, const char *name)
{
	xmlNode *n;

	for (n = parent ? parent->children : NULL; n; n = n->next)
		if (is_element(n, ns, name))
			return n;
	return NULL;
}

xmlNode *domain_xml_child(xmlNode *parent, const char *name)
{
	return domain_xml_child_ns(parent, NULL, name);
}

xmlNode *domain_xml_root(xmlDoc *doc)
{
	xmlNode *root = xmlDocGetRootElement(doc);

	if (root && is_element(root, NULL, "domstatus"))
		return domain_xml_child(root, "domain");
	return root && is_element(root, NULL, "domain") ? root : NULL;
}

bool domain_xml_attr_is(xmlNode *node, const char *attr, const char *value)
{
	auto_xml *v = node ? xmlGetNoNsProp(node, XML(attr)) : NULL;

	return v && xmlStrEqual(v, XML(value));
}

static int copy(const xmlChar *from, char *buf, size_t size)
{
	buf[0] = '\0';
	if (!from)
		return -ENOENT;
	if (strlen((const char *)from) >= size)
		return -ENAMETOOLONG;
	strcpy(buf, (const char *)from);
	return 0;
}

int domain_xml_attr(xmlNode *node, const char *attr, char *buf, size_t size)
{
	auto_xml *v = node ? xmlGetNoNsProp(node, XML(attr)) : NULL;

	return copy(v, buf, size);
}

xmlNode *domain_xml_metadata(xmlNode *domain)
{
	return domain_xml_child_ns(domain_xml_child(domain, "metadata"),
				   DOMAIN_XML_NS, DOMAIN_XML_DEVICE);
}

int domain_xml_device(xmlNode *domain, xmlNode **device)
{
	auto_xml *shm = xmlGetNoNsProp(domain_xml_metadata(domain), XML("shm"));
	xmlNode *n = domain_xml_child(domain, "devices");

	*device = NULL;
	for (n = n ? n->children : NULL; n; n = n->next) {
		if (!is_element(n, NULL, "shmem") ||
		    (!domain_xml_attr_is(n, "name", DOMAIN_XML_DEVICE) &&
		     !(shm && domain_xml_attr_is(n, "name", (char *)shm))))
			continue;
		if (*device)
			return -EEXIST;
		*device = n;
	}
	return 0;
}

xmlNode *domain_xml_override(xmlNode *domain, const char *alias,
			     const char *property)
{
	const char *ns = DOMAIN_XML_QEMU_NS;
	xmlNode *dev, *prop;

	dev = domain_xml_child_ns(domain, ns, "override");
	for (dev = dev ? dev->children : NULL; dev; dev = dev->next) {
		if (!is_element(dev, ns, "device") ||
		    !domain_xml_attr_is(dev, "alias", alias))
			continue;
		prop = domain_xml_child_ns(dev, ns, "frontend");
		prop = prop ? prop->children : NULL;
		for (; prop; prop = prop->next)
			if (is_element(prop, ns, "property") &&
			    domain_xml_attr_is(prop, "name", property))
				return prop;
	}
	return NULL;
}

int domain_xml_number(xmlNode *node, const char *attr, uint64_t max,
		      uint64_t *value)
{
	char text[32];
	uint64_t v;
	int ret;

	ret = domain_xml_attr(node, attr, text, sizeof(text));
	if (ret)
		return ret == -ENOENT ? 0 : -EINVAL;
	if (parse_size(text, &v) || v > max)
		return -EINVAL;
	*value = v;
	return 0;
}

uint64_t domain_xml_size(xmlNode *n)
{
	auto_xml *text = n ? xmlNodeGetContent(n) : NULL;
	char unit[8] = "", number[32];
	uint64_t size;
	size_t len;

	if (!text)
		return 0;
	/* Without a unit it is KiB; "b" and "bytes" are what they say. */
	if (domain_xml_attr(n, "unit", unit, sizeof(unit)))
		strcpy(unit, "K");
	len = strspn((char *)text, "0123456789");
	snprintf(number, sizeof(number), "%.*s%.1s", (int)len, text,
		 unit[0] == 'b' ? "" : unit);
	return parse_size(number, &size) ? 0 : size;
}

static bool is_uuid(const char *text)
{
	int i;

	for (i = 0; i < DOMAIN_XML_UUID_MAX - 1; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ?
			    text[i] != '-' :
			    !isxdigit((unsigned char)text[i]))
			return false;
	return !text[i];
}

static void collect_uuid(xmlNode *domain, char uuid[DOMAIN_XML_UUID_MAX])
{
	xmlNode *n = domain_xml_child(domain, "uuid");
	auto_xml *text = n ? xmlNodeGetContent(n) : NULL;

	/* The reader would not start with something else. */
	if (text && is_uuid((char *)text))
		copy(text, uuid, DOMAIN_XML_UUID_MAX);
}

static int collect_metadata(xmlNode *meta, struct domain_ivr *ivr, char *why)
{
	static const char *const names[] = DOMAIN_ROLE_NAMES;

	if (domain_xml_number(meta, "size", UINT64_MAX, &ivr->size)) {
		snprintf(why, DOMAIN_XML_WHY_MAX,
			 "the size in the metadata of IVRing is no number");
		return -EINVAL;
	}
	if (domain_xml_attr_is(meta, "role", names[DOMAIN_PEER])) {
		ivr->role = DOMAIN_PEER;
	} else if (meta && xmlHasProp(meta, XML("role")) &&
		   !domain_xml_attr_is(meta, "role", names[DOMAIN_MASTER])) {
		snprintf(why, DOMAIN_XML_WHY_MAX,
			 "the role in the metadata of "
			 "IVRing is neither master nor peer");
		return -EINVAL;
	}
	if (domain_xml_attr(meta, "shm", ivr->shm, sizeof(ivr->shm)) ==
	    -ENAMETOOLONG) {
		snprintf(why, DOMAIN_XML_WHY_MAX,
			 "the shm in the metadata of IVRing is too long");
		return -EINVAL;
	}
	return 0;
}

static int collect_device(xmlNode *domain, xmlNode *dev, struct domain_ivr *ivr,
			  char *why)
{
	uint64_t vectors = 1;

	ivr->present = true;
	ivr->doorbell = domain_xml_attr_is(domain_xml_child(dev, "model"),
					   "type", DOMAIN_XML_MODEL);
	ivr->plain = domain_xml_attr_is(domain_xml_child(dev, "model"), "type",
					DOMAIN_XML_PLAIN);
	ivr->plain_size = domain_xml_size(domain_xml_child(dev, "size"));
	ivr->master = domain_xml_attr_is(dev, "role", "master");
	ivr->addressed = domain_xml_attr_is(domain_xml_child(dev, "address"),
					    "type", "pci");
	if (domain_xml_attr(domain_xml_child(dev, "server"), "path",
			    ivr->server,
			    sizeof(ivr->server)) == -ENAMETOOLONG ||
	    domain_xml_attr(domain_xml_child(dev, "alias"), "name", ivr->alias,
			    sizeof(ivr->alias)) == -ENAMETOOLONG ||
	    domain_xml_number(domain_xml_child(dev, "msi"), "vectors",
			      UINT16_MAX, &vectors)) {
		snprintf(why, DOMAIN_XML_WHY_MAX,
			 "<shmem name='%s'>: alias, "
			 "server path or msi vectors make no sense",
			 DOMAIN_XML_DEVICE);
		return -EINVAL;
	}
	ivr->vectors = vectors;
	ivr->override = domain_xml_attr_is(domain_xml_override(domain,
							       ivr->alias,
							       "master"),
					   "value", "on");
	return 0;
}

int domain_xml_ivr(xmlDoc *doc, struct domain_ivr *ivr,
		   char why[DOMAIN_XML_WHY_MAX])
{
	xmlNode *domain = domain_xml_root(doc), *n;

	memset(ivr, 0, sizeof(*ivr));
	if (!domain) {
		snprintf(why, DOMAIN_XML_WHY_MAX, "not the XML of a domain");
		return -EINVAL;
	}
	n = domain_xml_child(domain, "name");
	if (n) {
		auto_xml *name = xmlNodeGetContent(n);

		copy(name, ivr->name, sizeof(ivr->name));
	}
	collect_uuid(domain, ivr->uuid);
	if (collect_metadata(domain_xml_metadata(domain), ivr, why))
		return -EINVAL;
	if (domain_xml_device(domain, &n)) {
		snprintf(why, DOMAIN_XML_WHY_MAX,
			 "there are two <shmem> of "
			 "IVRing; remove one");
		return -EEXIST;
	}
	return n ? collect_device(domain, n, ivr, why) : 0;
}

const char *domain_xml_shm_fault(const struct domain_ivr *ivr, const char *vm)
{
	size_t n = strlen(IVR_SHM_PREFIX);

	if (!ivr->shm[0])
		return "is missing";
	if (strncmp(ivr->shm, IVR_SHM_PREFIX, n) || strcmp(ivr->shm + n, vm))
		return "is not " IVR_SHM_PREFIX "VM, and another VM might have "
		       "the same";
	return NULL;
}
