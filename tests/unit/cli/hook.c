// SPDX-License-Identifier: GPL-2.0
/*
 * hook.c - libvirt's hook protocol against programs that behave and misbehave
 *
 * Each call runs cmd_hook() in a process of its own, with pipes as libvirt
 * gives them; the programs that it starts are hook_fake.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/cmds.h"
#include "lib/clock.h"
#include "lib/ivr_msg.h"
#include "lib/process.h"
#include "lib/sock.h"
#include "service/supervise.h"
#include "service/unit.h"
#include "tests/unit/folder.h"

/* Longer than anything here takes unless it hangs. */
#define PATIENCE_MS 20000

static char output[4096], errors[8192];
/* What the hook is given as its deadline. */
static char patience[8];

#define DOMAIN                                                      \
	"<domain><name>demo</name>%s<devices><shmem name='ivring' " \
	"role='master'><model type='ivshmem-doorbell'/>"            \
	"<server path='%s/run/%s/qemu.sock'/><msi vectors='%d'/>"   \
	"<alias name='ua-ivring'/></shmem></devices></domain>"

#define UUID_A "0f19b0b5-08f4-483d-9e9a-297cc28411fe"
#define UUID_B "e9adaa03-729b-4295-9bcc-4342b6974156"

#define METADATA(size)                                           \
	"<metadata><i:ivring xmlns:i='urn:ivring:1' size='" size \
	"'/></metadata>"

static const char *traced_as(const char *metadata, const char *socket_of,
			     int vectors)
{
	static char xml[2048];

	snprintf(xml, sizeof(xml), DOMAIN, metadata, top, socket_of, vectors);
	return xml;
}

static const char *traced(const char *metadata)
{
	return traced_as(metadata, "demo", 2);
}

static const char untraced[] = "<domain><name>demo</name><devices/></domain>";

static bool log_has(const char *text)
{
	static char log[16384];

	read_file("log/demo-hook.log", log, sizeof(log));
	return strstr(log, text);
}

static int starts(const char *program)
{
	char path[64], text[8192], *p;
	int n = 0;

	snprintf(path, sizeof(path), "%s.starts", program);
	read_file(path, text, sizeof(text));
	for (p = text; (p = strchr(p, '\n')); p++)
		n++;
	return n;
}

static bool started_with(const char *program, const char *words)
{
	char path[64], text[8192];

	snprintf(path, sizeof(path), "%s.starts", program);
	read_file(path, text, sizeof(text));
	return strstr(text, words);
}

static bool server_runs(void)
{
	return supervise_pid("demo", IVR_SERVER_PID);
}

static bool reader_runs(void)
{
	return supervise_pid("demo", IVR_READER_PID);
}

/*
 * Read to the end, which comes when every holder has let go of the pipe; that
 * is what libvirt waits for.
 */
static void slurp(int fd, char *buf, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t deadline = now_ms() + PATIENCE_MS;
	size_t used = 0;
	ssize_t n;

	do {
		if (poll(&p, 1, ms_until(deadline)) <= 0)
			fail_msg("somebody holds a pipe of libvirt's");
		n = read(fd, buf + used, len - 1 - used);
		used += n > 0 ? n : 0;
	} while (n > 0);
	buf[used] = '\0';
	close(fd);
}

static void __attribute__((noreturn))
in_child(const char *name, const char *op, const char *sub, const int *fds)
{
	char *argv[] = { "hook",     "--deadline", patience, "--", (char *)name,
			 (char *)op, (char *)sub,  "-",	     NULL };

	dup2(fds[0], STDIN_FILENO);
	dup2(fds[1], STDOUT_FILENO);
	dup2(fds[2], STDERR_FILENO);
	close_range(3, ~0u, 0);
	/* One more, as a careless parent would leave it. */
	dup2(STDERR_FILENO, 9);
	exit(cmd_hook(8, argv));
}

