// SPDX-License-Identifier: GPL-2.0
/* unit.c - the transient systemd unit of a program */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "service/unit.h"

#define P "--property="

/**
 * struct property - one of them
 * @text: option of systemd-run
 * @server: the server has it
 * @reader: the reader has it
 */
struct property {
	const char *text;
	bool server;
	bool reader;
};

/* clang-format off */
static const struct property properties[] = {
	{ P "Restart=on-failure",		   true,  true },
	/* At shutdown: VMs first, then what serves them. */
	{ P "Before=libvirt-guests.service",	   true,  true },
	/* The server leaves there what its successor needs for a live QEMU. */
	{ P "FileDescriptorStoreMax=64",	   true,  false },
	/* Two for each ring, and a guest may have 512 vCPUs. */
	{ P "LimitNOFILE=4096",			   false, true },
	/* A guest can keep its reader busy; others have their share. */
	{ P "CPUWeight=20",			   false, true },
	{ P "TasksMax=4",			   true,  true },
	/* To open and give away what only root can, and to be somebody else. */
	{ P "CapabilityBoundingSet=CAP_CHOWN CAP_FOWNER CAP_DAC_OVERRIDE "
	    "CAP_SETUID CAP_SETGID CAP_SETPCAP",   true,  true },
	{ P "NoNewPrivileges=yes",		   true,  true },
	{ P "PrivateNetwork=yes",		   true,  true },
	{ P "IPAddressDeny=any",		   true,  true },
	{ P "RestrictAddressFamilies=AF_UNIX",	   true,  true },
	{ P "ProtectSystem=full",		   true,  true },
	{ P "ProtectClock=yes",			   true,  true },
	{ P "ProtectHostname=yes",		   true,  true },
	{ P "ProtectControlGroups=yes",		   true,  true },
	{ P "ProtectKernelLogs=yes",		   true,  true },
	{ P "ProtectKernelModules=yes",		   true,  true },
	{ P "ProtectKernelTunables=yes",	   true,  true },
	{ P "RestrictNamespaces=yes",		   true,  true },
	{ P "RestrictRealtime=yes",		   true,  true },
	{ P "RestrictSUIDSGID=yes",		   true,  true },
	{ P "LockPersonality=yes",		   true,  true },
	{ P "MemoryDenyWriteExecute=yes",	   true,  true },
	{ P "KeyringMode=private",		   true,  true },
	{ P "SystemCallArchitectures=native",	   true,  true },
};
/* clang-format on */

void unit_name(const char *program, const char *vm, char *unit, size_t len)
{
	size_t n = snprintf(unit, len, "%s-", program);
	const unsigned char *c;

	for (c = (const unsigned char *)vm; *c && n + 5 < len; c++)
		n += snprintf(unit + n, len - n,
			      isalnum(*c) || *c == '_' || *c == '.' ? "%c" :
								      "\\x%02x",
			      *c);
	snprintf(unit + n, len - n, ".service");
}

const char *unit_property(const char *program, size_t i)
{
	bool server = !strcmp(program, "ivring-server");
	size_t k;

	for (k = 0; k < sizeof(properties) / sizeof(properties[0]); k++)
		if ((server ? properties[k].server : properties[k].reader) &&
		    !i--)
			return properties[k].text;
	return NULL;
}

int unit_word(char *to, size_t len, const char *word)
{
	size_t n = 0;

	for (; *word; word++) {
		if (n + 3 > len)
			return -ENAMETOOLONG;
		if (*word == '$')
			to[n++] = '$';
		to[n++] = *word;
	}
	to[n] = '\0';
	return 0;
}
