// SPDX-License-Identifier: GPL-2.0
/* leg_write.c - one attachment in the store */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/boot.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/text.h"
#include "store/leg_text.h"
#include "store/leg_write.h"
#include "store/names.h"

#define LEG_DIR_MODE  0750
#define LEG_FILE_MODE 0640

/* Room that is kept for marks: a rotation of each of 512 rings, and an end. */
#define MARKS_KEPT (64u << 10)

static const char *const policy_names[] = IVR_POLICY_NAMES;

static void fill_text(struct leg_text *t, const struct leg_about *a)
{
	*t = (struct leg_text) {
		.format = IVR_STORE_FORMAT,
		.needs = IVR_STORE_NEEDS == IVR_STORE_FORMAT ? 0 :
							       IVR_STORE_NEEDS,
		.host = "unknown",
		.epoch = a->epoch,
		.prev = a->prev,
		.rings = a->rings,
		.size = a->size,
		.realtime = realtime_ns(),
		.generation = a->generation,
	};
	snprintf(t->vm, sizeof(t->vm), "%s", a->vm);
	gethostname(t->host, sizeof(t->host) - 1);
	snprintf(t->boot, sizeof(t->boot), "%s", boot_id());
	text_hex(t->stream, a->stream, sizeof(a->stream));
	snprintf(t->policy, sizeof(t->policy), "%s", policy_names[a->policy]);
}

static int create_at(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			LEG_FILE_MODE);

	return fd < 0 ? -errno : fd;
}

/* A leg that is there at all is whole; it costs some milliseconds, once. */
static int reach_disk(const struct leg_writer *l, int fd)
{
	return l->store->sync.running && fsync(fd) ? -errno : 0;
}

static int write_text(struct leg_writer *l, const struct leg_about *about)
{
	char buf[LEG_TEXT_MAX];
	struct leg_text text;
	int n, fd, ret;

	fill_text(&text, about);
	n = leg_text_write(&text, buf, sizeof(buf));
	if (n < 0)
		return n;
	fd = create_at(l->dir, IVR_STORE_LEG_FILE);
	if (fd < 0)
		return fd;
	ret = write_at(fd, buf, n, 0);
	if (!ret)
		ret = reach_disk(l, fd);
	close(fd);
	return ret;
}

static int fill_draft(struct leg_writer *l, const struct leg_about *about,
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
	ret = leg_writer_marks(l, starts, n);
	if (!ret)
		ret = reach_disk(l, l->marks);
	if (!ret)
		ret = reach_disk(l, l->clock);
	if (!ret)
		ret = reach_disk(l, l->dir);
	l->marks_dirty = false;
	return ret;
}

/* With all files that it may get */
static uint64_t leg_bytes(const struct leg_about *about)
{
	return QUOTA_FILE_BYTES * (6 + 2ull * about->rings);
}

int leg_writer_open(struct leg_writer *l, struct store *s,
		    const struct leg_about *about,
		    const struct ivr_store_mark *starts, uint32_t n)
{
	uint32_t number = s->number + 1;
	char draft[sizeof(LEG_DRAFT) + 16];
	int ret;

	*l = (struct leg_writer)LEG_WRITER_INIT;
	l->store = s;
	name_leg(l->name, number, about->epoch);
	snprintf(draft, sizeof(draft), LEG_DRAFT "%04u", number);
	ret = quota_room(&s->quota, s->fd, leg_bytes(about));
	if (ret)
		return ret;
	if (mkdirat(s->fd, draft, LEG_DIR_MODE))
		return -errno;
	l->dir = openat(s->fd, draft, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = l->dir < 0 ? -errno : fill_draft(l, about, starts, n);
	if (!ret && renameat(s->fd, draft, s->fd, l->name))
		ret = -errno;
	if (!ret && reach_disk(l, s->fd))
		warn("%s: cannot be synced: %s", s->path, strerror(errno));
	if (ret) {
		leg_writer_close(l);
		store_discard(s, draft);
		return ret;
	}
	store_added(s, number, l->name);
	quota_wrote(&s->quota, leg_bytes(about));
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void leg_writer_sync(struct leg_writer *l, bool more)
{
	if (!l->marks_dirty && !more)
		return;
	l->marks_dirty = store_sync_add(&l->store->sync, SYNC_MARKS,
					l->marks) ||
			 store_sync_add(&l->store->sync, SYNC_MARKS, l->clock);
}

void leg_writer_close(struct leg_writer *l)
{
	if (l->dir >= 0)
		leg_writer_sync(l, true);
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

/* Not every file system can; then a mark may meet a full disk. */
static void keep_room(struct leg_writer *l, uint64_t upto)
{
	uint64_t want = (upto / MARKS_KEPT + 1) * MARKS_KEPT;

	if (fallocate(l->marks, FALLOC_FL_KEEP_SIZE, 0, (off_t)want))
		debug("marks: no room can be kept: %s", strerror(errno));
	l->marks_kept = want;
}

int leg_writer_marks(struct leg_writer *l, const struct ivr_store_mark *marks,
		     uint32_t n)
{
	uint64_t len = n * sizeof(*marks);
	int ret;

	l->marks_dirty = true;
	if (l->marks_len + len > l->marks_kept)
		keep_room(l, l->marks_len + len);
	ret = append(l->marks, &l->marks_len, marks, len);
	if (!ret)
		quota_wrote(&l->store->quota, len);
	return ret;
}

int leg_writer_remark(struct leg_writer *l, uint64_t at,
		      const struct ivr_store_mark *mark)
{
	l->marks_dirty = true;
	return write_at(l->marks, mark, sizeof(*mark), at);
}

int leg_writer_clock(struct leg_writer *l, const struct ivr_store_clock *c)
{
	return append(l->clock, &l->clock_len, c, sizeof(*c));
}

bool leg_writer_is_there(const struct leg_writer *l)
{
	struct stat st;

	return l->dir >= 0 && !fstat(l->dir, &st) && st.st_nlink > 0;
}
