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

#include "domain/domain_edit.h"
#include "domain/domain_port.h"

#define SERVER "/run/ivring/demo/qemu.sock"

static const struct domain_want want_peer = { .role = DOMAIN_PEER,
					      .shm = "ivring-demo",
					      .size = 16 << 20 };

static const struct domain_want want = { .server = SERVER, .size = 16 << 20 };

static const char plain[] = "<domain type='kvm'>\n"
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
		plain,
		"<domain/>",
		"<domain><devices/></domain>",
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
		"</qemu:device></qemu:override></domain>",
		&want);

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
			    "</disk></devices></domain>",
			    &want);

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
	xmlDoc *doc = parse(
		"<domain><devices><disk><address type='pci' "
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
		n += snprintf(text + n, sizeof(text) - n,
			      "<disk><address "
			      "type='pci' bus='0' slot='%d'/></disk>",
			      i);
	snprintf(text + n, sizeof(text) - n, "</devices></domain>");
	doc = parse(text);
	assert_int_equal(domain_edit(doc, &want, why), -ENOSPC);
	assert_true(why[0]);
	xmlFreeDoc(doc);
}

/* What it costs to believe in: a device that fits the port, alone there. */
static void expect_peer(const char *text, unsigned int bus)
{
	char why[DOMAIN_XML_WHY_MAX];
	struct domain_port port;
	struct domain_ivr ivr;
	xmlDoc *doc = parse(text);

	assert_int_equal(domain_xml_ivr(doc, &ivr, why), 0);
	assert_true(ivr.role == DOMAIN_PEER && ivr.present && ivr.plain);
	assert_false(ivr.master || ivr.override);
	assert_int_equal(ivr.plain_size, 16 << 20);
	assert_int_equal(ivr.size, 16 << 20);
	assert_string_equal(ivr.shm, "ivring-demo");
	domain_port_find(domain_xml_root(doc), &port);
	assert_true(port.present && port.holds_ours && !port.shared);
	assert_int_equal(port.bus, bus);
	assert_int_equal(port.reserve, 32 << 20);
	xmlFreeDoc(doc);
}

