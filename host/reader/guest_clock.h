/* SPDX-License-Identifier: GPL-2.0 */
/*
 * guest_clock.h - what time is it in the guest?
 *
 * The reader notes its clocks, puts a question and rings; the guest answers in
 * the interrupt with its trace clock; the reader notes its clocks again when
 * it sees the answer. The guest's moment lies between the two, so the middle
 * is wrong by at most half the round trip (Cristian's algorithm, 1989).
 */
#ifndef IVR_READER_GUEST_CLOCK_H
#define IVR_READER_GUEST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/ivr_store.h"
#include "reader/shm.h"

/* Questions at an attachment, of which the best answer is kept. */
#define CLOCK_FIRST_QUESTIONS 3
/* A question without answer is put again after this. */
#define CLOCK_PATIENCE_MS 200

/**
 * struct guest_clock - questions and answers of one attachment
 * @interval_ms: between two of them
 * @seq: question put last; 0 before the first
 * @left: questions still to be put for this entry
 * @waiting: @seq is not answered yet
 * @asked_ms: when it was put
 * @next_ms: when the next entry is due
 * @real_ns: CLOCK_REALTIME before the question
 * @raw_ns: CLOCK_MONOTONIC_RAW before the question
 * @best: the answer with the smallest error so far, or error UINT64_MAX
 * @last: entry found last, for people; all zero before the first
 */
struct guest_clock {
	uint32_t interval_ms;
	uint64_t seq;
	uint32_t left;
	bool waiting;
	uint64_t asked_ms;
	uint64_t next_ms;
	uint64_t real_ns;
	uint64_t raw_ns;
	struct ivr_store_clock best;
	struct ivr_store_clock last;
};

/** guest_clock_begin() - a new epoch: numbers start again, first entry at once */
void guest_clock_begin(struct guest_clock *c, uint32_t interval_ms);

/**
 * guest_clock_step() - look for an answer, put the next question
 * @c: talk
 * @m: adopted region whose epoch is acknowledged
 * @now: now_ms()
 * @ring: set to true if the guest must be rung
 *
 * Return: true if @c->last is a new entry for the store
 */
bool guest_clock_step(struct guest_clock *c, struct shm *m, uint64_t now,
		      bool *ring);

#endif
