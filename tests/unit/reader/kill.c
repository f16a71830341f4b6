// SPDX-License-Identifier: GPL-2.0
/*
 * kill.c - a reader that dies at any write loses nothing undeclared
 *
 * The reader is a child that kills itself with SIGKILL before, in the middle
 * of or after its n-th write to the store; the guest and the server live on in
 * the parent, and the next reader goes on with the same store.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/reader/reader_kit.h"

#define KILLS 150

ssize_t __real_pwritev(int fd, const struct iovec *iov, int n, off_t at);
ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t at);
ssize_t __real_pwrite(int fd, const void *buf, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t at);
int __real_renameat(int a, const char *from, int b, const char *to);
int __wrap_renameat(int a, const char *from, int b, const char *to);

static struct kit k;

enum moment { BEFORE, MIDDLE, AFTER, MOMENTS };

/* Writes that the reader has left to live; negative: for ever */
static int left = -1;
static enum moment moment;

static bool now_is(enum moment m)
{
	return left == 0 && moment == m;
}

static void die_if(bool now)
{
	if (now)
		raise(SIGKILL);
}

ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
	struct iovec part = iov[0];
	ssize_t ret;

	if (left > 0)
		left--;
	die_if(now_is(BEFORE));
	if (now_is(MIDDLE)) {
		part.iov_len = part.iov_len * 2 / 3;
		__real_pwritev(fd, &part, 1, at);
		raise(SIGKILL);
	}
	ret = __real_pwritev(fd, iov, n, at);
	die_if(now_is(AFTER));
	return ret;
}

ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t at)
{
	ssize_t ret;

	if (left > 0)
		left--;
	die_if(now_is(BEFORE));
	if (now_is(MIDDLE)) {
		__real_pwrite(fd, buf, len * 2 / 3, at);
		raise(SIGKILL);
	}
	ret = __real_pwrite(fd, buf, len, at);
	die_if(now_is(AFTER));
	return ret;
}

int __wrap_renameat(int a, const char *from, int b, const char *to)
{
	int ret;

	if (left > 0)
		left--;
	die_if(now_is(BEFORE));
	ret = __real_renameat(a, from, b, to);
	die_if(left == 0);
	return ret;
}

static void __attribute__((noreturn)) be_the_reader(int lives, enum moment when)
{
	uint64_t waited = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	left = lives;
	moment = when;
	if (kit_launch(&k))
		_exit(2);
	k.open = true;
	while (k.s.state != SESSION_STOPPED && kit_patient(&waited))
		if (session_step(&k.s, 20))
			_exit(3);
	_exit(4);
}

static pid_t start(int lives, enum moment when)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child)
		be_the_reader(lives, when);
	return child;
}

/* Return: true when the child is dead, and by nothing but its own kill */
static bool is_dead(pid_t child)
{
	int status;

	if (waitpid(child, &status, WNOHANG) != child)
		return false;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	return true;
}

static void serve(void)
{
	if (k.conn >= 0)
		return;
	kit_accept(&k);
	if (k.conn >= 0)
		kit_send(&k, IVR_MSG_VM_UP, KIT_VM);
}

/* Mostly as fast as the reader takes it, now and then faster */
static void trace_some(unsigned int *seed)
{
	uint32_t ring = rand_r(seed) % 3;
	const struct sim_ring *r = &k.g.rings[ring];
	uint64_t pos = sim_host_ring(&k.g, ring)->pos;

	if (pos + r->place.slots / 2 > r->head || rand_r(seed) % 4096 == 0)
		sim_page(&k.g, ring, 1 + rand_r(seed) % SIM_PER_PAGE);
}

static void live_and_die(int lives, enum moment when, unsigned int *seed)
{
	pid_t child = start(lives, when);
	uint64_t waited = 0;

	while (!is_dead(child) && kit_waiting(&waited)) {
		serve();
		sim_step(&k.g);
		trace_some(seed);
	}
	close(k.conn);
	k.conn = -1;
}

static void run(uint32_t policy)
{
	const char *more = getenv("KILL_SEED");
	unsigned int seed = 4711 + policy + (more ? atoi(more) : 0);
	uint64_t kept = 0;
	uint32_t i;

	kit_open(&k, KIT_SIZE, 3, policy);
	k.conf.drain.file_size = 16 * IVR_PAGE_SIZE;
	for (i = 0; i < KILLS; i++)
		live_and_die(1 + rand_r(&seed) % 24, rand_r(&seed) % MOMENTS,
			     &seed);
	kit_attach(&k);
	for (i = 0; i < 3; i++)
		while (!sim_page(&k.g, i, 1))
			kit_caught_up(&k);
	kit_caught_up(&k);
	kit_stop(&k);
	audit_whole(&k);
	for (i = 0; i < 3; i++) {
		struct audit a;

		audit_ring(&a, kit_store(&k), sim_guest_page(&k.g)->stream, i);
		kept += a.pages;
		print_message(
			"# ring %u: %llu pages, %llu twice, lost %llu, declared %llu\n",
			i, (unsigned long long)a.pages,
			(unsigned long long)a.twice, (unsigned long long)a.lost,
			(unsigned long long)a.declared);
	}
	assert_true(kept > KILLS);
	kit_close(&k);
}

static void killed_with_discard(void **state)
{
	run(IVR_POLICY_DISCARD);
}

static void killed_with_overwrite(void **state)
{
	run(IVR_POLICY_OVERWRITE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_with_discard),
		cmocka_unit_test(killed_with_overwrite),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
