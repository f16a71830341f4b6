// SPDX-License-Identifier: GPL-2.0
/* libvirt_state.c - libvirt's state files */
#include <errno.h>
#include <fcntl.h>
#include <libvirt/libvirt.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/log.h"
#include "migration/watch/libvirt_state.h"

/* A domain of hundreds of devices has less. */
#define STATE_FILE_MAX (4 << 20)

static struct {
	char dir[256];
	int fd;
	int handle;
	void (*changed)(const char *vm);
} files = { .fd = -1 };

static bool attribute_is(xmlNode *node, const char *name, const char *value)
{
	xmlChar *text = xmlGetNoNsProp(node, (const xmlChar *)name);
	bool same = text && !strcmp((const char *)text, value);

	xmlFree(text);
	return same;
}

static bool is_element(const xmlNode *node, const char *name)
{
	return node && node->type == XML_ELEMENT_NODE &&
	       !strcmp((const char *)node->name, name);
}

bool libvirt_state_is_confirmed(const char *xml, size_t len)
{
	xmlDoc *doc = xmlReadMemory(xml, (int)len, NULL, NULL,
				    XML_PARSE_NONET | XML_PARSE_NOERROR |
					    XML_PARSE_NOWARNING);
	xmlNode *node = doc ? xmlDocGetRootElement(doc) : NULL;
	bool confirmed = false;

	if (is_element(node, "domstatus"))
		for (node = node->children; node; node = node->next)
			if (is_element(node, "job"))
				confirmed = attribute_is(node, "async",
							 "migration out") &&
					    attribute_is(node, "phase",
							 "confirm3");
	xmlFreeDoc(doc);
	return confirmed;
}

bool libvirt_state_has_moved(const char *vm)
{
	char path[PATH_MAX], *text;
	bool moved = false;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s.xml", files.dir, vm);
	if (!file_read(path, STATE_FILE_MAX, &text, &len))
		moved = libvirt_state_is_confirmed(text, len);
	free(text);
	return moved;
}

/* libvirt writes VM.xml.new and renames it; the directory has nothing else. */
static void take(const struct inotify_event *e)
{
	char name[NAME_MAX + 1];
	size_t n;

	if (!e->len || !(e->mask & IN_MOVED_TO))
		return;
	n = strlen(e->name);
	if (n <= 4 || strcmp(e->name + n - 4, ".xml"))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)(n - 4), e->name);
	files.changed(name);
}

static void readable(int watch, int fd, int events, void *opaque)
{
	char buf[16384] __attribute__((aligned(8)));
	const struct inotify_event *e;
	ssize_t n = read(fd, buf, sizeof(buf)), at;

	for (at = 0; at < n; at += sizeof(*e) + e->len) {
		e = (const void *)(buf + at);
		if (e->mask & IN_IGNORED) {
			libvirt_state_unwatch();
			return;
		}
		take(e);
	}
}

int libvirt_state_watch(const char *dir, void (*changed)(const char *vm))
{
	int ret;

	libvirt_state_unwatch();
	snprintf(files.dir, sizeof(files.dir), "%s", dir);
	files.changed = changed;
	files.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (files.fd < 0)
		return -errno;
	ret = inotify_add_watch(files.fd, dir, IN_MOVED_TO | IN_ONLYDIR) < 0 ?
		      -errno :
		      0;
	if (!ret)
		files.handle = virEventAddHandle(files.fd,
						 VIR_EVENT_HANDLE_READABLE,
						 readable, NULL, NULL);
	if (!ret && files.handle >= 0)
		return 0;
	close(files.fd);
	files.fd = -1;
	return ret ? ret : -ENOMEM;
}

void libvirt_state_unwatch(void)
{
	if (files.fd < 0)
		return;
	virEventRemoveHandle(files.handle);
	close(files.fd);
	files.fd = -1;
}
