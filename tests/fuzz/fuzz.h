/* SPDX-License-Identifier: GPL-2.0 */
/* fuzz.h - what libFuzzer calls */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/** LLVMFuzzerTestOneInput() - use one input; returns 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
