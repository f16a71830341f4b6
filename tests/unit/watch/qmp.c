// SPDX-License-Identifier: GPL-2.0
/* qmp.c - what QEMU's events and libvirt's state files tell */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <libvirt/libvirt.h>

#include "migration/watch/libvirt_state.h"
#include "migration/watch/qmp.h"

static const struct {
	const char *event, *details;
	bool news;
	enum migration_event ev;
	uint64_t pass;
} qmp[] = {
	{ "STOP", NULL, true, EV_STOP, 0 },
	{ "RESUME", NULL, true, EV_RESUME, 0 },
	{ "RESUME", "{\"any\":1}", true, EV_RESUME, 0 },
	{ "MIGRATION", "{\"status\":\"setup\"}", true, EV_SETUP, 0 },
	{ "MIGRATION", "{\"status\":\"active\"}", true, EV_ACTIVE, 0 },
	{ "MIGRATION", "{\"status\":\"postcopy-active\"}", true, EV_POSTCOPY,
	  0 },
	{ "MIGRATION", "{\"status\":\"completed\"}", true, EV_SENT, 0 },
	{ "MIGRATION", "{\"status\":\"cancelled\"}", true, EV_CANCELLED, 0 },
	{ "MIGRATION", "{\"status\":\"failed\"}", true, EV_FAILED, 0 },
	{ "MIGRATION", "{\"status\":\"pre-switchover\"}", false, 0, 0 },
	{ "MIGRATION", "{\"status\":\"device\"}", false, 0, 0 },
	{ "MIGRATION", "{\"status\":\"cancelling\"}", false, 0, 0 },
	{ "MIGRATION", "{\"status\":\"postcopy-paused\"}", false, 0, 0 },
	{ "MIGRATION", "{\"status\":7}", false, 0, 0 },
	{ "MIGRATION", "{}", false, 0, 0 },
	{ "MIGRATION", "[\"setup\"]", false, 0, 0 },
	{ "MIGRATION", "{", false, 0, 0 },
	{ "MIGRATION", "", false, 0, 0 },
	{ "MIGRATION", NULL, false, 0, 0 },
	{ "MIGRATION_PASS", "{\"pass\":3}", true, EV_PASS, 3 },
	{ "MIGRATION_PASS", "{\"status\":\"setup\"}", false, 0, 0 },
	{ "MIGRATION_PASS", NULL, false, 0, 0 },
	{ "SHUTDOWN", "{\"status\":\"setup\"}", false, 0, 0 },
	{ "STOPPED", NULL, false, 0, 0 },
};

static void qemu_events(void **state)
{
	struct qmp_news news;
	size_t i;

	for (i = 0; i < sizeof(qmp) / sizeof(qmp[0]); i++) {
		if (qmp_news_of(&news, qmp[i].event, qmp[i].details) !=
		    qmp[i].news)
			fail_msg("%s %s", qmp[i].event, qmp[i].details);
		if (!qmp[i].news)
			continue;
		assert_int_equal(news.event, qmp[i].ev);
		assert_int_equal(news.pass, qmp[i].pass);
	}
}

/* As libvirt 9.0 wrote it, shortened. */
#define STATE(job)                                                        \
	"<!--\nWARNING\n-->\n\n<domstatus state='paused' "                \
	"reason='migration' pid='156'>\n  <taint flag='x'/>\n  " job "\n" \
	"  <domain type='qemu' id='1'><name>vm</name></domain>\n</domstatus>\n"
#define JOB(async, phase)                                  \
	"<job type='none' async='" async "' phase='" phase \
	"' flags='0x101' asyncStarted='1'><disk/></job>"

static const struct {
	const char *xml;
	bool moved;
} files[] = {
	{ STATE(JOB("migration out", "confirm3")), true },
	{ STATE(JOB("migration out", "confirm3_cancelled")), false },
	{ STATE(JOB("migration out", "perform3_done")), false },
	{ STATE(JOB("migration out", "begin3")), false },
	{ STATE(JOB("migration in", "confirm3")), false },
	{ STATE("<job type='none' async='start'/>"), false },
	{ STATE(""), false },
	{ "<domain>" JOB("migration out", "confirm3") "</domain>", false },
	{ "<domstatus><domain>" JOB("migration out",
				    "confirm3") "</domain></domstatus>",
	  false },
	{ "<domstatus>" JOB("migration out", "confirm3"), false },
	{ "phase='confirm3'", false },
	{ "", false },
};

static void state_files(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (libvirt_state_is_confirmed(files[i].xml,
					       strlen(files[i].xml)) !=
		    files[i].moved)
			fail_msg("file %zu: %s", i, files[i].xml);
}

static char told[64];
static int times;

static void changed(const char *vm)
{
	snprintf(told, sizeof(told), "%s", vm);
	times++;
}

static void put_file(const char *dir, const char *name, const char *text)
{
	char path[128], new[140];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(new, sizeof(new), "%s.new", path);
	f = fopen(new, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(rename(new, path), 0);
}

static void give_up(int timer, void *opaque)
{
	fail_msg("no news of the file");
}

static void a_replaced_file_is_news(void **state)
{
	char dir[] = "/tmp/ivring-phase-XXXXXX", path[128];
	int timer;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(libvirt_state_watch("/nonexistent/dir", changed),
			 -ENOENT);
	assert_int_equal(libvirt_state_watch(dir, changed), 0);
	put_file(dir, "vm.pid", "1");
	put_file(dir, "vm.xml", files[1].xml);
	timer = virEventAddTimeout(20000, give_up, NULL, NULL);
	while (!times)
		virEventRunDefaultImpl();
	assert_string_equal(told, "vm");
	assert_int_equal(times, 1);
	assert_false(libvirt_state_has_moved("vm"));
	put_file(dir, "vm.xml", files[0].xml);
	assert_true(libvirt_state_has_moved("vm"));
	assert_false(libvirt_state_has_moved("other"));
	while (times < 2)
		virEventRunDefaultImpl();
	virEventRemoveTimeout(timer);
	snprintf(path, sizeof(path), "%s/vm.xml", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/vm.pid", dir);
	unlink(path);
	rmdir(dir);
	libvirt_state_unwatch();
	libvirt_state_unwatch();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qemu_events),
		cmocka_unit_test(state_files),
		cmocka_unit_test(a_replaced_file_is_news),
	};

	if (virEventRegisterDefaultImpl())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
