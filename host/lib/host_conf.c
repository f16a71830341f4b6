// SPDX-License-Identifier: GPL-2.0
/* host_conf.c - /etc/ivring/ivring.conf and /etc/ivring/<vm>.conf */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/dirs.h"
#include "lib/host_conf.h"
#include "lib/log.h"
#include "lib/mem_size.h"
#include "lib/opts.h"

#define DEFAULT_SIZE	    (16ull << 20)
#define DEFAULT_DEADLINE_MS 5000

enum kind {
	K_BYTES,
	K_MEMORY,
	K_COUNT,
	K_MS,
	K_TIME,
	K_BOOL,
	K_PATH,
	K_WAKE,
	K_WORD
};

/**
 * struct key - one setting
 * @name: as in the file
 * @kind: how its value is checked and stored
 * @offset: in struct conf
 */
struct key {
	const char *name;
	enum kind kind;
	size_t offset;
};

#define KEY(name, kind, field)                           \
	{                                                \
		name, kind, offsetof(struct conf, field) \
	}

/* clang-format off */
static const struct key keys[] = {
	KEY("size",	 K_MEMORY, size),
	KEY("deadline",	 K_MS,	   deadline_ms),
	KEY("strict",	 K_BOOL,   strict),
	KEY("store-dir", K_PATH,   store_dir),
	KEY("log-dir",	 K_PATH,   log_dir),
	KEY("qemu-user", K_WORD,   qemu_user),
	KEY("user",	 K_WORD,   user),
	KEY("file-size", K_BYTES,  file_size),
	KEY("files",	 K_COUNT,  files),
	KEY("quota",	 K_BYTES,  quota),
	KEY("min-free",	 K_BYTES,  min_free),
	KEY("sync",	 K_TIME,   sync),
	KEY("wake",	 K_WAKE,   wake),
	KEY("batch",	 K_COUNT,  batch),
	KEY("event-log", K_BOOL,   event_log),
};
/* clang-format on */

/* clang-format off */
static const char *const wanted[] = {
	[K_BYTES]  = "a size such as 64M",
	[K_MEMORY] = "a power of two such as 16M",
	[K_COUNT]  = "a number",
	[K_MS]	   = "a time such as 5s",
	[K_TIME]   = "a time such as 5s",
	[K_BOOL]   = "yes or no",
	[K_PATH]   = "a path that starts with /",
	[K_WAKE]   = "doorbell or poll",
	[K_WORD]   = "a word of at most 31 characters",
};
/* clang-format on */

static int store_word(char *to, size_t room, const char *value)
{
	if (strlen(value) >= room)
		return -ENAMETOOLONG;
	strcpy(to, value);
	return 0;
}

static int store(const struct key *k, const char *value, struct conf *conf)
{
	void *to = (char *)conf + k->offset;
	char text[MEM_SIZE_TEXT];
	uint64_t bytes;
	uint32_t ms;

	switch (k->kind) {
	case K_MEMORY:
		if (parse_size(value, &bytes) ||
		    mem_size_fault(bytes, text, sizeof(text)))
			return -EINVAL;
		*(uint64_t *)to = bytes;
		return 0;
	case K_MS:
		return parse_ms(value, to);
	case K_BOOL:
		if (strcmp(value, "yes") && strcmp(value, "no"))
			return -EINVAL;
		*(bool *)to = value[0] == 'y';
		return 0;
	case K_PATH:
		return value[0] == '/' ? store_word(to, CONF_PATH_MAX, value) :
					 -EINVAL;
	case K_BYTES:
		if (parse_size(value, &bytes))
			return -EINVAL;
		break;
	case K_COUNT:
		if (value[strspn(value, "0123456789")])
			return -EINVAL;
		break;
	case K_TIME:
		if (parse_ms(value, &ms))
			return -EINVAL;
		break;
	case K_WAKE:
		if (strcmp(value, "doorbell") && strcmp(value, "poll"))
			return -EINVAL;
		break;
	case K_WORD:
		break;
	}
	return store_word(to, CONF_VALUE_MAX, value);
}

static char *trim(char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	return s;
}

static const struct key *find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static int take_line(const char *path, int number, char *line,
		     struct conf *conf)
{
	const struct key *k;
	char *value;

	line = trim(line);
	if (!*line || *line == '#')
		return 0;
	value = strchr(line, '=');
	if (!value) {
		warn("%s:%d: '%s' is not 'key = value', skipped", path, number,
		     line);
		return 1;
	}
	*value++ = '\0';
	line = trim(line);
	value = trim(value);
	k = find(line);
	if (!k) {
		warn("%s:%d: unknown key '%s', skipped", path, number, line);
		return 1;
	}
	if (!*value || store(k, value, conf)) {
		warn("%s:%d: %s '%s' is not %s, skipped", path, number, k->name,
		     value, wanted[k->kind]);
		return 1;
	}
	return 0;
}

static int load_file(const char *path, struct conf *conf)
{
	char line[CONF_PATH_MAX + 64];
	int number = 0, faults = 0;
	FILE *f = fopen(path, "re");

	if (!f) {
		if (errno == ENOENT)
			return 0;
		warn("%s: %s, not used", path, strerror(errno));
		return 1;
	}
	while (fgets(line, sizeof(line), f))
		faults += take_line(path, ++number, line, conf);
	fclose(f);
	return faults;
}

int conf_load(struct conf *conf, const char *vm)
{
	char path[PATH_MAX];
	int faults;

	memset(conf, 0, sizeof(*conf));
	conf->size = DEFAULT_SIZE;
	conf->deadline_ms = DEFAULT_DEADLINE_MS;
	conf->event_log = true;
	snprintf(conf->store_dir, CONF_PATH_MAX, "%s", dirs_store());
	snprintf(conf->log_dir, CONF_PATH_MAX, "%s", dirs_log());

	snprintf(path, sizeof(path), "%s/ivring.conf", dirs_conf());
	faults = load_file(path, conf);
	if (vm) {
		snprintf(path, sizeof(path), "%s/%s.conf", dirs_conf(), vm);
		faults += load_file(path, conf);
	}
	return faults;
}
