/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plain.h - the transport with a file and nothing else
 *
 * DOC: Life without a server
 *
 * The file may not exist yet, may be what an earlier VM left, may be replaced
 * or cut at any time. Until its guest shows life it is not mapped: the guest
 * page is read with pread(). A guest lives if its heartbeat changes; two changes
 * are the two HELLOs. Another file under the path, another size, or none is
 * another VM. A file that is cut while mapped: see shm_guard().
 */
#ifndef IVR_READER_PLAIN_H
#define IVR_READER_PLAIN_H

#include <stdbool.h>
#include <stdint.h>

/* A heartbeat that stood still for so long: paused, or gone; people are told. */
#define PLAIN_SILENT_MS 3000

/**
 * struct plain - what was seen of the guest
 * @have_heartbeat: is @heartbeat filled?
 * @heartbeat: the guest's heartbeat as last seen
 * @heartbeat_ms: when it changed last
 * @silence_logged: people know that it stands still
 * @odd: looks in a row that found no IVR_GUEST_POLLED
 * @size_logged: an impossible size that people know of
 * @owner_logged: people know that the file is a stranger's
 * @mode_logged: people know that others may read the memory
 */
struct plain {
	bool have_heartbeat;
	uint64_t heartbeat;
	uint64_t heartbeat_ms;
	bool silence_logged;
	uint32_t odd;
	uint64_t size_logged;
	bool owner_logged;
	bool mode_logged;
};

#endif
