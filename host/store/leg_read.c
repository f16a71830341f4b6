// SPDX-License-Identifier: GPL-2.0
/* leg_read.c - the file `leg`: who, where, when */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/leg_read.h"

enum value_type { TEXT, HEX, DECIMAL, STREAM };

enum key {
	KEY_FORMAT, KEY_VM, KEY_HOST, KEY_BOOT, KEY_POLICY, KEY_STREAM,
	KEY_EPOCH, KEY_PREV, KEY_RINGS, KEY_REALTIME, KEY_GENERATION, KEYS
};

/**
 * struct key_desc - how one key is read
 * @name: the word at the start of the line
 * @type: of the rest
 * @needed: without it the leg is of no use
 */
struct key_desc {
	const char *name;
	enum value_type type;
	bool needed;
};

static const struct key_desc keys[KEYS] = {
	[KEY_FORMAT]	 = { "format",	   DECIMAL, true },
	[KEY_VM]	 = { "vm",	   TEXT,    false },
	[KEY_HOST]	 = { "host",	   TEXT,    false },
	[KEY_BOOT]	 = { "boot",	   TEXT,    false },
	[KEY_POLICY]	 = { "policy",	   TEXT,    false },
	[KEY_STREAM]	 = { "stream",	   STREAM,  true },
	[KEY_EPOCH]	 = { "epoch",	   HEX,	    true },
	[KEY_PREV]	 = { "prev",	   HEX,	    false },
	[KEY_RINGS]	 = { "rings",	   DECIMAL, true },
	[KEY_REALTIME]	 = { "realtime",   DECIMAL, false },
	[KEY_GENERATION] = { "generation", DECIMAL, false },
};

/* Where text and stream values go, and numbers; NULL where there is none. */
static void key_dest(struct leg *l, uint64_t *format, uint64_t *rings,
		     char **text, uint64_t **number)
{
	char *t[KEYS] = {
		[KEY_VM] = l->vm, [KEY_HOST] = l->host, [KEY_BOOT] = l->boot,
		[KEY_POLICY] = l->policy, [KEY_STREAM] = l->stream,
	};
	uint64_t *n[KEYS] = {
		[KEY_FORMAT] = format, [KEY_EPOCH] = &l->epoch,
		[KEY_PREV] = &l->prev, [KEY_RINGS] = rings,
		[KEY_REALTIME] = &l->realtime,
		[KEY_GENERATION] = &l->generation,
	};

	memcpy(text, t, sizeof(t));
	memcpy(number, n, sizeof(n));
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

static int parse_value(enum value_type type, const char *value, char *text,
		       uint64_t *number)
{
	switch (type) {
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
		return parse_number(value, 16, number);
	case DECIMAL:
		return parse_number(value, 10, number);
	}
	return -EINVAL;
}

static int parse_lines(struct leg *l, char *buf, bool *seen, uint64_t *format,
		       uint64_t *rings, struct findings *found)
{
	char *text[KEYS], *line, *save = NULL;
	uint64_t *number[KEYS];

	key_dest(l, format, rings, text, number);
	for (line = strtok_r(buf, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(line, ' ');

		if (!value)
			continue;
		*value++ = 0;
		for (int k = 0; k < KEYS; k++) {
			if (strcmp(line, keys[k].name))
				continue;
			if (parse_value(keys[k].type, value, text[k],
					number[k])) {
				found_bad(found, "%s/leg: \"%s %.40s\" makes "
					  "no sense; the leg is left out",
					  l->path, line, value);
				return -EINVAL;
			}
			seen[k] = true;
		}
	}
	return 0;
}

static int judge(struct leg *l, const bool *seen, uint64_t format,
		 uint64_t rings, struct findings *found)
{
	for (int k = 0; k < KEYS; k++) {
		if (seen[k] || !keys[k].needed)
			continue;
		found_bad(found, "%s/leg: no line \"%s\"; the leg is left out, "
			  "restore the file", l->path, keys[k].name);
		return -EINVAL;
	}
	if (format != IVR_STORE_FORMAT) {
		found_bad(found, "%s/leg: format %llu, this program knows %d; "
			  "the leg is left out, use a newer ivring", l->path,
			  (unsigned long long)format, IVR_STORE_FORMAT);
		return -EINVAL;
	}
	if (!rings || rings > IVR_MAX_RINGS) {
		found_bad(found, "%s/leg: %llu rings, must be 1 to %u; the leg "
			  "is left out", l->path, (unsigned long long)rings,
			  IVR_MAX_RINGS);
		return -EINVAL;
	}
	l->rings = rings;
	return 0;
}

static int no_file(struct leg *l, struct findings *found)
{
	if (faccessat(l->dirfd, "ring-000-0000.desc", F_OK, 0) &&
	    faccessat(l->dirfd, "meta-0000.desc", F_OK, 0))
		return -ENOENT;
	found_bad(found, "%s: pages but no file `leg` that says whose; the leg "
		  "is left out, restore the file", l->path);
	return -EINVAL;
}

int leg_file_read(struct leg *l, struct findings *found)
{
	uint64_t format = 0, rings = 0;
	bool seen[KEYS] = { false };
	char buf[4096];
	ssize_t n;
	int fd, ret;

	fd = openat(l->dirfd, IVR_STORE_LEG_FILE, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return no_file(l, found);
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n < 0 ? 0 : n] = 0;

	strcpy(l->vm, "?");
	strcpy(l->host, "?");
	strcpy(l->boot, "?");
	strcpy(l->policy, "?");
	ret = parse_lines(l, buf, seen, &format, &rings, found);
	return ret ? ret : judge(l, seen, format, rings, found);
}
