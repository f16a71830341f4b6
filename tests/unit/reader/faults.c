// SPDX-License-Identifier: GPL-2.0
/*
 * faults.c - each step of the reader fails once, or the reader dies there
 *
 * Built with -DIVR_FAULTS. A life that passes every named point is lived once
 * for each of them: with an error there, and with a reader that dies there and
 * is followed by another. Whatever happens, the account is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fault.h"
#include "lib/log.h"
#include "tests/unit/reader/reader_kit.h"

static const char *const points[] = {
	"reader-shm-map",    "reader-epoch-set",   "reader-leg-open",
	"reader-pages-put",  "reader-descs-put",   "reader-pos-move",
	"reader-flush-put",  "reader-quiesce-put", "reader-quiesce-freeze",
	"reader-resume-put", "reader-end-mark",	   "reader-ctl-reply",
};

static struct kit k;

static void path_of(char *buf, const char *file)
{
	snprintf(buf, 128, "%s/%s", k.dir, file);
}

static void plant(const char *point, const char *what)
{
	char path[128];
	FILE *f;

	path_of(path, "faults.fired");
	unlink(path);
	path_of(path, "faults");
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "%s %s\n", point, what);
	fclose(f);
	fault_dir(k.dir);
}

static bool fired(void)
{
	char path[128];

	path_of(path, "faults.fired");
	return !access(path, F_OK);
}

/* What the reader is told while the guest traces; each line once */
static const char *const script[] = {
	"drain 5000\n",	 "quiesce 20000 8\n", "drain 5000\n",	   "resume\n",
	"spill 20000\n", "resume\n",	      "quiesce 20000 8\n",
};

#define LINES (sizeof(script) / sizeof(script[0]))

static void trace_some(void)
{
	const struct sim_ring *r = &k.g.rings[0];

	if (sim_host_ring(&k.g, 0)->pos + r->place.slots / 2 > r->head)
		sim_page(&k.g, 0, 3);
}

static void whole_in_the_end(void)
{
	uint64_t waited = 0;

	while (k.g.nspill && kit_waiting(&waited))
		kit_step(&k);
	sim_page(&k.g, 0, 1);
	kit_caught_up(&k);
	kit_stop(&k);
	assert_true(fired());
	audit_whole(&k);
	kit_close(&k);
}

static void life_with_error(const char *point)
{
	struct json_object *o;
	size_t i;
	int j;

	kit_open(&k, KIT_SIZE, 2, IVR_POLICY_DISCARD);
	plant(point, "error 5");
	kit_attach(&k);
	for (i = 0; i < LINES; i++) {
		for (j = 0; j < 20; j++) {
			trace_some();
			kit_step(&k);
		}
		o = kit_ask(&k, script[i]);
		json_object_put(o);
	}
	assert_int_equal(k.s.state, SESSION_ATTACHED);
	o = kit_ask(&k, "resume\n");
	json_object_put(o);
	whole_in_the_end();
}

static void an_error_anywhere(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		print_message("# error at %s\n", points[i]);
		life_with_error(points[i]);
	}
}

static void __attribute__((noreturn)) be_the_reader(void)
{
	uint64_t waited = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (kit_launch(&k))
		_exit(2);
	while (k.s.state != SESSION_STOPPED && kit_patient(&waited))
		if (session_step(&k.s, 20))
			_exit(3);
	_exit(0);
}

static bool has_ended(pid_t child)
{
	int status;

	return waitpid(child, &status, WNOHANG) == child;
}

static void serve(void)
{
	if (k.conn >= 0)
		return;
	kit_accept(&k);
	if (k.conn >= 0)
		kit_send(&k, IVR_MSG_VM_UP, KIT_VM);
}

/* Ask the child, line by line, until it dies; `stop` brings it to its end */
static void talk(pid_t child)
{
	uint64_t waited = 0;
	size_t line = 0;
	char buf[4096];
	int fd = -1;

	while (!has_ended(child) && kit_waiting(&waited)) {
		serve();
		sim_step(&k.g);
		trace_some();
		if (sim_guest_page(&k.g)->state == IVR_GUEST_CALLING)
			continue;
		if (fd < 0) {
			fd = sock_connect(k.conf.ctl, SOCK_STREAM);
			if (fd >= 0)
				sock_send(fd,
					  line < LINES ? script[line] :
							 "stop\n",
					  line < LINES ? strlen(script[line]) :
							 5,
					  NULL, 0);
			line++;
		} else if (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0) {
			close(fd);
			fd = -1;
		}
	}
	if (fd >= 0)
		close(fd);
}

static void life_with_death(const char *point)
{
	pid_t child;

	kit_open(&k, KIT_SIZE, 2, IVR_POLICY_DISCARD);
	plant(point, "crash");
	child = fork();
	assert_true(child >= 0);
	if (!child)
		be_the_reader();
	talk(child);
	assert_true(fired());
	if (k.conn >= 0)
		close(k.conn);
	kit_attach(&k);
	assert_int_equal(sim_guest_page(&k.g)->state, IVR_GUEST_ATTACHED);
	whole_in_the_end();
}

static void a_death_anywhere(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		print_message("# death at %s\n", points[i]);
		life_with_death(points[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_anywhere),
		cmocka_unit_test(a_death_anywhere),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
