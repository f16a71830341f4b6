/* SPDX-License-Identifier: GPL-2.0 */
/* bound.h - how much the rings can have added to a migration */
#ifndef IVR_WATCH_BOUND_H
#define IVR_WATCH_BOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "ivr_wire.h"

struct json_object;

/**
 * struct bound_ring - one ring as the reader told it
 * @head: pages below it are closed; the guest's word, may be anything
 * @span: slots in use, 1 .. @slots
 * @slots: slots of the ring
 */
struct bound_ring {
	uint64_t head;
	uint32_t span;
	uint32_t slots;
};

/**
 * struct bound_view - the region at one moment
 * @known: the reader told; the rest is only valid then
 * @size: bytes of the region
 * @stream: of which the heads are; heads of two streams say nothing
 * @nrings: rings in @rings, the metadata ring included
 * @rings: the rings
 */
struct bound_view {
	bool known;
	uint64_t size;
	char stream[33];
	uint32_t nrings;
	struct bound_ring rings[IVR_MAX_RINGS + 1];
};

/**
 * bound_view_of() - take a view from the reader's answer to "status"
 * @view: filled in; @view->known is false if the answer does not tell
 * @status: the answer, or NULL
 */
void bound_view_of(struct bound_view *view, struct json_object *status);

/**
 * bound_ring_pages() - pages of one ring that the guest may have dirtied
 * @then: the ring at the sync before
 * @now: the ring now
 *
 * A guest that closed k pages wrote into these and into the open one: k + 1
 * data pages, but never into more slots than it uses, which is what a quiesced
 * ring gains. (Both views must have the same span for that; where it has changed
 * between them all slots may count. A guest that resumed and was quiesced anew
 * between them, with its window in another place, is not seen.) Slots follow one
 * another up to the end of the span and go on at its beginning, so their
 * descriptors, of which 64 share a page, lie in two runs of slots: at most
 * ceil(n / 64) + 3 pages. And one page of ring control. A head that goes back is
 * another stream: then all slots.
 *
 * Return: pages, an upper bound
 */
uint64_t bound_ring_pages(const struct bound_ring *then,
			  const struct bound_ring *now);

/**
 * bound_bytes() - bytes of the region that a pass may have to carry
 * @then: view at the sync before
 * @now: view at this one
 *
 * All rings by bound_ring_pages(), the guest page, and the host's pages: a
 * guest that is quiesced dirties these, too.
 *
 * Return: bytes, never more than the region; the whole region if one of the
 * views is not of the same stream and shape; 0 if @now is not known
 */
uint64_t bound_bytes(const struct bound_view *then,
		     const struct bound_view *now);

#endif
