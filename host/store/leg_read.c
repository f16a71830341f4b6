// SPDX-License-Identifier: GPL-2.0
/* leg_read.c - whose a leg is, for those who read stores */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store/leg_read.h"
#include "store/leg_text.h"
#include "store/names.h"

static int no_file(const struct leg *l, int dir, struct findings *found)
{
	char ring[FILE_NAME_MAX], meta[FILE_NAME_MAX];

	name_ring_file(ring, 0, 1, 0, ".desc");
	name_ring_file(meta, 1, 1, 0, ".desc");
	if (faccessat(dir, ring, F_OK, 0) && faccessat(dir, meta, F_OK, 0))
		return -ENOENT;
	found_bad(found,
		  "%s: pages but no file `leg` that says whose; the leg "
		  "is left out, restore the file",
		  l->path);
	return -EINVAL;
}

int leg_file_read(struct leg *l, int dir, struct findings *found)
{
	char fault[LEG_TEXT_FAULT];
	struct leg_text t;
	int ret = leg_text_read(&t, dir, fault);

	if (ret == -ENOENT)
		return no_file(l, dir, found);
	if (ret) {
		found_bad(found, "%s/leg: %s; the leg is left out", l->path,
			  fault);
		return -EINVAL;
	}
	memcpy(l->vm, t.vm, sizeof(l->vm));
	memcpy(l->host, t.host, sizeof(l->host));
	memcpy(l->boot, t.boot, sizeof(l->boot));
	memcpy(l->policy, t.policy, sizeof(l->policy));
	memcpy(l->stream, t.stream, sizeof(l->stream));
	l->epoch = t.epoch;
	l->prev = t.prev;
	l->rings = t.rings;
	l->realtime = t.realtime;
	l->generation = t.generation;
	return 0;
}
