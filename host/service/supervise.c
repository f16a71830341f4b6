// SPDX-License-Identifier: GPL-2.0
/* supervise.c - server and reader of a VM: start, check, take down */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/ctl_client.h"
#include "lib/dirs.h"
#include "lib/host_conf.h"
#include "lib/ivr_msg.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "lib/pid_file.h"
#include "lib/process.h"
#include "lib/users.h"
#include "service/running.h"
#include "service/shm_file.h"
#include "service/supervise.h"
#include "service/unit.h"

#define SERVER	     "ivring-server"
#define READER	     "ivring-reader"
#define MAX_ARGS     96
#define DIR_MODE     0755
#define PRIVATE_MODE 0750

/* What the reader is given to start when the server took all the time. */
#define READER_MIN_MS 500
/* What the server is given to end when the reader took all the time. */
#define SERVER_END_MS 500

/**
 * struct args - an argument vector in the making
 * @v: NULL-terminated
 * @n: how many there are
 * @text: room for what has to be put together
 * @used: bytes of @text
 * @for_systemd: words that follow go through systemd, unit_word()
 */
struct args {
	char *v[MAX_ARGS];
	int n;
	char text[4 * PATH_MAX];
	size_t used;
	bool for_systemd;
};

/* The texts are only handed on to execv(), which takes them unchanged. */
static void add(struct args *a, const char *word)
{
	if (a->n < MAX_ARGS - 1)
		a->v[a->n++] = (char *)word;
	a->v[a->n] = NULL;
}

static char *put(struct args *a, const char *text)
{
	char *to = a->text + a->used;
	size_t room = sizeof(a->text) - a->used;

	if (a->for_systemd ? unit_word(to, room, text) : strlen(text) >= room)
		return NULL;
	if (!a->for_systemd)
		strcpy(to, text);
	a->used += strlen(to) + 1;
	return to;
}

static void add_option(struct args *a, const char *option, const char *value)
{
	char *copy = value[0] ? put(a, value) : NULL;

	if (!copy)
		return;
	add(a, option);
	add(a, copy);
}

static bool under_systemd(void)
{
	return !access(dirs_systemd(), F_OK);
}

static int run_path(const char *vm, const char *file, char *path, size_t len)
{
	return path_of_vm(path, len, dirs_run(), vm, file);
}

pid_t supervise_pid(const char *vm, const char *file)
{
	char path[PATH_MAX];
	pid_t pid;

	if (run_path(vm, file, path, sizeof(path)))
		return 0;
	pid = pid_file_holder(path);
	return pid > 0 ? pid : 0;
}

/* @what: "server", "reader", "events" */
static void log_path(const struct supervise *s, const char *what, char *path,
		     size_t len)
{
	snprintf(path, len, "%s/%s-%s.log", s->conf->log_dir, s->vm, what);
}

/* The programs refuse to start without their log, and a VM must not fail so. */
static bool can_log(const struct supervise *s)
{
	return !access(s->conf->log_dir, W_OK | X_OK);
}

static const char *short_name(const char *program)
{
	return strrchr(program, '-') + 1;
}

static void add_unit(struct args *a, const char *program, const char *vm)
{
	char unit[UNIT_MAX];
	size_t i;

	add(a, "systemd-run");
	add(a, "--quiet");
	add(a, "--collect");
	add(a, "--service-type=notify");
	for (i = 0; unit_property(program, i); i++)
		add(a, unit_property(program, i));
	unit_name(program, vm, unit, sizeof(unit));
	add_option(a, "--unit", unit);
	add(a, "--");
	a->for_systemd = true;
}

