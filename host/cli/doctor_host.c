// SPDX-License-Identifier: GPL-2.0
/* doctor_host.c - QEMU, libvirt, hook, programs, security modules */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "lib/clock.h"
#include "lib/dirs.h"
#include "lib/file.h"
#include "lib/host_conf.h"
#include "lib/process.h"

#define HOOK "hooks/qemu.d/ivring"

/* Of role master, and of role peer. */
static const char *const devices[] = { "ivshmem-doorbell", "ivshmem-plain" };

/* `-device help` of a full QEMU is about 30 KiB. */
#define HELP_MAX (256u << 10)

/* What everything was tried with; older ones may do. */
#define QEMU_TRIED    702u
#define LIBVIRT_TRIED 900u

/* First line of `PROGRAM --version`; returns 100 * major + minor, 0 if none. */
static unsigned int version_of(struct doctor *d, char *program, char *line,
			       size_t len)
{
	char *argv[] = { program, "--version", NULL };
	unsigned int major, minor;
	const char *p = line;

	if (process_capture(argv, line, len, now_ms() + d->deadline_ms))
		return 0;
	line[strcspn(line, "\n")] = '\0';
	while (*p && !(isdigit((unsigned char)*p) && strchr(p, '.')))
		p++;
	return sscanf(p, "%u.%u", &major, &minor) == 2 ? 100 * major + minor :
							 0;
}

static int find_qemu(char *path, size_t len)
{
	struct utsname u;
	char name[128];

	uname(&u);
	snprintf(name, sizeof(name), "qemu-system-%.64s", u.machine);
	if (!process_find(name, path, len))
		return 0;
	/* Where Red Hat's family has it. */
	snprintf(path, len, "/usr/libexec/qemu-kvm");
	return access(path, X_OK) ? -ENOENT : 0;
}

static void check_devices(struct doctor *d, const char *qemu, const char *help)
{
	char quoted[32];
	size_t i;

	for (i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		snprintf(quoted, sizeof(quoted), "\"%s\"", devices[i]);
		if (strstr(help, quoted))
			doctor_say(d, DOCTOR_OK, NULL, NULL, "%s has %s", qemu,
				   devices[i]);
		else
			doctor_say(d, DOCTOR_FAIL, NULL,
				   "install a QEMU built "
				   "with it (CONFIG_IVSHMEM_DEVICE)",
				   "%s has no %s", qemu, devices[i]);
	}
}

static void check_qemu(struct doctor *d)
{
	char path[PATH_MAX], line[256];
	char *argv[] = { path, "-device", "help", NULL };
	char *help;
	unsigned int v;

	if (find_qemu(path, sizeof(path))) {
		doctor_say(d, DOCTOR_FAIL, NULL,
			   "install QEMU with the ivshmem devices",
			   "no QEMU is installed");
		return;
	}
	v = version_of(d, path, line, sizeof(line));
	doctor_say(d, v < QEMU_TRIED ? DOCTOR_WARN : DOCTOR_OK, NULL,
		   v < QEMU_TRIED ? "use 7.2 or newer" : NULL, "%s",
		   v ? line : "QEMU does not tell its version");
	help = malloc(HELP_MAX);
	if (!help)
		return;
	if (process_capture(argv, help, HELP_MAX, now_ms() + d->deadline_ms))
		doctor_say(d, DOCTOR_FAIL, NULL, "start it by hand and see why",
			   "'%s -device help' does not work", path);
	else
		check_devices(d, path, help);
	free(help);
}

static bool is_libvirt(const char *pid)
{
	char path[PATH_MAX], comm[32] = "", ours[64] = "", theirs[64] = "";

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	file_line(path, comm, sizeof(comm));
	if (strcmp(comm, "libvirtd") && strcmp(comm, "virtqemud"))
		return false;
	/* One in another container is another host's. */
	snprintf(path, sizeof(path), "/proc/%.16s/ns/mnt", pid);
	return readlink("/proc/self/ns/mnt", ours, sizeof(ours) - 1) > 0 &&
	       readlink(path, theirs, sizeof(theirs) - 1) > 0 &&
	       !strcmp(ours, theirs);
}

static pid_t find_libvirt(void)
{
	struct dirent *e;
	pid_t pid = 0;
	DIR *proc = opendir("/proc");

	while (proc && !pid && (e = readdir(proc)))
		if (isdigit((unsigned char)e->d_name[0]) &&
		    is_libvirt(e->d_name))
			pid = atol(e->d_name);
	if (proc)
		closedir(proc);
	return pid;
}

