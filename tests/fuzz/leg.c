// SPDX-License-Identifier: GPL-2.0
/* leg.c - the file `leg` of somebody's store */
#include <stdlib.h>
#include <string.h>

#include "store/leg_text.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char fault[LEG_TEXT_FAULT], again[LEG_TEXT_MAX];
	char *text = malloc(size + 1);
	struct leg_text t;

	memcpy(text, data, size);
	text[size] = '\0';
	if (!leg_text_parse(&t, text, fault))
		leg_text_write(&t, again, sizeof(again));
	free(text);
	return 0;
}
