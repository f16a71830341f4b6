// SPDX-License-Identifier: GPL-2.0
/* boot.c - which boot of which host */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lib/boot.h"
#include "lib/file.h"

#define UNKNOWN "unknown"

const char *boot_id(void)
{
	static char id[64];

	if (!id[0] &&
	    (file_line("/proc/sys/kernel/random/boot_id", id, sizeof(id)) ||
	     !id[0]))
		strcpy(id, UNKNOWN);
	return id;
}

bool boot_id_is_known(const char *id)
{
	return strlen(id) > 1 && strcmp(id, UNKNOWN);
}

bool boot_is_over(const char *host, const char *id)
{
	char here[HOST_NAME_MAX + 1] = "";

	gethostname(here, HOST_NAME_MAX);
	return !strcmp(host, here) && boot_id_is_known(id) &&
	       boot_id_is_known(boot_id()) && strcmp(id, boot_id());
}
