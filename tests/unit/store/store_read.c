// SPDX-License-Identifier: GPL-2.0
/* store_read.c - stores that are whole, torn, truncated, or none at all */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "tests/unit/store/store_kit.h"

/** struct world - a guest and a store */
struct world {
	char *dir;
	char a[64];
	struct kit_guest *g;
	struct stores s;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char log[80];
	int i;

	w->dir = kit_dir();
	snprintf(w->a, sizeof(w->a), "%s/a", w->dir);
	snprintf(log, sizeof(log), "%s/log", w->dir);
	log_to_file(log);
	w->g = kit_guest();
	for (i = 0; i < 5; i++)
		kit_close_page(w->g, 0, 10);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	stores_close(&w->s);
	kit_rm(w->dir);
	free(w->g);
	free(w);
	return 0;
}

static int open_store(struct world *w, const char *path)
{
	char *paths[] = { (char *)path };

	return stores_open(&w->s, paths, 1, false);
}

static bool found(const struct world *w, const char *text)
{
	size_t i;

	for (i = 0; i < w->s.found.n; i++)
		if (strstr(w->s.found.list[i].text, text))
			return true;
	return false;
}

static void path_of(const struct kit_leg *l, const char *name, char *out)
{
	snprintf(out, 600, "%s/%s", l->path, name);
}

static void everything_is_read(void **state)
{
	struct world *w = *state;
	struct kit_leg l = kit_leg(
		(struct kit_leg) { .store = w->a, .rings = 2 });
	unsigned char page[IVR_PAGE_SIZE];
	const struct leg *leg;

	kit_take(&l, w->g, 0, 1, 6);
	kit_end(&l, w->g, 0, IVR_WHY_VM_GONE, 6);
	kit_clock(&l, 1, 2, 3);
	assert_int_equal(open_store(w, w->a), 0);
	assert_int_equal(w->s.nlegs, 1);
	leg = w->s.legs[0];
	assert_true(leg->ready);
	assert_string_equal(leg->vm, "web");
	assert_string_equal(leg->host, "alpha");
	assert_string_equal(leg->stream, KIT_STREAM);
	assert_int_equal(leg->epoch, 0xa);
	assert_int_equal(leg->rings, 2);
	assert_int_equal(leg->nfiles, 1);
	assert_int_equal(leg->files[0]->n, 5);
	assert_int_equal(leg->marks.n, 1);
	assert_int_equal(leg_clock(leg, 0)->realtime_ns, 2);
	assert_int_equal(file_page(leg->files[0], 4, page), 0);
	assert_memory_equal(page, w->g->rings[0].pages[4], IVR_PAGE_SIZE);
	assert_int_equal(file_page(leg->files[0], 5, page), -EIO);
	assert_int_equal(w->s.found.n, 0);
}

static void one_leg_as_operand(void **state)
{
	struct world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_leg((struct kit_leg) { .store = w->a, .number = 2, .epoch = 0xb });
	assert_int_equal(open_store(w, l.path), 0);
	assert_int_equal(w->s.nlegs, 1);
	assert_int_equal(w->s.legs[0]->epoch, 0xa);
}

static void open_by_name(struct world *w, const char *variable, const char *dir)
{
	setenv(variable, dir, 1);
	assert_int_equal(open_store(w, "a"), 0);
	assert_int_equal(w->s.nlegs, 1);
	stores_close(&w->s);
	unsetenv(variable);
	assert_int_equal(open_store(w, "a"), -ENOENT);
	stores_close(&w->s);
}

/* A VM's name finds its store where environment and configuration say. */
static void name_as_operand(void **state)
{
	struct world *w = *state;
	char conf[600];
	FILE *file;

	kit_leg((struct kit_leg) { .store = w->a });
	setenv("IVRING_CONF_DIR", "/nonexistent", 1);
	open_by_name(w, "IVRING_STORE_DIR", w->dir);

	snprintf(conf, sizeof(conf), "%s/a.conf", w->dir);
	file = fopen(conf, "w");
	assert_non_null(file);
	fprintf(file, "store-dir = %s\n", w->dir);
	assert_int_equal(fclose(file), 0);
	open_by_name(w, "IVRING_CONF_DIR", w->dir);
}

static void no_store(void **state)
{
	struct world *w = *state;

	assert_int_equal(open_store(w, "/nonexistent/store"), -ENOENT);
	stores_close(&w->s);
	assert_int_equal(open_store(w, w->dir), -ENOENT);
}

