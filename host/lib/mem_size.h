/* SPDX-License-Identifier: GPL-2.0 */
/* mem_size.h - which sizes the shared memory of a VM can have */
#ifndef IVR_LIB_MEM_SIZE_H
#define IVR_LIB_MEM_SIZE_H

#include <stddef.h>
#include <stdint.h>

/* A sentence of mem_size_fault() */
#define MEM_SIZE_TEXT 128

/**
 * mem_size_fault() - what keeps QEMU from making a BAR of so many bytes?
 * @size: bytes
 * @text: room for the answer
 * @len: its length, MEM_SIZE_TEXT is enough
 *
 * QEMU aborts on a size that is no power of two (assert in pci_register_bar()),
 * so nobody may come that far.
 *
 * Return: NULL if nothing does; else @text, "3M is not a power of two, use 2M
 * or 4M"
 */
const char *mem_size_fault(uint64_t size, char *text, size_t len);

#endif
