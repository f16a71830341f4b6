// SPDX-License-Identifier: GPL-2.0
/*
 * ivring-meta.c - collect what a reader needs to decode our pages, push it once
 *
 * Runs in the guest after the module is loaded, and again when new modules with
 * events were loaded or to renew the table of command names. The blob's format
 * is in ivr_meta.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "ivr_meta.h"

/* The module stamps with sched_clock(), which is what ftrace's "local" reads. */
#define TRACE_CLOCK "local"

struct blob {
	char *data;
	size_t len;
	size_t room;
};

static void die(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

static void die(const char *fmt, ...)
{
	va_list ap;

	fputs("ivring-meta: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static char *blob_grow(struct blob *b, size_t more)
{
	char *at;

	if (b->len + more > b->room) {
		b->room = 2 * (b->len + more);
		b->data = realloc(b->data, b->room);
		if (!b->data)
			die("out of memory after %zu bytes", b->len);
	}
	at = b->data + b->len;
	b->len += more;
	return at;
}

static void blob_add(struct blob *b, enum ivr_meta_kind kind, const char *name,
		     const char *data, size_t len)
{
	struct ivr_meta_item item = {
		.kind = kind,
		.name_len = strlen(name),
		.data_len = len,
	};
	size_t pad = -(item.name_len + len) & 7;
	char *at = blob_grow(b, sizeof(item) + item.name_len + len + pad);

	memcpy(at, &item, sizeof(item));
	at += sizeof(item);
	memcpy(at, name, item.name_len);
	at += item.name_len;
	if (len)
		memcpy(at, data, len);
	memset(at + len, 0, pad);
	((struct ivr_meta_head *)b->data)->items++;
}

/* Files of tracefs have no size: read to the end. Returns NULL if absent. */
static char *read_file(const char *path, size_t *len)
{
	struct blob text = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *at;
	ssize_t n;

	if (fd < 0)
		return NULL;
	for (;;) {
		at = blob_grow(&text, 65536);
		n = read(fd, at, 65536);
		if (n < 0)
			die("%s: %s", path, strerror(errno));
		text.len -= 65536 - n;
		if (!n)
			break;
	}
	close(fd);
	*len = text.len;
	return text.data;
}

static bool add_file(struct blob *b, enum ivr_meta_kind kind, const char *name,
		     const char *path)
{
	size_t len;
	char *text = read_file(path, &len);

	if (!text)
		return false;
	blob_add(b, kind, name, text, len);
	free(text);
	return true;
}

static bool is_plain(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void add_system(struct blob *b, const char *tracefs, const char *system)
{
	bool ftrace = !strcmp(system, "ftrace");
	char path[PATH_MAX], name[2 * NAME_MAX + 2];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/events/%s", tracefs, system);
	dir = opendir(path);
	if (!dir)
		return; /* header_page and the like: plain files */
	while ((e = readdir(dir))) {
		if (!is_plain(e))
			continue;
		snprintf(path, sizeof(path), "%s/events/%s/%s/format", tracefs,
			 system, e->d_name);
		snprintf(name, sizeof(name), "%s/%s", system, e->d_name);
		if (ftrace)
			add_file(b, IVR_META_FTRACE, e->d_name, path);
		else
			add_file(b, IVR_META_EVENT, name, path);
	}
	closedir(dir);
}

static void add_events(struct blob *b, const char *tracefs)
{
	struct dirent *e;
	char path[PATH_MAX];
	DIR *dir;

	snprintf(path, sizeof(path), "%s/events", tracefs);
	dir = opendir(path);
	if (!dir)
		die("%s: %s: is tracefs mounted there?", path, strerror(errno));
	while ((e = readdir(dir)))
		if (is_plain(e))
			add_system(b, tracefs, e->d_name);
	closedir(dir);
}

static void add_uname(struct blob *b)
{
	struct utsname u;
	char text[sizeof(u) + 64];
	int n;

	uname(&u);
	n = snprintf(text, sizeof(text),
		     "sysname %s\nrelease %s\nversion %s\nmachine %s\n",
		     u.sysname, u.release, u.version, u.machine);
	blob_add(b, IVR_META_UNAME, "", text, n);
}

static void add_required(struct blob *b, enum ivr_meta_kind kind,
			 const char *tracefs, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", tracefs, file);
	if (!add_file(b, kind, "", path))
		die("%s: %s: mount tracefs (mount -t tracefs tracefs /sys/kernel/tracing) or give --tracefs",
		    path, strerror(errno));
}

static void collect(struct blob *b, const char *tracefs, bool kallsyms)
{
	struct ivr_meta_head head = {
		.magic = IVR_META_MAGIC,
		.version = IVR_VERSION_WORD(IVR_META_VERSION, IVR_META_PARSER),
	};

	memcpy(blob_grow(b, sizeof(head)), &head, sizeof(head));
	add_required(b, IVR_META_HEADER_PAGE, tracefs, "events/header_page");
	add_required(b, IVR_META_HEADER_EVENT, tracefs, "events/header_event");
	add_events(b, tracefs);
	add_required(b, IVR_META_PRINTK, tracefs, "printk_formats");
	add_required(b, IVR_META_CMDLINES, tracefs, "saved_cmdlines");
	if (kallsyms && !add_file(b, IVR_META_KALLSYMS, "", "/proc/kallsyms"))
		die("/proc/kallsyms: %s", strerror(errno));
	add_uname(b);
	blob_add(b, IVR_META_CLOCK, "", TRACE_CLOCK, strlen(TRACE_CLOCK));
}

static void push(const struct blob *b)
{
	struct ivr_meta_push arg = {
		.addr = (uintptr_t)b->data,
		.len = b->len,
	};
	int fd = open("/dev/" IVR_DEVICE, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		die("/dev/" IVR_DEVICE
		    ": %s: load the module first (modprobe ivring)",
		    strerror(errno));
	if (ioctl(fd, IVR_IOC_META, &arg))
		die("/dev/" IVR_DEVICE ": %zu bytes of metadata not taken: %s",
		    b->len, strerror(errno));
	close(fd);
}

static void save(const struct blob *b, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(b->data, b->len, 1, f) != 1 || fclose(f))
		die("%s: %s", path, strerror(errno));
}

static const char *find_tracefs(void)
{
	static const char *const places[] = {
		"/sys/kernel/tracing",
		"/sys/kernel/debug/tracing",
	};
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(path, sizeof(path), "%s/events", places[i]);
		if (!access(path, R_OK))
			return places[i];
	}
	return places[0];
}

static const char help[] =
	"usage: ivring-meta [-k] [-t DIR] [-o FILE]\n"
	"Collect event formats, names and symbols of this guest and give them to the\n"
	"ivring module, which sends them to every reader.\n"
	"\n"
	"  -k, --kallsyms      include /proc/kallsyms (12 MB; for the function tracer)\n"
	"  -t, --tracefs DIR   where tracefs is mounted\n"
	"  -o, --output FILE   write the blob to FILE instead\n"
	"  -h, --help          this text\n"
	"  -V, --version       print the version\n";

static const struct option options[] = {
	{ "kallsyms", no_argument, NULL, 'k' },
	{ "tracefs", required_argument, NULL, 't' },
	{ "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{},
};

int main(int argc, char **argv)
{
	const char *tracefs = NULL, *output = NULL;
	struct blob blob = { 0 };
	bool kallsyms = false;
	int c;

	while ((c = getopt_long(argc, argv, "kt:o:hV", options, NULL)) != -1) {
		switch (c) {
		case 'k':
			kallsyms = true;
			break;
		case 't':
			tracefs = optarg;
			break;
		case 'o':
			output = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'V':
			puts("ivring-meta " IVR_VERSION_STRING);
			return 0;
		default:
			return 1;
		}
	}
	if (optind < argc)
		die("%s: no such argument; see --help", argv[optind]);

	collect(&blob, tracefs ? tracefs : find_tracefs(), kallsyms);
	if (output)
		save(&blob, output);
	else
		push(&blob);
	free(blob.data);
	return 0;
}
