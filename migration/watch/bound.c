// SPDX-License-Identifier: GPL-2.0
/* bound.c - how much the rings can have added to a migration */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "migration/watch/bound.h"

static bool ring_of(struct bound_ring *r, struct json_object *o)
{
	uint64_t slots, span;

	if (!json_object_is_type(o, json_type_object))
		return false;
	slots = json_u64(o, "slots");
	span = json_u64(o, "seg_span");
	if (!slots || slots > IVR_MAX_SLOTS)
		return false;
	r->head = json_u64(o, "head");
	r->slots = (uint32_t)slots;
	r->span = span && span < slots ? (uint32_t)span : r->slots;
	return true;
}

void bound_view_of(struct bound_view *view, struct json_object *status)
{
	struct json_object *rings, *stream;
	size_t i, n;

	view->known = false;
	view->stream[0] = '\0';
	if (!json_object_is_type(status, json_type_object) ||
	    !json_object_object_get_ex(status, "rings", &rings) ||
	    !json_object_is_type(rings, json_type_array))
		return;
	view->size = json_u64(status, "size");
	n = json_object_array_length(rings);
	if (!view->size || view->size > IVR_MAX_SIZE || n < 2 ||
	    n > IVR_MAX_RINGS + 1)
		return;
	for (i = 0; i < n; i++)
		if (!ring_of(&view->rings[i],
			     json_object_array_get_idx(rings, i)))
			return;
	if (json_object_object_get_ex(status, "stream", &stream))
		snprintf(view->stream, sizeof(view->stream), "%s",
			 json_object_get_string(stream));
	view->nrings = (uint32_t)n;
	view->known = true;
}

static uint64_t at_most(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t bound_ring_pages(const struct bound_ring *then,
			  const struct bound_ring *now)
{
	const uint64_t per = IVR_DESCS_PER_PAGE;
	uint64_t span = then->span == now->span ? now->span : now->slots;
	uint64_t data = span, descs;

	if (now->head < then->head)
		data = now->slots;
	else if (now->head - then->head < span)
		data = now->head - then->head + 1;
	descs = at_most((data + per - 1) / per + 3,
			(now->slots + per - 1) / per);
	return data + descs + 1;
}

static bool comparable(const struct bound_view *a, const struct bound_view *b)
{
	return a->known && a->size == b->size && a->nrings == b->nrings &&
	       !strcmp(a->stream, b->stream);
}

uint64_t bound_bytes(const struct bound_view *then,
		     const struct bound_view *now)
{
	const uint64_t per = IVR_HOST_RINGS_PER_PAGE;
	uint64_t pages;
	uint32_t i;

	if (!now->known)
		return 0;
	if (!comparable(then, now))
		return now->size;
	/* The guest page, the host page, the pages of struct ivr_host_ring. */
	pages = 2 + (now->nrings + per - 1) / per;
	for (i = 0; i < now->nrings; i++)
		pages += bound_ring_pages(&then->rings[i], &now->rings[i]);
	return at_most(pages * IVR_PAGE_SIZE, now->size);
}