/* One call as libvirt does it; its status, with output[] and errors[]. */
static int hook(const char *name, const char *op, const char *sub,
		const char *xml)
{
	int in = fileno(tmpfile()), out[2], errs[2], status;
	pid_t child;

	assert_int_equal(write(in, xml, strlen(xml)), strlen(xml));
	lseek(in, 0, SEEK_SET);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(errs), 0);
	child = fork();
	if (!child)
		in_child(name, op, sub, (int[]) { in, out[1], errs[1] });
	close(in);
	close(out[1]);
	close(errs[1]);
	slurp(out[0], output, sizeof(output));
	slurp(errs[0], errors, sizeof(errors));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	/* Whatever else: never a byte, or libvirt takes it for XML. */
	assert_string_equal(output, "");
	return WEXITSTATUS(status);
}

static void end_all(void)
{
	static const char *const files[] = { IVR_SERVER_PID, IVR_READER_PID };
	pid_t pid;
	int i;

	for (i = 0; i < 2; i++) {
		pid = supervise_pid("demo", files[i]);
		if (!pid)
			continue;
		kill(pid, SIGKILL);
		assert_int_equal(process_await(pid, now_ms() + PATIENCE_MS), 0);
	}
}

static int fresh(void **state)
{
	char command[256];

	unsetenv("FAKE_SERVER");
	unsetenv("FAKE_READER");
	strcpy(patience, "1s");
	snprintf(command, sizeof(command),
		 "cd %s && rm -rf run store log conf "
		 "shm room *.starts && mkdir conf shm",
		 top);
	return system(command);
}

static int clean(void **state)
{
	end_all();
	return 0;
}

static void untraced_is_left_alone(void **state)
{
	assert_int_equal(hook("demo", "prepare", "begin", untraced), 0);
	assert_int_equal(hook("demo", "stopped", "end", untraced), 0);
	assert_int_equal(starts("ivring-server"), 0);
	assert_int_not_equal(access(in_top("run"), F_OK), 0);
	assert_int_not_equal(access(in_top("log"), F_OK), 0);
}

static void start_and_stop(void **state)
{
	assert_int_equal(hook("demo", "prepare", "begin",
			      traced(METADATA("4194304"))),
			 0);
	assert_true(server_runs() && reader_runs());
	assert_true(
		started_with("ivring-server", "--size 4194304 --vectors 2"));
	assert_true(started_with("ivring-reader", "/store/demo"));
	assert_int_equal(hook("demo", "stopped", "end",
			      traced(METADATA("4194304"))),
			 0);
	assert_false(server_runs() || reader_runs());
	assert_int_not_equal(access(in_top("run/demo"), F_OK), 0);
	assert_int_equal(hook("demo", "release", "end",
			      traced(METADATA("4194304"))),
			 0);
}

static void incoming_calls_twice(void **state)
{
	const char *xml = traced(METADATA("4194304"));

	assert_int_equal(hook("demo", "migrate", "begin", xml), 0);
	assert_int_equal(hook("demo", "prepare", "begin", xml), 0);
	assert_int_equal(hook("demo", "start", "begin", xml), 0);
	assert_int_equal(starts("ivring-server"), 1);
	assert_int_equal(starts("ivring-reader"), 1);
}

static void restore_starts_too(void **state)
{
	assert_int_equal(hook("demo", "restore", "begin", traced("")), 0);
	assert_true(server_runs() && reader_runs());
}

static void stop_needs_no_xml(void **state)
{
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	assert_int_equal(hook("demo", "release", "end", "<broken"), 0);
	assert_false(server_runs() || reader_runs());
}

static void size_comes_from_conf(void **state)
{
	write_file("conf/ivring.conf", "# ours\nsize = 1M\nwake=poll\n");
	write_file("conf/demo.conf", " size = 2M \n");
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	assert_true(started_with("ivring-server", "--size 2097152"));
	assert_true(started_with("ivring-reader", "--wake poll"));
	assert_true(log_has("no size in its metadata"));
}

/* As a QEMU is, to the server. */
static int connect_as_qemu(void)
{
	int fd = sock_connect(in_top("run/demo/qemu.sock"), SOCK_STREAM);

	assert_true(fd >= 0);
	return fd;
}

static void other_size_is_told(void **state)
{
	int qemu;

	assert_int_equal(hook("demo", "prepare", "begin",
			      traced(METADATA("1048576"))),
			 0);
	qemu = connect_as_qemu();
	assert_int_equal(hook("demo", "prepare", "begin",
			      traced(METADATA("2097152"))),
			 0);
	assert_true(log_has("has 1048576 bytes, 2 vectors"));
	assert_true(log_has("but the domain wants 2097152, 2 and"));
	assert_int_equal(starts("ivring-server"), 1);
	write_file("conf/ivring.conf", "strict = yes\n");
	assert_int_equal(hook("demo", "prepare", "begin",
			      traced(METADATA("2097152"))),
			 1);
	close(qemu);
}

