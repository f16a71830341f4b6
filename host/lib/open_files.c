// SPDX-License-Identifier: GPL-2.0
/* open_files.c - how many descriptors this process may have */
#include <sys/resource.h>

#include "lib/open_files.h"

uint64_t open_files_raise(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return 0;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	return getrlimit(RLIMIT_NOFILE, &r) ? 0 : r.rlim_cur;
}
