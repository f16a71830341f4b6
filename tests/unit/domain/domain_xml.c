// SPDX-License-Identifier: GPL-2.0
/* domain_xml.c - what is read from a domain's XML, and what is refused */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "domain/domain_xml.h"

#define SHMEM(name, role)                                             \
	"<shmem name='" name "' role='" role "'>"                     \
	"<model type='ivshmem-doorbell'/>"                            \
	"<server path='/run/ivring/demo/qemu.sock'/>"                 \
	"<msi vectors='2' ioeventfd='on'/><alias name='ua-ivring'/>"  \
	"<address type='pci' domain='0x0000' bus='0x00' slot='0x10' " \
	"function='0x0'/></shmem>"

#define OVERRIDE(alias, value)                                           \
	"<qemu:override><qemu:device alias='" alias "'><qemu:frontend>"  \
	"<qemu:property name='master' type='string' value='" value "'/>" \
	"</qemu:frontend></qemu:device></qemu:override>"

#define DOMAIN(devices, rest)                                      \
	"<domain type='kvm' "                                      \
	"xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>" \
	"<name>demo</name><devices>" devices "</devices>" rest "</domain>"

#define METADATA(size)                                           \
	"<metadata><i:ivring xmlns:i='urn:ivring:1' size='" size \
	"'/></metadata>"

static int look(const char *text, struct domain_ivr *ivr)
{
	char why[DOMAIN_XML_WHY_MAX] = "";
	xmlDoc *doc = domain_xml_parse(text, strlen(text), why);
	int ret;

	if (!doc) {
		assert_true(why[0]);
		assert_null(strchr(why, '\n'));
		return -EBADMSG;
	}
	ret = domain_xml_ivr(doc, ivr, why);
	if (ret) {
		assert_true(why[0]);
		assert_null(strchr(why, '\n'));
	}
	xmlFreeDoc(doc);
	return ret;
}

static void all_is_read(void **state)
{
	struct domain_ivr ivr;

	assert_int_equal(look(DOMAIN(SHMEM("ivring", "master"),
				     METADATA("16777216")
					     OVERRIDE("ua-ivring", "on")),
			      &ivr),
			 0);
	assert_string_equal(ivr.name, "demo");
	assert_true(ivr.present && ivr.doorbell && ivr.master && ivr.override &&
		    ivr.addressed);
	assert_string_equal(ivr.alias, "ua-ivring");
	assert_string_equal(ivr.server, "/run/ivring/demo/qemu.sock");
	assert_int_equal(ivr.vectors, 2);
	assert_int_equal(ivr.size, 16 << 20);
}

#define WITH_UUID(uuid) "<domain><uuid>" uuid "</uuid></domain>"

static void uuid_is_read(void **state)
{
	struct domain_ivr ivr;

	assert_int_equal(look(WITH_UUID("0f19b0b5-08f4-483D-9e9a-297cc28411fe"),
			      &ivr),
			 0);
	assert_string_equal(ivr.uuid, "0f19b0b5-08f4-483D-9e9a-297cc28411fe");
	assert_int_equal(look(WITH_UUID("0f19b0b508f4483d9e9a297cc28411fe"),
			      &ivr),
			 0);
	assert_string_equal(ivr.uuid, "");
	assert_int_equal(look(WITH_UUID("0f19b0b5-08f4-483d-9e9a-297cc28411feX"),
			      &ivr),
			 0);
	assert_string_equal(ivr.uuid, "");
	assert_int_equal(look(WITH_UUID("--vm=x"), &ivr), 0);
	assert_string_equal(ivr.uuid, "");
	assert_int_equal(look("<domain><uuid/></domain>", &ivr), 0);
	assert_string_equal(ivr.uuid, "");
}

static void no_device(void **state)
{
	struct domain_ivr ivr;

	assert_int_equal(look(DOMAIN("<disk/>", ""), &ivr), 0);
	assert_false(ivr.present);
	assert_int_equal(look("<domain/>", &ivr), 0);
	assert_false(ivr.present);
	assert_string_equal(ivr.name, "");
}

static void others_are_not_ours(void **state)
{
	struct domain_ivr ivr;

	assert_int_equal(look(DOMAIN(SHMEM("other", "peer"), ""), &ivr), 0);
	assert_false(ivr.present);
	assert_int_equal(look(DOMAIN(SHMEM("other", "peer")
					     SHMEM("ivring", "master")
						     SHMEM("third", "peer"),
				     ""),
			      &ivr),
			 0);
	assert_true(ivr.present && ivr.master);
	assert_int_equal(look(DOMAIN("<x:shmem xmlns:x='u:x' name='ivring'/>",
				     ""),
			      &ivr),
			 0);
	assert_false(ivr.present);
}

