// SPDX-License-Identifier: GPL-2.0
/* decode_box.c - formats of a hostile guest end a process without rights, and nothing else */
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <errno.h>
#include <setjmp.h>
#include <cmocka.h>

#include "ivr_meta.h"
#include "trace/decode_box.h"

#define COMMON                                                                         \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
#define FAR_COMMON                                                                      \
	"\tfield:unsigned short common_type;\toffset:1000000000;\tsize:2;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
#define FIELDS                                                     \
	"\tfield:u64 n;\toffset:8;\tsize:8;\tsigned:0;\n"          \
	"\tfield:char who[16];\toffset:16;\tsize:16;\tsigned:0;\n" \
	"\tfield:s32 d;\toffset:32;\tsize:4;\tsigned:1;\n"

#define GOOD_ID 1001
#define BAD_ID	2001
#define ITEMS	64
#define DEEP	200000

/** struct world - metadata in the making, and the decoder made of it */
struct world {
	struct meta meta;
	char *texts[ITEMS];
	struct findings found;
	struct decode_box *box;
	struct decoded out;
};

static bool stop_now;

static bool stopped(void)
{
	return stop_now;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->meta.items = calloc(ITEMS, sizeof(*w->meta.items));
	stop_now = false;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	int i;

	decode_box_free(w->box);
	findings_free(&w->found);
	for (i = 0; i < ITEMS; i++)
		free(w->texts[i]);
	free(w);
	return 0;
}

static void add_item(struct world *w, uint32_t kind, const char *name,
		     char *text)
{
	w->texts[w->meta.n] = text;
	w->meta.items[w->meta.n++] = (struct meta_item) {
		.kind = kind,
		.name = name,
		.name_len = strlen(name),
		.data = text,
		.len = strlen(text),
	};
}

static void add_format(struct world *w, const char *name, int id,
		       const char *common, const char *print)
{
	const char *event = strchr(name, '/') + 1;
	char *text;

	assert_true(asprintf(&text,
			     "name: %s\nID: %d\nformat:\n%s%s\nprint fmt: %s\n",
			     event, id, common, FIELDS, print) > 0);
	add_item(w, IVR_META_EVENT, name, text);
}

static void add_good(struct world *w)
{
	add_format(w, "t/tick", GOOD_ID, COMMON,
		   "\"n=%llu d=%d\", REC->n, REC->d");
}

static void make(struct world *w)
{
	w->box = decode_box_new(&w->meta, 2, &w->found, stopped);
	assert_non_null(w->box);
}

static bool put(struct world *w, uint16_t id, uint64_t n)
{
	unsigned char data[40] = { 0 };
	const struct record r = { .ts = n, .data = data, .size = 36 };
	const int32_t pid = 42, minus = -5;

	memcpy(data, &id, sizeof(id));
	memcpy(data + 4, &pid, sizeof(pid));
	memcpy(data + 8, &n, sizeof(n));
	strcpy((char *)data + 16, "guest");
	memcpy(data + 32, &minus, sizeof(minus));
	return decode_box_add(w->box, &r);
}

static const struct decoded *get(struct world *w, uint32_t i)
{
	decode_box_get(w->box, i, &w->out);
	return &w->out;
}

static void expect_good(struct world *w, uint32_t i, uint64_t n)
{
	const struct decoded *d = get(w, i);
	char info[64];

	snprintf(info, sizeof(info), "n=%llu d=-5", (unsigned long long)n);
	assert_int_equal(d->result, DECODE_WHOLE);
	assert_string_equal(d->info, info);
	assert_string_equal(d->event, "tick");
	assert_string_equal(d->system, "t");
	assert_int_equal(d->pid, 42);
}

static void expect_raw(struct world *w, uint32_t i)
{
	const struct decoded *d = get(w, i);

	assert_int_equal(d->result, DECODE_DIED);
	assert_non_null(strstr(d->info, "event id 2001, 36 bytes: d1 07 00"));
	assert_string_equal(d->event, "bad");
	assert_int_equal(d->fields_len, 0);
}