static void other_vectors_are_told(void **state)
{
	int qemu;

	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	qemu = connect_as_qemu();
	assert_int_equal(hook("demo", "prepare", "begin",
			      traced_as("", "demo", 4)),
			 0);
	assert_true(log_has("but the domain wants 16777216, 4 and"));
	assert_int_equal(starts("ivring-server"), 1);
	close(qemu);
}

/* The hook was not called when its VM ended. */
static void idle_server_is_replaced(void **state)
{
	strcpy(patience, "10s");
	assert_int_equal(hook("demo", "prepare", "begin",
			      traced(METADATA("1048576"))),
			 0);
	assert_int_equal(hook("demo", "prepare", "begin",
			      traced(METADATA("2097152"))),
			 0);
	assert_true(started_with("ivring-server", "--size 2097152"));
	assert_int_equal(hook("demo", "prepare", "begin",
			      traced_as(METADATA("2097152"), "demo", 4)),
			 0);
	assert_true(
		started_with("ivring-server", "--size 2097152 --vectors 4"));
	assert_true(server_runs() && reader_runs());
	assert_int_equal(starts("ivring-server"), 3);
	/* One that fits stays. */
	assert_int_equal(hook("demo", "prepare", "begin",
			      traced_as(METADATA("2097152"), "demo", 4)),
			 0);
	assert_int_equal(starts("ivring-server"), 3);
}

/* virsh migrate --dname, virsh domrename, a clone: the path is the old one. */
static void renamed_vm_has_its_old_socket(void **state)
{
	int qemu;

	assert_int_equal(hook("demo", "prepare", "begin",
			      traced_as("", "old", 2)),
			 0);
	assert_true(server_runs() && reader_runs());
	qemu = sock_connect(in_top("run/old/qemu.sock"), SOCK_STREAM);
	assert_true(qemu >= 0);
	close(qemu);
	assert_true(log_has("was it renamed?"));
	assert_int_equal(hook("demo", "stopped", "end", untraced), 0);
	assert_false(server_runs() || reader_runs());
	assert_int_not_equal(access(in_top("run/old"), F_OK), 0);
	assert_int_not_equal(access(in_top("run/demo"), F_OK), 0);
	assert_int_equal(access(in_top("run"), F_OK), 0);
}

static void directory_of_others_stays(void **state)
{
	assert_int_equal(hook("demo", "prepare", "begin",
			      traced_as("", "old", 2)),
			 0);
	write_file("run/old/server.pid", "");
	assert_int_equal(hook("demo", "stopped", "end", untraced), 0);
	assert_int_equal(access(in_top("run/old/server.pid"), F_OK), 0);
}

static void reader_gets_the_uuid(void **state)
{
	assert_int_equal(hook("demo", "prepare", "begin",
			      traced("<uuid>" UUID_A "</uuid>")),
			 0);
	assert_true(started_with("ivring-reader", "--uuid " UUID_A " "));
	/* A new VM of the same name, and what the old one has left. */
	assert_int_equal(hook("demo", "prepare", "begin",
			      traced("<uuid>" UUID_B "</uuid>")),
			 0);
	assert_true(started_with("ivring-reader", "--uuid " UUID_B " "));
	assert_true(reader_runs());
	assert_int_equal(hook("demo", "prepare", "begin",
			      traced("<uuid>" UUID_B "</uuid>")),
			 0);
	assert_int_equal(starts("ivring-reader"), 2);
}

static void no_uuid_that_the_reader_would_refuse(void **state)
{
	assert_int_equal(hook("demo", "prepare", "begin",
			      traced("<uuid>nonsense</uuid>")),
			 0);
	assert_false(started_with("ivring-reader", "--uuid"));
	assert_true(reader_runs());
}

static void failure_is_told_not_fatal(void **state)
{
	setenv("FAKE_SERVER", "fail", 1);
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	assert_true(log_has("ivring-server did not start (status 1)"));
	assert_int_equal(starts("ivring-reader"), 0);
}

