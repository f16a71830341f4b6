/* SPDX-License-Identifier: GPL-2.0 */
/*
 * shm.h - the only door to the shared memory
 *
 * Nothing outside shm.c follows a pointer into the mapping. Every load of a
 * guest's word is one atomic load into a local of the caller, so a guest that
 * changes it meanwhile changes nothing that was checked. Places come from the
 * layout, which comes from the size and from one checked number; no offset is
 * ever read from the memory.
 *
 * Memory from a server is sealed against shrinking. A plain file is not, and
 * whoever cuts it would have us die of SIGBUS at the next access. shm_guard()
 * turns that into memory of zeros: what is read then is not our stream any
 * more, so nothing of it is stored and the leg ends as after a reset.
 */
#ifndef IVR_READER_SHM_H
#define IVR_READER_SHM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "ivr_wire.h"

/**
 * struct shm - the mapped region
 * @base: start of the mapping; NULL: nothing is mapped
 * @layout: geometry, valid after shm_adopt()
 * @size: bytes
 * @tag: what our words are sealed with (ivr_stream_tag()), after shm_adopt()
 * @heartbeat: the heartbeat that stands there
 */
struct shm {
	unsigned char *base;
	struct ivr_layout layout;
	uint64_t size;
	uint64_t tag;
	uint64_t heartbeat;
};

/**
 * shm_check() - can this descriptor be mapped without danger?
 * @fd: memory from the server
 * @size: bytes that the server says
 *
 * Maps and reads nothing.
 *
 * Return: 0; -ERANGE if the size is none of ours or not the file's; -EPERM if
 * the memory is not sealed against shrinking and growing; negative errno
 */
int shm_check(int fd, uint64_t size);

/** shm_guard() - from now on a SIGBUS in the mapping is survived; 0 or error */
int shm_guard(void);

/** shm_blank() - the file was cut: zeros in the place of the mapping */
void shm_blank(struct shm *m);

/** shm_map() - map the region for reading and writing; 0 or negative errno */
int shm_map(struct shm *m, int fd, uint64_t size);

/** shm_unmap() - undo shm_map(); harmless if nothing is mapped */
void shm_unmap(struct shm *m);

/** shm_guest() - copy the guest page, word by word; magic first (acquire) */
void shm_guest(const struct shm *m, struct ivr_guest_page *g);

/**
 * shm_adopt() - read the guest page once and take the geometry from it
 * @m: mapped region
 * @g: the copy that was checked
 *
 * Return: 0; -EAGAIN if there is no formatted region (yet); -EPROTO if its
 * version is not ours; -ERANGE if size or number of rings make no sense
 */
int shm_adopt(struct shm *m, struct ivr_guest_page *g);

/**
 * shm_is_ours() - is this still the attachment that we work on?
 * @m: adopted region
 * @g: as shm_adopt() gave it
 * @epoch: our epoch
 *
 * A memory that was reverted under us (a snapshot, loaded into this QEMU) may
 * have our epoch, but not the heartbeat that we wrote last.
 *
 * Loads of data made before the call are ordered before it: if it says yes,
 * they saw this stream.
 */
bool shm_is_ours(const struct shm *m, const struct ivr_guest_page *g,
		 uint64_t epoch);

/** shm_same_stream() - is it still the same stream, in whatever epoch? */
bool shm_same_stream(const struct shm *m, const struct ivr_guest_page *g);

/** shm_guest_heartbeat() - ivr_guest_page.heartbeat */
uint64_t shm_guest_heartbeat(const struct shm *m);

/** shm_acked() - has the guest acknowledged @epoch? (acquire) */
bool shm_acked(const struct shm *m, uint64_t epoch);

/** shm_state() - ivr_guest_page.state, unchecked (acquire) */
uint32_t shm_state(const struct shm *m);

/**
 * shm_ring_ctl() - copy the guest's words of one ring; head first (acquire)
 * @m: adopted region
 * @p: place of the ring
 * @ctl: filled with what stood there, unchecked; @ctl->seg_seq as before the
 *	segment was read
 *
 * Return: true; false if the segment was in change, so that its three words
 * need not belong together
 */
bool shm_ring_ctl(const struct shm *m, const struct ivr_ring_place *p,
		  struct ivr_ring_ctl *ctl);

/** shm_head() - ivr_ring_ctl.head, after a full barrier */
uint64_t shm_head(const struct shm *m, const struct ivr_ring_place *p);

/** shm_tail_after() - ivr_ring_ctl.tail, ordered after all earlier loads */
uint64_t shm_tail_after(const struct shm *m, const struct ivr_ring_place *p);

/** shm_desc() - copy the descriptor of a slot below @p->slots */
void shm_desc(const struct shm *m, const struct ivr_ring_place *p,
	      uint32_t slot, struct ivr_desc *d);

/** shm_slots() - @n contiguous slots as the source of a writev() */
struct iovec shm_slots(const struct shm *m, const struct ivr_ring_place *p,
		       uint32_t slot, uint32_t n);

/** shm_host_reset() - all words of the host become zero, epoch first */
void shm_host_reset(struct shm *m);

/**
 * shm_set_epoch() - open an attachment: seal, then epoch (release)
 * @m: adopted region, after shm_host_reset()
 * @epoch: not zero
 *
 * Sealed for the stream that was adopted: a module that formats the memory
 * anew meanwhile does not take it for its own.
 */
void shm_set_epoch(struct shm *m, uint64_t epoch);

/** shm_heartbeat() - the heartbeat's new value */
void shm_heartbeat(struct shm *m, uint64_t heartbeat);

/** shm_request() - put a request word, its argument before it (release) */
void shm_request(struct shm *m, uint64_t request, uint64_t arg);

/** shm_accepted() - has the guest taken up this request word? (acquire) */
bool shm_accepted(const struct shm *m, uint64_t request);

/** shm_freeze() - the positions stand, in the round of this word (release) */
void shm_freeze(struct shm *m, uint64_t request);

/**
 * shm_answer() - has the guest answered?
 * @m: adopted region
 * @request: the word that was put
 * @status: the guest's status, valid if so
 */
bool shm_answer(const struct shm *m, uint64_t request, int64_t *status);

/** shm_clock_ask() - put clock question @seq (release) */
void shm_clock_ask(struct shm *m, uint64_t seq);

/** shm_clock_answer() - was @seq answered, and with what time? */
bool shm_clock_answer(const struct shm *m, uint64_t seq, uint64_t *guest_ns);

/**
 * shm_set_pos() - pages below @pos are in the store (release), and its seal
 *
 * Between the two stores the pair does not fit, which is no news to the guest.
 */
void shm_set_pos(struct shm *m, const struct ivr_ring_place *p, uint64_t pos);

/** shm_set_wake() - ask for a bell when page @wake is closed */
void shm_set_wake(struct shm *m, const struct ivr_ring_place *p, uint64_t wake);

#endif
