// SPDX-License-Identifier: GPL-2.0
/* domain_edit.c - what `ivring xml` puts in, and that it does so only once */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ivring/domain_edit.h"

#define SERVER	"/run/ivring/demo/qemu.sock"

static const struct domain_want want = { .server = SERVER, .size = 16 << 20 };

static const char plain[] =
	"<domain type='kvm'>\n"
	"  <name>demo</name>\n"
	"  <!-- kept -->\n"
	"  <devices>\n"
	"    <disk type='file'/>\n"
	"  </devices>\n"
	"</domain>";

static xmlDoc *parse(const char *text)
{
	char why[DOMAIN_XML_WHY_MAX];
	xmlDoc *doc = domain_xml_parse(text, strlen(text), why);

	assert_non_null(doc);
	return doc;
}

static char *dump(xmlDoc *doc)
{
	xmlBuffer *buf = xmlBufferCreate();
	char *text;

	xmlNodeDump(buf, doc, xmlDocGetRootElement(doc), 0, 0);
	text = strdup((const char *)xmlBufferContent(buf));
	xmlBufferFree(buf);
	return text;
}

/* Edit a text; the result is the caller's. */
static char *edited(const char *from, const struct domain_want *w)
{
	char why[DOMAIN_XML_WHY_MAX] = "", *text;
	xmlDoc *doc = parse(from);

	assert_int_equal(domain_edit(doc, w, why), 0);
	text = dump(doc);
	xmlFreeDoc(doc);
	return text;
}

static void expect_good(const char *text)
{
	char why[DOMAIN_XML_WHY_MAX];
	struct domain_ivr ivr;
	xmlDoc *doc = parse(text);

	assert_int_equal(domain_xml_ivr(doc, &ivr, why), 0);
	assert_true(ivr.present && ivr.doorbell && ivr.master && ivr.override &&
		    ivr.addressed);
	assert_string_equal(ivr.server, SERVER);
	assert_int_equal(ivr.vectors, 2);
	assert_int_equal(ivr.size, 16 << 20);
	xmlFreeDoc(doc);
}

static void all_is_put_in(void **state)
{
	char *text = edited(plain, &want);

	expect_good(text);
	assert_non_null(strstr(text, "<disk type=\"file\"/>"));
	assert_non_null(strstr(text, "  <!-- kept -->\n"));
	assert_non_null(strstr(text, "\n    <shmem name=\"ivring\" "
			       "role=\"master\">\n      <model "));
	assert_non_null(strstr(text, "\n  </devices>\n"));
	assert_non_null(strstr(text, "slot=\"0x10\""));
	free(text);
}

static void twice_is_once(void **state)
{
	static const char *const from[] = {
		plain, "<domain/>", "<domain><devices/></domain>",
		"<domain><metadata/><devices>\n</devices></domain>",
	};
	size_t i;

	for (i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		char *once = edited(from[i], &want);
		char *twice = edited(once, &want);

		expect_good(once);
		assert_string_equal(once, twice);
		free(once);
		free(twice);
	}
}

static void wrong_is_set_right(void **state)
{
	char *text = edited(
		"<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
		"<metadata><i:ivring xmlns:i='urn:ivring:1' size='4096'/>"
		"<x:other xmlns:x='u:x'/></metadata>"
		"<devices><shmem name='ivring' role='peer'>"
		"<model type='ivshmem-plain'/><size unit='M'>4</size>"
		"<server path='/tmp/x'/><msi vectors='1'/></shmem></devices>"
		"<qemu:override><qemu:device alias='other'/>"
		"<qemu:device alias='ua-ivring'><qemu:frontend><qemu:property "
		"name='master' type='bool' value='false'/></qemu:frontend>"
		"</qemu:device></qemu:override></domain>", &want);

	expect_good(text);
	assert_null(strstr(text, "<size"));
	assert_non_null(strstr(text, "x:other"));
	assert_non_null(strstr(text, "alias=\"other\""));
	assert_null(strstr(text, "false"));
	free(text);
}

static void an_alias_is_kept(void **state)
{
	char *text = edited("<domain><devices><shmem name='ivring'>"
			    "<alias name='ua-mine'/></shmem></devices></domain>",
			    &want);

	expect_good(text);
	assert_non_null(strstr(text, "<qemu:device alias=\"ua-mine\">"));
	assert_null(strstr(text, "ua-ivring"));
	free(text);
}