static void peer_gets_a_port(void **state)
{
	static const struct {
		const char *from;
		unsigned int bus;
	} cases[] = {
		{ plain, 1 },
		{ "<domain><os><type machine='pc-q35-7.2'>hvm</type></os>"
		  "<devices><controller type='pci' index='0' "
		  "model='pcie-root'/><controller type='pci' index='4' "
		  "model='pcie-root-port'/><controller type='usb' index='9'/>"
		  "</devices></domain>",
		  5 },
		{ "<domain><devices><disk><address type='pci' bus='0x0a' "
		  "slot='0x00'/></disk></devices></domain>",
		  11 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *once = edited(cases[i].from, &want_peer);
		char *twice = edited(once, &want_peer);

		expect_peer(once, cases[i].bus);
		assert_string_equal(once, twice);
		free(once);
		free(twice);
	}
}

static void a_role_can_be_changed(void **state)
{
	char *master = edited(plain, &want);
	char *peer = edited(master, &want_peer);
	char *back = edited(peer, &want);

	expect_peer(peer, 1);
	assert_null(strstr(peer, "<server"));
	assert_null(strstr(peer, "<msi"));
	/* It would make QEMU migrate the memory after all. */
	assert_null(strstr(peer, "name=\"master\""));
	expect_good(back);
	assert_null(strstr(back, "<size"));
	assert_null(strstr(back, "role=\"peer\""));
	free(master);
	free(peer);
	free(back);
}

/* As libvirt writes it back; its own words for the same stay. */
static void what_libvirt_makes_of_it_stays(void **state)
{
	static const char from[] =
		"<domain xmlns:qemu='" DOMAIN_XML_QEMU_NS "'><metadata>"
		"<i:ivring xmlns:i='urn:ivring:1' size='16777216' role='peer' "
		"shm='ivring-demo'/></metadata><os><type machine='q35'/></os>"
		"<devices><controller type='pci' index='2' "
		"model='pcie-root-port'><target chassis='2' port='0x9'/>"
		"<alias name='ua-ivring-port'/><address type='pci' bus='0x00' "
		"slot='0x01'/></controller><shmem name='ivring-demo' "
		"role='peer'><model type='ivshmem-plain'/><size unit='M'>16"
		"</size><alias name='ua-ivring'/><address type='pci' "
		"domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>"
		"</shmem></devices><qemu:override><qemu:device "
		"alias='ua-ivring-port'><qemu:frontend><qemu:property "
		"name='pref64-reserve' type='unsigned' value='33554432'/>"
		"</qemu:frontend></qemu:device></qemu:override></domain>";
	xmlDoc *doc = parse(from);
	char *before = dump(doc), *after = edited(from, &want_peer);

	assert_string_equal(before, after);
	xmlFreeDoc(doc);
	free(before);
	free(after);
}

static void room_grows_with_the_size(void **state)
{
	struct domain_want more = want_peer;
	char *text = edited(plain, &want_peer), *grown;

	more.size = 64 << 20;
	grown = edited(text, &more);
	assert_non_null(strstr(grown, "value=\"134217728\""));
	assert_null(strstr(grown, "33554432"));
	assert_true(domain_port_room(64 << 10) == 2 << 20);
	free(text);
	free(grown);
}

static void peer_is_refused(void **state)
{
	static const struct {
		const char *from;
		int ret;
	} cases[] = {
		{ "<domain><os><type machine='pc-i440fx-7.2'/></os></domain>",
		  -EOPNOTSUPP },
		{ "<domain><os><type>hvm</type></os></domain>", -EOPNOTSUPP },
		{ "<domain><devices><controller type='pci' index='3' "
		  "model='pcie-root-port'><alias name='ua-ivring-port'/>"
		  "</controller><disk><address type='pci' bus='0x03' "
		  "slot='0x00'/></disk></devices></domain>",
		  -EEXIST },
		{ "<domain><devices><controller type='pci' index='255'/>"
		  "</devices></domain>",
		  -ENOSPC },
	};
	char why[DOMAIN_XML_WHY_MAX];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		xmlDoc *doc = parse(cases[i].from);

		why[0] = '\0';
		assert_int_equal(domain_edit(doc, &want_peer, why),
				 cases[i].ret);
		assert_true(why[0]);
		xmlFreeDoc(doc);
	}
}

static void the_device_alone(void **state)
{
	char why[DOMAIN_XML_WHY_MAX], *text = edited(plain, &want_peer), *dev;
	xmlDoc *doc = parse(text);
	xmlNode *ours;

	dev = domain_edit_device(doc, why);
	assert_non_null(
		strstr(dev, "<shmem name=\"ivring-demo\" role=\"peer\">"));
	assert_non_null(strstr(dev, "bus=\"0x01\" slot=\"0x00\""));
	/* The same of a domain that is without it. */
	assert_int_equal(domain_xml_device(domain_xml_root(doc), &ours), 0);
	xmlUnlinkNode(ours);
	xmlFreeNode(ours);
	free(text);
	text = domain_edit_device(doc, why);
	assert_string_equal(dev, text);
	xmlFreeDoc(doc);
	free(dev);
	free(text);

	doc = parse(plain);
	assert_null(domain_edit_device(doc, why));
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
		"",	   ":",	  "1:",	    "00",	   "20",
		"10.8",	   "10.", "100:01", "x",	   "-1",
		"0:0:0:1", "10 ", "0x10",   "00000:01:02", NULL
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
		cmocka_unit_test(peer_gets_a_port),
		cmocka_unit_test(a_role_can_be_changed),
		cmocka_unit_test(what_libvirt_makes_of_it_stays),
		cmocka_unit_test(room_grows_with_the_size),
		cmocka_unit_test(peer_is_refused),
		cmocka_unit_test(the_device_alone),
		cmocka_unit_test(names_are_escaped),
		cmocka_unit_test(addresses),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
