/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plain.h - the transport with a file and nothing else
 *
 * DOC: Life without a server
 *
 * The file may not exist yet, may be what an earlier VM left, may be replaced
 * or cut at any time. Until its guest shows life it is not mapped: the guest
 * page is read with pread(). A guest lives if its beat changes; two changes
 * are the two HELLOs. Another file under the path, another size, or none is
 * another VM. A file that is cut while mapped: see shm_guard().
 */
#ifndef IVR_READER_PLAIN_H
#define IVR_READER_PLAIN_H

#include <stdbool.h>
#include <stdint.h>

/* A beat that stood still for so long: paused, or gone; people are told. */
#define PLAIN_STILL_MS	3000

/**
 * struct plain - what was seen of the guest
 * @have_beat: is @beat filled?
 * @beat: the guest's beat as last seen
 * @beat_ms: when it changed last
 * @still_told: people know that it stands still
 * @odd: looks in a row that found no IVR_GUEST_POLLED
 * @size_told: an impossible size that people know of
 * @mode_told: people know that others may read the memory
 */
struct plain {
	bool	 have_beat;
	uint64_t beat;
	uint64_t beat_ms;
	bool	 still_told;
	uint32_t odd;
	uint64_t size_told;
	bool	 mode_told;
};

#endif
