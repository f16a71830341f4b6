/* SPDX-License-Identifier: GPL-2.0 */
/* leg_write.h - one attachment in the store: its text, its marks, its clock */
#ifndef IVR_STORE_LEG_WRITE_H
#define IVR_STORE_LEG_WRITE_H

#include "store/names.h"
#include "store/store_write.h"

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
	const char *vm;
	uint8_t stream[16];
	uint64_t epoch;
	uint64_t prev;
	uint32_t rings;
	uint64_t size;
	uint32_t policy;
	uint64_t generation;
};

/**
 * struct leg_writer - an open leg
 * @store: where it is
 * @dir: its directory; -1 if none is open
 * @name: name in the store
 * @marks: file of marks
 * @marks_len: bytes of whole marks in it
 * @marks_kept: bytes that the file may have without asking for more
 * @marks_dirty: there are marks that were not given to @sync
 * @clock: file of clock legs
 * @clock_len: bytes of whole entries in it
 */
struct leg_writer {
	struct store *store;
	int dir;
	char name[LEG_NAME_MAX];
	int marks;
	uint64_t marks_len;
	uint64_t marks_kept;
	bool marks_dirty;
	int clock;
	uint64_t clock_len;
};

#define LEG_WRITER_INIT                             \
	{                                           \
		.dir = -1, .marks = -1, .clock = -1 \
	}

/**
 * leg_writer_open() - start a new leg
 * @l: filled in
 * @s: open store
 * @about: what it is
 * @starts: its first marks, among them one START for each ring
 * @n: how many
 *
 * It appears in the store with these marks or not at all.
 *
 * Return: 0; -EDQUOT, -ENOSPC as quota_room(); negative errno, and then nothing of
 * it is left
 */
int leg_writer_open(struct leg_writer *l, struct store *s,
		    const struct leg_about *about,
		    const struct ivr_store_mark *starts, uint32_t n);

/** leg_writer_close() - close the files; harmless if none is open */
void leg_writer_close(struct leg_writer *l);

/**
 * leg_writer_marks() - append @n marks: all or, with a negative errno, none
 *
 * Room for some is kept beforehand, so that a full disk can be freed by a mark
 * that says what is removed.
 */
int leg_writer_marks(struct leg_writer *l, const struct ivr_store_mark *marks,
		     uint32_t n);

/**
 * leg_writer_remark() - write a mark over one that was appended before
 * @l: leg
 * @at: its place: @l->marks_len before it was appended
 * @mark: the new one
 *
 * Return: 0 or negative errno
 */
int leg_writer_remark(struct leg_writer *l, uint64_t at,
		      const struct ivr_store_mark *mark);

/** leg_writer_clock() - append one clock leg; 0 or negative errno */
int leg_writer_clock(struct leg_writer *l, const struct ivr_store_clock *c);

/**
 * leg_writer_sync() - have marks and clock synced in the next round
 * @l: leg
 * @more: the disk has other work in this round
 *
 * A clock leg alone is no reason: one comes every two seconds for ever.
 */
void leg_writer_sync(struct leg_writer *l, bool more);

/** leg_writer_is_there() - was the directory not removed under us? */
bool leg_writer_is_there(const struct leg_writer *l);

#endif
