// SPDX-License-Identifier: GPL-2.0
/* confine.c - from inside the reader, after it has given up its rights */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/sandbox.h"
#include "reader/confine.h"
#include "server/confine.h"
#include "tests/unit/reader/reader_kit.h"

#define NOBODY 65534

static struct kit k;
static char outside[32], victim[64], made[64];

static long act_open_shadow(void)
{
	return open("/etc/shadow", O_RDONLY);
}

static long act_open_passwd(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long act_write_outside(void)
{
	return open(victim, O_WRONLY);
}

static long act_create_outside(void)
{
	return open(made, O_WRONLY | O_CREAT, 0600);
}

static long act_mkdir_outside(void)
{
	return mkdir(made, 0700);
}

static long act_unlink_outside(void)
{
	return unlink(victim);
}

static long act_rename_outside(void)
{
	return rename(victim, made);
}

static long act_link(void)
{
	return link(victim, made);
}

static long act_symlink(void)
{
	return symlink("/", made);
}

static long act_mknod(void)
{
	return mknod(made, S_IFCHR | 0600, 1 << 8 | 1);
}

static long act_chown(void)
{
	return chown(victim, 0, 0);
}

static long act_device(void)
{
	return open("/dev/mem", O_RDWR);
}

static long act_execve(void)
{
	char *argv[] = { "/bin/true", NULL };

	return execv(argv[0], argv);
}

static long act_fork(void)
{
	return syscall(SYS_fork);
}

static long act_clone(void)
{
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static long act_ptrace(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), 0, 0);
}

static long act_kill(void)
{
	return kill(getppid(), SIGCONT);
}

static long act_read_process(void)
{
	return syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}

static long act_mount(void)
{
	return mount("none", "/mnt", "tmpfs", 0, NULL);
}

static long act_umount(void)
{
	return umount2("/proc", MNT_DETACH);
}

static long act_chroot(void)
{
	return chroot("/");
}

static long act_unshare(void)
{
	return unshare(CLONE_NEWUSER);
}

static long act_setns(void)
{
	return syscall(SYS_setns, 0, 0);
}

static long act_setuid(void)
{
	return setuid(0);
}

static long act_setgroups(void)
{
	return setgroups(0, NULL);
}

static long act_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long act_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static long act_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static long act_map_code(void)
{
	return (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static long act_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}

static long act_perf(void)
{
	return syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0);
}

static long act_module(void)
{
	return syscall(SYS_init_module, NULL, 0, "");
}

static long act_reboot(void)
{
	return syscall(SYS_reboot, 0, 0, 0, NULL);
}

static long act_clock(void)
{
	const struct timeval t = { .tv_sec = 1 };

	return settimeofday(&t, NULL);
}

static long act_hostname(void)
{
	return sethostname("x", 1);
}

static long act_userfault(void)
{
	return syscall(SYS_userfaultfd, 0);
}

static long act_io_uring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static long act_keyring(void)
{
	return syscall(SYS_add_key, "user", "x", "x", 1, -3);
}

#define ACT(name)                 \
	{                         \
#name, act_##name \
	}

static const struct act {
	const char *name;
	long (*run)(void);
} acts[] = {
	ACT(open_shadow),    ACT(open_passwd),	 ACT(write_outside),
	ACT(create_outside), ACT(mkdir_outside), ACT(unlink_outside),
	ACT(rename_outside), ACT(link),		 ACT(symlink),
	ACT(mknod),	     ACT(chown),	 ACT(device),
	ACT(execve),	     ACT(fork),		 ACT(clone),
	ACT(ptrace),	     ACT(kill),		 ACT(read_process),
	ACT(mount),	     ACT(umount),	 ACT(chroot),
	ACT(unshare),	     ACT(setns),	 ACT(setuid),
	ACT(setgroups),	     ACT(inet),		 ACT(netlink),
	ACT(packet),	     ACT(map_code),	 ACT(bpf),
	ACT(perf),	     ACT(module),	 ACT(reboot),
	ACT(clock),	     ACT(hostname),	 ACT(userfault),
	ACT(io_uring),	     ACT(keyring),
};

#define ACTS (sizeof(acts) / sizeof(acts[0]))

