/* SPDX-License-Identifier: GPL-2.0 */
/* params.h - the module's parameters, see main.c */
#ifndef IVR_PARAMS_H
#define IVR_PARAMS_H

#include <linux/types.h>

extern unsigned int ivr_policy;
extern unsigned int ivr_flush_ms;
extern unsigned int ivr_spill_mib;
extern bool ivr_trace;
extern bool ivr_test_no_mirror;

#endif
