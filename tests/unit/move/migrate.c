// SPDX-License-Identifier: GPL-2.0
/*
 * migrate.c - ivring migrate with a libvirt and a reader of paper
 *
 * virsh is a script that keeps a VM on two sides, "here" and "there", in files:
 * SIDE.runs, SIDE.dev; `fail.SIDE.COMMAND` makes a command fail. What was called
 * is in `calls`, and what the reader was told in `told`.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cli/cmds.h"
#include "lib/clock.h"
#include "lib/ivr_msg.h"
#include "lib/process.h"
#include "lib/sock.h"
#include "migration/move/migration.h"
#include "tests/unit/folder.h"
#include "tests/unit/pid_file_kit.h"

#define PATIENCE_MS 20000

static char output[16384], errors[8192];
static pid_t reader;

static const char virsh[] =
	"#!/bin/sh\n"
	"cd $V || exit 9\n"
	"side=$3; shift 3; echo \"$side $*\" >>calls\n"
	"die() { echo \"error: $1\" >&2; echo 'error: because' >&2; exit 1; }\n"
	"[ ! -e fail.$side.$1 ] || die \"no $1\"\n"
	"case $1 in\n"
	"domstate) [ -e $side.runs ] || die 'no domain'; echo running ;;\n"
	"dumpxml) cat head; [ ! -e $side.dev ] || cat dev; cat tail ;;\n"
	"domjobinfo) echo 'Job type:         '$(cat job) ;;\n"
	"detach-device-alias) [ -e stubborn ] || rm -f $side.dev ;;\n"
	"attach-device) cat >dev; touch $side.dev ;;\n"
	"migrate) [ ! -e slow ] || until [ -e abort ]; do sleep 0.02; done\n"
	"	[ ! -e abort ] || die aborted\n"
	"	mv here.runs there.runs; [ ! -e odd ] || die odd ;;\n"
	"domjobabort) touch abort ;;\n"
	"esac\n";

#define META(rest)                                                             \
	"<domain><name>demo</name><metadata><i:ivring xmlns:i='urn:ivring:1' " \
	"size='65536' " rest "/></metadata><devices>"

#define PORT                                                       \
	"<controller type='pci' index='1' model='pcie-root-port'>" \
	"<alias name='ua-ivring-port'/></controller>"

#define DEVICE(model)                                                           \
	"<shmem name='ivring-demo' role='peer'><model type='" model "'/>"       \
	"<size unit='K'>64</size><alias name='ua-ivring'/><address type='pci' " \
	"domain='0' bus='1' slot='0' function='0'/></shmem>"

static bool file_has(const char *file, const char *text)
{
	static char buf[16384];

	read_file(file, buf, sizeof(buf));
	return strstr(buf, text);
}

/* Runs it; @meanwhile is called with its pid. Status, output[], errors[]. */
static int run_while(void (*meanwhile)(pid_t pid), const char *const *args)
{
	FILE *out = tmpfile(), *errs = tmpfile();
	char *argv[16] = { "migrate", "--connect", "here" };
	int argc = 3, status;
	pid_t child;

	while ((argv[argc] = (char *)*args++))
		argc++;
	fflush(NULL);
	child = fork();
	if (!child) {
		dup2(fileno(out), STDOUT_FILENO);
		dup2(fileno(errs), STDERR_FILENO);
		exit(cmd_migrate(argc, argv));
	}
	if (meanwhile)
		meanwhile(child);
	assert_int_equal(waitpid(child, &status, 0), child);
	take(out, output, sizeof(output));
	take(errs, errors, sizeof(errors));
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define RUN(...) run_while(NULL, (const char *const[]) { __VA_ARGS__, NULL })

static bool step(const char *name, const char *what)
{
	char text[64];

	snprintf(text, sizeof(text), "%-8s %s", name, what);
	return strstr(output, text);
}

static void expect_here_as_before(void)
{
	assert_true(there_is("here.runs") && there_is("here.dev"));
	assert_false(there_is("there.runs") || there_is("there.dev"));
}

static void moves(void **state)
{
	char memory[64];

	write_file("shm/ivring-demo", "of the guest");
	assert_int_equal(RUN("demo", "there", "--persistent", "--bandwidth",
			     "10"),
			 MIGRATE_EXIT_DONE);
	assert_true(there_is("there.runs") && there_is("there.dev"));
	assert_false(there_is("here.runs") || there_is("here.dev"));
	assert_true(step("check", "done") && step("spill", "done") &&
		    step("unplug", "done") && step("migrate", "done") &&
		    step("plug", "done"));
	assert_true(file_has("calls", "here migrate --live demo there "
				      "--persistent --bandwidth 10\n"));
	assert_true(file_has("calls", "here detach-device-alias demo "
				      "ua-ivring --live\n"));
	assert_true(file_has("told", "spill 55000\n"));
	/* What was plugged, as it was. */
	assert_true(
		file_has("dev", "shmem name=\"ivring-demo\" role=\"peer\""));
	/* Old memory is not to be found there again. */
	read_file("shm/ivring-demo", memory, sizeof(memory));
	assert_null(strstr(memory, "of the guest"));
}

static void master_is_refused(void **state)
{
	write_file("head", META(""));
	write_file("dev", "<shmem name='ivring' role='master'><model "
			  "type='ivshmem-doorbell'/></shmem>");
	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_NOT_BEGUN);
	assert_non_null(strstr(output, "its role is master"));
	assert_non_null(strstr(output, "use virsh migrate"));
	expect_here_as_before();
}