static void empty_store_beside_another(void **state)
{
	struct world *w = *state;
	char empty[600];
	char *paths[] = { w->a, empty };

	kit_leg((struct kit_leg) { .store = w->a });
	snprintf(empty, sizeof(empty), "%s/empty", w->dir);
	assert_int_equal(mkdir(empty, 0755), 0);
	assert_int_equal(stores_open(&w->s, paths, 2, false), 0);
	assert_int_equal(w->s.nlegs, 1);
}

static void torn_descriptor(void **state)
{
	struct world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });
	char path[600];

	kit_take(&l, w->g, 0, 1, 6);
	path_of(&l, "ring-000-0000.desc", path);
	assert_int_equal(truncate(path, 4 * 64 + 13), 0);
	assert_int_equal(open_store(w, w->a), 0);
	assert_int_equal(w->s.legs[0]->files[0]->n, 4);
	assert_true(found(w, "13 bytes of a torn descriptor"));
	assert_int_equal(w->s.found.bad, 0);
}

static void pages_cut_off(void **state)
{
	struct world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });
	char path[600];

	kit_take(&l, w->g, 0, 1, 6);
	kit_end(&l, w->g, l.rings, IVR_WHY_VM_GONE, 1);
	path_of(&l, "ring-000-0000.pages", path);
	assert_int_equal(truncate(path, 2 * IVR_PAGE_SIZE), 0);
	assert_int_equal(open_store(w, w->a), 0);
	assert_int_equal(w->s.legs[0]->files[0]->n, 2);
	assert_int_equal(w->s.legs[0]->files[0]->beyond.page, 5);
	assert_true(found(w, "3 descriptors have no page"));
	assert_int_equal(w->s.found.bad, 1);
}

static void pages_gone(void **state)
{
	struct world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });
	char path[600];

	kit_take(&l, w->g, 0, 1, 6);
	path_of(&l, "ring-000-0000.pages", path);
	unlink(path);
	assert_int_equal(open_store(w, w->a), 0);
	assert_true(found(w, "cannot open its pages"));
}

/* As from a tarball of somebody's; nobody will ever write into it. */
static void fifos_in_a_store(void **state)
{
	static const char *const names[] = { "leg", "marks", "clock",
					     "ring-000-0000.pages",
					     "ring-000-0000.desc" };
	struct world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });
	char path[600], aside[620];
	size_t i;

	kit_take(&l, w->g, 0, 1, 3);
	kit_clock(&l, 1, 2, 3);
	kit_end(&l, w->g, 0, IVR_WHY_VM_GONE, 3);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_of(&l, names[i], path);
		snprintf(aside, sizeof(aside), "%s.aside", path);
		assert_int_equal(rename(path, aside), 0);
		assert_int_equal(mkfifo(path, 0600), 0);
		assert_int_equal(open_store(w, w->a), 0);
		assert_int_equal(w->s.found.bad, 1);
		stores_close(&w->s);
		assert_int_equal(rename(aside, path), 0);
	}
}

static void growth(void **state)
{
	struct world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });
	struct kit_leg n;

	kit_take(&l, w->g, 0, 1, 3);
	assert_int_equal(open_store(w, w->a), 0);
	assert_int_equal(w->s.legs[0]->files[0]->n, 2);
	kit_take(&l, w->g, 0, 3, 5);
	kit_end(&l, w->g, 0, IVR_WHY_READER_STOPPED, 5);
	n = kit_leg(
		(struct kit_leg) { .store = w->a, .number = 2, .epoch = 0xb });
	kit_take(&n, w->g, 0, 5, 6);
	assert_int_equal(stores_refresh(&w->s), 0);
	assert_int_equal(w->s.nlegs, 2);
	assert_int_equal(w->s.legs[0]->files[0]->n, 4);
	assert_int_equal(w->s.legs[0]->marks.n, 1);
	assert_int_equal(w->s.legs[1]->files[0]->n, 1);
	assert_int_equal(file_desc(w->s.legs[0]->files[0], 3).page, 4);
}

static void leg_without_pages_yet(void **state)
{
	struct world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });
	char path[600];

	path_of(&l, "leg", path);
	unlink(path);
	assert_int_equal(open_store(w, w->a), 0);
	assert_false(w->s.legs[0]->ready);
	assert_int_equal(w->s.found.n, 0);
}

