// SPDX-License-Identifier: GPL-2.0
/* comms.c - names of processes by pid, from several saved_cmdlines */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "trace/comms.h"

/* "123 name" with a name of any characters but control characters. */
static int add_line(struct comms *c, const char *line, size_t len, uint32_t age)
{
	struct comm *one;
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
	line += i + 1;
	len -= i + 1;
	if (len >= COMM_MAX)
		len = COMM_MAX - 1;
	if (array_room(&c->list, &c->cap, c->n + 1, sizeof(*c->list)))
		return -ENOMEM;
	one = &c->list[c->n++];
	*one = (struct comm) { .pid = pid, .age = age };
	for (i = 0; i < len; i++)
		one->name[i] = (unsigned char)line[i] < ' ' || line[i] == 0x7f ?
				       '?' :
				       line[i];
	return 0;
}

int comms_add(struct comms *c, const char *text, size_t len, uint32_t age)
{
	const char *end = text + len;
	int ret = 0;

	while (text < end && !ret) {
		const char *nl = memchr(text, '\n', end - text);
		const char *stop = nl ? nl : end;

		ret = add_line(c, text, stop - text, age);
		text = stop + 1;
	}
	return ret;
}

static int by_pid_and_age(const void *pa, const void *pb)
{
	const struct comm *a = pa, *b = pb;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return a->age < b->age ? -1 : a->age > b->age;
}

int comms_text(struct comms *c, char **text, size_t *len)
{
	FILE *f = open_memstream(text, len);
	size_t i;

	if (!f)
		return -ENOMEM;
	if (c->n)
		qsort(c->list, c->n, sizeof(*c->list), by_pid_and_age);
	for (i = 0; i < c->n; i++)
		if (!i || c->list[i].pid != c->list[i - 1].pid)
			fprintf(f, "%u %s\n", c->list[i].pid, c->list[i].name);
	return fclose(f) ? -ENOMEM : 0;
}
