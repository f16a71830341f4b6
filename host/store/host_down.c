// SPDX-License-Identifier: GPL-2.0
/* host_down.c - a leg that was cut off when its host went down */
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
#include "store/host_down.h"
#include "store/leg_text.h"
#include "store/tail.h"

/* What is known of a ring without a page: its START mark */
static struct ivr_store_mark last_words(const struct tail *marks, uint32_t ring,
					const struct store_last *last)
{
	struct ivr_store_mark m = { .to = 1, .head = 1 };
	size_t i;

	for (i = 0; i < marks->n; i++) {
		const struct ivr_store_mark *one = tail_at(marks, i);

		if (one->ring == ring && one->kind == IVR_MARK_START)
			m = *one;
	}
	if (last->found) {
		m.to = last->desc.page + 1;
		m.produced = last->desc.first + last->desc.count;
		m.lost = last->desc.lost;
	}
	m.kind = IVR_MARK_END;
	m.reason = IVR_WHY_HOST_DOWN;
	m.ring = ring;
	m.guest_end = 0;
	m.from = 0;
	m.head = m.to;
	m.realtime_ns = realtime_ns();
	return m;
}

static bool has_end(const struct tail *marks)
{
	size_t i;

	for (i = 0; i < marks->n; i++) {
		const struct ivr_store_mark *m = tail_at(marks, i);

		if (m->kind == IVR_MARK_END)
			return true;
	}
	return false;
}

static int put_ends(int dir, const struct tail *marks,
		    const struct store_last *last, uint32_t nrings)
{
	struct ivr_store_mark *ends = calloc(nrings + 1, sizeof(*ends));
	int fd = openat(dir, IVR_STORE_MARKS_FILE,
			O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int ret = fd < 0 ? -errno : ends ? 0 : -ENOMEM;
	uint32_t i;

	for (i = 0; i <= nrings && !ret; i++)
		ends[i] = last_words(marks, i, &last[i]);
	if (!ret)
		ret = write_at(fd, ends, (nrings + 1) * sizeof(*ends),
			       marks->n * sizeof(*ends));
	if (!ret && fsync(fd))
		ret = -errno;
	if (fd >= 0)
		close(fd);
	free(ends);
	return ret;
}

static void parse_stream(const char *hex, uint8_t stream[16])
{
	unsigned int byte, i;

	for (i = 0; i < 16; i++)
		if (sscanf(hex + 2 * i, "%2x", &byte) == 1)
			stream[i] = byte;
}

static int end_leg(const struct store *s, int dir, const struct leg_text *t)
{
	struct store_last *last = calloc(t->rings + 1, sizeof(*last));
	uint8_t stream[16] = { 0 };
	struct tail marks;
	int ret = last ? 0 : -ENOMEM;

	tail_init(&marks, sizeof(struct ivr_store_mark));
	parse_stream(t->stream, stream);
	if (!ret)
		ret = tail_read(&marks, dir, IVR_STORE_MARKS_FILE);
	if (!ret && !has_end(&marks)) {
		/* What cannot be read is as if it were not there. */
		if (store_last(s, stream, last, t->rings))
			memset(last, 0, (t->rings + 1) * sizeof(*last));
		warn("%s/%s: this host went down while it was written: what was not on the disk is lost",
		     s->path, s->newest);
		ret = put_ends(dir, &marks, last, t->rings);
	}
	tail_free(&marks);
	free(last);
	return ret;
}

int host_down_end_leg(const struct store *s)
{
	int dir = openat(s->fd, s->newest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char fault[LEG_TEXT_FAULT];
	struct leg_text t;
	int ret = 0;

	if (dir < 0)
		return -errno;
	if (!leg_text_read(&t, dir, fault) && boot_is_over(t.host, t.boot))
		ret = end_leg(s, dir, &t);
	close(dir);
	return ret;
}