static void two_of_ours(void **state)
{
	struct domain_ivr ivr;

	assert_int_equal(look(DOMAIN(SHMEM("ivring", "master")
					     SHMEM("ivring", "master"),
				     ""),
			      &ivr),
			 -EEXIST);
}

static void faults_are_seen(void **state)
{
	struct domain_ivr ivr;

	assert_int_equal(look(DOMAIN(SHMEM("ivring", "peer"), ""), &ivr), 0);
	assert_false(ivr.master || ivr.override);
	assert_int_equal(ivr.size, 0);
	assert_int_equal(look(DOMAIN(SHMEM("ivring", "master"),
				     OVERRIDE("shmem0", "on")),
			      &ivr),
			 0);
	assert_false(ivr.override);
	assert_int_equal(look(DOMAIN(SHMEM("ivring", "master"),
				     OVERRIDE("ua-ivring", "off")),
			      &ivr),
			 0);
	assert_false(ivr.override);
	assert_int_equal(look(DOMAIN("<shmem name='ivring'/>", ""), &ivr), 0);
	assert_true(ivr.present);
	assert_false(ivr.doorbell || ivr.master || ivr.addressed);
	assert_int_equal(ivr.vectors, 1);
}

static void status_file(void **state)
{
	struct domain_ivr ivr;

	assert_int_equal(look("<domstatus state='running'>" DOMAIN(
				      SHMEM("ivring", "master"),
				      "") "</domstatus>",
			      &ivr),
			 0);
	assert_true(ivr.present);
}

static void not_a_domain(void **state)
{
	struct domain_ivr ivr;

	assert_int_equal(look("<network/>", &ivr), -EINVAL);
	assert_int_equal(look("<x:domain xmlns:x='u:x'/>", &ivr), -EINVAL);
	assert_int_equal(look("<domstatus/>", &ivr), -EINVAL);
	assert_int_equal(look("", &ivr), -EBADMSG);
	assert_int_equal(look("no xml", &ivr), -EBADMSG);
	assert_int_equal(look("<domain><devices></domain>", &ivr), -EBADMSG);
}

#define PEER(name, size)                                                \
	"<shmem name='" name                                            \
	"' role='peer'><model type='ivshmem-plain'/>" size              \
	"<alias name='ua-ivring'/><address type='pci' domain='0x0000' " \
	"bus='0x07' slot='0x00' function='0x0'/></shmem>"

#define PEER_META                                                     \
	"<metadata><i:ivring xmlns:i='urn:ivring:1' size='16777216' " \
	"role='peer' shm='ivring-demo'/></metadata>"

static void role_peer(void **state)
{
	struct domain_ivr ivr;

	assert_int_equal(look(DOMAIN(PEER("ivring-demo",
					  "<size unit='M'>16</size>"),
				     PEER_META),
			      &ivr),
			 0);
	assert_true(ivr.role == DOMAIN_PEER && ivr.present && ivr.plain);
	assert_false(ivr.doorbell || ivr.master || ivr.override);
	assert_string_equal(ivr.shm, "ivring-demo");
	assert_int_equal(ivr.plain_size, 16 << 20);
	assert_null(domain_xml_shm_fault(&ivr, "demo"));
	assert_non_null(domain_xml_shm_fault(&ivr, "dem"));
	assert_non_null(domain_xml_shm_fault(&ivr, "demo2"));
}

/* Unplugged: there is nothing but the metadata. */
static void role_peer_without_device(void **state)
{
	struct domain_ivr ivr;

	assert_int_equal(look(DOMAIN("", PEER_META), &ivr), 0);
	assert_true(ivr.role == DOMAIN_PEER && !ivr.present);
	assert_int_equal(ivr.size, 16 << 20);
	assert_int_equal(look(DOMAIN(PEER("ivring-other", ""), PEER_META),
			      &ivr),
			 0);
	assert_false(ivr.present);
	assert_int_equal(look(DOMAIN(PEER("ivring-demo", "")
					     SHMEM("ivring", "master"),
				     PEER_META),
			      &ivr),
			 -EEXIST);
}