static void strict_refuses(void **state)
{
	setenv("FAKE_SERVER", "fail", 1);
	write_file("conf/ivring.conf", "strict = yes\n");
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 1);
	assert_non_null(strstr(errors, "demo is refused"));
	assert_int_equal(hook("demo", "migrate", "begin", traced("")), 1);
	assert_int_equal(hook("demo", "restore", "begin", traced("")), 1);
	assert_int_equal(hook("demo", "reconnect", "begin", traced("")), 0);
	assert_int_equal(hook("demo", "release", "end", traced("")), 0);
}

static void strict_takes_the_reader_too(void **state)
{
	setenv("FAKE_READER", "fail", 1);
	write_file("conf/ivring.conf", "strict = yes\n");
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 1);
	assert_true(server_runs());
}

/* QEMU would wait in its handshake with it for ever. */
static void hanging_server_is_killed(void **state)
{
	setenv("FAKE_SERVER", "hang", 1);
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	assert_true(log_has("was not ready in time"));
	assert_int_equal(starts("ivring-server"), 1);
	assert_false(server_runs());
}

static void hanging_reader_is_not_waited_for(void **state)
{
	setenv("FAKE_READER", "hang", 1);
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	assert_true(log_has("ivring-reader was not ready in time"));
	assert_true(server_runs());
}

static void deaf_reader_is_left_to_finish(void **state)
{
	setenv("FAKE_READER", "unlisten", 1);
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	assert_int_equal(hook("demo", "stopped", "end", traced("")), 0);
	assert_true(log_has("left to finish"));
	assert_true(reader_runs());
	assert_false(server_runs());
}

/* Makes room in the store when the VM's new server runs. */
static pid_t room_with_server(int number)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	uint64_t deadline = now_ms() + PATIENCE_MS;
	pid_t child = fork();

	if (child)
		return child;
	while (starts("ivring-server") < number && ms_until(deadline))
		nanosleep(&pause, NULL);
	write_file("room", "");
	_exit(0);
}

static void quick_return_gets_a_reader(void **state)
{
	pid_t room, old;

	setenv("FAKE_READER", "full", 1);
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	assert_int_equal(hook("demo", "stopped", "end", traced("")), 0);
	assert_true(log_has("left to finish"));
	old = supervise_pid("demo", IVR_READER_PID);
	assert_true(old);
	room = room_with_server(2);
	strcpy(patience, "20s");
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	assert_int_equal(waitpid(room, NULL, 0), room);
	assert_int_equal(process_await(old, now_ms() + PATIENCE_MS), 0);
	assert_int_equal(starts("ivring-reader"), 2);
	assert_true(server_runs() && reader_runs());
}

static void quick_return_without_a_reader_is_told(void **state)
{
	setenv("FAKE_READER", "full", 1);
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	assert_int_equal(hook("demo", "stopped", "end", traced("")), 0);
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	assert_true(log_has("there is no new reader"));
	assert_true(server_runs());
	assert_int_equal(starts("ivring-reader"), 1);
}

static void quick_return_to_a_deaf_reader_is_told(void **state)
{
	setenv("FAKE_READER", "unlisten", 1);
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	assert_int_equal(hook("demo", "stopped", "end", traced("")), 0);
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	assert_true(log_has("there is no new reader"));
}

static void reconnect_mends_the_reader(void **state)
{
	pid_t pid;

	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	pid = supervise_pid("demo", IVR_READER_PID);
	kill(pid, SIGKILL);
	assert_int_equal(process_await(pid, now_ms() + PATIENCE_MS), 0);
	assert_int_equal(hook("demo", "reconnect", "begin", traced("")), 0);
	assert_true(reader_runs());
	assert_int_equal(starts("ivring-server"), 1);
}

static void reconnect_cannot_mend_the_server(void **state)
{
	assert_int_equal(hook("demo", "reconnect", "begin", traced("")), 0);
	assert_true(log_has("its server is dead"));
	assert_int_equal(starts("ivring-server"), 0);
}

