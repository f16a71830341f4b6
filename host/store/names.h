/* SPDX-License-Identifier: GPL-2.0 */
/* names.h - how legs and their files are called (ivr_store.h) */
#ifndef IVR_STORE_NAMES_H
#define IVR_STORE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEG_NAME_MAX 32
/* Of a ring's file, with its suffix */
#define FILE_NAME_MAX 32

/* A leg is made under this prefix and gets its name when it is complete. */
#define LEG_DRAFT ".leg-"

/** name_leg() - of leg @number with this epoch */
void name_leg(char name[LEG_NAME_MAX], uint32_t number, uint64_t epoch);

/** name_is_leg() - spelled as name_leg() would? @number: set to its number */
bool name_is_leg(const char *name, uint32_t *number);

/** name_is_draft() - of a leg that was never completed? */
bool name_is_draft(const char *name);

/**
 * name_ring_file() - of one file of a ring
 * @name: set to it
 * @ring: ring; @nrings is the metadata ring
 * @nrings: data rings of the leg
 * @file: number of the file
 * @suffix: ".pages", ".desc" or ""
 */
void name_ring_file(char name[FILE_NAME_MAX], uint32_t ring, uint32_t nrings,
		    uint32_t file, const char *suffix);

/**
 * name_is_desc() - is it a ring's file of descriptors?
 * @name: name
 * @nrings: data rings of the leg
 * @ring: set to the ring; @nrings for the metadata ring
 * @file: set to the number of the file
 */
bool name_is_desc(const char *name, uint32_t nrings, uint32_t *ring,
		  uint32_t *file);

#endif
