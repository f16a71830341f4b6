// SPDX-License-Identifier: GPL-2.0
/* fault.c - see fault.h; empty unless built with -DIVR_FAULTS */
#ifdef IVR_FAULTS

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/fault.h"
#include "lib/log.h"

/** enum fault_kind - the second word of the line */
enum fault_kind { FAULT_CRASH, FAULT_ERROR, FAULT_DELAY, FAULT_KINDS };

static const char *const kind_names[FAULT_KINDS] = {
	[FAULT_CRASH] = "crash",
	[FAULT_ERROR] = "error",
	[FAULT_DELAY] = "delay",
};

/**
 * struct fault - one line of the file, taken apart
 * @name: the point
 * @kind: what is to happen there
 * @arg: errno or milliseconds
 */
struct fault {
	char name[64];
	enum fault_kind kind;
	unsigned int arg;
};

static char faults_path[PATH_MAX];
static char fired_path[PATH_MAX];

void fault_dir(const char *dir)
{
	snprintf(faults_path, sizeof(faults_path), "%s/faults", dir);
	snprintf(fired_path, sizeof(fired_path), "%s/faults.fired", dir);
}

static int parse(const char *line, struct fault *f)
{
	char kind[8];
	int n = sscanf(line, "%63s %7s %u", f->name, kind, &f->arg);
	int k;

	for (k = 0; n >= 2 && k < FAULT_KINDS; k++)
		if (!strcmp(kind, kind_names[k])) {
			f->kind = k;
			return n == 3 || k == FAULT_CRASH ? 0 : -EINVAL;
		}
	return -EINVAL;
}

static int load(struct fault *f)
{
	char line[128] = "";
	FILE *file = fopen(faults_path, "re");

	if (!file)
		return -errno;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	return parse(line, f);
}

static int act(const struct fault *f)
{
	struct timespec rest = {
		.tv_sec = f->arg / 1000,
		.tv_nsec = f->arg % 1000 * 1000000L,
	};

	warn("fault: %s %s %u", f->name, kind_names[f->kind], f->arg);
	switch (f->kind) {
	case FAULT_CRASH:
		raise(SIGKILL);
		break;
	case FAULT_ERROR:
		return -(int)f->arg;
	case FAULT_DELAY:
		while (nanosleep(&rest, &rest) && errno == EINTR)
			;
		break;
	case FAULT_KINDS:
		break;
	}
	return 0;
}

int fault_point(const char *name)
{
	struct fault f = { .arg = 0 };

	if (!faults_path[0] || load(&f) || strcmp(f.name, name))
		return 0;
	/* Of several that got here, one can take the file away. */
	if (rename(faults_path, fired_path))
		return 0;
	return act(&f);
}

#endif
