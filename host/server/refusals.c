// SPDX-License-Identifier: GPL-2.0
/* refusals.c - QEMUs that were told no, until they hang up */
#include <unistd.h>

#include "lib/clock.h"
#include "lib/sock.h"
#include "server/qemu.h"
#include "server/refusals.h"

static void hang_up(struct refusal *one)
{
	if (one->fd >= 0)
		close(one->fd);
	one->fd = -1;
}

void refusals_init(struct refusals *r)
{
	int i;

	for (i = 0; i < REFUSALS_MAX; i++)
		r->slot[i].fd = -1;
}

static struct refusal *free_or_oldest(struct refusals *r)
{
	struct refusal *oldest = &r->slot[0];
	int i;

	for (i = 0; i < REFUSALS_MAX; i++) {
		if (r->slot[i].fd < 0)
			return &r->slot[i];
		if (r->slot[i].until_ms < oldest->until_ms)
			oldest = &r->slot[i];
	}
	return oldest;
}

int refusals_add(struct refusals *r, int fd)
{
	int ret = qemu_send(fd, QEMU_REFUSAL, -1);
	struct refusal *one;

	if (ret) {
		close(fd);
		return ret;
	}
	one = free_or_oldest(r);
	hang_up(one);
	one->fd = fd;
	one->until_ms = now_ms() + REFUSAL_MS;
	return 0;
}

int refusals_end(struct refusals *r)
{
	uint64_t now = now_ms();
	int next = -1, left, i;

	for (i = 0; i < REFUSALS_MAX; i++) {
		struct refusal *one = &r->slot[i];

		if (one->fd < 0)
			continue;
		if (sock_probe(one->fd) || one->until_ms <= now) {
			hang_up(one);
			continue;
		}
		left = (int)(one->until_ms - now);
		if (next < 0 || left < next)
			next = left;
	}
	return next;
}

void refusals_close(struct refusals *r)
{
	int i;

	for (i = 0; i < REFUSALS_MAX; i++)
		hang_up(&r->slot[i]);
}
