// SPDX-License-Identifier: GPL-2.0
/* fdstore.c - what outlives the server: systemd's descriptor store */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "lib/fault.h"
#include "lib/log.h"
#include "lib/sock.h"
#include "server/fdstore.h"

/** enum part - what a stored descriptor is */
enum part { PART_MEMORY, PART_TO_READER, PART_TO_GUEST, PART_QEMU, PARTS };

/* clang-format off */
static const char *const part_names[PARTS] = {
	[PART_MEMORY]	 = "memory",
	[PART_TO_READER] = "reader",
	[PART_TO_GUEST]	 = "guest",
	[PART_QEMU]	 = "qemu",
};
/* clang-format on */

/**
 * struct label - a stored descriptor's name, taken apart
 * @part: what it is
 * @index: which eventfd; 0 for the others
 * @generation: of which QEMU
 */
struct label {
	enum part part;
	unsigned int index;
	uint64_t generation;
};

static void put(const char *what, const struct label *l, int fd)
{
	char text[128];

	snprintf(text, sizeof(text), "%s=1\nFDNAME=%s-%llu-%u", what,
		 part_names[l->part], (unsigned long long)l->generation,
		 l->index);
	sd_pid_notify_with_fds(0, 0, text, &fd, fd < 0 ? 0 : 1);
}

static int parse_label(const char *name, struct label *l)
{
	unsigned long long generation;
	char word[16];
	int end = 0;

	if (sscanf(name, "%15[a-z]-%llu-%u%n", word, &generation, &l->index,
		   &end) != 3 ||
	    name[end] || l->index >= IVR_MSG_MAX_VECTORS)
		return -EINVAL;
	l->generation = generation;
	for (l->part = 0; l->part < PARTS; l->part++)
		if (!strcmp(word, part_names[l->part]))
			return 0;
	return -EINVAL;
}

static void put_all(const char *what, const struct memory *m, int memory,
		    const int *to_reader, const int *to_guest, int qemu)
{
	struct label l = { .generation = m->generation };

	l.part = PART_MEMORY;
	put(what, &l, memory);
	for (; l.index < m->vectors; l.index++) {
		l.part = PART_TO_READER;
		put(what, &l, to_reader[l.index]);
		l.part = PART_TO_GUEST;
		put(what, &l, to_guest[l.index]);
	}
	l.index = 0;
	l.part = PART_QEMU;
	put(what, &l, qemu);
}

void keep_store(const struct qemu *q, const struct memory *m)
{
	if (fault_point("server-keep-store"))
		return;
	put_all("FDSTORE", m, m->fd, m->to_reader, m->to_guest, q->fd);
}

void keep_forget(const struct memory *m)
{
	static const int none[IVR_MSG_MAX_VECTORS] = { -1, -1, -1, -1,
						       -1, -1, -1, -1 };

	put_all("FDSTOREREMOVE", m, -1, none, none, -1);
}

/* Where a descriptor belongs; NULL if that is taken or of another QEMU. */
static int *place(struct qemu *q, struct memory *m, const struct label *l)
{
	int *slot = NULL;

	if (l->generation != m->generation)
		return NULL;
	switch (l->part) {
	case PART_MEMORY:
		slot = &m->fd;
		break;
	case PART_TO_READER:
		slot = &m->to_reader[l->index];
		break;
	case PART_TO_GUEST:
		slot = &m->to_guest[l->index];
		break;
	case PART_QEMU:
		slot = &q->fd;
		break;
	case PARTS:
		break;
	}
	return slot && *slot < 0 ? slot : NULL;
}

/* Is this all that a QEMU was given, and is that QEMU there? */
static bool complete(struct qemu *q, struct memory *m)
{
	socklen_t len = sizeof(struct ucred);
	struct ucred peer;
	struct stat st;
	uint32_t i;

	if (m->fd < 0 || q->fd < 0 || fstat(m->fd, &st) || sock_probe(q->fd) ||
	    getsockopt(q->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return false;
	for (i = 0; i < IVR_MSG_MAX_VECTORS && m->to_reader[i] >= 0; i++)
		;
	m->vectors = i;
	for (i = 0; i < IVR_MSG_MAX_VECTORS; i++)
		if ((m->to_reader[i] >= 0) != (i < m->vectors) ||
		    (m->to_guest[i] >= 0) != (i < m->vectors))
			return false;
	m->size = (uint64_t)st.st_size;
	q->pid = peer.pid;
	return m->vectors > 0;
}

static uint64_t newest(char **names, int count)
{
	uint64_t generation = 0;
	struct label l;
	int i;

	for (i = 0; i < count; i++)
		if (!parse_label(names[i], &l) && l.generation > generation)
			generation = l.generation;
	return generation;
}

static void sort_out(struct qemu *q, struct memory *m, char **names, int count)
{
	struct label l;
	int *slot, i;

	for (i = 0; i < count; i++) {
		int fd = SD_LISTEN_FDS_START + i;

		slot = NULL;
		if (!parse_label(names[i], &l)) {
			slot = place(q, m, &l);
			if (!slot)
				put("FDSTOREREMOVE", &l, -1);
		}
		if (slot)
			*slot = fd;
		else
			close(fd);
	}
}

uint64_t keep_restore(struct qemu *q, struct memory *m)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(1, &names);
	uint64_t generation;
	int i;

	memory_none(m);
	q->fd = -1;
	if (count <= 0)
		return 0;
	generation = newest(names, count);
	m->generation = generation;
	sort_out(q, m, names, count);
	for (i = 0; i < count; i++)
		free(names[i]);
	free(names);

	if (complete(q, m)) {
		info("QEMU (pid %d, generation %llu) taken over from an earlier server",
		     q->pid, (unsigned long long)generation);
		return generation;
	}
	/* Forgets eight of each, so that none is missed. */
	m->vectors = IVR_MSG_MAX_VECTORS;
	keep_forget(m);
	memory_close(m);
	qemu_close(q);
	return generation;
}
