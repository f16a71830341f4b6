// SPDX-License-Identifier: GPL-2.0
/* names.c - how legs and their files are called */
#include <stdio.h>
#include <string.h>

#include "lib/ivr_store.h"
#include "store/names.h"

void name_leg(char name[LEG_NAME_MAX], uint32_t number, uint64_t epoch)
{
	snprintf(name, LEG_NAME_MAX, IVR_STORE_LEG_FMT, number,
		 (unsigned long long)epoch);
}

bool name_is_leg(const char *name, uint32_t *number)
{
	char again[LEG_NAME_MAX];
	unsigned long long epoch;
	unsigned int n;

	if (sscanf(name, "leg-%9u-%16llx", &n, &epoch) != 2)
		return false;
	name_leg(again, n, epoch);
	*number = n;
	return !strcmp(again, name);
}

bool name_is_draft(const char *name)
{
	return !strncmp(name, LEG_DRAFT, strlen(LEG_DRAFT));
}

void name_ring_file(char name[FILE_NAME_MAX], uint32_t ring, uint32_t nrings,
		    uint32_t file, const char *suffix)
{
	int n = ring == nrings ? snprintf(name, FILE_NAME_MAX,
					  IVR_STORE_META_FMT, file) :
				 snprintf(name, FILE_NAME_MAX,
					  IVR_STORE_RING_FMT, ring, file);

	snprintf(name + n, FILE_NAME_MAX - n, "%s", suffix);
}

bool name_is_desc(const char *name, uint32_t nrings, uint32_t *ring,
		  uint32_t *file)
{
	char again[FILE_NAME_MAX];

	if (sscanf(name, "meta-%9u", file) == 1)
		*ring = nrings;
	else if (sscanf(name, "ring-%5u-%9u", ring, file) != 2)
		return false;
	name_ring_file(again, *ring, nrings, *file, ".desc");
	return !strcmp(again, name);
}
