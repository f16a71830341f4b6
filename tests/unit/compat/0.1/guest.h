/* SPDX-License-Identifier: GPL-2.0 */
/*
 * guest.h - a guest in user space, for tests of the host
 *
 * A second reading of ivr_wire.h, written from that header alone: it shares no
 * line with the module. It moves only when it is told to, so a test decides
 * what happens between any two words. It also holds what QEMU and the server
 * would: the memory and the eventfds.
 *
 * Each record of ring r holds its own number as 8 bytes, so that whoever reads
 * a page back can tell whether it is whole and where it belongs.
 */
#ifndef IVR_SIM_GUEST_H
#define IVR_SIM_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "ivr_wire.h"

/* A record: 4 bytes of event header (type_len 2: 8 bytes of data), the data. */
#define SIM_RECORD	12u
#define SIM_PER_PAGE	(IVR_PAGE_PAYLOAD / SIM_RECORD)
#define SIM_EPOCHS	64
#define SIM_SPILL	256

/**
 * struct sim_spilled - a page as it was numbered when it was written
 * @ring: its ring
 * @d: its descriptor, but for the page number
 */
struct sim_spilled {
	uint32_t	ring;
	struct ivr_desc d;
};

/**
 * struct sim_ring - the writer's own state of one ring
 * @place: where it lies
 * @head: next page to be closed
 * @tail: first page not overwritten
 * @mirror: reader's position as taken over
 * @next: number of the next record
 * @lost: records dropped
 * @seg_page: segment
 * @seg_slot: ..
 * @seg_span: ..
 * @aim: head of a round's step 2
 */
struct sim_ring {
	struct ivr_ring_place place;
	uint64_t head;
	uint64_t tail;
	uint64_t mirror;
	uint64_t next;
	uint64_t lost;
	uint64_t seg_page;
	uint32_t seg_slot;
	uint32_t seg_span;
	uint64_t aim;
};

/**
 * struct sim_guest - the guest, its memory and its bells
 * @mem: memory; sealed
 * @base: our mapping of it
 * @size: bytes
 * @to_host: eventfds on which we ring
 * @to_guest: eventfd on which we are rung
 * @layout: geometry
 * @policy: enum ivr_policy
 * @rings: data rings and the metadata ring
 * @time: trace clock; counts up with each page
 * @epochs: acknowledged so far
 * @nepochs: how many
 * @answer: last request answered
 * @round: request of the round under way; 0: none
 * @window: slots of it
 * @lease_until_ms: end of the lease, CLOCK_MONOTONIC; 0: none
 * @deaf: accept no request
 * @slow: do not answer a round
 * @refuse: answer to each QUIESCE and SPILL; 0: obey
 * @spill: pages in guest memory
 * @nspill: how many
 * @spill_max: and how many fit, up to SIM_SPILL
 * @plugged: memories that this stream has lived in
 * @polled: no bells; beat
 * @clock_seq: last clock question answered
 * @mute: acknowledge and answer nothing
 * @meta: metadata is sent to each new epoch, so many bytes
 * @meta_sent: bytes of it sent
 * @sendings: number of the sending
 */
struct sim_guest {
	int		mem;
	uint8_t		*base;
	uint64_t	size;
	int		to_host[IVR_VECTORS];
	int		to_guest[IVR_VECTORS];
	struct ivr_layout layout;
	uint32_t	policy;
	struct sim_ring	*rings;
	uint64_t	time;
	uint64_t	epochs[SIM_EPOCHS];
	uint32_t	nepochs;
	uint64_t	answer;
	uint64_t	round;
	uint32_t	window;
	uint64_t	lease_until_ms;
	bool		deaf;
	bool		slow;
	int		refuse;
	struct sim_spilled spill[SIM_SPILL];
	uint32_t	nspill;
	uint32_t	spill_max;
	uint32_t	plugged;
	bool		polled;
	uint64_t	clock_seq;
	bool		mute;
	uint64_t	meta;
	uint64_t	meta_sent;
	uint64_t	sendings;
};

/** sim_open() - sealed memory and eventfds, no stream; 0 or negative errno */
int sim_open(struct sim_guest *g, uint64_t size);

/**
 * sim_open_plain() - a plain file instead: polled, no bells
 * @path: made, or what an earlier guest left there is kept
 *
 * Return: 0 or negative errno
 */
int sim_open_plain(struct sim_guest *g, const char *path, uint64_t size);

/**
 * sim_replug() - the same stream in another memory
 * @g: guest that is SPILLING; its memory is given back
 * @path: plain file; NULL: sealed memory with bells
 * @size: bytes
 *
 * Return: 0 or negative errno
 */
int sim_replug(struct sim_guest *g, const char *path, uint64_t size);

/** sim_close() - give everything back */
void sim_close(struct sim_guest *g);

/**
 * sim_format() - start a new stream, as the module does when it is loaded
 * @g: open guest
 * @nrings: data rings
 * @policy: enum ivr_policy
 *
 * The host's words stay as they are; an epoch that stands there already is
 * that of another stream and is not acknowledged.
 *
 * Return: 0; -1 if so many rings do not fit
 */
int sim_format(struct sim_guest *g, uint32_t nrings, uint32_t policy);

/**
 * sim_page() - try to write @count records and close their page
 * @g: guest with a stream
 * @ring: data ring
 * @count: 1 .. SIM_PER_PAGE
 *
 * While the guest spills the page goes into its own memory.
 *
 * Return: true; false if there was no room and they are lost
 */
bool sim_page(struct sim_guest *g, uint32_t ring, uint32_t count);

/** sim_meta_page() - send the next page of metadata; false: full or done */
bool sim_meta_page(struct sim_guest *g);

/** sim_hello() - walk the region, ring HELLO */
void sim_hello(struct sim_guest *g);

/**
 * sim_step() - look at the host's words and the bell, once
 *
 * Acknowledges, answers, carries on a round, brings spilled pages back, ends a
 * lease, and says HELLO to a bell with nothing behind it.
 */
void sim_step(struct sim_guest *g);

/** sim_gone() - end the stream */
void sim_gone(struct sim_guest *g, uint32_t reason);

/**
 * sim_segment() - use another part of the ring from now on
 *
 * Return: false if the reader has not everything yet (mirror != head)
 */
bool sim_segment(struct sim_guest *g, uint32_t ring, uint32_t slot,
		 uint32_t span);

/** sim_seg_seq() - leave the segment in change (odd), or end that */
void sim_seg_seq(struct sim_guest *g, uint32_t ring, bool odd);

/** sim_guest_page() - page 0, to lie in it */
struct ivr_guest_page *sim_guest_page(struct sim_guest *g);

/** sim_host_page() - page 1, as the guest sees it */
const struct ivr_host_page *sim_host_page(struct sim_guest *g);

/** sim_ctl() - a ring's words, to lie in them */
struct ivr_ring_ctl *sim_ctl(struct sim_guest *g, uint32_t ring);

/** sim_desc() - a descriptor, to lie in it */
struct ivr_desc *sim_desc(struct sim_guest *g, uint32_t ring, uint64_t page);

/** sim_host_ring() - the reader's words of a ring */
const struct ivr_host_ring *sim_host_ring(struct sim_guest *g, uint32_t ring);

#endif
