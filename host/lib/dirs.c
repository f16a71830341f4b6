// SPDX-License-Identifier: GPL-2.0
/* dirs.c - the directories of this host, each movable by the environment */
#include <stdlib.h>

#include "lib/dirs.h"
#include "lib/ivr_msg.h"

static const char *dir(const char *variable, const char *otherwise)
{
	const char *value = secure_getenv(variable);

	return value && value[0] ? value : otherwise;
}

const char *dirs_run(void)
{
	return dir("IVRING_RUN_DIR", IVR_RUN_DIR);
}

const char *dirs_store(void)
{
	return dir("IVRING_STORE_DIR", IVR_STORE_DIR);
}

const char *dirs_conf(void)
{
	return dir("IVRING_CONF_DIR", IVR_CONF_DIR);
}

const char *dirs_log(void)
{
	return dir("IVRING_LOG_DIR", IVR_LOG_DIR);
}

const char *dirs_libvirt_conf(void)
{
	return dir("IVRING_LIBVIRT_CONF_DIR", "/etc/libvirt");
}

const char *dirs_libvirt_run(void)
{
	return dir("IVRING_LIBVIRT_RUN_DIR", "/run/libvirt");
}

const char *dirs_shm(void)
{
	return dir("IVRING_SHM_DIR", "/dev/shm");
}

const char *dirs_systemd(void)
{
	/* sd_booted(3) */
	return dir("IVRING_SYSTEMD_DIR", "/run/systemd/system");
}
