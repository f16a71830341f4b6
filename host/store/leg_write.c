// SPDX-License-Identifier: GPL-2.0
/* leg_write.c - one attachment in the store */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "store/leg_write.h"

#define LEG_DIR_MODE	0750
#define LEG_FILE_MODE	0640
#define LEG_TEXT_MAX	2048

static const char *const policy_names[] = IVR_POLICY_NAMES;

void hex_of(char *buf, const uint8_t *bytes, size_t n)
{
	size_t i;

	buf[0] = 0;
	for (i = 0; i < n; i++)
		sprintf(buf + 2 * i, "%02x", bytes[i]);
}

static void read_boot_id(char *buf, size_t len)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	snprintf(buf, len, "unknown");
	if (!f)
		return;
	if (fgets(buf, len, f))
		buf[strcspn(buf, "\n")] = 0;
	fclose(f);
}

static int leg_text(char *buf, size_t len, const struct leg_about *a)
{
	char host[256] = "unknown", boot[64], stream[33];

	gethostname(host, sizeof(host) - 1);
	read_boot_id(boot, sizeof(boot));
	hex_of(stream, a->stream, sizeof(a->stream));
	return snprintf(buf, len,
			"format %d\nvm %s\nhost %s\nboot %s\nstream %s\n"
			"epoch %016llx\nprev %016llx\nrings %u\nsize %llu\n"
			"policy %s\nrealtime %llu\ngeneration %llu\n",
			IVR_STORE_FORMAT, a->vm, host, boot, stream,
			(unsigned long long)a->epoch,
			(unsigned long long)a->prev, a->rings,
			(unsigned long long)a->size, policy_names[a->policy],
			(unsigned long long)realtime_ns(),
			(unsigned long long)a->generation);
}

static int create_at(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			LEG_FILE_MODE);

	return fd < 0 ? -errno : fd;
}

static int write_text(struct leg *l, const struct leg_about *about)
{
	char text[LEG_TEXT_MAX];
	int n = leg_text(text, sizeof(text), about);
	int fd, ret;

	if (n < 0 || (size_t)n >= sizeof(text))
		return -EOVERFLOW;
	fd = create_at(l->dir, IVR_STORE_LEG_FILE);
	if (fd < 0)
		return fd;
	ret = write_at(fd, text, n, 0);
	close(fd);
	return ret;
}

static int fill_draft(struct leg *l, const struct leg_about *about,
		      const struct ivr_store_mark *starts, uint32_t n)
{
	int ret = write_text(l, about);

	if (ret)
		return ret;
	l->marks = create_at(l->dir, IVR_STORE_MARKS_FILE);
	if (l->marks < 0)
		return l->marks;
	l->clock = create_at(l->dir, IVR_STORE_CLOCK_FILE);
	if (l->clock < 0)
		return l->clock;
	return leg_marks(l, starts, n);
}

int leg_open(struct leg *l, struct store *s, const struct leg_about *about,
	     const struct ivr_store_mark *starts, uint32_t n)
{
	uint32_t number = s->number + 1;
	char draft[sizeof(LEG_DRAFT) + 16];
	int ret;

	*l = (struct leg) LEG_INIT;
	snprintf(l->name, sizeof(l->name), IVR_STORE_LEG_FMT, number,
		 (unsigned long long)about->epoch);
	snprintf(draft, sizeof(draft), LEG_DRAFT "%04u", number);
	if (mkdirat(s->fd, draft, LEG_DIR_MODE))
		return -errno;
	l->dir = openat(s->fd, draft, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = l->dir < 0 ? -errno : fill_draft(l, about, starts, n);
	if (!ret && renameat(s->fd, draft, s->fd, l->name))
		ret = -errno;
	if (ret) {
		leg_close(l);
		leg_discard(s->fd, draft);
		return ret;
	}
	store_added(s, number, l->name);
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void leg_close(struct leg *l)
{
	close_fd(&l->marks);
	close_fd(&l->clock);
	close_fd(&l->dir);
}

/*
 * Appends at the length that we know of, so what a failed try left there is
 * written over, and the cut is only for those who look meanwhile.
 */
static int append(int fd, uint64_t *len, const void *buf, size_t n)
{
	int ret = write_at(fd, buf, n, *len);

	if (!ret)
		*len += n;
	else if (ftruncate(fd, *len))
		debug("cannot cut a half entry: %s", strerror(errno));
	return ret;
}

int leg_marks(struct leg *l, const struct ivr_store_mark *marks, uint32_t n)
{
	return append(l->marks, &l->marks_len, marks, n * sizeof(*marks));
}

int leg_clock(struct leg *l, const struct ivr_store_clock *c)
{
	return append(l->clock, &l->clock_len, c, sizeof(*c));
}

bool leg_is_there(const struct leg *l)
{
	struct stat st;

	return l->dir >= 0 && !fstat(l->dir, &st) && st.st_nlink > 0;
}

void leg_discard(int dirfd, const char *name)
{
	static const char *const files[] = {
		IVR_STORE_LEG_FILE, IVR_STORE_MARKS_FILE, IVR_STORE_CLOCK_FILE,
	};
	int dir = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t i;

	if (dir < 0)
		return;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlinkat(dir, files[i], 0);
	close(dir);
	if (unlinkat(dirfd, name, AT_REMOVEDIR))
		warn("%s: cannot remove the rest of a leg: %s", name,
		     strerror(errno));
}

static int parse_hex(const char *text, uint8_t *bytes, size_t n)
{
	unsigned int byte;
	size_t i;

	for (i = 0; i < n; i++) {
		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return -EINVAL;
		bytes[i] = byte;
	}
	return 0;
}

int leg_read_stream(int dir, uint8_t stream[16])
{
	char text[LEG_TEXT_MAX + 1], *line;
	int fd = openat(dir, IVR_STORE_LEG_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, LEG_TEXT_MAX);
	close(fd);
	if (n < 0)
		return -EIO;
	text[n] = 0;
	line = strstr(text, "\nstream ");
	if (!line || strlen(line) < 8 + 32)
		return -EINVAL;
	return parse_hex(line + 8, stream, 16);
}
