// SPDX-License-Identifier: GPL-2.0
/* comms.c - names of processes by pid, from several saved_cmdlines */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/array.h"
#include "trace/comms.h"

#define SLOTS_MIN 1024u

static uint32_t *slot_of(const struct comms *c, uint32_t pid)
{
	/* Multiply-shift (Dietzfelbinger), linear probing, half of it is free */
	size_t i = (pid * c->key) >> 32 & (c->slots - 1);

	while (c->table[i] && c->list[c->table[i] - 1].pid != pid)
		i = (i + 1) & (c->slots - 1);
	return &c->table[i];
}

static int grow(struct comms *c)
{
	size_t slots = c->slots ? c->slots * 2 : SLOTS_MIN, i;
	uint32_t *table;

	if (c->n * 2 < c->slots)
		return 0;
	table = calloc(slots, sizeof(*table));
	if (!table)
		return -ENOMEM;
	if (!c->key && getrandom(&c->key, sizeof(c->key), 0) != sizeof(c->key))
		c->key = (uintptr_t)table;
	c->key |= 1;
	free(c->table);
	c->table = table;
	c->slots = slots;
	for (i = 0; i < c->n; i++)
		*slot_of(c, c->list[i].pid) = i + 1;
	return 0;
}

static int add(struct comms *c, uint32_t pid, const char *name, size_t len)
{
	struct comm *one;
	uint32_t *slot;
	size_t i;

	if (grow(c))
		return -ENOMEM;
	slot = slot_of(c, pid);
	if (*slot || c->n >= COMMS_MAX)
		return 0;
	if (array_room(&c->list, &c->cap, c->n + 1, sizeof(*c->list)))
		return -ENOMEM;
	one = &c->list[c->n++];
	*slot = c->n;
	*one = (struct comm) { .pid = pid };
	if (len >= COMM_MAX)
		len = COMM_MAX - 1;
	for (i = 0; i < len; i++)
		one->name[i] = (unsigned char)name[i] < ' ' || name[i] == 0x7f ?
				       '?' :
				       name[i];
	return 0;
}

/* "123 name" with a name of any characters but control characters. */
static int add_line(struct comms *c, const char *line, size_t len)
{
	uint64_t pid = 0;
	size_t i = 0;

	while (i < len && line[i] == ' ')
		i++;
	for (; i < len && line[i] >= '0' && line[i] <= '9'; i++) {
		pid = pid * 10 + (line[i] - '0');
		if (pid > INT32_MAX)
			return 0;
	}
	if (i + 1 >= len || line[i] != ' ')
		return 0;
	return add(c, pid, line + i + 1, len - i - 1);
}

int comms_add(struct comms *c, const char *text, size_t len)
{
	const char *end = text + len;
	int ret = 0;

	while (text < end && !ret) {
		const char *nl = memchr(text, '\n', end - text);
		const char *stop = nl ? nl : end;

		ret = add_line(c, text, stop - text);
		text = stop + 1;
	}
	return ret;
}

static int by_pid(const void *pa, const void *pb)
{
	const struct comm *a = pa, *b = pb;

	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

int comms_text(struct comms *c, char **text, size_t *len)
{
	FILE *f = open_memstream(text, len);
	size_t i;

	if (!f)
		return -ENOMEM;
	if (c->n)
		qsort(c->list, c->n, sizeof(*c->list), by_pid);
	for (i = 0; i < c->n; i++)
		fprintf(f, "%u %s\n", c->list[i].pid, c->list[i].name);
	return fclose(f) ? -ENOMEM : 0;
}

void comms_free(struct comms *c)
{
	free(c->list);
	free(c->table);
	*c = (struct comms) { 0 };
}