/* The part of the command line that both programs have. */
static int begin(const struct supervise *s, const char *program,
		 const char *pid_file, struct args *a)
{
	char path[PATH_MAX];

	a->n = 0;
	a->used = 0;
	a->for_systemd = false;
	if (under_systemd()) {
		if (process_find("systemd-run", path, sizeof(path)))
			return -ENOENT;
		add_unit(a, program, s->vm);
		a->v[0] = put(a, path);
	}
	if (process_find(program, path, sizeof(path)))
		return -ENOENT;
	add(a, put(a, path));
	if (!under_systemd())
		add(a, "--daemonize");
	add_option(a, "--vm", s->vm);
	add_option(a, "--user", s->conf->user);
	if (run_path(s->vm, pid_file, path, sizeof(path)))
		return -ENAMETOOLONG;
	add_option(a, "--pid-file", path);
	if (can_log(s)) {
		log_path(s, short_name(program), path, sizeof(path));
		add_option(a, "--log-file", path);
	}
	return 0;
}

static void signal_to(const struct supervise *s, const char *pid_file,
		      pid_t pid, int sig)
{
	char path[PATH_MAX];

	if (!run_path(s->vm, pid_file, path, sizeof(path)))
		pid_file_signal(path, pid, sig);
}

/* Under systemd too: it must not take a kill for a failure and start anew. */
static void end_by_force(const struct supervise *s, const char *program,
			 const char *pid_file)
{
	char path[PATH_MAX], unit[UNIT_MAX];
	pid_t pid = supervise_pid(s->vm, pid_file);

	if (under_systemd() && !process_find("systemctl", path, sizeof(path))) {
		char *argv[] = { path, "stop", "--no-block", unit, NULL };

		unit_name(program, s->vm, unit, sizeof(unit));
		process_run(argv, NULL, now_ms() + SERVER_END_MS);
	}
	if (!pid)
		return;
	signal_to(s, pid_file, pid, SIGKILL);
	/* Its sockets are gone only when it is. */
	process_await(pid, now_ms() + SERVER_END_MS);
}

static int launch(const struct supervise *s, const char *program,
		  struct args *a, uint64_t deadline)
{
	char log[PATH_MAX];
	int ret;

	log_path(s, short_name(program), log, sizeof(log));
	ret = process_run(a->v, log, deadline);
	if (!ret) {
		info("VM %s: %s started", s->vm, program);
	} else if (ret == -ETIME) {
		err("VM %s: %s was not ready in time, see %s", s->vm, program,
		    log);
	} else if (ret < 0) {
		err("VM %s: cannot start %s: %s", s->vm, program,
		    strerror(-ret));
	} else {
		err("VM %s: %s did not start (status %d), see %s", s->vm,
		    program, ret, log);
		ret = -ECHILD;
	}
	return ret;
}

static int not_installed(const struct supervise *s, const char *program)
{
	err("VM %s: cannot find %s%s in $PATH or beside ivring, install it",
	    s->vm, program, under_systemd() ? " or systemd-run" : "");
	return -ENOENT;
}

/* The directory of a socket that is named in the XML; -ENOENT: there is none */
static int socket_dir(const char *socket, char *path, size_t len)
{
	const char *slash = strrchr(socket, '/');
	int n;

	if (!slash || slash == socket)
		return -ENOENT;
	n = snprintf(path, len, "%.*s", (int)(slash - socket), socket);
	return n < 0 || (size_t)n >= len ? -ENAMETOOLONG : 0;
}

static int make_run_dirs(const struct supervise *s, char *path, size_t len)
{
	int ret = run_path(s->vm, NULL, path, len);

	if (!ret)
		ret = path_make_dir(path, DIR_MODE);
	/* After a change of the name it is that of another VM. */
	if (!ret && s->socket)
		ret = socket_dir(s->socket, path, len);
	if (!ret && s->socket)
		ret = path_make_dir(path, DIR_MODE);
	return ret;
}

static int make_dirs(const struct supervise *s)
{
	char path[PATH_MAX] = "";
	int ret;

	ret = make_run_dirs(s, path, sizeof(path));
	if (ret) {
		err("VM %s: run directory %s: %s", s->vm, path, strerror(-ret));
		return ret;
	}
	/* Without a log there is still a trace; the programs fall back. */
	ret = path_make_dir(s->conf->log_dir, DIR_MODE);
	if (ret)
		warn("VM %s: log directory %s: %s", s->vm, s->conf->log_dir,
		     strerror(-ret));
	return 0;
}

