/* SPDX-License-Identifier: GPL-2.0 */
/* leg_write.h - one attachment in the store: its text, its marks, its clock */
#ifndef IVR_STORE_LEG_WRITE_H
#define IVR_STORE_LEG_WRITE_H

#include "store/store_write.h"

/* A leg is made under this prefix and gets its name when it is complete. */
#define LEG_DRAFT	".leg-"

/**
 * struct leg_about - what the file `leg` says (ivr_store.h)
 * @vm: name of the VM
 * @stream: stream
 * @epoch: our epoch
 * @prev: the epoch before it, as the guest says
 * @rings: data rings
 * @size: bytes of the region
 * @policy: enum ivr_policy, checked
 * @generation: which QEMU of the server
 */
struct leg_about {
	const char	*vm;
	uint8_t		stream[16];
	uint64_t	epoch;
	uint64_t	prev;
	uint32_t	rings;
	uint64_t	size;
	uint32_t	policy;
	uint64_t	generation;
};

/**
 * struct leg - an open leg
 * @dir: its directory; -1 if none is open
 * @name: name in the store
 * @marks: file of marks
 * @marks_len: bytes of whole marks in it
 * @clock: file of clock legs
 * @clock_len: bytes of whole entries in it
 */
struct leg {
	int		dir;
	char		name[LEG_NAME_MAX];
	int		marks;
	uint64_t	marks_len;
	int		clock;
	uint64_t	clock_len;
};

#define LEG_INIT { .dir = -1, .marks = -1, .clock = -1 }

/**
 * leg_open() - start a new leg
 * @l: filled in
 * @s: open store
 * @about: what it is
 * @starts: its first marks, among them one START for each ring
 * @n: how many
 *
 * It appears in the store with these marks or not at all.
 *
 * Return: 0; negative errno, and then nothing of it is left
 */
int leg_open(struct leg *l, struct store *s, const struct leg_about *about,
	     const struct ivr_store_mark *starts, uint32_t n);

/** leg_close() - close the files; harmless if none is open */
void leg_close(struct leg *l);

/** leg_marks() - append @n marks: all or, with a negative errno, none */
int leg_marks(struct leg *l, const struct ivr_store_mark *marks, uint32_t n);

/** leg_clock() - append one clock leg; 0 or negative errno */
int leg_clock(struct leg *l, const struct ivr_store_clock *c);

/** leg_is_there() - was the directory not removed under us? */
bool leg_is_there(const struct leg *l);

/** leg_discard() - remove a draft from the store at @dirfd */
void leg_discard(int dirfd, const char *name);

/** leg_read_stream() - the stream of the leg at @dir; 0 or negative errno */
int leg_read_stream(int dir, uint8_t stream[16]);

/** hex_of() - print bytes in hex; @buf has room for 2 * @n + 1 */
void hex_of(char *buf, const uint8_t *bytes, size_t n);

#endif