static void bad_names(void **state)
{
	char name[80];

	write_file("conf/ivring.conf", "strict = yes\n");
	assert_int_equal(hook("../demo", "prepare", "begin", traced("")), 0);
	assert_non_null(strstr(errors, "../demo"));
	assert_int_equal(hook("", "prepare", "begin", traced("")), 0);
	assert_int_equal(hook("--help", "prepare", "begin", untraced), 0);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(hook(name, "prepare", "begin", traced("")), 0);
	assert_int_equal(starts("ivring-server"), 0);
}

static void names_with_blanks(void **state)
{
	assert_int_equal(hook("my vm; reboot", "release", "end", untraced), 0);
	assert_int_equal(hook("my vm; reboot", "prepare", "begin", untraced),
			 0);
}

static void bad_xml(void **state)
{
	assert_int_equal(hook("demo", "prepare", "begin", ""), 0);
	assert_int_equal(hook("demo", "prepare", "begin", "<domain>"), 0);
	assert_true(log_has("its XML is not understood"));
	assert_int_equal(hook("demo", "prepare", "begin",
			      "<!DOCTYPE domain><domain/>"),
			 0);
	assert_true(log_has("DOCTYPE"));
	assert_int_equal(hook("demo", "prepare", "begin",
			      traced(METADATA("3000000"))),
			 0);
	assert_true(log_has("is not a power of two"));
	assert_int_equal(starts("ivring-server"), 0);
}

static void foreign_socket_is_refused(void **state)
{
	assert_int_equal(
		hook("demo", "prepare", "begin",
		     "<domain><devices><shmem name='ivring' role='master'>"
		     "<model type='ivshmem-doorbell'/><server path='/etc/passwd'/>"
		     "</shmem></devices></domain>"),
		0);
	assert_true(log_has("is not below"));
	assert_int_equal(starts("ivring-server"), 0);
}

static void unknown_operations(void **state)
{
	assert_int_equal(hook("demo", "attach", "begin", traced("")), 0);
	assert_int_equal(hook("demo", "started", "begin", traced("")), 0);
	assert_int_equal(hook("demo", "prepare", "end", traced("")), 0);
	assert_int_equal(hook("demo", "", "", traced("")), 0);
	assert_int_equal(starts("ivring-server"), 0);
}

static void bad_conf_is_told(void **state)
{
	write_file("conf/ivring.conf",
		   "size = 3M\nnonsense\ncolour = red\n"
		   "strict = perhaps\nfiles = -1\nstore-dir = here\n");
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	assert_true(server_runs() && reader_runs());
	assert_non_null(strstr(errors, "ivring.conf:1: size '3M' is not"));
	assert_non_null(strstr(errors, "ivring.conf:2: 'nonsense'"));
	assert_non_null(strstr(errors, "ivring.conf:3: unknown key 'colour'"));
	assert_non_null(strstr(errors, "ivring.conf:4: strict"));
	assert_non_null(strstr(errors, "ivring.conf:5: files"));
	assert_non_null(strstr(errors, "ivring.conf:6: store-dir"));
	assert_true(started_with("ivring-server", "--size 16777216"));
}

/* As on a full disk: the reader is there, and tries again by itself. */
static void no_store_directory(void **state)
{
	char conf[256];

	write_file("blocked", "a file where the directory should be");
	snprintf(conf, sizeof(conf), "store-dir = %s/blocked\n", top);
	write_file("conf/ivring.conf", conf);
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	assert_true(server_runs() && reader_runs());
	assert_true(log_has("store below"));
}

static void no_log_directory(void **state)
{
	write_file("log", "a file where the directory should be");
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	assert_true(server_runs() && reader_runs());
	assert_false(started_with("ivring-server", "--log-file"));
}

static void no_programs(void **state)
{
	char *path = strdup(getenv("PATH"));

	setenv("IVRING_LIBEXEC", "/nonexistent", 1);
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	setenv("IVRING_LIBEXEC", in_top("bin"), 1);
	setenv("PATH", path, 1);
	free(path);
	assert_true(log_has("cannot find ivring-server"));
}

