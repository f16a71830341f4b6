/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fault.h - named points at which a test can make the module fail
 *
 * Only in builds with -DIVR_FAULTS. As host/lib/fault.h, with the parameter
 * `fault` (/sys/module/ivring/parameters/fault) in place of the file, and with
 * panic() for crash. A point fires once.
 */
#ifndef IVR_FAULT_H
#define IVR_FAULT_H

#ifdef IVR_FAULTS

/**
 * ivr_fault() - fail here, if a test wants it
 * @name: the point
 *
 * Process context only.
 *
 * Return: 0: go on; negative errno: the step that comes next has failed with it
 */
int ivr_fault(const char *name);

#else

static inline int ivr_fault(const char *name)
{
	return 0;
}

#endif

#endif