/* A good record, a bad one, a good one, and the same once more. */
static void good_bad_good(struct world *w)
{
	int round;

	make(w);
	for (round = 0; round < 2; round++) {
		put(w, GOOD_ID, 1);
		put(w, BAD_ID, 2);
		put(w, BAD_ID, 3);
		put(w, GOOD_ID, 4);
		assert_int_equal(decode_box_run(w->box), 0);
		expect_good(w, 0, 1);
		expect_raw(w, 1);
		expect_raw(w, 2);
		expect_good(w, 3, 4);
		decode_box_clear(w->box);
	}
	/* One death for one format, told once. */
	assert_int_equal(w->found.n, 1);
	assert_non_null(strstr(w->found.list[0].text, "event id 2001 (t/bad)"));
	assert_non_null(strstr(w->found.list[0].text, "shown raw"));
}

static void bad_print(struct world *w, const char *print)
{
	add_format(w, "t/bad", BAD_ID, COMMON, print);
	add_good(w);
	good_bad_good(w);
}

static void hex_of_any_length(void **state)
{
	bad_print(*state, "\"%s\", __print_hex(REC->who, 1000000000)");
}

static void array_of_any_length(void **state)
{
	bad_print(*state, "\"%s\", __print_array(REC->who, 1000000000, 8)");
}

static void division_by_zero(void **state)
{
	bad_print(*state, "\"%lld\", REC->n / 0");
}

static void endless_width(void **state)
{
	bad_print(*state, "\"%1000000000lld\", REC->n");
}

static void deep_nesting(void **state)
{
	char *print = malloc(2 * DEEP + 16);

	strcpy(print, "\"%d\", ");
	memset(print + 6, '(', DEEP);
	print[6 + DEEP] = '1';
	memset(print + 7 + DEEP, ')', DEEP);
	print[7 + 2 * DEEP] = 0;
	bad_print(*state, print);
	free(print);
}

/* What is common to all events is not taken from one of them. */
static void common_fields_elsewhere(void **state)
{
	struct world *w = *state;

	add_format(w, "t/low", 1, FAR_COMMON, "\"x\"");
	add_good(w);
	make(w);
	put(w, 1, 1);
	put(w, GOOD_ID, 2);
	assert_int_equal(decode_box_run(w->box), 0);
	assert_int_equal(get(w, 0)->result, DECODE_UNKNOWN);
	expect_good(w, 1, 2);
}

static void no_such_format(void **state)
{
	struct world *w = *state;

	make(w);
	put(w, 77, 1);
	assert_int_equal(decode_box_run(w->box), 0);
	assert_int_equal(get(w, 0)->result, DECODE_UNKNOWN);
	assert_string_equal(w->out.info, "event id 77, 36 bytes");
	assert_string_equal(w->out.event, "unknown");
}

static void fields_are_packed(void **state)
{
	struct world *w = *state;
	const struct decoded *d;
	struct field_head h;

	add_good(w);
	make(w);
	put(w, GOOD_ID, 9);
	assert_int_equal(decode_box_run(w->box), 0);
	d = get(w, 0);
	memcpy(&h, d->fields, sizeof(h));
	assert_int_equal(h.kind, FIELD_UNSIGNED);
	assert_int_equal(h.name_len, 1);
	assert_int_equal(d->fields[sizeof(h)], 'n');
	assert_int_equal(d->fields[sizeof(h) + 1], 9);
	memcpy(&h, d->fields + sizeof(h) + 9, sizeof(h));
	assert_int_equal(h.kind, FIELD_TEXT);
	assert_int_equal(h.value_len, strlen("guest"));
}

/* Whoever kills the child loses the record that it was at, and no other. */
static void killed_between_batches(void **state)
{
	struct world *w = *state;
	int i;

	add_good(w);
	add_format(w, "t/other", BAD_ID, COMMON, "\"x\"");
	make(w);
	for (i = 0; i < DECODE_BATCH; i++)
		assert_int_equal(put(w, GOOD_ID, i), i < DECODE_BATCH - 1);
	assert_int_equal(decode_box_run(w->box), 0);
	expect_good(w, DECODE_BATCH - 1, DECODE_BATCH - 1);
	decode_box_clear(w->box);

	kill(w->box->pid, SIGKILL);
	put(w, BAD_ID, 1);
	put(w, GOOD_ID, 2);
	assert_int_equal(decode_box_run(w->box), 0);
	assert_int_equal(get(w, 0)->result, DECODE_DIED);
	expect_good(w, 1, 2);
}