/* A writer that never closes: the alarm ends it, with the status that is due. */
static void endless_stdin(void **state)
{
	int in[2], out[2], errs[2], status;
	pid_t child;

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(errs), 0);
	child = fork();
	if (!child)
		in_child("demo", "prepare", "begin",
			 (int[]) { in[0], out[1], errs[1] });
	close(out[1]);
	close(errs[1]);
	slurp(out[0], output, sizeof(output));
	slurp(errs[0], errors, sizeof(errors));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_string_equal(output, "");
	assert_non_null(strstr(errors, "giving up"));
	close(in[0]);
	close(in[1]);
}

/* systemd-run in small: it notes its arguments and runs what is behind --. */
static void systemd_gets_units(void **state)
{
	char text[4096];

	write_file("bin/systemd-run",
		   "#!/bin/sh\n"
		   "echo \"$@\" >>$FAKE_DIR/systemd-run.starts\n"
		   "while [ \"$1\" != -- ]; do shift; done; shift\n"
		   "exec \"$@\" --daemonize\n");
	assert_int_equal(chmod(in_top("bin/systemd-run"), 0755), 0);
	setenv("IVRING_SYSTEMD_DIR", top, 1);
	assert_int_equal(hook("demo", "prepare", "begin", traced("")), 0);
	assert_true(server_runs() && reader_runs());
	assert_int_equal(hook("demo", "release", "end", traced("")), 0);
	setenv("IVRING_SYSTEMD_DIR", "/nonexistent", 1);
	assert_false(server_runs() || reader_runs());
	read_file("systemd-run.starts", text, sizeof(text));
	assert_non_null(strstr(text, "--unit ivring-server-demo.service -- "));
	assert_non_null(strstr(text, "--unit ivring-reader-demo.service -- "));
	assert_int_equal(unlink(in_top("bin/systemd-run")), 0);
}

static void unit_names(void **state)
{
	char unit[4 * IVR_VM_NAME_MAX + 32];

	unit_name("ivring-server", "a-b c", unit, sizeof(unit));
	assert_string_equal(unit, "ivring-server-a\\x2db\\x20c.service");
}

/* systemd puts variables into a command line: a VM may be called so. */
static void words_for_systemd(void **state)
{
	char word[16];

	assert_int_equal(unit_word(word, sizeof(word), "a${HOME}$"), 0);
	assert_string_equal(word, "a$${HOME}$$");
	assert_int_equal(unit_word(word, 8, "$$$"), 0);
	assert_int_equal(unit_word(word, 8, "$$$$"), -ENAMETOOLONG);
}

static void units_are_denied_much(void **state)
{
	bool caps = false, privs = false, fds = false;
	const char *p;
	size_t i;

	for (i = 0; (p = unit_property("ivring-server", i)); i++) {
		caps |= strstr(p, "CapabilityBoundingSet=CAP_") != NULL;
		privs |= !strcmp(p, "--property=NoNewPrivileges=yes");
		fds |= strstr(p, "FileDescriptorStoreMax") != NULL;
	}
	assert_true(caps && privs && fds);
	for (i = 0; (p = unit_property("ivring-reader", i)); i++)
		assert_null(strstr(p, "FileDescriptorStoreMax"));
}

#define PEER(name, device)                                 \
	"<domain><name>" name "</name><uuid>" UUID_A       \
	"</uuid><metadata><i:ivring "                      \
	"xmlns:i='urn:ivring:1' size='65536' role='peer' " \
	"shm='ivring-demo'/></metadata><devices>" device "</devices></domain>"

#define PLAIN                                                                 \
	"<shmem name='ivring-demo' role='peer'><model type='ivshmem-plain'/>" \
	"<size unit='K'>64</size></shmem>"

static bool shm_there(void)
{
	return !access(in_top("shm/ivring-demo"), F_OK);
}

