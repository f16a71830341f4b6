// SPDX-License-Identifier: GPL-2.0
/* virt_cmds.c - ivring xml, status, drain and doctor as people call them */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cli/cmds.h"
#include "lib/ivr_msg.h"
#include "lib/paths.h"
#include "lib/process.h"
#include "lib/sock.h"
#include "tests/unit/folder.h"

static char output[65536], errors[8192];

/* Run a command in a process of its own; its status, output[], errors[]. */
static int run(int (*cmd)(int argc, char **argv), ...)
{
	FILE *out = tmpfile(), *errs = tmpfile();
	char *argv[16] = { "command" };
	int argc = 1, status;
	pid_t child;
	va_list ap;

	va_start(ap, cmd);
	while ((argv[argc] = va_arg(ap, char *)))
		argc++;
	va_end(ap);
	fflush(NULL);
	child = fork();
	if (!child) {
		dup2(fileno(out), STDOUT_FILENO);
		dup2(fileno(errs), STDERR_FILENO);
		exit(cmd(argc, argv));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	take(out, output, sizeof(output));
	take(errs, errors, sizeof(errors));
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Says @reply to each who connects and sends something; NULL: says nothing. */
static pid_t reader_saying(const char *reply)
{
	struct listener l;
	char line[64];
	pid_t child;
	int fd;

	assert_int_equal(listener_open(&l, in_top("run/demo/" IVR_CTL_SOCK),
				       SOCK_STREAM, 0600, -1),
			 0);
	fcntl(l.fd, F_SETFL, 0);
	child = fork();
	if (!child) {
		/* Not even if an assertion fails may it stay. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while ((fd = accept(l.fd, NULL, NULL)) >= 0) {
			if (!reply)
				continue;
			if (read(fd, line, sizeof(line)) <= 0 ||
			    write(fd, reply, strlen(reply)) < 0)
				break;
			close(fd);
		}
		_exit(0);
	}
	close(l.fd);
	return child;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void xml_wants_a_good_size(void **state)
{
	assert_int_equal(run(cmd_xml, "--vm", "demo", "--size", "3M", NULL), 2);
	assert_string_equal(output, "");
	assert_non_null(strstr(errors, "is not a power of two"));
	assert_ptr_equal(strchr(errors, '\n'), errors + strlen(errors) - 1);
	assert_int_equal(run(cmd_xml, "--vm", "demo", "--size", "0", NULL), 2);
	assert_int_equal(run(cmd_xml, "--vm", "a/b", NULL), 2);
	assert_int_equal(run(cmd_xml, NULL), 2);
	assert_int_equal(run(cmd_xml, "--vm", "demo", "more", NULL), 2);
}

static void xml_of_another_vm(void **state)
{
	write_file("d.xml", "<domain><name>demo</name></domain>");
	assert_int_equal(run(cmd_xml, "--vm", "other", "--domain",
			     in_top("d.xml"), NULL),
			 1);
	assert_non_null(strstr(errors, "the domain is 'demo', not 'other'"));
	assert_int_equal(run(cmd_xml, "-d", in_top("d.xml"), NULL), 0);
	assert_non_null(strstr(output, "/run/demo/qemu.sock"));
	assert_int_equal(run(cmd_xml, "-d", in_top("nothing"), NULL), 1);
}

static void xml_prints_what_xml_accepts(void **state)
{
	char *first;

	assert_int_equal(run(cmd_xml, "--vm", "demo", "--size", "4M", NULL), 0);
	first = strdup(output);
	write_file("d.xml", first);
	assert_int_equal(run(cmd_xml, "--domain", in_top("d.xml"), NULL), 0);
	assert_string_equal(output, first);
	free(first);
}

static void status_without_anything(void **state)
{
	assert_int_equal(run(cmd_status, NULL), 1);
	assert_non_null(strstr(output, "no server runs, no reader runs"));
	assert_int_equal(run(cmd_status, "nope", NULL), 2);
	assert_int_equal(run(cmd_status, "../x", NULL), 2);
}

static void status_adds_up(void **state)
{
	struct json_object *list;
	pid_t reader = reader_saying(
		"{\"vm\":\"demo\",\"state\":\"attached\",\"guest\":\"attached\","
		"\"store\":\"/s\",\"rings\":["
		"{\"head\":11,\"pos\":9,\"produced\":100,\"lost\":5},"
		"{\"head\":3,\"pos\":3,\"produced\":20,\"lost\":0},"
		"{\"head\":50,\"pos\":50,\"produced\":7,\"lost\":7}]}\n");

	/* The server is missing, which is a fault; the sums are there. */
	assert_int_equal(run(cmd_status, "demo", NULL), 1);
	assert_non_null(strstr(output,
			       "attached  attached      2     10       2"
			       "       120     5  /s"));
	assert_int_equal(run(cmd_status, "--json", NULL), 1);
	end(reader);
	list = json_tokener_parse(output);
	assert_int_equal(json_object_array_length(list), 1);
	json_object_put(list);
}

/* The reader of a VM of role peer looks into a file. */
static void status_of_a_peer_wants_no_server(void **state)
{
	pid_t reader = reader_saying(
		"{\"vm\":\"demo\",\"state\":\"attached\",\"transport\":"
		"\"plain\",\"guest\":\"attached\",\"rings\":[]}\n");

	assert_int_equal(run(cmd_status, "demo", NULL), 0);
	assert_null(strstr(output, "no server runs"));
	assert_null(strstr(output, "down"));
	assert_int_equal(run(cmd_status, "--json", NULL), 0);
	end(reader);

	reader = reader_saying("{\"state\":\"wait-vm\",\"transport\":"
			       "\"plain\"}\n");
	assert_int_equal(run(cmd_status, "demo", NULL), 0);
	assert_non_null(strstr(output, "VM demo: its memory is not there"));
	end(reader);
	/* Without its reader nobody knows what it is. */
	assert_int_equal(run(cmd_status, "demo", NULL), 1);
}

static void status_skips_a_socket_of_others(void **state)
{
	assert_int_equal(mkdir(in_top("run/old"), 0755), 0);
	write_file("run/old/" IVR_QEMU_SOCK, "");
	run(cmd_status, NULL);
	assert_non_null(strstr(output, "VM demo"));
	assert_null(strstr(output, "VM old"));
	write_file("run/old/" IVR_SERVER_PID, "");
	run(cmd_status, NULL);
	assert_non_null(strstr(output, "VM old"));
}

static void status_of_a_reader_that_is_silent(void **state)
{
	pid_t reader = reader_saying(NULL);

	assert_int_equal(run(cmd_status, "-t", "50ms", "demo", NULL), 1);
	assert_non_null(strstr(output, "did not answer in time"));
	end(reader);
}

static void status_of_a_reader_that_talks_nonsense(void **state)
{
	static const char *const nonsense[] = {
		"hello\n",
		"[1]\n",
		"{\n",
		"\n",
		"{\"rings\":7,\"state\":[]}\n",
		"{\"rings\":[1,\"x\",{\"head\":-1}]}\n",
	};
	size_t i;

	for (i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		pid_t reader = reader_saying(nonsense[i]);

		assert_int_equal(run(cmd_status, "demo", NULL), 1);
		end(reader);
	}
}

static void drain_says_how_it_went(void **state)
{
	pid_t reader;

	assert_int_equal(run(cmd_drain, "demo", NULL), 2);
	assert_int_equal(run(cmd_drain, NULL), 2);
	assert_int_equal(run(cmd_drain, "a/b", NULL), 2);

	reader = reader_saying("{\"drained\":true,\"rings\":[]}\n");
	assert_int_equal(run(cmd_drain, "demo", NULL), 0);
	assert_string_equal(output, "VM demo: drained\n");
	end(reader);

	reader = reader_saying("{\"drained\":false,\"reason\":\"too slow\"}\n");
	assert_int_equal(run(cmd_drain, "--json", "demo", NULL), 1);
	assert_non_null(strstr(errors, "too slow"));
	assert_non_null(strstr(output, "\"drained\":false"));
	end(reader);

	reader = reader_saying("{\"error\":\"unknown command\"}\n");
	assert_int_equal(run(cmd_drain, "demo", NULL), 2);
	end(reader);
}

#define SHMEM(role, vectors)                                          \
	"<devices><shmem name='ivring' role='" role "'>"              \
	"<model type='ivshmem-doorbell'/><server path='/elsewhere'/>" \
	"<msi vectors='" vectors "'/><alias name='shmem0'/></shmem></devices>"

static bool found(const char *level, const char *text)
{
	char *line = output, *stop;
	bool hit = false;

	while (!hit && (stop = strchr(line, '\n'))) {
		*stop = '\0';
		hit = !strncmp(line, level, strlen(level)) &&
		      strstr(line, text);
		*stop = '\n';
		line = stop + 1;
	}
	return hit;
}

static void doctor_reads_the_xml(void **state)
{
	write_file("etc/qemu/demo.xml",
		   "<domain><name>demo</name>"
		   "<metadata><i:ivring xmlns:i='urn:ivring:1' size='3M'/>"
		   "</metadata>" SHMEM("peer", "1") "</domain>");
	assert_int_equal(run(cmd_doctor, NULL), 1);
	assert_true(found("fail", "no libvirt hook at"));
	assert_true(found("fail", "role='master' is missing"));
	assert_true(found("fail", "no qemu:override"));
	assert_true(found("fail", "'/elsewhere'"));
	assert_true(found("fail", "vectors='1'"));
	assert_true(found("fail", "is not a power of two"));
	assert_true(found("warn", "no fixed PCI address"));
	assert_false(found("fail", "its server does not"));
}

#define PEER_META                                                  \
	"<metadata><i:ivring xmlns:i='urn:ivring:1' size='65536' " \
	"role='peer' shm='ivring-demo'/></metadata>"

static void doctor_knows_role_peer(void **state)
{
	write_file("etc/qemu/demo.xml",
		   "<domain><name>demo</name>" PEER_META
		   "<devices><shmem name='ivring' role='peer'>"
		   "<model type='ivshmem-doorbell'/></shmem></devices></domain>");
	assert_int_equal(run(cmd_doctor, "demo", NULL), 1);
	assert_true(found("fail", "is no ivshmem-plain"));
	assert_true(found("fail", "no port of its own"));
	assert_false(found("fail", "role='master' is missing"));

	assert_int_equal(run(cmd_xml, "--vm", "demo", "--role", "peer", NULL),
			 0);
	write_file("etc/qemu/demo.xml", output);
	run(cmd_doctor, "demo", NULL);
	assert_true(
		found("ok", "can be traced and migrated by ivring migrate"));
	/* It runs, on this host, without its device. */
	write_file("libvirt/qemu/demo.xml",
		   "<domstatus><domain><name>demo</name>" PEER_META
		   "<devices/></domain></domstatus>");
	run(cmd_doctor, "demo", NULL);
	assert_true(found("warn", "its trace waits in its own memory"));
	assert_false(found("fail", "its server does not"));
	assert_true(found("fail", "no reader runs"));
}

static void xml_knows_roles(void **state)
{
	char *first;

	assert_int_equal(run(cmd_xml, "--vm", "demo", "--role", "slave", NULL),
			 2);
	assert_int_equal(run(cmd_xml, "--vm", "demo", "--role", "peer",
			     "--slot", "10", NULL),
			 1);
	assert_non_null(strstr(errors, "has a port of its own"));
	assert_int_equal(run(cmd_xml, "--vm", "demo", "--role", "peer", NULL),
			 0);
	first = strdup(output);
	write_file("d.xml", first);
	/* The role is the domain's; only a size was asked for. */
	assert_int_equal(run(cmd_xml, "--domain", in_top("d.xml"), "--size",
			     "16M", NULL),
			 0);
	assert_string_equal(output, first);
	free(first);
}

static void doctor_knows_who_runs(void **state)
{
	write_file("libvirt/qemu/demo.xml",
		   "<domstatus><domain><name>demo</name>" SHMEM(
			   "master", "2") "</domain></domstatus>");
	assert_int_equal(run(cmd_doctor, "demo", NULL), 1);
	assert_true(found("fail", "its server does not"));
	assert_true(found("fail", "no reader runs"));
}

static void doctor_sees_the_hook(void **state)
{
	write_file("etc/hooks/qemu.d/ivring", "#!/bin/sh\n");
	chmod(in_top("etc/hooks/qemu.d/ivring"), 0644);
	run(cmd_doctor, NULL);
	assert_true(found("fail", "is not executable"));
	chmod(in_top("etc/hooks/qemu.d/ivring"), 0755);
	run(cmd_doctor, NULL);
	assert_true(found("ok", "libvirt hook"));
}

static void doctor_sees_what_died(void **state)
{
	write_file("etc/qemu/demo.xml",
		   "<domain><name>demo</name>" SHMEM("master",
						     "2") "</domain>");
	write_file("run/demo/server.pid", "999999999\n");
	run(cmd_doctor, NULL);
	assert_true(found("warn", "server.pid is of a process that died"));
	assert_int_equal(run(cmd_doctor, "nope", NULL), 1);
	assert_int_equal(run(cmd_doctor, "a/b", NULL), 2);
	assert_int_equal(run(cmd_doctor, "a", "b", NULL), 2);
}

static void doctor_prints_json(void **state)
{
	struct json_object *list, *first, *level;

	assert_int_equal(run(cmd_doctor, "--json", NULL), 1);
	list = json_tokener_parse(output);
	assert_true(json_object_array_length(list) > 3);
	first = json_object_array_get_idx(list, 0);
	assert_true(json_object_object_get_ex(first, "level", &level));
	json_object_put(list);
}

static void options_of_processes(void **state)
{
	char *argv[] = { "/bin/sh", "-c",	   "read x", "--size",
			 "4M",	    "--vectors=3", "--last", NULL };
	char value[16];
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child) {
		dup2(ends[0], 0);
		close(ends[1]);
		execv(argv[0], argv);
		_exit(127);
	}
	close(ends[0]);
	/* Until it has become the shell the command line is still ours. */
	while (process_option(child, "--size", value, sizeof(value)) == -ENOENT)
		;
	assert_string_equal(value, "4M");
	assert_int_equal(process_option(child, "--vectors", value, 16), 0);
	assert_string_equal(value, "3");
	assert_int_equal(process_option(child, "--last", value, 16), -ENOENT);
	assert_int_equal(process_option(child, "--size", value, 2), -ENOENT);
	close(ends[1]);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static int fresh(void **state)
{
	char shell[512];

	snprintf(shell, sizeof(shell),
		 "cd %s && rm -rf * && mkdir -p run/demo "
		 "etc/qemu etc/hooks/qemu.d libvirt/qemu conf",
		 top);
	return system(shell);
}

static int open_top(void **state)
{
	if (folder_open())
		return -1;
	setenv("IVRING_RUN_DIR", in_top("run"), 1);
	setenv("IVRING_STORE_DIR", in_top("store"), 1);
	setenv("IVRING_CONF_DIR", in_top("conf"), 1);
	setenv("IVRING_LIBVIRT_CONF_DIR", in_top("etc"), 1);
	setenv("IVRING_LIBVIRT_RUN_DIR", in_top("libvirt"), 1);
	return 0;
}

#define CMD_TEST(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CMD_TEST(xml_wants_a_good_size),
		CMD_TEST(xml_of_another_vm),
		CMD_TEST(xml_prints_what_xml_accepts),
		CMD_TEST(status_without_anything),
		CMD_TEST(status_adds_up),
		CMD_TEST(status_of_a_peer_wants_no_server),
		CMD_TEST(status_skips_a_socket_of_others),
		CMD_TEST(status_of_a_reader_that_is_silent),
		CMD_TEST(status_of_a_reader_that_talks_nonsense),
		CMD_TEST(drain_says_how_it_went),
		CMD_TEST(doctor_reads_the_xml),
		CMD_TEST(doctor_knows_role_peer),
		CMD_TEST(xml_knows_roles),
		CMD_TEST(doctor_knows_who_runs),
		CMD_TEST(doctor_sees_the_hook),
		CMD_TEST(doctor_sees_what_died),
		CMD_TEST(doctor_prints_json),
		CMD_TEST(options_of_processes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_top, folder_close);
}
