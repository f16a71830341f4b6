/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ivr_version.h - which versions of two sides work together
 *
 * DOC: Versions
 *
 * Whoever writes a version (module, server, metadata tool, store) says with it
 * which readers it can do with, and each reader knows what it can read. So
 * neither has to know the other's future:
 *
 *	word		low half: version of the writer; high half: oldest version
 *			of a reader that understands it, 0: the same version
 *
 * A version is counted up when something is added that both sides must know of;
 * words and bits that an older side may ignore need none. The writer's oldest
 * reader is counted up when such a reader would understand it wrongly. Versions
 * of the contract have nothing to do with those of the programs: release 0.1
 * wrote and read 1 everywhere, and so does this one.
 *
 * What does not fit is refused in one line that says whose turn it is to be
 * updated.
 *
 * Where fields lie is part of that promise, so it is asserted beside each struct.
 */
#ifndef IVR_VERSION_H
#define IVR_VERSION_H

#include <linux/types.h>

#define IVR_STATIC_ASSERT(cond) _Static_assert(cond, #cond)

/** IVR_AT() - this field lies there, in each release of the same version */
#define IVR_AT(type, field, offset) \
	IVR_STATIC_ASSERT(__builtin_offsetof(struct type, field) == (offset))

/** IVR_VERSION_WORD() - what a writer of @version says */
#define IVR_VERSION_WORD(version, oldest_reader) \
	((__u32)(version) |                      \
	 ((oldest_reader) == (version) ? 0 : (__u32)(oldest_reader) << 16))

/**
 * ivr_version_check() - can a reader do with what a writer wrote?
 * @word: the writer's
 * @mine: version of the reader
 * @oldest: the oldest version that it can read
 *
 * Return: 0: it can; 1: the writer is too new, the reader is to be updated; -1:
 * too old, the writer is
 */
static inline int ivr_version_check(__u32 word, __u32 mine, __u32 oldest)
{
	__u32 theirs = word & 0xffff;
	__u32 needs = word >> 16 ? word >> 16 : theirs;

	return needs > mine ? 1 : theirs < oldest ? -1 : 0;
}

#endif /* IVR_VERSION_H */