static void unsafe_devices_are_refused(void **state)
{
	write_file("dev", DEVICE("ivshmem-doorbell"));
	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_NOT_BEGUN);
	assert_non_null(strstr(output, "may not survive"));
	write_file("dev", DEVICE("ivshmem-plain"));
	write_file("tail", "</devices></domain>");
	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_NOT_BEGUN);
	assert_non_null(strstr(output, "no port of its own"));
	expect_here_as_before();
}

static void no_sensible_place(void **state)
{
	unlink(in_top("here.runs"));
	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_NOT_BEGUN);
	assert_non_null(strstr(output, "it does not run"));
	write_file("here.runs", "");
	write_file("there.runs", "");
	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_NOT_BEGUN);
	assert_non_null(strstr(output, "on both sides"));
	unlink(in_top("there.runs"));
	write_file("fail.there.list", "");
	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_NOT_BEGUN);
	assert_non_null(strstr(output, "there: no list: because"));
	unlink(in_top("fail.there.list"));
	write_file("job", "Unbounded");
	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_NOT_BEGUN);
	assert_non_null(strstr(output, "job of it runs"));
	expect_here_as_before();
	assert_false(there_is("told") && file_has("told", "spill"));
}

static void bad_usage(void **state)
{
	assert_int_equal(RUN("demo"), MIGRATE_EXIT_NOT_BEGUN);
	assert_int_equal(RUN("demo", "--live", "there"),
			 MIGRATE_EXIT_NOT_BEGUN);
	assert_int_equal(RUN("--plug", "demo", "there", "--live"),
			 MIGRATE_EXIT_NOT_BEGUN);
	assert_int_equal(RUN("demo", "there", "--dname", "x"),
			 MIGRATE_EXIT_NOT_BEGUN);
	assert_int_equal(RUN("demo", "there", "--dname=x"),
			 MIGRATE_EXIT_NOT_BEGUN);
	expect_here_as_before();
}

static void reader_must_be_there(void **state)
{
	write_file("reply.status", "{\"state\":\"wait-hello\"}\n");
	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_NOT_BEGUN);
	assert_non_null(strstr(output, "not attached (wait-hello)"));
	expect_here_as_before();
	assert_int_equal(RUN("--no-spill", "demo", "there"), MIGRATE_EXIT_DONE);
	assert_true(step("spill", "skipped"));
}

static void guest_without_memory(void **state)
{
	write_file("reply.spill",
		   "{\"drained\":false,\"reason\":\"no memory\"}\n");
	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_UNDONE);
	assert_non_null(strstr(output, "does not spill: no memory"));
	assert_true(file_has("told", "resume\n"));
	assert_false(file_has("calls", "detach"));
	expect_here_as_before();
}