/* Each of many formats may cost a process, but there is an end to it. */
static void not_for_ever(void **state)
{
	static char names[ITEMS][16];
	struct world *w = *state;
	int i;

	for (i = 0; i < DECODE_DEATHS + 8; i++) {
		snprintf(names[i], sizeof(names[i]), "t/bad%d", i);
		add_format(w, names[i], BAD_ID + i, COMMON,
			   "\"%lld\", REC->n / 0");
	}
	add_good(w);
	make(w);
	for (i = 0; i < DECODE_DEATHS + 8; i++)
		put(w, BAD_ID + i, i);
	put(w, GOOD_ID, 1);
	assert_int_equal(decode_box_run(w->box), 0);
	assert_int_equal(w->box->deaths, DECODE_DEATHS);
	assert_int_equal(w->found.n, DECODE_DEATHS + 1);
	assert_int_equal(get(w, DECODE_DEATHS + 8)->result, DECODE_DIED);
}

static void user_has_enough(void **state)
{
	struct world *w = *state;

	add_good(w);
	make(w);
	put(w, GOOD_ID, 1);
	stop_now = true;
	assert_int_equal(decode_box_run(w->box), -EINTR);
}

static bool status_has(pid_t pid, const char *line)
{
	char path[64], text[4096];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = 0;
	return strstr(text, line);
}

static void child_has_no_rights(void **state)
{
	struct world *w = *state;

	add_good(w);
	make(w);
	put(w, GOOD_ID, 1);
	assert_int_equal(decode_box_run(w->box), 0);
	expect_good(w, 0, 1);
	assert_true(status_has(w->box->pid, "Seccomp:\t2"));
	assert_true(status_has(w->box->pid, "NoNewPrivs:\t1"));
	assert_true(status_has(w->box->pid, "CapEff:\t0000000000000000"));
	if (!geteuid()) {
		assert_true(
			status_has(w->box->pid, "Uid:\t65534\t65534\t65534"));
		assert_true(
			status_has(w->box->pid, "CapBnd:\t0000000000000000"));
	}
}

/* Whoever took the child over can write anything into what is shared. */
static void answers_are_not_believed(void **state)
{
	struct world *w = *state;
	struct decoded *lie;

	add_good(w);
	make(w);
	put(w, GOOD_ID, 1);
	assert_int_equal(decode_box_run(w->box), 0);
	lie = &w->box->share->answer[0];
	memset(lie->info, 0x1b, sizeof(lie->info));
	memset(lie->comm, 'x', sizeof(lie->comm));
	lie->fields_len = UINT32_MAX;
	w->box->share->n = UINT32_MAX;
	w->box->share->done = UINT32_MAX;
	get(w, 0);
	assert_int_equal(w->out.fields_len, 0);
	assert_int_equal(strlen(w->out.comm), sizeof(w->out.comm) - 1);
	assert_null(strchr(w->out.info, 0x1b));
	decode_box_clear(w->box);
	put(w, GOOD_ID, 2);
	assert_int_equal(decode_box_run(w->box), 0);
	expect_good(w, 0, 2);
}

static void symbols_may_be_bad_too(void **state)
{
	struct world *w = *state;
	add_item(w, IVR_META_KALLSYMS, "", strdup("zz\n\n ffff\n1 t\n"));
	add_item(w, IVR_META_PRINTK, "", strdup("0x1 : \"\n0x2 : \n\"\n"));
	add_good(w);
	make(w);
	put(w, GOOD_ID, 1);
	assert_int_equal(decode_box_run(w->box), 0);
	expect_good(w, 0, 1);
}

int main(void)
{
#define BOX_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		BOX_TEST(hex_of_any_length),
		BOX_TEST(array_of_any_length),
		BOX_TEST(division_by_zero),
		BOX_TEST(endless_width),
		BOX_TEST(deep_nesting),
		BOX_TEST(common_fields_elsewhere),
		BOX_TEST(no_such_format),
		BOX_TEST(fields_are_packed),
		BOX_TEST(killed_between_batches),
		BOX_TEST(not_for_ever),
		BOX_TEST(user_has_enough),
		BOX_TEST(child_has_no_rights),
		BOX_TEST(answers_are_not_believed),
		BOX_TEST(symbols_may_be_bad_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
