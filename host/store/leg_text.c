// SPDX-License-Identifier: GPL-2.0
/* leg_text.c - the file `leg`: who, where, when */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/ivr_store.h"
#include "store/leg_text.h"

enum value_type { TEXT, STREAM, HEX, DECIMAL };

/**
 * struct key - one line
 * @name: the word at its start
 * @type: of the rest
 * @needed: without it the leg is of no use
 * @offset: in struct leg_text
 */
struct key {
	const char *name;
	enum value_type type;
	bool needed;
	size_t offset;
};

#define KEY(name, type, needed)                                      \
	{                                                            \
#name, type, needed, offsetof(struct leg_text, name) \
	}

/* In the order in which they are written */
/* clang-format off */
static const struct key keys[] = {
	KEY(format,	DECIMAL, true),
	KEY(needs,	DECIMAL, false),
	KEY(vm,		TEXT,	 false),
	KEY(host,	TEXT,	 false),
	KEY(boot,	TEXT,	 false),
	KEY(stream,	STREAM,	 true),
	KEY(epoch,	HEX,	 true),
	KEY(prev,	HEX,	 false),
	KEY(rings,	DECIMAL, true),
	KEY(size,	DECIMAL, false),
	KEY(policy,	TEXT,	 false),
	KEY(realtime,	DECIMAL, false),
	KEY(generation,	DECIMAL, false),
};
/* clang-format on */

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static int write_value(const struct key *k, const void *value, char *buf,
		       size_t len)
{
	unsigned long long number = 0;

	switch (k->type) {
	case TEXT:
	case STREAM:
		return snprintf(buf, len, "%s %s\n", k->name,
				(const char *)value);
	case HEX:
	case DECIMAL:
		number = *(const uint64_t *)value;
	}
	/* As long as it says nothing, programs that do not know it need not. */
	if (k->offset == offsetof(struct leg_text, needs) && !number)
		return 0;
	return snprintf(buf, len, k->type == HEX ? "%s %016llx\n" : "%s %llu\n",
			k->name, number);
}

int leg_text_write(const struct leg_text *t, char *buf, size_t len)
{
	size_t used = 0, i;

	for (i = 0; i < KEYS && used < len; i++)
		used += write_value(&keys[i], (const char *)t + keys[i].offset,
				    buf + used, len - used);
	return used < len ? (int)used : -EOVERFLOW;
}

static int parse_number(const char *value, int base, uint64_t *out)
{
	char *end;

	if (*value < '0' || (*value > '9' && base == 10))
		return -EINVAL;
	errno = 0;
	*out = strtoull(value, &end, base);
	return errno || *end || end == value ? -EINVAL : 0;
}

static int parse_value(const struct key *k, const char *value, void *to)
{
	char *text = to;

	switch (k->type) {
	case TEXT:
		snprintf(text, STORE_TEXT_MAX, "%s", value);
		for (; *text; text++)
			if (*text < ' ' || *text == 0x7f)
				*text = '?';
		return 0;
	case STREAM:
		if (strlen(value) != STORE_STREAM_HEX - 1 ||
		    strspn(value, "0123456789abcdef") != STORE_STREAM_HEX - 1)
			return -EINVAL;
		memcpy(text, value, STORE_STREAM_HEX);
		return 0;
	case HEX:
		return parse_number(value, 16, to);
	case DECIMAL:
		return parse_number(value, 10, to);
	}
	return -EINVAL;
}

/* Return: number of the key of a line, KEYS if there is none of that name */
static size_t find(const char *name)
{
	size_t i;

	for (i = 0; i < KEYS && strcmp(keys[i].name, name); i++)
		;
	return i;
}

static int parse_lines(struct leg_text *t, char *buf, bool *seen, char *fault)
{
	char *line, *value, *save = NULL;
	size_t k;

	for (line = strtok_r(buf, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		value = strchr(line, ' ');
		if (!value)
			continue;
		*value++ = 0;
		k = find(line);
		if (k == KEYS)
			continue;
		if (parse_value(&keys[k], value, (char *)t + keys[k].offset)) {
			snprintf(fault, LEG_TEXT_FAULT,
				 "\"%s %.40s\" makes no sense", line, value);
			return -EINVAL;
		}
		seen[k] = true;
	}
	return 0;
}

static uint64_t needs_of(const struct leg_text *t)
{
	return t->needs ? t->needs : t->format;
}

static int judge(const struct leg_text *t, const bool *seen, char *fault)
{
	size_t k;

	for (k = 0; k < KEYS && (seen[k] || !keys[k].needed); k++)
		;
	if (k < KEYS)
		snprintf(fault, LEG_TEXT_FAULT,
			 "no line \"%s\": restore the file", keys[k].name);
	else if (needs_of(t) > IVR_STORE_FORMAT || t->format < IVR_STORE_OLDEST)
		snprintf(fault, LEG_TEXT_FAULT,
			 "format %llu, this program "
			 "knows %d: use a newer ivring",
			 (unsigned long long)t->format, IVR_STORE_FORMAT);
	else if (!t->rings || t->rings > IVR_MAX_RINGS)
		snprintf(fault, LEG_TEXT_FAULT, "%llu rings, must be 1 to %u",
			 (unsigned long long)t->rings, IVR_MAX_RINGS);
	else
		return 0;
	return -EINVAL;
}

int leg_text_parse(struct leg_text *t, char *buf, char fault[LEG_TEXT_FAULT])
{
	bool seen[KEYS] = { false };
	int ret;

	*t = (struct leg_text) {
		.vm = "?",
		.host = "?",
		.boot = "?",
		.policy = "?",
	};
	ret = parse_lines(t, buf, seen, fault);
	return ret ? ret : judge(t, seen, fault);
}

int leg_text_read(struct leg_text *t, int dir, char fault[LEG_TEXT_FAULT])
{
	int fd = file_open_regular_at(dir, IVR_STORE_LEG_FILE);
	char *text;
	int ret;

	if (fd == -ENOENT)
		return fd;
	ret = fd < 0 ? fd : file_read_fd(fd, LEG_TEXT_MAX, &text, NULL);
	if (fd >= 0)
		close(fd);
	if (ret) {
		snprintf(fault, LEG_TEXT_FAULT, "%s",
			 ret == -EINVAL ? "no regular file" : strerror(-ret));
		return ret;
	}
	ret = leg_text_parse(t, text, fault);
	free(text);
	return ret;
}
