/* SPDX-License-Identifier: GPL-2.0 */
/* comms.h - names of processes by pid, from several saved_cmdlines */
#ifndef IVR_TRACE_COMMS_H
#define IVR_TRACE_COMMS_H

#include <stddef.h>
#include <stdint.h>

#define COMM_MAX 16 /* TASK_COMM_LEN of the kernel */

/** struct comm - one process */
struct comm {
	uint32_t pid;
	uint32_t age;
	char name[COMM_MAX];
};

/**
 * struct comms - all of them; all zero is empty
 * @list: processes as they were added
 * @n: how many
 */
struct comms {
	struct comm *list;
	size_t n;
	size_t cap;
};

/**
 * comms_add() - add the lines "pid name" of one blob
 * @c: names
 * @text: lines
 * @len: their length
 * @age: 0 for the newest blob, more for older ones
 *
 * Return: 0 or -ENOMEM
 */
int comms_add(struct comms *c, const char *text, size_t len, uint32_t age);

/**
 * comms_text() - all names as lines "pid name", each pid once, its newest name
 * @c: names; sorted by this
 * @text: set to the text, terminated, to be freed
 * @len: set to its length
 *
 * Return: 0 or -ENOMEM
 */
int comms_text(struct comms *c, char **text, size_t *len);

#endif
