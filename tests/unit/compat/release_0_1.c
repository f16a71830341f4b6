// SPDX-License-Identifier: GPL-2.0
/*
 * release_0_1.c - this reader with a server and a module of release 0.1
 *
 * Everything in 0.1/ is what that release compiled, and stays as it is: the
 * layout of the memory and of the server's message, and a guest that speaks it.
 * So this program sees nothing of today's headers; it starts today's programs,
 * and their account has to be whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "ivr_msg.h"

#define SIZE	    (1ull << 20)
#define RINGS	    2
#define PAGES	    400
#define PATIENCE_MS 20000

static struct sim_guest guest;
static char dir[] = "/tmp/ivring-compat-XXXXXX";
static char sock[64], ctl[64], store[64];
static int listener, failed;

static uint64_t ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

static void die(const char *what)
{
	printf("not ok 1 - %s: %s\n", what, strerror(errno));
	exit(1);
}

static void make_places(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (!mkdtemp(dir))
		die("directory");
	snprintf(sock, sizeof(sock), "%s/reader.sock", dir);
	snprintf(ctl, sizeof(ctl), "%s/ctl.sock", dir);
	snprintf(store, sizeof(store), "%s/store", dir);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", sock);
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(listener, 1))
		die("socket");
}

static pid_t start(char *const argv[], int out)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	execv(argv[0], argv);
	_exit(127);
}

/* One message, as the server of that release sends it */
static void vm_up(int conn, uint16_t version)
{
	struct ivr_msg m = {
		.magic = IVR_MSG_MAGIC,
		.version = version,
		.type = IVR_MSG_VM_UP,
		.generation = 1,
		.size = SIZE,
		.vectors = IVR_VECTORS,
		.vm = "old",
	};
	int fds[] = { guest.mem, guest.to_host[0], guest.to_host[1],
		      guest.to_guest[0], guest.to_guest[1] };
	char room[CMSG_SPACE(sizeof(fds))] = { 0 };
	struct iovec iov = { &m, sizeof(m) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	if (sendmsg(conn, &msg, MSG_NOSIGNAL) != sizeof(m))
		die("sendmsg");
}

static void rest(void)
{
	const struct timespec t = { .tv_nsec = 1000000 };

	nanosleep(&t, NULL);
}

/* Calls until somebody reads, writes, and ends in good order. */
static void live(void)
{
	uint64_t until = ms() + PATIENCE_MS;
	int pages = 0;

	while (ms() < until && !guest.nepochs) {
		sim_hello(&guest);
		rest();
		sim_step(&guest);
	}
	while (ms() < until && pages < PAGES) {
		pages += sim_page(&guest, pages % RINGS, SIM_PER_PAGE);
		sim_step(&guest);
		rest();
	}
	if (pages < PAGES)
		failed = 1;
	sim_gone(&guest, IVR_END_SHUTDOWN);
}

static int ended_with(pid_t pid, int wanted)
{
	uint64_t until = ms() + PATIENCE_MS;
	int status;

	while (!waitpid(pid, &status, WNOHANG)) {
		if (ms() > until) {
			kill(pid, 9);
			waitpid(pid, &status, 0);
			return 0;
		}
		rest();
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == wanted;
}

static char *contents(const char *path)
{
	static char buf[1 << 16];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

/* `ivring verify --json`: produced = delivered, nothing undeclared */
static void judge(void)
{
	char *argv[] = { TEST_BIN_DIR "/ivring", "verify", "--json", store,
			 NULL };
	char path[96], wanted[64], *text;
	int out;

	snprintf(path, sizeof(path), "%s/account", dir);
	out = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (!ended_with(start(argv, out), 0))
		failed = 1;
	close(out);
	text = contents(path);
	snprintf(wanted, sizeof(wanted), "\"delivered\": %d",
		 PAGES * SIM_PER_PAGE);
	if (!strstr(text, wanted)) {
		snprintf(wanted, sizeof(wanted), "\"delivered\":%d",
			 PAGES * SIM_PER_PAGE);
		if (!strstr(text, wanted))
			failed = 1;
	}
	if (failed)
		printf("# %s\n", text);
}

static pid_t reader(char *log)
{
	char *argv[] = { TEST_BIN_DIR "/ivring-reader",
			 "--vm",
			 "old",
			 "--server",
			 sock,
			 "--ctl",
			 ctl,
			 "--store",
			 store,
			 "--once",
			 "--log-file",
			 log,
			 NULL };

	return start(argv, -1);
}

static void say(int number, const char *what)
{
	printf("%sok %d - %s\n", failed ? "not " : "", number, what);
	failed = 0;
}

static void old_pair(void)
{
	char log[96];
	pid_t pid;
	int conn;

	snprintf(log, sizeof(log), "%s/log", dir);
	pid = reader(log);
	conn = accept(listener, NULL, NULL);
	vm_up(conn, IVR_MSG_VERSION);
	live();
	close(conn);
	/* The server has gone, not the VM; so the reader is told to end. */
	rest();
	kill(pid, 15);
	if (!ended_with(pid, 0))
		failed = 1;
	judge();
	if (failed)
		printf("# %s\n", contents(log));
	say(1, "a server and a module of 0.1: the account is whole");
}

/* What comes one day says so itself; it is refused in one clear line. */
static void refused(int number, uint16_t server, uint32_t module,
		    const char *line, const char *what)
{
	uint64_t until = ms() + PATIENCE_MS;
	char log[96];
	uint32_t known;
	pid_t pid;
	int conn;

	snprintf(log, sizeof(log), "%s/log-%d", dir, number);
	sim_format(&guest, RINGS, IVR_POLICY_DISCARD);
	known = guest.nepochs;
	sim_guest_page(&guest)->version = module;
	pid = reader(log);
	conn = accept(listener, NULL, NULL);
	vm_up(conn, server);
	while (ms() < until && !strstr(contents(log), line)) {
		sim_hello(&guest);
		sim_step(&guest);
		rest();
	}
	if (!strstr(contents(log), line) || guest.nepochs != known) {
		printf("# %s\n", contents(log));
		failed = 1;
	}
	kill(pid, 15);
	close(conn);
	ended_with(pid, 0);
	say(number, what);
}

int main(void)
{
	char *argv[] = { "/bin/rm", "-rf", dir, NULL };

	printf("1..5\n");
	fflush(stdout);
	make_places();
	if (sim_open(&guest, SIZE) ||
	    sim_format(&guest, RINGS, IVR_POLICY_DISCARD))
		die("guest");
	old_pair();
	refused(2, 1, 0, "too old for this reader", "a module from before all");
	refused(3, 1, 2, "update ivring on this host", "a module of version 2");
	refused(4, 2, 1, "the server is too new", "a server of version 2");
	refused(5, 0, 1, "the server is too old", "a server from before all");
	sim_close(&guest);
	ended_with(start(argv, -1), 0);
	return 0;
}