/* Somebody who has the memory, as a QEMU has. */
static pid_t user_of_shm(void)
{
	int fd = open(in_top("shm/ivring-demo"), O_RDWR | O_CREAT, 0600),
	    ends[2];
	pid_t child;
	void *at;
	char c;

	assert_int_equal(ftruncate(fd, 65536), 0);
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child) {
		/* Not even if an assertion fails may it stay. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		at = mmap(NULL, 65536, PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
		if (write(ends[1], at == MAP_FAILED ? "-" : "+", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	close(fd);
	close(ends[1]);
	assert_int_equal(read(ends[0], &c, 1), 1);
	assert_int_equal(c, '+');
	close(ends[0]);
	return child;
}

/* Made by the hook: what a guest needs, and nobody else may open it. */
static void expect_fresh_shm(void)
{
	struct stat st;

	assert_int_equal(lstat(in_top("shm/ivring-demo"), &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(st.st_gid, getegid());
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(st.st_size, 65536);
	assert_int_equal(st.st_blocks, 0);
}

static void peer_has_no_server(void **state)
{
	write_file("shm/ivring-demo", "of an earlier run");
	assert_int_equal(hook("demo", "prepare", "begin", PEER("demo", PLAIN)),
			 0);
	assert_true(reader_runs());
	assert_int_equal(starts("ivring-server"), 0);
	assert_true(started_with("ivring-reader", "/shm/ivring-demo"));
	assert_true(started_with("ivring-reader", "--uuid " UUID_A " "));
	assert_false(started_with("ivring-reader", "--server"));
	expect_fresh_shm();
	assert_int_equal(hook("demo", "stopped", "end", PEER("demo", PLAIN)),
			 0);
	assert_false(reader_runs());
	assert_false(shm_there());
	assert_int_not_equal(access(in_top("run/demo"), F_OK), 0);
}

/* Its device comes later; and libvirt calls twice. */
static void peer_comes_in_without_device(void **state)
{
	assert_int_equal(hook("demo", "migrate", "begin", PEER("demo", "")), 0);
	assert_true(reader_runs());
	assert_int_equal(hook("demo", "prepare", "begin", PEER("demo", "")), 0);
	assert_int_equal(starts("ivring-reader"), 1);
}

static void peer_that_runs_is_left_alone(void **state)
{
	pid_t qemu = user_of_shm();

	assert_int_equal(hook("demo", "migrate", "begin", PEER("demo", "")), 0);
	assert_true(log_has("is the memory of pid"));
	assert_true(shm_there());
	assert_true(reader_runs());
	kill(qemu, SIGKILL);
	assert_int_equal(waitpid(qemu, NULL, 0), qemu);
	assert_int_equal(hook("demo", "stopped", "end", PEER("demo", "")), 0);
	assert_false(shm_there());
}

/* Whatever somebody else has put there, and whether he has it mapped or not. */
static void peer_does_not_take_a_strangers_memory(void **state)
{
	pid_t stranger = user_of_shm();

	if (geteuid())
		skip();
	assert_int_equal(chown(in_top("shm/ivring-demo"), 65534, 65534), 0);
	assert_int_equal(hook("demo", "prepare", "begin", PEER("demo", PLAIN)),
			 0);
	expect_fresh_shm();
	kill(stranger, SIGKILL);
	assert_int_equal(waitpid(stranger, NULL, 0), stranger);
	assert_int_equal(hook("demo", "stopped", "end", PEER("demo", PLAIN)),
			 0);

	assert_int_equal(mkdir(in_top("shm/ivring-demo"), 0777), 0);
	assert_int_equal(hook("demo", "prepare", "begin", PEER("demo", PLAIN)),
			 0);
	expect_fresh_shm();
	assert_int_equal(unlink(in_top("shm/ivring-demo")), 0);
	assert_int_equal(symlink("/etc/passwd", in_top("shm/ivring-demo")), 0);
	assert_int_equal(hook("demo", "prepare", "begin", PEER("demo", PLAIN)),
			 0);
	expect_fresh_shm();
	assert_int_equal(link(in_top("shm/ivring-demo"), in_top("shm/second")),
			 0);
	assert_int_equal(hook("demo", "prepare", "begin", PEER("demo", PLAIN)),
			 0);
	expect_fresh_shm();
}

static void peer_is_checked(void **state)
{
	write_file("shm/ivring-demo", "of another VM");
	assert_int_equal(hook("other", "prepare", "begin",
			      PEER("other", PLAIN)),
			 0);
	assert_true(shm_there());
	assert_int_equal(
		hook("demo", "prepare", "begin",
		     PEER("demo",
			  "<shmem name='ivring'><model type='ivshmem-doorbell'/></shmem>")),
		0);
	assert_true(log_has("only ivshmem-plain can be traced"));
	assert_int_equal(starts("ivring-reader"), 0);
	assert_int_equal(
		hook("demo", "prepare", "begin",
		     PEER("demo",
			  "<shmem name='ivring-demo' role='master'><model "
			  "type='ivshmem-plain'/></shmem>")),
		0);
	assert_true(log_has("no port of its own"));
	assert_true(log_has("role='master' in its device"));
	assert_true(log_has("its device has 0 bytes, its metadata 65536"));
}

static void peer_mends_the_reader(void **state)
{
	pid_t qemu = user_of_shm();

	assert_int_equal(hook("demo", "reconnect", "begin",
			      PEER("demo", PLAIN)),
			 0);
	assert_true(reader_runs());
	assert_true(shm_there());
	kill(qemu, SIGKILL);
	assert_int_equal(waitpid(qemu, NULL, 0), qemu);
}

static int open_top(void **state)
{
	char command[2 * PATH_MAX];

	if (folder_open())
		return -1;
	snprintf(command, sizeof(command),
		 "mkdir %s/bin && "
		 "cp '%s' %s/bin/ivring-server && "
		 "cp '%s' %s/bin/ivring-reader",
		 top, HOOK_FAKE, top, HOOK_FAKE, top);
	setenv("FAKE_DIR", top, 1);
	setenv("IVRING_LIBEXEC", in_top("bin"), 1);
	setenv("IVRING_RUN_DIR", in_top("run"), 1);
	setenv("IVRING_STORE_DIR", in_top("store"), 1);
	setenv("IVRING_CONF_DIR", in_top("conf"), 1);
	setenv("IVRING_LOG_DIR", in_top("log"), 1);
	setenv("IVRING_SHM_DIR", in_top("shm"), 1);
	setenv("IVRING_SYSTEMD_DIR", "/nonexistent", 1);
	return system(command);
}

#define HOOK_TEST(f) cmocka_unit_test_setup_teardown(f, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOOK_TEST(untraced_is_left_alone),
		HOOK_TEST(start_and_stop),
		HOOK_TEST(incoming_calls_twice),
		HOOK_TEST(restore_starts_too),
		HOOK_TEST(stop_needs_no_xml),
		HOOK_TEST(size_comes_from_conf),
		HOOK_TEST(other_size_is_told),
		HOOK_TEST(other_vectors_are_told),
		HOOK_TEST(idle_server_is_replaced),
		HOOK_TEST(renamed_vm_has_its_old_socket),
		HOOK_TEST(directory_of_others_stays),
		HOOK_TEST(reader_gets_the_uuid),
		HOOK_TEST(no_uuid_that_the_reader_would_refuse),
		HOOK_TEST(failure_is_told_not_fatal),
		HOOK_TEST(strict_refuses),
		HOOK_TEST(strict_takes_the_reader_too),
		HOOK_TEST(hanging_server_is_killed),
		HOOK_TEST(hanging_reader_is_not_waited_for),
		HOOK_TEST(deaf_reader_is_left_to_finish),
		HOOK_TEST(quick_return_gets_a_reader),
		HOOK_TEST(quick_return_without_a_reader_is_told),
		HOOK_TEST(quick_return_to_a_deaf_reader_is_told),
		HOOK_TEST(reconnect_mends_the_reader),
		HOOK_TEST(reconnect_cannot_mend_the_server),
		HOOK_TEST(bad_names),
		HOOK_TEST(names_with_blanks),
		HOOK_TEST(bad_xml),
		HOOK_TEST(foreign_socket_is_refused),
		HOOK_TEST(unknown_operations),
		HOOK_TEST(bad_conf_is_told),
		HOOK_TEST(no_store_directory),
		HOOK_TEST(no_log_directory),
		HOOK_TEST(no_programs),
		HOOK_TEST(endless_stdin),
		HOOK_TEST(systemd_gets_units),
		HOOK_TEST(unit_names),
		HOOK_TEST(words_for_systemd),
		HOOK_TEST(units_are_denied_much),
		HOOK_TEST(peer_has_no_server),
		HOOK_TEST(peer_comes_in_without_device),
		HOOK_TEST(peer_that_runs_is_left_alone),
		HOOK_TEST(peer_does_not_take_a_strangers_memory),
		HOOK_TEST(peer_is_checked),
		HOOK_TEST(peer_mends_the_reader),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_top, folder_close);
}