static void a_failed_migration_is_undone(void **state)
{
	write_file("fail.here.migrate", "");
	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_UNDONE);
	assert_true(step("migrate", "failed") && step("unplug", "undone") &&
		    step("spill", "undone"));
	/* The device comes before the guest goes back to it. */
	assert_true(strstr(output, "unplug   undone") <
		    strstr(output, "spill    undone"));
	assert_true(file_has("told", "resume\n"));
	expect_here_as_before();
}

static void a_refused_request_is_undone(void **state)
{
	write_file("fail.here.detach-device-alias", "");
	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_UNDONE);
	assert_true(step("unplug", "failed: no detach-device-alias: because"));
	assert_null(strstr(errors, "may still give the device up"));
	expect_here_as_before();
}

/* What counts is where the VM is. */
static void virsh_may_be_wrong(void **state)
{
	write_file("odd", "");
	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_DONE);
	assert_true(there_is("there.runs") && there_is("there.dev"));
	assert_non_null(
		strstr(errors, "virsh migrate failed, but the VM is at"));
}

static void run_again_unplugged(void **state)
{
	unlink(in_top("here.dev"));
	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_DONE);
	assert_true(step("spill", "skipped") && step("unplug", "skipped"));
	assert_true(there_is("there.runs") && there_is("there.dev"));
}

static void run_again_moved(void **state)
{
	assert_int_equal(rename(in_top("here.runs"), in_top("there.runs")), 0);
	unlink(in_top("here.dev"));
	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_DONE);
	assert_true(step("migrate", "skipped") && step("plug", "done"));
	assert_true(there_is("there.dev"));
	/* And once more there is nothing to do. */
	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_NOT_BEGUN);
}

static void plug_alone(void **state)
{
	unlink(in_top("here.dev"));
	assert_int_equal(RUN("--plug", "demo"), MIGRATE_EXIT_DONE);
	assert_true(there_is("here.dev"));
	assert_int_equal(RUN("--plug", "demo"), MIGRATE_EXIT_DONE);
	assert_true(step("plug", "skipped"));
	assert_int_equal(rename(in_top("here.runs"), in_top("there.runs")), 0);
	assert_int_equal(RUN("--plug", "demo", "there"), MIGRATE_EXIT_DONE);
	assert_true(there_is("there.dev"));
}

static void await_call(const char *text)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	uint64_t deadline = now_ms() + PATIENCE_MS;

	while (!file_has("calls", text) && ms_until(deadline))
		nanosleep(&pause, NULL);
	assert_true(file_has("calls", text));
}

static void terminate(pid_t pid)
{
	await_call("here migrate");
	kill(pid, SIGTERM);
}

static void a_signal_aborts_the_migration(void **state)
{
	write_file("slow", "");
	assert_int_equal(run_while(terminate,
				   (const char *const[]) { "demo", "there",
							   NULL }),
			 MIGRATE_EXIT_UNDONE);
	assert_true(file_has("calls", "here domjobabort demo"));
	assert_true(step("migrate", "failed: cancelled"));
	expect_here_as_before();
}

static void terminate_unplug(pid_t pid)
{
	await_call("here detach-device-alias");
	kill(pid, SIGTERM);
}

/* QEMU keeps the request; by signal, as the time would be over too late. */
static void pending_request_is_told(void **state)
{
	write_file("stubborn", "");
	assert_int_equal(run_while(terminate_unplug,
				   (const char *const[]) { "demo", "there",
							   NULL }),
			 MIGRATE_EXIT_UNDONE);
	assert_true(step("unplug", "failed: "));
	assert_non_null(strstr(errors, "may still give the device up"));
	assert_non_null(strstr(errors, "ivring migrate --plug demo\n"));
	expect_here_as_before();
}

static void one_at_a_time(void **state)
{
	pid_t other = pid_file_other_process(
		in_top("run/demo/" IVR_MIGRATE_PID));

	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_NOT_BEGUN);
	assert_non_null(strstr(errors, "another ivring migrate"));
	pid_file_end_other(other);
	expect_here_as_before();
}

/* Anybody may open the directory; a lock on it means nothing. */
static void strangers_do_not_hold_it_back(void **state)
{
	int fd = open(in_top("run/demo"), O_RDONLY | O_DIRECTORY);

	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(RUN("demo", "there"), MIGRATE_EXIT_DONE);
	close(fd);
}