/* In a child, whose output is ours. Exit status: how many acts were not denied */
static void drill(void)
{
	int allowed = 0;
	size_t i;

	for (i = 0; i < ACTS; i++) {
		errno = 0;
		if (acts[i].run() == -1 && errno)
			continue;
		dprintf(STDERR_FILENO, "# %s was not denied\n", acts[i].name);
		allowed++;
	}
	_exit(allowed);
}

static int setup(void **state)
{
	int fd;

	kit_open(&k, KIT_SIZE, 2, IVR_POLICY_DISCARD);
	strcpy(outside, "/tmp/ivr-outside-XXXXXX");
	if (!mkdtemp(outside))
		return -1;
	snprintf(victim, sizeof(victim), "%s/victim", outside);
	snprintf(made, sizeof(made), "%s/made", outside);
	fd = open(victim, O_WRONLY | O_CREAT, 0666);
	close(fd);
	return chmod(outside, 0777) || chmod(victim, 0666) ||
	       chmod(k.dir, 0755) || chmod(k.conf.server, 0666);
}

static int teardown(void **state)
{
	char shell[64];

	snprintf(shell, sizeof(shell), "rm -rf %s", outside);
	kit_close(&k);
	return system(shell);
}

static void expect_none(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#ifdef __SANITIZE_ADDRESS__
#define NEEDS_FILTER() skip()
#else
#define NEEDS_FILTER() \
	do {           \
	} while (0)
#endif

static void drill_reader_as(uid_t uid)
{
	pid_t pid;

	k.conf.uid = uid;
	k.conf.gid = uid;
	pid = fork();
	if (!pid) {
		/* What the kit holds open of it is not the drill's matter. */
		snprintf(made, sizeof(made), "/tmp/ivr-made");
		k.conf.ctl = "/nonexistent/ctl";
		k.conf.transport = &transport_doorbell;
		if (session_open(&k.s, &k.conf) || confine_rights(&k.s) ||
		    session_begin(&k.s))
			_exit(99);
		confine_calls();
		drill();
	}
	expect_none(pid);
}

static void reader_as_root_without_rights(void **state)
{
	NEEDS_FILTER();
	if (geteuid())
		skip();
	drill_reader_as(0);
}

static void reader_as_another_user(void **state)
{
	NEEDS_FILTER();
	if (geteuid())
		skip();
	drill_reader_as(NOBODY);
}

static void server_as(uid_t uid)
{
	const char *const files[] = { "/nonexistent/x/y" };
	pid_t pid = fork();

	if (!pid) {
		if (server_confine(uid, uid, files, 1))
			_exit(99);
		drill();
	}
	expect_none(pid);
}

static void server_as_root_without_rights(void **state)
{
	NEEDS_FILTER();
	if (geteuid())
		skip();
	server_as(0);
}

static void server_as_another_user(void **state)
{
	NEEDS_FILTER();
	if (geteuid())
		skip();
	server_as(NOBODY);
}

/* All of its work, as nobody, from the first HELLO to the END marks. */
static void reader_works_confined(void **state)
{
	int status, i;
	pid_t pid;

	NEEDS_FILTER();
	if (geteuid())
		skip();
	pid = fork();
	if (!pid) {
		k.conf.uid = k.conf.gid = NOBODY;
		k.conf.ctl = "/nonexistent/ctl";
		k.conf.transport = &transport_doorbell;
		k.conf.sync_ms = 50;
		if (session_open(&k.s, &k.conf) || confine_rights(&k.s) ||
		    session_begin(&k.s))
			_exit(99);
		confine_calls();
		kit_accept(&k);
		kit_send(&k, IVR_MSG_VM_UP, KIT_VM);
		kit_until(&k, SESSION_ATTACHED);
		for (i = 0; i < 200; i++) {
			sim_page(&k.g, i % 2, 3);
			kit_step(&k);
		}
		kit_caught_up(&k);
		session_stop(&k.s);
		kit_until(&k, SESSION_STOPPED);
		_exit(k.s.error ? 98 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(audit_marks(kit_store(&k), IVR_MARK_END,
				     IVR_WHY_READER_STOPPED, UINT32_MAX),
			 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reader_as_root_without_rights),
		TEST(reader_as_another_user),
		TEST(server_as_root_without_rights),
		TEST(server_as_another_user),
		TEST(reader_works_confined),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