static void roles_that_are_none(void **state)
{
	struct domain_ivr ivr;

	assert_int_equal(
		look(DOMAIN("",
			    "<metadata><i:ivring "
			    "xmlns:i='urn:ivring:1' role='both'/></metadata>"),
		     &ivr),
		-EINVAL);
	assert_int_equal(
		look(DOMAIN("",
			    "<metadata><i:ivring "
			    "xmlns:i='urn:ivring:1' role='master'/></metadata>"),
		     &ivr),
		0);
	assert_int_equal(ivr.role, DOMAIN_MASTER);
	/* A path would be a file anywhere. */
	assert_int_equal(
		look(DOMAIN("",
			    "<metadata><i:ivring role='peer' "
			    "xmlns:i='urn:ivring:1' shm='../x'/></metadata>"),
		     &ivr),
		0);
	assert_non_null(domain_xml_shm_fault(&ivr, "demo"));
}

static void sizes_of_libvirt(void **state)
{
	static const struct {
		const char *xml;
		uint64_t bytes;
	} cases[] = {
		{ "<size>4096</size>", 4 << 20 },
		{ "<size unit='M'>16</size>", 16 << 20 },
		{ "<size unit='MiB'>16</size>", 16 << 20 },
		{ "<size unit='b'>65536</size>", 65536 },
		{ "<size unit='bytes'>65536</size>", 65536 },
		{ "<size unit='G'>1</size>", 1 << 30 },
		{ "<size unit='furlong'>1</size>", 0 },
		{ "<size/>", 0 },
	};
	char why[DOMAIN_XML_WHY_MAX];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		xmlDoc *doc = domain_xml_parse(cases[i].xml,
					       strlen(cases[i].xml), why);

		assert_true(domain_xml_size(xmlDocGetRootElement(doc)) ==
			    cases[i].bytes);
		xmlFreeDoc(doc);
	}
}

static void numbers_that_are_none(void **state)
{
	struct domain_ivr ivr;

	assert_int_equal(look(DOMAIN("", METADATA("-1")), &ivr), -EINVAL);
	assert_int_equal(look(DOMAIN("", METADATA("a lot")), &ivr), -EINVAL);
	assert_int_equal(look(DOMAIN("", METADATA("99999999999999999999")),
			      &ivr),
			 -EINVAL);
	assert_int_equal(look(DOMAIN("<shmem name='ivring'>"
				     "<msi vectors='70000'/></shmem>",
				     ""),
			      &ivr),
			 -EINVAL);
}

static void long_values(void **state)
{
	struct domain_ivr ivr;
	char *text = NULL;

	assert_true(asprintf(&text,
			     DOMAIN("<shmem name='ivring'>"
				    "<server path='/%0*d'/></shmem>",
				    ""),
			     5000, 0) > 0);
	assert_int_equal(look(text, &ivr), -EINVAL);
	free(text);
}

static void doctype_is_refused(void **state)
{
	static const char *const hostile[] = {
		"<!DOCTYPE domain><domain/>",
		"<!DOCTYPE domain SYSTEM 'file:///etc/passwd'><domain/>",
		"<!DOCTYPE d [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
		"<domain><name>&a;</name></domain>",
		"<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'>"
		"<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
		"<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>"
		"<!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>]>"
		"<domain><shmem name='&d;'/></domain>",
	};
	char why[DOMAIN_XML_WHY_MAX];
	size_t i;

	for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		assert_null(
			domain_xml_parse(hostile[i], strlen(hostile[i]), why));
		assert_non_null(strstr(why, "DOCTYPE"));
	}
}

static void deep_nesting_is_refused(void **state)
{
	size_t depth = 100000, i;
	char *text = malloc(depth * 3 + 1), why[DOMAIN_XML_WHY_MAX];

	for (i = 0; i < depth; i++)
		memcpy(text + 3 * i, "<a>", 4);
	assert_null(domain_xml_parse(text, depth * 3, why));
	free(text);
}

/* A pipe whose writer would never end. */
static void endless_input_is_refused(void **state)
{
	char block[4096], *text;
	size_t len;
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child) {
		close(ends[0]);
		memset(block, ' ', sizeof(block));
		while (write(ends[1], block, sizeof(block)) > 0)
			;
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(domain_xml_read(ends[0], &text, &len), -EFBIG);
	close(ends[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_read),
		cmocka_unit_test(uuid_is_read),
		cmocka_unit_test(no_device),
		cmocka_unit_test(others_are_not_ours),
		cmocka_unit_test(two_of_ours),
		cmocka_unit_test(faults_are_seen),
		cmocka_unit_test(status_file),
		cmocka_unit_test(not_a_domain),
		cmocka_unit_test(role_peer),
		cmocka_unit_test(role_peer_without_device),
		cmocka_unit_test(roles_that_are_none),
		cmocka_unit_test(sizes_of_libvirt),
		cmocka_unit_test(numbers_that_are_none),
		cmocka_unit_test(long_values),
		cmocka_unit_test(doctype_is_refused),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(endless_input_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