static void prints_json(void **state)
{
	struct json_object *o, *v;
	char *line, *rest = output;
	int n = 0;

	assert_int_equal(RUN("--json", "demo", "there"), MIGRATE_EXIT_DONE);
	while ((line = strsep(&rest, "\n")) && *line) {
		o = json_tokener_parse(line);
		assert_true(json_object_object_get_ex(o, "step", &v));
		assert_true(json_object_object_get_ex(o, "result", &v));
		assert_string_equal(json_object_get_string(v), "done");
		json_object_put(o);
		n++;
	}
	assert_int_equal(n, 5);
}

/* Answers what reply.COMMAND holds. */
static void serve(const struct listener *l)
{
	char line[64], path[PATH_MAX], reply[256];
	size_t n;
	FILE *f;
	int fd;

	while ((fd = accept(l->fd, NULL, NULL)) >= 0) {
		ssize_t got = read(fd, line, sizeof(line) - 1);

		line[got > 0 ? got : 0] = '\0';
		f = fopen(in_top("told"), "a");
		fputs(line, f);
		fclose(f);
		snprintf(path, sizeof(path), "%s/reply.%.*s", top,
			 (int)strcspn(line, " \n"), line);
		f = fopen(path, "r");
		n = f ? fread(reply, 1, sizeof(reply), f) : 0;
		if (f)
			fclose(f);
		if (write(fd, reply, n) < 0)
			break;
		close(fd);
	}
}

static int fresh(void **state)
{
	struct listener l;
	char shell[512];

	snprintf(shell, sizeof(shell),
		 "cd %s && rm -rf * && mkdir -p run/demo "
		 "shm bin && touch here.runs here.dev shm/ivring-demo && "
		 "echo None >job",
		 top);
	if (system(shell))
		return -1;
	write_file("bin/virsh", virsh);
	write_file("head", META("role='peer' shm='ivring-demo'"));
	write_file("dev", DEVICE("ivshmem-plain"));
	write_file("tail", PORT "</devices></domain>");
	write_file("reply.status", "{\"state\":\"attached\"}\n");
	write_file("reply.spill", "{\"drained\":true}\n");
	write_file("reply.resume", "{\"resumed\":true}\n");
	if (chmod(in_top("bin/virsh"), 0755) ||
	    listener_open(&l, in_top("run/demo/" IVR_CTL_SOCK), SOCK_STREAM,
			  0600, -1))
		return -1;
	fcntl(l.fd, F_SETFL, 0);
	reader = fork();
	if (!reader) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(&l);
		_exit(0);
	}
	close(l.fd);
	return 0;
}

static int clean(void **state)
{
	kill(reader, SIGKILL);
	return waitpid(reader, NULL, 0) != reader;
}

static int open_top(void **state)
{
	if (folder_open())
		return -1;
	setenv("V", top, 1);
	setenv("IVRING_LIBEXEC", in_top("bin"), 1);
	setenv("IVRING_RUN_DIR", in_top("run"), 1);
	setenv("IVRING_SHM_DIR", in_top("shm"), 1);
	return 0;
}

#define MIGRATE_TEST(f) cmocka_unit_test_setup_teardown(f, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MIGRATE_TEST(moves),
		MIGRATE_TEST(master_is_refused),
		MIGRATE_TEST(unsafe_devices_are_refused),
		MIGRATE_TEST(no_sensible_place),
		MIGRATE_TEST(bad_usage),
		MIGRATE_TEST(reader_must_be_there),
		MIGRATE_TEST(guest_without_memory),
		MIGRATE_TEST(a_failed_migration_is_undone),
		MIGRATE_TEST(a_refused_request_is_undone),
		MIGRATE_TEST(virsh_may_be_wrong),
		MIGRATE_TEST(run_again_unplugged),
		MIGRATE_TEST(run_again_moved),
		MIGRATE_TEST(plug_alone),
		MIGRATE_TEST(a_signal_aborts_the_migration),
		MIGRATE_TEST(pending_request_is_told),
		MIGRATE_TEST(one_at_a_time),
		MIGRATE_TEST(strangers_do_not_hold_it_back),
		MIGRATE_TEST(prints_json),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_top, folder_close);
}