static void leg_file_lost(void **state)
{
	struct world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });
	char path[600];

	kit_take(&l, w->g, 0, 1, 3);
	path_of(&l, "leg", path);
	unlink(path);
	assert_int_equal(open_store(w, w->a), 0);
	assert_true(w->s.legs[0]->broken);
	assert_true(found(w, "no file `leg'") || found(w, "no file `leg`"));
}

/* Replace the file `leg` by a text; the finding must contain @want. */
static void bad_leg_file(struct world *w, const char *text, const char *want)
{
	static unsigned int number = 10;
	char store[80], path[600];
	struct kit_leg l;

	snprintf(store, sizeof(store), "%s/s%u", w->dir, number++);
	l = kit_leg((struct kit_leg) { .store = store });
	path_of(&l, "leg", path);
	unlink(path);
	kit_append(&l, "leg", text, strlen(text));
	stores_close(&w->s);
	assert_int_equal(open_store(w, store), 0);
	assert_true(w->s.legs[0]->broken);
	assert_true(found(w, want));
	assert_int_equal(w->s.found.bad, 1);
}

#define GOOD "format 1\nstream " KIT_STREAM "\nepoch 0a\n"

static void bad_leg_files(void **state)
{
	struct world *w = *state;

	bad_leg_file(w, GOOD, "no line \"rings\"");
	bad_leg_file(w, "", "no line \"format\"");
	bad_leg_file(w, "stream " KIT_STREAM "\n", "no line \"format\"");
	bad_leg_file(w, GOOD "rings 0\n", "0 rings, must be 1 to 1024");
	bad_leg_file(w, GOOD "rings 1025\n", "1025 rings");
	bad_leg_file(w, GOOD "rings -1\n", "\"rings -1\" makes no sense");
	bad_leg_file(w, GOOD "rings 99999999999999999999\n", "makes no sense");
	bad_leg_file(w, GOOD "rings 1\nformat 2\n", "use a newer ivring");
	bad_leg_file(w, "stream ../../etc\n", "makes no sense");
	bad_leg_file(w, "epoch xyz\n", "makes no sense");
}

static void few_keys_are_enough(void **state)
{
	struct world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });
	char path[600];

	path_of(&l, "leg", path);
	unlink(path);
	kit_append(&l, "leg", GOOD "rings 1\n", strlen(GOOD "rings 1\n"));
	assert_int_equal(open_store(w, w->a), 0);
	assert_true(w->s.legs[0]->ready);
	assert_string_equal(w->s.legs[0]->host, "?");
}

static void strange_file_names(void **state)
{
	struct world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });

	kit_append(&l, "ring-001-0000.desc", "", 0);
	kit_append(&l, "ring-999-0000.desc", "", 0);
	kit_append(&l, "ring-000-0000.desc~", "", 0);
	kit_append(&l, "ring--01-0000.desc", "", 0);
	kit_append(&l, "notes.txt", "", 0);
	assert_int_equal(open_store(w, w->a), 0);
	assert_int_equal(w->s.legs[0]->nfiles, 0);
	assert_true(found(w, "ring-999-0000.desc: the leg has only 1 rings"));
	assert_int_equal(w->s.found.bad, 0);
}

static void rotated_files_in_order(void **state)
{
	struct world *w = *state;
	struct kit_leg l = kit_leg((struct kit_leg) { .store = w->a });
	char path[600], path2[600];
	int i;

	kit_take(&l, w->g, 0, 1, 3);
	for (i = 0; i < 2; i++) {
		path_of(&l, i ? "ring-000-0000.desc" : "ring-000-0000.pages",
			path);
		path_of(&l, i ? "ring-000-0010.desc" : "ring-000-0010.pages",
			path2);
		assert_int_equal(rename(path, path2), 0);
	}
	kit_take(&l, w->g, 0, 3, 6);
	assert_int_equal(open_store(w, w->a), 0);
	assert_int_equal(w->s.legs[0]->nfiles, 2);
	assert_int_equal(w->s.legs[0]->files[0]->number, 0);
	assert_int_equal(w->s.legs[0]->files[1]->number, 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_is_read),
		TEST(one_leg_as_operand),
		TEST(name_as_operand),
		TEST(no_store),
		TEST(empty_store_beside_another),
		TEST(torn_descriptor),
		TEST(pages_cut_off),
		TEST(pages_gone),
		TEST(fifos_in_a_store),
		TEST(growth),
		TEST(leg_without_pages_yet),
		TEST(leg_file_lost),
		TEST(bad_leg_files),
		TEST(few_keys_are_enough),
		TEST(strange_file_names),
		TEST(rotated_files_in_order),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