static void a_size_is_kept(void **state)
{
	struct domain_want other = { .server = SERVER };
	char *once = edited(plain, &want), *text = edited(once, &other);

	assert_string_equal(once, text);
	free(once);
	free(text);
}

static void a_free_slot_is_chosen(void **state)
{
	char *text = edited("<domain><devices>"
			    "<disk><address type='pci' bus='0x00' slot='0x10'/>"
			    "</disk><disk><address type='pci' domain='0' bus='0'"
			    " slot='17'/></disk>"
			    "<disk><address type='pci' bus='0x01' slot='0x12'/>"
			    "</disk></devices></domain>", &want);

	assert_non_null(strstr(text, "bus=\"0x00\" slot=\"0x12\""));
	free(text);
}

static void a_slot_is_taken_as_told(void **state)
{
	struct pci_address slot = { .bus = 4, .slot = 1 };
	struct domain_want there = want;
	char *once = edited(plain, &want), *text;

	there.slot = &slot;
	text = edited(once, &there);
	assert_non_null(strstr(text, "bus=\"0x04\" slot=\"0x01\""));
	assert_null(strstr(text, "0x10"));
	free(once);
	free(text);
}

static void a_used_slot_is_refused(void **state)
{
	struct pci_address slot = { .slot = 5 };
	struct domain_want there = want;
	char why[DOMAIN_XML_WHY_MAX] = "";
	xmlDoc *doc = parse("<domain><devices><disk><address type='pci' "
			    "bus='0x00' slot='0x05'/></disk></devices></domain>");

	there.slot = &slot;
	assert_int_equal(domain_edit(doc, &there, why), -EEXIST);
	assert_non_null(strstr(why, "0000:00:05"));
	xmlFreeDoc(doc);
}

static void a_full_bus_is_refused(void **state)
{
	char text[8192] = "<domain><devices>", why[DOMAIN_XML_WHY_MAX] = "";
	size_t n = strlen(text);
	xmlDoc *doc;
	int i;

	for (i = 1; i < 32; i++)
		n += snprintf(text + n, sizeof(text) - n, "<disk><address "
			      "type='pci' bus='0' slot='%d'/></disk>", i);
	snprintf(text + n, sizeof(text) - n, "</devices></domain>");
	doc = parse(text);
	assert_int_equal(domain_edit(doc, &want, why), -ENOSPC);
	assert_true(why[0]);
	xmlFreeDoc(doc);
}

static void names_are_escaped(void **state)
{
	xmlDoc *doc = domain_edit_skeleton("a&b<c>");
	char *text, *after;

	assert_non_null(doc);
	text = dump(doc);
	xmlFreeDoc(doc);
	after = edited(text, &want);
	assert_non_null(strstr(after, "<name>a&amp;b&lt;c&gt;</name>"));
	free(text);
	free(after);
}

static void addresses(void **state)
{
	static const char *const bad[] = {
		"", ":", "1:", "00", "20", "10.8", "10.", "100:01", "x", "-1",
		"0:0:0:1", "10 ", "0x10", "00000:01:02", NULL
	};
	struct pci_address a;
	int i;

	for (i = 0; bad[i]; i++)
		assert_int_equal(pci_address_parse(bad[i], &a), -EINVAL);
	assert_int_equal(pci_address_parse("1f", &a), 0);
	assert_true(!a.domain && !a.bus && a.slot == 0x1f && !a.function);
	assert_int_equal(pci_address_parse("02:03", &a), 0);
	assert_true(!a.domain && a.bus == 2 && a.slot == 3 && !a.function);
	assert_int_equal(pci_address_parse("0001:02:03.4", &a), 0);
	assert_true(a.domain == 1 && a.bus == 2 && a.slot == 3 &&
		    a.function == 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_put_in),
		cmocka_unit_test(twice_is_once),
		cmocka_unit_test(wrong_is_set_right),
		cmocka_unit_test(an_alias_is_kept),
		cmocka_unit_test(a_size_is_kept),
		cmocka_unit_test(a_free_slot_is_chosen),
		cmocka_unit_test(a_slot_is_taken_as_told),
		cmocka_unit_test(a_used_slot_is_refused),
		cmocka_unit_test(a_full_bus_is_refused),
		cmocka_unit_test(names_are_escaped),
		cmocka_unit_test(addresses),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
