// SPDX-License-Identifier: GPL-2.0
/* leg_text - the file `leg` and the names in a store, written as ever, and read back */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/leg_text.h"
#include "store/names.h"

/* To the byte what version 0.1.0 wrote: stores of it exist. */
static const char golden[] = "format 1\n"
			     "vm demo\n"
			     "host hosta\n"
			     "boot 2f0c6b1e-9d0b-4f0a-8a43-000000000001\n"
			     "stream 00112233445566778899aabbccddeeff\n"
			     "epoch 0123456789abcdef\n"
			     "prev 0000000000000000\n"
			     "rings 2\n"
			     "size 16777216\n"
			     "policy discard\n"
			     "realtime 1764342000123456789\n"
			     "generation 3\n";

static const struct leg_text what = {
	.format = 1,
	.vm = "demo",
	.host = "hosta",
	.boot = "2f0c6b1e-9d0b-4f0a-8a43-000000000001",
	.stream = "00112233445566778899aabbccddeeff",
	.epoch = 0x0123456789abcdef,
	.rings = 2,
	.size = 16777216,
	.policy = "discard",
	.realtime = 1764342000123456789,
	.generation = 3,
};

static char buf[LEG_TEXT_MAX], fault[LEG_TEXT_FAULT];

static int parse(struct leg_text *t, const char *text)
{
	snprintf(buf, sizeof(buf), "%s", text);
	fault[0] = '\0';
	return leg_text_parse(t, buf, fault);
}

static void written_as_ever(void **state)
{
	int n = leg_text_write(&what, buf, sizeof(buf));

	assert_int_equal(n, sizeof(golden) - 1);
	assert_string_equal(buf, golden);
}

static void read_back(void **state)
{
	struct leg_text t;

	assert_int_equal(parse(&t, golden), 0);
	assert_memory_equal(&t.epoch, &what.epoch, sizeof(t.epoch));
	assert_string_equal(t.vm, what.vm);
	assert_string_equal(t.host, what.host);
	assert_string_equal(t.boot, what.boot);
	assert_string_equal(t.stream, what.stream);
	assert_string_equal(t.policy, what.policy);
	assert_int_equal(t.size, what.size);
	assert_int_equal(t.rings, what.rings);
	assert_int_equal(t.realtime, what.realtime);
	assert_int_equal(t.generation, what.generation);
}

static void no_room(void **state)
{
	size_t len;

	for (len = 1; len < sizeof(golden); len++)
		assert_int_equal(leg_text_write(&what, buf, len), -EOVERFLOW);
}

static void strange(void **state)
{
	static const struct {
		const char *text;
		const char *fault;
	} cases[] = {
		{ "", "no line \"format\"" },
		{ "format 1\nepoch 1\nrings 1\n", "no line \"stream\"" },
		{ "format x\n", "\"format x\" makes no sense" },
		{ "format 1\nstream 00\n", "\"stream 00\" makes no sense" },
		{ "epoch -1\n", "makes no sense" },
		{ "epoch 123456789012345678901\n", "makes no sense" },
		{ "format 2\nstream 00112233445566778899aabbccddeeff\n"
		  "epoch 1\nrings 1\n",
		  "format 2, this program knows 1" },
		{ "format 3\nneeds 2\nstream 00112233445566778899aabbccddeeff\n"
		  "epoch 1\nrings 1\n",
		  "format 3, this program knows 1" },
		{ "format 1\nstream 00112233445566778899aabbccddeeff\n"
		  "epoch 1\nrings 0\n",
		  "0 rings, must be 1 to 1024" },
		{ "format 1\nstream 00112233445566778899aabbccddeeff\n"
		  "epoch 1\nrings 1025\n",
		  "1025 rings" },
	};
	struct leg_text t;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(&t, cases[i].text), -EINVAL);
		if (!strstr(fault, cases[i].fault))
			fail_msg("'%s' instead of '%s'", fault, cases[i].fault);
	}
	/* What nobody needs may be missing; what nobody knows is skipped. */
	assert_int_equal(
		parse(&t, "format 1\nstream 00112233445566778899aabbccddeeff\n"
			  "epoch 1\nrings 1\ncolour blue\nlonely\n"),
		0);
	assert_string_equal(t.host, "?");
	assert_int_equal(t.generation, 0);
	/* A later format that says that we understand it. */
	assert_int_equal(parse(&t, "format 3\nneeds 1\nepoch 1\nrings 1\n"
				   "stream 00112233445566778899aabbccddeeff\n"),
			 0);
	assert_int_equal(t.format, 3);
	/* A control character must not reach a terminal. */
	assert_int_equal(parse(&t, "vm a\033[2Jb\nformat 1\nepoch 1\nrings 1\n"
				   "stream 00112233445566778899aabbccddeeff\n"),
			 0);
	assert_string_equal(t.vm, "a?[2Jb");
}

static void names(void **state)
{
	char name[FILE_NAME_MAX], leg[LEG_NAME_MAX];
	uint32_t number, ring, file;

	name_leg(leg, 1, 0x0123456789abcdef);
	assert_string_equal(leg, "leg-0001-0123456789abcdef");
	assert_true(name_is_leg(leg, &number));
	assert_int_equal(number, 1);
	name_leg(leg, 123456, 1);
	assert_true(name_is_leg(leg, &number));
	assert_int_equal(number, 123456);
	assert_false(name_is_leg("leg-1-1", &number));
	assert_false(name_is_leg("leg-0001-0123456789abcdef~", &number));
	assert_false(name_is_leg(LEG_DRAFT "0001", &number));
	assert_true(name_is_draft(LEG_DRAFT "0001"));

	name_ring_file(name, 7, 8, 12, ".desc");
	assert_string_equal(name, "ring-007-0012.desc");
	assert_true(name_is_desc(name, 8, &ring, &file));
	assert_int_equal(ring, 7);
	assert_int_equal(file, 12);
	name_ring_file(name, 8, 8, 0, ".pages");
	assert_string_equal(name, "meta-0000.pages");
	assert_false(name_is_desc(name, 8, &ring, &file));
	assert_true(name_is_desc("meta-0003.desc", 8, &ring, &file));
	assert_int_equal(ring, 8);
	assert_int_equal(file, 3);
	assert_false(name_is_desc("ring-007-0012.desc.bak", 8, &ring, &file));
	assert_false(name_is_desc("ring-7-12.desc", 8, &ring, &file));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_as_ever), cmocka_unit_test(read_back),
		cmocka_unit_test(no_room),	   cmocka_unit_test(strange),
		cmocka_unit_test(names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