/* When a process started, in seconds since the epoch; 0 if nobody knows. */
static time_t start_of(pid_t pid)
{
	unsigned long long ticks = 0, boot = 0;
	char path[64], line[1024];
	const char *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	/* proc(5): starttime is field 22; the name, field 2, may hold blanks */
	if (fgets(line, sizeof(line), f) && (p = strrchr(line, ')')))
		sscanf(p + 1,
		       " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u "
		       "%*u %*d %*d %*d %*d %*d %*d %llu",
		       &ticks);
	fclose(f);
	f = fopen("/proc/stat", "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "btime %llu", &boot) == 1)
			break;
	if (f)
		fclose(f);
	return ticks && boot ? (time_t)(boot + ticks / sysconf(_SC_CLK_TCK)) :
			       0;
}

static void check_libvirt_version(struct doctor *d)
{
	char path[PATH_MAX], line[256];
	unsigned int v;

	if (process_find("libvirtd", path, sizeof(path)) &&
	    process_find("virtqemud", path, sizeof(path)) &&
	    access(strcpy(path, "/usr/sbin/libvirtd"), X_OK) &&
	    access(strcpy(path, "/usr/sbin/virtqemud"), X_OK)) {
		doctor_say(d, DOCTOR_WARN, NULL,
			   "without libvirt start ivring-server, ivring-reader "
			   "and QEMU by hand",
			   "libvirt is not installed");
		return;
	}
	v = version_of(d, path, line, sizeof(line));
	doctor_say(d, v < LIBVIRT_TRIED ? DOCTOR_WARN : DOCTOR_OK, NULL,
		   v < LIBVIRT_TRIED ? "use 9.0 or newer" : NULL, "%s",
		   v ? line : "libvirt does not tell its version");
}

/* The hook is silent without `ivring`: a VM must not fail for that. */
static void check_hook_finds(struct doctor *d, pid_t libvirtd)
{
	char path[PATH_MAX];

	if (process_find_of(libvirtd, "ivring", path, sizeof(path)) == -ENOENT)
		doctor_say(d, DOCTOR_FAIL, NULL, "install it in /usr/bin",
			   "ivring is not in the PATH of libvirtd (pid %ld), so "
			   "the hook does nothing",
			   (long)libvirtd);
}

/* libvirt looks for hooks when it starts and when it is reloaded only. */
static void check_hook_known(struct doctor *d, const struct stat *hook)
{
	pid_t pid = find_libvirt();
	time_t start = pid ? start_of(pid) : 0;

	if (pid)
		check_hook_finds(d, pid);
	if (!pid)
		doctor_say(d, DOCTOR_WARN, NULL,
			   "fine if it starts on demand, else start it",
			   "neither libvirtd nor virtqemud runs");
	else if (start && hook->st_ctime > start + 1)
		doctor_say(d, DOCTOR_WARN, NULL,
			   "unless that was done since: "
			   "systemctl reload libvirtd (or virtqemud)",
			   "the hook was installed after libvirtd (pid %ld) "
			   "had started, which may not know it",
			   (long)pid);
	else
		doctor_say(d, DOCTOR_OK, NULL, NULL,
			   "libvirtd (pid %ld) started after the hook was "
			   "installed",
			   (long)pid);
}

static void check_hook(struct doctor *d)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/" HOOK, dirs_libvirt_conf());
	if (stat(path, &st)) {
		doctor_say(d, DOCTOR_FAIL, NULL,
			   "install it, mode 0755, and "
			   "reload libvirtd",
			   "no libvirt hook at %s (%s)", path, strerror(errno));
		return;
	}
	if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111)) {
		doctor_say(d, DOCTOR_FAIL, NULL,
			   "chmod 0755 it and reload "
			   "libvirtd",
			   "the libvirt hook %s is not executable", path);
		return;
	}
	doctor_say(d, DOCTOR_OK, NULL, NULL, "libvirt hook %s", path);
	check_hook_known(d, &st);
}

static void check_program(struct doctor *d, const char *name)
{
	char path[PATH_MAX];

	if (process_find(name, path, sizeof(path)))
		doctor_say(d, DOCTOR_FAIL, NULL, "install it beside ivring",
			   "%s is not installed", name);
	else
		doctor_say(d, DOCTOR_OK, NULL, NULL, "%s", path);
}

/* All else works without it. */
static void check_virsh(struct doctor *d)
{
	char path[PATH_MAX];

	if (process_find("virsh", path, sizeof(path)))
		doctor_say(d, DOCTOR_WARN, NULL, "install libvirt's clients",
			   "there is no virsh, which ivring migrate (role peer) "
			   "needs");
}

static bool file_starts_with(const char *path, char c)
{
	FILE *f = fopen(path, "re");
	bool yes = f && fgetc(f) == c;

	if (f)
		fclose(f);
	return yes;
}

/* libvirtd's profile lets a hook run what lies directly in these only. */
static void check_apparmor(struct doctor *d)
{
	char path[PATH_MAX];

	if (!file_starts_with("/sys/module/apparmor/parameters/enabled", 'Y'))
		return;
	if (!process_find("ivring", path, sizeof(path)) &&
	    strncmp(path, "/usr/bin/", 9) && strncmp(path, "/usr/sbin/", 10) &&
	    strncmp(path, "/bin/", 5) && strncmp(path, "/sbin/", 6))
		doctor_say(d, DOCTOR_WARN, NULL, "install it in /usr/bin",
			   "AppArmor is on and may not let libvirt's hook run "
			   "%s",
			   path);
	else
		doctor_say(d, DOCTOR_OK, NULL, NULL,
			   "AppArmor is on; libvirt "
			   "allows each QEMU the socket of its own XML");
}

static void check_security(struct doctor *d)
{
	check_apparmor(d);
	if (file_starts_with("/sys/fs/selinux/enforce", '1'))
		doctor_say(d, DOCTOR_WARN, NULL,
			   "if QEMU cannot connect, see "
			   "ausearch -m avc -c qemu-kvm and allow svirt_t to "
			   "connect to ivring-server",
			   "SELinux is enforcing");
}

static void check_conf(struct doctor *d)
{
	struct conf conf;
	int faults = conf_load(&conf, NULL);

	if (faults)
		doctor_say(d, DOCTOR_WARN, NULL,
			   "correct the lines named above",
			   "%d line(s) of %s/ivring.conf are not used", faults,
			   dirs_conf());
}

void doctor_host(struct doctor *d)
{
	check_qemu(d);
	check_libvirt_version(d);
	check_hook(d);
	check_program(d, "ivring-server");
	check_program(d, "ivring-reader");
	check_virsh(d);
	check_security(d);
	check_conf(d);
}
