/* SPDX-License-Identifier: GPL-2.0 */
/* comms.h - names of processes by pid, from several saved_cmdlines */
#ifndef IVR_TRACE_COMMS_H
#define IVR_TRACE_COMMS_H

#include <stddef.h>
#include <stdint.h>

#define COMM_MAX 16 /* TASK_COMM_LEN of the kernel */

/* A guest can send any number; a kernel has at most 4 million pids. */
#define COMMS_MAX (1u << 20)

/** struct comm - one process */
struct comm {
	uint32_t pid;
	char name[COMM_MAX];
};

/**
 * struct comms - all of them; all zero is empty
 * @list: processes as they were added
 * @n: how many
 * @table: 1 + index of a process in @list, by hash of its pid; 0: free
 * @slots: of @table, a power of two
 * @key: private: random, so that a guest cannot choose pids that collide
 */
struct comms {
	struct comm *list;
	size_t n;
	size_t cap;
	uint32_t *table;
	size_t slots;
	uint64_t key;
};

/**
 * comms_add() - add the lines "pid name" of one blob
 * @c: names; a pid that has one already keeps it, so add the newest blob first
 * @text: lines
 * @len: their length
 *
 * Return: 0 or -ENOMEM
 */
int comms_add(struct comms *c, const char *text, size_t len);

/**
 * comms_text() - all names as lines "pid name"
 * @c: names; sorted by pid by this, nothing can be added afterwards
 * @text: set to the text, terminated, to be freed
 * @len: set to its length
 *
 * Return: 0 or -ENOMEM
 */
int comms_text(struct comms *c, char **text, size_t *len);

/** comms_free() - free everything */
void comms_free(struct comms *c);

#endif
