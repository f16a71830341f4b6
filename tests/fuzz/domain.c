// SPDX-License-Identifier: GPL-2.0
/* domain.c - the XML that libvirt's hook gets */
#include <libxml/parser.h>
#include <stdlib.h>

#include "domain/domain_edit.h"
#include "domain/domain_port.h"
#include "domain/domain_xml.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[DOMAIN_XML_WHY_MAX];
	xmlDoc *doc = domain_xml_parse((const char *)data, size, why);
	struct domain_port port;
	struct domain_ivr ivr;

	if (!doc)
		return 0;
	if (!domain_xml_ivr(doc, &ivr, why)) {
		domain_port_find(domain_xml_root(doc), &port);
		free(domain_edit_device(doc, why));
	}
	xmlFreeDoc(doc);
	return 0;
}