/* Who reads is not root, then. */
static void add_reader_uid(const struct supervise *s, struct args *a)
{
	char text[16];
	uid_t uid;
	gid_t gid;

	if (user_ivring(s->conf->user, &uid, &gid) || !uid)
		return;
	snprintf(text, sizeof(text), "%u", uid);
	add_option(a, "--reader-uid", text);
}

static int start_server(const struct supervise *s)
{
	pid_t pid = supervise_pid(s->vm, IVR_SERVER_PID);
	char text[PATH_MAX];
	struct args a;
	int ret;

	if (pid)
		return 0;
	if (begin(s, SERVER, IVR_SERVER_PID, &a))
		return not_installed(s, SERVER);
	snprintf(text, sizeof(text), "%" PRIu64, s->size);
	add_option(&a, "--size", text);
	snprintf(text, sizeof(text), "%" PRIu32, s->vectors);
	add_option(&a, "--vectors", text);
	add_option(&a, "--qemu-socket", s->socket);
	if (!run_path(s->vm, IVR_READER_SOCK, text, sizeof(text)))
		add_option(&a, "--reader-socket", text);
	add_option(&a, "--qemu-uid", s->conf->qemu_user);
	add_reader_uid(s, &a);
	ret = launch(s, SERVER, &a, s->deadline);
	if (ret == -ETIME)
		end_by_force(s, SERVER, IVR_SERVER_PID);
	return ret;
}

/* One that was started by hand may have no pid file, but it answers. */
static bool reader_runs(const struct supervise *s)
{
	struct json_object *status;
	int ret;

	if (supervise_pid(s->vm, IVR_READER_PID))
		return true;
	ret = ctl_ask(s->vm, IVR_CTL_STATUS, now_ms() + READER_MIN_MS, &status);
	json_object_put(status);
	return !ret;
}

static void add_reader_options(const struct supervise *s, const char *store,
			       struct args *a)
{
	char path[PATH_MAX];

	add_option(a, "--store", store);
	if (s->uuid)
		add_option(a, "--uuid", s->uuid);
	if (s->shm)
		add_option(a, "--shm", s->shm);
	if (s->shm)
		add_option(a, "--qemu-uid", s->conf->qemu_user);
	else if (!run_path(s->vm, IVR_READER_SOCK, path, sizeof(path)))
		add_option(a, "--server", path);
	if (!run_path(s->vm, IVR_CTL_SOCK, path, sizeof(path)))
		add_option(a, "--ctl", path);
	add_option(a, "--file-size", s->conf->file_size);
	add_option(a, "--files", s->conf->files);
	add_option(a, "--quota", s->conf->quota);
	add_option(a, "--min-free", s->conf->min_free);
	add_option(a, "--sync", s->conf->sync);
	add_option(a, "--wake", s->conf->wake);
	add_option(a, "--batch", s->conf->batch);
	if (s->conf->event_log && can_log(s)) {
		log_path(s, "events", path, sizeof(path));
		add_option(a, "--event-log", path);
	}
}

/* The reader says itself when the store is complete: it ends. */
static int stop_reader(const struct supervise *s, uint64_t deadline)
{
	pid_t pid = supervise_pid(s->vm, IVR_READER_PID);
	struct json_object *reply;
	int ret;

	if (!pid)
		return 0;
	running_await_end_marks(s, now_ms() + ms_until(deadline) / 2);
	ret = ctl_ask(s->vm, IVR_CTL_STOP, deadline, &reply);
	json_object_put(reply);
	if (ret) {
		warn("VM %s: %s (pid %ld), stopping it by a signal", s->vm,
		     ctl_fault(ret), (long)pid);
		signal_to(s, IVR_READER_PID, pid, SIGTERM);
	}
	ret = process_await(pid, deadline);
	if (ret)
		warn("VM %s: the reader (pid %ld) has not finished its store in "
		     "time, left to finish",
		     s->vm, (long)pid);
	else
		info("VM %s: reader ended", s->vm);
	return ret;
}

