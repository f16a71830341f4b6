// SPDX-License-Identifier: GPL-2.0
/* process.c - start, find and end other programs, always with a deadline */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/process.h"

/* Of a command line or an environment; what is behind is not looked at. */
#define WORDS_MAX 32768

static bool is_program(const char *dir, size_t dir_len, const char *name,
		       char *path, size_t len)
{
	int n = snprintf(path, len, "%.*s/%s", (int)dir_len, dir, name);

	return dir_len && n > 0 && (size_t)n < len && !access(path, X_OK);
}

static bool find_beside_us(const char *name, char *path, size_t len)
{
	const char *dir = secure_getenv("IVRING_LIBEXEC");
	char self[PATH_MAX];
	ssize_t n;

	if (dir)
		return is_program(dir, strlen(dir), name, path, len);
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return false;
	self[n] = '\0';
	return is_program(self, strrchr(self, '/') - self, name, path, len);
}

static int find_in(const char *dirs, const char *name, char *path, size_t len)
{
	while (dirs && *dirs) {
		size_t n = strcspn(dirs, ":");

		if (is_program(dirs, n, name, path, len))
			return 0;
		dirs += n + (dirs[n] == ':');
	}
	return -ENOENT;
}

int process_find(const char *name, char *path, size_t len)
{
	if (find_beside_us(name, path, len))
		return 0;
	return find_in(getenv("PATH"), name, path, len);
}

/* A file of /proc/PID with words that end in NUL; their bytes, or an error. */
static int read_words(pid_t pid, const char *file, char *buf, size_t len)
{
	size_t used = 0;
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (used < len - 1 && (n = read(fd, buf + used, len - 1 - used)) > 0)
		used += n;
	close(fd);
	buf[used] = '\0';
	return used;
}

int process_find_of(pid_t pid, const char *name, char *path, size_t len)
{
	char words[WORDS_MAX], *word;
	int n = read_words(pid, "environ", words, sizeof(words));

	if (n <= 0)
		return -ESRCH;
	for (word = words; word < words + n; word += strlen(word) + 1)
		if (!strncmp(word, "PATH=", 5))
			return find_in(word + 5, name, path, len);
	return -ENOENT;
}

/* In the child: from here on nothing but the arguments ties it to us. */
static void __attribute__((noreturn))
become(char *const argv[], const char *log, int out)
{
	int null, to;

	setsid();
	null = open("/dev/null", O_RDWR);
	to = log ? open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, 0640) :
		   null;
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(out < 0 ? null : out, STDOUT_FILENO) < 0 ||
	    dup2(to < 0 ? null : to, STDERR_FILENO) < 0)
		_exit(127);
	close_range(STDERR_FILENO + 1, ~0u, 0);
	unsetenv("NOTIFY_SOCKET");
	execv(argv[0], argv);
	_exit(127);
}

static int await(int pidfd, uint64_t deadline)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int n;

	do {
		n = poll(&p, 1, ms_until(deadline));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n ? 0 : -ETIME;
}

int process_await(pid_t pid, uint64_t deadline)
{
	int fd = pidfd_open(pid, 0);
	int ret;

	if (fd < 0)
		return errno == ESRCH ? 0 : -errno;
	ret = await(fd, deadline);
	close(fd);
	return ret;
}

static int run(char *const argv[], const char *log, int out, uint64_t deadline)
{
	int status, ret;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		become(argv, log, out);
	ret = process_await(pid, deadline);
	if (ret) {
		/* Both: it may not have come as far as its own group. */
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (ret)
		return ret;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

int process_run(char *const argv[], const char *log, uint64_t deadline)
{
	return run(argv, log, -1, deadline);
}

int process_capture(char *const argv[], char *out, size_t len,
		    uint64_t deadline)
{
	/* A file, unlike a pipe, needs nobody to empty it meanwhile. */
	int fd = memfd_create("output", MFD_CLOEXEC);
	ssize_t n;
	int ret;

	if (fd < 0)
		return -errno;
	ret = run(argv, NULL, fd, deadline);
	n = pread(fd, out, len - 1, 0);
	out[n > 0 ? n : 0] = '\0';
	close(fd);
	return ret;
}

int process_option(pid_t pid, const char *option, char *value, size_t len)
{
	size_t olen = strlen(option);
	const char *word, *found = NULL;
	char line[WORDS_MAX];
	int n;

	n = read_words(pid, "cmdline", line, sizeof(line));
	if (n < 0)
		return n;
	for (word = line; word < line + n; word += strlen(word) + 1) {
		if (strncmp(word, option, olen))
			continue;
		if (word[olen] == '=')
			found = word + olen + 1;
		else if (!word[olen] && word + olen + 1 < line + n)
			found = word + olen + 1;
	}
	if (!found || strlen(found) >= len)
		return -ENOENT;
	strcpy(value, found);
	return 0;
}
