// SPDX-License-Identifier: GPL-2.0
/* decode_child.c - the process that reads a guest's formats, without any rights */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/sandbox.h"
#include "trace/decode_child.h"

/* Beyond what the process has when it begins: symbols of a kernel take 60 MiB. */
#define MEMORY_MAX (256ul << 20)
/* CPU time. A batch takes a millisecond, the symbols of a kernel 300. */
#define BATCH_SECONDS 1
#define LEARN_SECONDS 10

/* clang-format off */
static const struct sandbox_rule rules[] = {
	SANDBOX_CALL("read", "the next batch"),
	SANDBOX_CALL("write", "the batch is done"),
	SANDBOX_CALL("setitimer", "a batch has an end"),
	SANDBOX_CALL("brk", "malloc"),
	{ "mmap", "malloc", SANDBOX_NO_EXEC },
	SANDBOX_CALL("mremap", "malloc"),
	SANDBOX_CALL("munmap", "malloc"),
	{ "mprotect", "malloc: another thread's arena", SANDBOX_NO_EXEC },
	SANDBOX_CALL("madvise", "malloc: free()"),
	SANDBOX_CALL("futex", "malloc: a lock"),
	SANDBOX_CALL("getrandom", "malloc: keys of hash tables"),
	SANDBOX_CALL("clock_gettime", "time stamps, without vDSO"),
	SANDBOX_CALL("exit", "end"),
	SANDBOX_CALL("exit_group", "end"),
};
/* clang-format on */

static void limit(int what, rlim_t most)
{
	const struct rlimit r = { most, most };

	setrlimit(what, &r);
}

static void limit_memory(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f)
		return;
	if (fscanf(f, "%lu", &pages) == 1)
		limit(RLIMIT_AS,
		      pages * (rlim_t)sysconf(_SC_PAGESIZE) + MEMORY_MAX);
	fclose(f);
}

/* All that is left are the socket, as 0, and the memory. */
static int close_all_but(int fd)
{
	if (dup2(fd, 0) < 0 || close_range(1, ~0u, 0))
		return -errno;
	return 0;
}

static int confine(int fd)
{
	int ret;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGPROF, SIG_DFL);
	limit_memory();
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	ret = close_all_but(fd);
	if (!ret)
		ret = sandbox_become(SANDBOX_NOBODY, SANDBOX_NOBODY);
	/* Another user does not inherit it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_NOFILE, 0);
	if (!ret)
		ret = sandbox_filter(rules, sizeof(rules) / sizeof(rules[0]),
				     true);
	return ret;
}

/* What takes longer ends with SIGPROF, whatever it does. */
static void give_time(int seconds)
{
	const struct itimerval t = { .it_value = { .tv_sec = seconds } };

	setitimer(ITIMER_PROF, &t, NULL);
}

static void learn(struct decoder *d, const struct decode_job *job)
{
	give_time(LEARN_SECONDS);
	job->share->stage = DECODE_SYMBOLS;
	if (job->symbols && decoder_learn_symbols(d))
		_exit(EXIT_FAILURE);
	job->share->stage = DECODE_COMMS;
	if (job->comms)
		decoder_learn_comms(d);
	job->share->stage = DECODE_RECORDS;
}

static void answer(struct decoder *d, struct decode_share *s)
{
	for (; s->done < s->n; s->done++) {
		const struct decode_request *q = &s->request[s->done];
		const struct record r = {
			.ring = q->ring,
			.ts = q->ts,
			.data = q->data,
			.size = q->size,
		};

		decode(d, &r, &s->answer[s->done]);
	}
}

void decode_child(const struct decode_job *job)
{
	struct decoder *d;
	char byte;

	if (confine(job->fd))
		_exit(EXIT_FAILURE);
	d = decoder_new(job->meta, job->formats, job->cpus);
	if (!d)
		_exit(EXIT_FAILURE);
	learn(d, job);
	while (read(0, &byte, 1) == 1) {
		give_time(BATCH_SECONDS);
		answer(d, job->share);
		give_time(0);
		if (write(0, &byte, 1) != 1)
			break;
	}
	_exit(EXIT_SUCCESS);
}