static void stop_server(const struct supervise *s, uint64_t deadline)
{
	pid_t pid = supervise_pid(s->vm, IVR_SERVER_PID);
	uint64_t least = now_ms() + SERVER_END_MS;

	if (!pid)
		return;
	signal_to(s, IVR_SERVER_PID, pid, SIGTERM);
	if (process_await(pid, deadline > least ? deadline : least)) {
		warn("VM %s: the server (pid %ld) did not end in time, killed",
		     s->vm, (long)pid);
		end_by_force(s, SERVER, IVR_SERVER_PID);
	} else {
		info("VM %s: server ended", s->vm);
	}
}

/* Half of the time that is left. */
static uint64_t half_way(const struct supervise *s)
{
	return now_ms() + ms_until(s->deadline) / 2;
}

/* True if it will end by itself, later */
static bool end_reader(const struct supervise *s)
{
	return supervise_pid(s->vm, IVR_READER_PID) &&
	       (running_ask_reader(s).stopping || stop_reader(s, half_way(s)));
}

/* A reader that cannot be this VM's; @ending: it was told to stop */
static int clear_reader(const struct supervise *s, bool ending)
{
	pid_t pid = supervise_pid(s->vm, IVR_READER_PID);
	struct running_reader is = { .stopping = ending };

	if (!pid)
		return 0;
	if (!ending)
		is = running_ask_reader(s);
	if (!is.stopping && is.waits && running_is_of_another(s, pid))
		is.stopping = stop_reader(s, half_way(s));
	return is.stopping ? running_await_reader(s, pid) : 0;
}

/* @ending: the one that runs was told to stop */
static int start_reader(const struct supervise *s, bool ending)
{
	int ret = clear_reader(s, ending);
	uint64_t least = now_ms() + READER_MIN_MS;
	char store[PATH_MAX];
	struct args a;

	if (ret)
		return ret;
	if (reader_runs(s))
		return 0;
	ret = path_of_vm(store, sizeof(store), s->conf->store_dir, s->vm, NULL);
	if (!ret && path_make_dir(store, PRIVATE_MODE))
		/* A full disk may have room later; the reader tries again. */
		warn("VM %s: store below %s: %s", s->vm, s->conf->store_dir,
		     strerror(errno));
	if (ret)
		return ret;
	if (begin(s, READER, IVR_READER_PID, &a))
		return not_installed(s, READER);
	add_reader_options(s, store, &a);
	return launch(s, READER, &a, s->deadline > least ? s->deadline : least);
}

static uid_t qemu_user(const struct supervise *s)
{
	uid_t uid;

	return user_find(s->conf->qemu_user, &uid) ? user_qemu() : uid;
}

/* Who has the memory of a VM of this name; what a stranger made is none. */
static pid_t memory_user(const struct supervise *s, const char *shm)
{
	struct stat st;

	if (lstat(shm, &st) || !user_owns_file(&st, qemu_user(s)))
		return 0;
	return shm_file_user(shm, supervise_pid(s->vm, IVR_READER_PID));
}

static int start_peer(const struct supervise *s)
{
	pid_t reader = supervise_pid(s->vm, IVR_READER_PID);
	pid_t user = memory_user(s, s->shm);
	bool ending = false;
	uid_t uid;
	gid_t gid;
	int ret;

	if (user) {
		warn("VM %s: %s is the memory of pid %ld, left alone", s->vm,
		     s->shm, (long)user);
		return start_reader(s, false);
	}
	if (reader && !running_ask_reader(s).waits)
		ending = end_reader(s);
	/* An unknown user is the reader's to complain of. */
	user_ivring(s->conf->user, &uid, &gid);
	/* Without knowing QEMU's user, a file of ours might be of no use to it. */
	ret = qemu_user(s) == USER_NONE ?
		      shm_file_remove(s->shm) :
		      shm_file_make(s->shm, s->size, qemu_user(s), gid);
	if (ret) {
		err("VM %s: %s cannot be made: %s", s->vm, s->shm,
		    strerror(-ret));
		return ret;
	}
	return start_reader(s, ending);
}

