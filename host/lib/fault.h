/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fault.h - named points at which a test can make a host program fail
 *
 * Only in builds with -DIVR_FAULTS (`make soak` makes them); otherwise nothing
 * of this is in a program. A point is named after the step that comes next,
 * "program-step-what", and its name is written once, where it stands:
 *
 *	ret = fault_point("reader-quiesce-put");
 *
 * The test writes one line to the file `faults` in the VM's run directory:
 *
 *	NAME crash		the process kills itself with SIGKILL
 *	NAME error ERRNO	the point returns -ERRNO (a number)
 *	NAME delay MS		the point takes so long
 *
 * and the first to reach that point takes the file away (it becomes
 * `faults.fired`) and does so, once.
 */
#ifndef IVR_LIB_FAULT_H
#define IVR_LIB_FAULT_H

#ifdef IVR_FAULTS

/** fault_dir() - where the VM's `faults` file is; until then no point fires */
void fault_dir(const char *dir);

/**
 * fault_point() - fail here, if a test wants it
 * @name: the point
 *
 * Return: 0: go on; negative errno: the step that comes next has failed with it
 */
int fault_point(const char *name);

#else

static inline void fault_dir(const char *dir)
{
}

static inline int fault_point(const char *name)
{
	return 0;
}

#endif

#endif
