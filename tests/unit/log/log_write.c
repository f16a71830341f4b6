// SPDX-License-Identifier: GPL-2.0
/* log_write.c - the record of migrations, and what is read from it */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "lib/ivr_migrations.h"
#include "lib/log.h"
#include "migration/log/log_read.h"
#include "migration/log/log_write.h"
#include "migration/log/timeline.h"

#define SEC 1000000000ull

static char dir[] = "/tmp/ivring-record-XXXXXX";
static struct migration_log r;

static int setup(void **state)
{
	memset(&r, 0, sizeof(r));
	r.vm = "vm";
	snprintf(r.path, sizeof(r.path), "%s/" IVR_MIGRATIONS_FILE, dir);
	return 0;
}

static int teardown(void **state)
{
	unlink(r.path);
	rmdir(r.path);
	return 0;
}

static void put_text(const char *text, const char *mode)
{
	FILE *f = fopen(r.path, mode);

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void load(struct migration_lines *m)
{
	*m = (struct migration_lines) { 0 };
	assert_int_equal(migration_lines_load(m, r.path, "vm"), 0);
}

static void lines_come_back(void **state)
{
	struct json_object *o = json_object_new_object();
	struct migration_lines m;

	migration_log_put(&r, "early", 1, NULL);
	assert_int_equal(access(r.path, F_OK), -1);
	migration_log_begin(&r, 5 * SEC, true);
	json_object_object_add(o, "pass", json_object_new_int(2));
	migration_log_put(&r, "pass", 6 * SEC, o);
	migration_log_put(&r, "sent", 7 * SEC, NULL);
	/* A store is as good as the file in it. */
	m = (struct migration_lines) { 0 };
	assert_int_equal(migration_lines_load(&m, dir, "vm"), 0);
	assert_int_equal(m.n, 2);
	assert_int_equal(m.lines[0].migration, 5 * SEC);
	assert_int_equal(m.lines[0].ns, 6 * SEC);
	assert_true(m.lines[0].source);
	assert_string_equal(m.lines[1].event, "sent");
	migration_lines_free(&m);
	assert_int_equal(migration_lines_load(&m, r.path, "other"), 0);
	assert_int_equal(m.n, 0);
	assert_int_equal(m.skipped, 2);
	migration_lines_free(&m);
}

static void two_in_one_moment_are_two(void **state)
{
	migration_log_begin(&r, 5, true);
	migration_log_begin(&r, 5, true);
	assert_int_equal(r.migration, 6);
	/* The clock was set back. */
	migration_log_begin(&r, 3, false);
	assert_int_equal(r.migration, 7);
}

static void the_last_ones_are_kept(void **state)
{
	struct migration_lines m;
	int i;

	for (i = 1; i <= 3 * IVR_MIGRATIONS_KEPT; i++) {
		migration_log_begin(&r, i * SEC, i & 1);
		migration_log_put(&r, "setup", i * SEC, NULL);
		migration_log_put(&r, "sent", i * SEC + 1, NULL);
	}
	load(&m);
	assert_int_equal(m.n, 2 * IVR_MIGRATIONS_KEPT);
	assert_int_equal(m.skipped, 0);
	assert_int_equal(m.lines[0].migration,
			 (2 * IVR_MIGRATIONS_KEPT + 1) * SEC);
	migration_lines_free(&m);
}

#define GARBAGE                                                         \
	"\n\n{\"move\":\"zz\"}\nhalf a li\001ne\n[1,2]\n{\"move\":5}\n" \
	"{\"move\":\"0000000000000007\",\"event\":\"x\"}\n{{{{\n"

static void garbage_is_skipped_and_thrown_away(void **state)
{
	struct migration_lines m;

	put_text(GARBAGE, "w");
	load(&m);
	assert_int_equal(m.n, 0);
	assert_int_equal(m.skipped, 6);
	migration_lines_free(&m);
	migration_log_begin(&r, 9 * SEC, true);
	migration_log_put(&r, "setup", 9 * SEC, NULL);
	load(&m);
	assert_int_equal(m.n, 1);
	/* Those that look like a move stay until they are old. */
	assert_in_range(m.skipped, 0, 2);
	migration_lines_free(&m);
}

static void a_cut_line_costs_itself_only(void **state)
{
	struct stat st;
	struct migration_lines m;

	migration_log_begin(&r, 1 * SEC, true);
	migration_log_put(&r, "setup", 1 * SEC, NULL);
	put_text("{\"move\":\"00000000000000", "a");
	migration_log_put(&r, "sent", 2 * SEC, NULL);
	load(&m);
	assert_int_equal(m.n, 2);
	assert_int_equal(m.skipped, 1);
	assert_string_equal(m.lines[1].event, "sent");
	migration_lines_free(&m);
	/* Zeros, as after a loss of power, and a line behind them. */
	assert_int_equal(stat(r.path, &st), 0);
	assert_int_equal(truncate(r.path, st.st_size + 50), 0);
	migration_log_put(&r, "completed", 3 * SEC, NULL);
	load(&m);
	assert_int_equal(m.n, 3);
	migration_lines_free(&m);
	assert_int_equal(migration_log_prune(r.path, 1), 0);
	load(&m);
	assert_int_equal(m.n, 3);
	assert_int_equal(m.skipped, 0);
	migration_lines_free(&m);
}

/* The newest is what was written last, whatever the clock said. */
static void clock_set_back(void **state)
{
	struct migration_lines m;
	struct migration_log other = r;
	int i;

	for (i = 0; i < 4; i++) {
		migration_log_begin(&r, (100 + i) * SEC, true);
		migration_log_put(&r, "setup", (100 + i) * SEC, NULL);
	}
	/* As after a restart of the watcher. */
	migration_log_begin(&other, 5 * SEC, true);
	migration_log_put(&other, "setup", 5 * SEC, NULL);
	assert_int_equal(migration_log_prune(r.path, 3), 0);
	load(&m);
	assert_int_equal(m.n, 3);
	assert_int_equal(m.lines[0].ns, 102 * SEC);
	assert_int_equal(m.lines[2].ns, 5 * SEC);
	migration_lines_last(&m);
	assert_int_equal(m.n, 1);
	assert_int_equal(m.lines[0].ns, 5 * SEC);
	migration_lines_free(&m);
}

static void every_cut_is_survived(void **state)
{
	struct migration_lines m;
	struct stat st;
	off_t at;
	int i;

	for (i = 1; i < 4; i++) {
		migration_log_begin(&r, i * SEC, true);
		migration_log_put(&r, "setup", i * SEC, NULL);
		migration_log_put(&r, "cancelled", i * SEC + 5, NULL);
	}
	assert_int_equal(stat(r.path, &st), 0);
	for (at = st.st_size - 1; at >= 0; at--) {
		assert_int_equal(truncate(r.path, at), 0);
		load(&m);
		assert_in_range(m.n, 0, 6);
		assert_in_range(m.skipped, 0, 1);
		migration_lines_last(&m);
		assert_in_range(m.n, 0, 2);
		migration_lines_free(&m);
		assert_int_equal(migration_log_prune(r.path, 16), 0);
	}
}

static void what_is_no_file_harms_nobody(void **state)
{
	struct migration_lines m = { 0 };

	assert_int_equal(migration_log_prune(r.path, 3), 0);
	assert_int_equal(migration_lines_load(&m, r.path, "vm"), -ENOENT);
	assert_int_equal(mkdir(r.path, 0700), 0);
	migration_log_begin(&r, 1 * SEC, true);
	migration_log_put(&r, "setup", 1 * SEC, NULL);
	assert_int_not_equal(migration_log_prune(r.path, 3), 0);
	rmdir(r.path);
	/* Nobody reads it: neither open nor write may wait. */
	assert_int_equal(mkfifo(r.path, 0600), 0);
	migration_log_put(&r, "sent", 1 * SEC, NULL);
	assert_int_not_equal(migration_log_prune(r.path, 3), 0);
	assert_int_equal(migration_lines_load(&m, r.path, "vm"), -EINVAL);
	unlink(r.path);
	/* A link to somewhere is not followed. */
	assert_int_equal(symlink("/tmp/ivring-no-such-file", r.path), 0);
	migration_log_put(&r, "sent", 1 * SEC, NULL);
	assert_int_equal(access("/tmp/ivring-no-such-file", F_OK), -1);
	unlink(r.path);
	/* Not ours: too large. */
	put_text("", "w");
	assert_int_equal(truncate(r.path, IVR_MIGRATIONS_MAX_BYTES + 1), 0);
	assert_int_equal(migration_lines_load(&m, r.path, "vm"), -EFBIG);
	assert_int_equal(migration_log_prune(r.path, 3), 0);
	assert_int_equal(access(r.path, F_OK), -1);
	migration_lines_free(&m);
}

/* Lines as two hosts would write them. */
static void say(const char *host, uint64_t move, const char *side,
		const char *event, double at, const char *more)
{
	char line[512];

	snprintf(line, sizeof(line),
		 "{\"move\":\"%016" PRIx64 "\",\"vm\":\"vm\","
		 "\"host\":\"%s\",\"side\":\"%s\",\"event\":\"%s\","
		 "\"realtime_ns\":%" PRIu64 "%s%s}\n",
		 move, host, side, event, (uint64_t)(at * 1e9),
		 *more ? "," : "", more);
	put_text(line, "a");
}

static void there_and_back(void)
{
	/* The first time. */
	say("a", 10, "source", "setup", 10, "");
	say("b", 9, "destination", "incoming", 9.5, "");
	say("a", 10, "source", "completed", 13, "");
	say("b", 9, "destination", "drained", 14, "");
	/* And back. */
	say("a", 20, "destination", "incoming", 19.5, "");
	say("b", 21, "source", "setup", 20, "\"ring_bytes\":1048576");
	say("b", 21, "source", "quiesced", 20.25, "\"round\":1,\"took_ms\":9");
	say("b", 21, "source", "quiesced", 20.75, "\"round\":2,\"took_ms\":9");
	say("b", 21, "source", "stop", 21, "\"ring_bytes\":4096");
	say("a", 20, "destination", "resume", 21.5, "");
	say("b", 21, "source", "completed", 21.75,
	    "\"rounds\":2,\"passes\":3,"
	    "\"ring_bytes\":1056768,\"via\":\"x\"");
	say("a", 20, "destination", "hello", 21.625, "");
	say("a", 20, "destination", "attached", 22, "");
	say("a", 20, "destination", "drained", 22.25, "");
}

static void the_last_migration_of_two_records(void **state)
{
	struct timeline t;
	struct migration_lines m;

	there_and_back();
	load(&m);
	/* The same file again adds nothing. */
	assert_int_equal(migration_lines_load(&m, r.path, "vm"), 0);
	migration_lines_last(&m);
	assert_int_equal(m.n, 10);
	timeline_of(&t, "vm", &m);
	assert_string_equal(t.source, "b");
	assert_string_equal(t.target, "a");
	assert_string_equal(t.outcome, "completed");
	assert_int_equal(timeline_out_ns(&t), SEC / 2);
	assert_int_equal(timeline_degraded_ns(&t), 7 * SEC / 4);
	assert_int_equal(t.rounds, 2);
	assert_int_equal(t.passes, 3);
	assert_int_equal(t.ring_bytes, 1056768);
	assert_int_equal(t.final_bytes, 4096);
	assert_int_equal(t.nunknown, 0);
	migration_lines_free(&m);
}

static bool says(const struct timeline *t, const char *word)
{
	unsigned int i;

	for (i = 0; i < t->nunknown; i++)
		if (strstr(t->unknown[i], word))
			return true;
	return false;
}

static void one_record_tells_what_it_knows(void **state)
{
	struct timeline t;
	struct migration_lines m;

	say("b", 21, "source", "setup", 20, "");
	say("b", 21, "source", "stop", 21, "");
	say("b", 21, "source", "completed", 22,
	    "\"rounds\":0,\"ring_bytes\":null");
	load(&m);
	migration_lines_last(&m);
	timeline_of(&t, "vm", &m);
	assert_int_equal(timeline_out_ns(&t), -1);
	assert_int_equal(timeline_degraded_ns(&t), -1);
	assert_true(says(&t, "destination saw"));
	assert_true(says(&t, "bytes"));
	migration_lines_free(&m);

	unlink(r.path);
	say("a", 20, "destination", "incoming", 19.5, "");
	say("a", 20, "destination", "resume", 21.5, "");
	load(&m);
	migration_lines_last(&m);
	timeline_of(&t, "vm", &m);
	assert_string_equal(t.outcome, "completed");
	assert_int_equal(timeline_out_ns(&t), -1);
	assert_true(says(&t, "source saw"));
	assert_true(says(&t, "attached"));
	migration_lines_free(&m);
}

static void a_cancel_after_the_stop(void **state)
{
	struct timeline t;
	struct migration_lines m;

	say("b", 21, "source", "setup", 20, "");
	say("b", 21, "source", "quiesced", 20.5, "\"round\":1");
	say("b", 21, "source", "stop", 21, "");
	say("b", 21, "source", "running", 21.25, "");
	say("b", 21, "source", "cancelled", 21.25, "\"rounds\":1");
	say("b", 21, "source", "released", 21.5, "");
	say("a", 20, "destination", "incoming", 19.5, "");
	say("a", 20, "destination", "failed", 21.5, "");
	load(&m);
	migration_lines_last(&m);
	timeline_of(&t, "vm", &m);
	assert_string_equal(t.outcome, "cancelled");
	assert_int_equal(timeline_out_ns(&t), SEC / 4);
	assert_int_equal(timeline_degraded_ns(&t), SEC);
	assert_true(t.run_here);
	migration_lines_free(&m);
}

static void strangers_are_no_partners(void **state)
{
	struct migration_lines m;

	/* Of the same host; too early; of the same side. */
	say("b", 2, "destination", "incoming", 19, "");
	say("b", 2, "destination", "drained", 23, "");
	say("b", 21, "source", "setup", 20, "");
	say("b", 21, "source", "completed", 22, "");
	say("a", 1, "destination", "incoming", 10, "");
	say("c", 3, "source", "setup", 19, "");
	say("c", 3, "source", "completed", 23, "");
	load(&m);
	migration_lines_last(&m);
	assert_int_equal(m.n, 2);
	assert_string_equal(m.lines[0].host, "b");
	migration_lines_free(&m);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_come_back),
		TEST(two_in_one_moment_are_two),
		TEST(the_last_ones_are_kept),
		TEST(garbage_is_skipped_and_thrown_away),
		TEST(a_cut_line_costs_itself_only),
		TEST(clock_set_back),
		TEST(every_cut_is_survived),
		TEST(what_is_no_file_harms_nobody),
		TEST(the_last_migration_of_two_records),
		TEST(one_record_tells_what_it_knows),
		TEST(a_cancel_after_the_stop),
		TEST(strangers_are_no_partners),
	};
	int ret;

	log_init("watch_record", LOG_L_ERR);
	if (!mkdtemp(dir))
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return ret;
}