/* A server that this domain's QEMU could not use is ended if none uses it. */
static int clear_server(const struct supervise *s)
{
	pid_t pid = supervise_pid(s->vm, IVR_SERVER_PID);
	int ret = pid ? running_server(s, pid) : 0;

	if (ret <= 0)
		return ret;
	stop_server(s, half_way(s));
	return 0;
}

int supervise_start(const struct supervise *s)
{
	bool ending = false;
	int ret = make_dirs(s);

	if (ret)
		return ret;
	if (s->shm)
		return start_peer(s);
	ret = clear_server(s);
	if (ret)
		return ret;
	/*
	 * A reader without a server is finishing for a VM that is gone, or has
	 * been left over; it will not serve this one.
	 */
	if (!supervise_pid(s->vm, IVR_SERVER_PID))
		ending = end_reader(s);
	ret = start_server(s);
	return ret ? ret : start_reader(s, ending);
}

int supervise_check(const struct supervise *s)
{
	int ret = make_dirs(s);

	if (ret)
		return ret;
	if (!s->shm && !supervise_pid(s->vm, IVR_SERVER_PID)) {
		err("VM %s: its server is dead, and a running QEMU connects to "
		    "no new one: a new reader cannot attach until the VM is "
		    "started again or migrated",
		    s->vm);
		return -ECHILD;
	}
	return start_reader(s, false);
}

/* Of role peer; to the reader it says that QEMU is gone. */
static void remove_shm(const struct supervise *s)
{
	char path[PATH_MAX];

	if (!shm_file_path(s->vm, path, sizeof(path)) && !memory_user(s, path))
		shm_file_remove(path);
}

/* Of the server's socket, if that is not where all else is */
static void find_socket_dir(const struct supervise *s, char *path, size_t len)
{
	pid_t pid = supervise_pid(s->vm, IVR_SERVER_PID);
	size_t root = strlen(dirs_run());
	char socket[PATH_MAX];

	if (!pid ||
	    process_option(pid, "--qemu-socket", socket, sizeof(socket)) ||
	    socket_dir(socket, path, len) || strncmp(path, dirs_run(), root) ||
	    path[root] != '/')
		path[0] = '\0';
}

/* Of programs that ended as users who may not remove it, or were killed. */
static void remove_rests(const struct supervise *s)
{
	static const char *const of_server[] = { IVR_SERVER_PID, IVR_QEMU_SOCK,
						 IVR_READER_SOCK, NULL };
	static const char *const of_reader[] = { IVR_READER_PID, IVR_CTL_SOCK,
						 NULL };
	const char *const *names;
	char path[PATH_MAX];

	names = supervise_pid(s->vm, IVR_SERVER_PID) ? NULL : of_server;
	for (; names && *names; names++)
		if (!run_path(s->vm, *names, path, sizeof(path)))
			unlink(path);
	names = reader_runs(s) ? NULL : of_reader;
	for (; names && *names; names++)
		if (!run_path(s->vm, *names, path, sizeof(path)))
			unlink(path);
}

int supervise_stop(const struct supervise *s)
{
	char path[PATH_MAX], other[PATH_MAX];
	int ret;

	remove_shm(s);
	find_socket_dir(s, other, sizeof(other));
	ret = stop_reader(s, s->deadline);
	stop_server(s, s->deadline);
	remove_rests(s);
	/* `ivring status` lists what is there; it stays if it is not empty. */
	if (!run_path(s->vm, NULL, path, sizeof(path)))
		rmdir(path);
	if (other[0])
		rmdir(other);
	return ret;
}
