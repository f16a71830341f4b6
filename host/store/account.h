/* SPDX-License-Identifier: GPL-2.0 */
/*
 * account.h - where every record of a stream went
 *
 * DOC: The account
 *
 * Every record that the guest ever began has used up a number in its ring, so
 *
 *	produced = delivered + declared lost + undeclared
 *
 * holds by counting, and the work is to tell the last two apart. Between two
 * neighbours the numbers that are missing are those the guest says it has
 * discarded (the difference of the descriptors' lost), and the rest. The rest
 * is declared if marks say of every page between the two why it is not here;
 * the reason is then the one that covers most of these pages. (An END mark
 * whose reason is a reset declares the pages it says were not taken.) Otherwise
 * somebody has lost records without saying so.
 *
 * Pages that a migration took along (an END mark with IVR_WHY_MOVED) are the
 * next leg's. They are declared by that mark only if there is no next leg: a
 * destination that has begun and does not have them has lost them.
 *
 * A leg that was cut off when its host went down (cut.h) declares what lies
 * between its last page and the next leg.
 *
 * The ring begins at page 1 and record 0. It ends at the highest END mark if
 * the newest leg has one, or else at its last stored page: then the stream
 * still runs or its reader was killed, and more will come.
 */
#ifndef IVR_STORE_ACCOUNT_H
#define IVR_STORE_ACCOUNT_H

#include "store/merge.h"

/** enum loss - the declared ways to lose a record */
enum loss {
	LOSS_DISCARDED, /* by the guest, the ring was full */
	LOSS_OVERWRITTEN, /* by the guest's flight recorder */
	LOSS_ROTATED, /* by the reader, the store was full */
	LOSS_CORRUPT, /* the page made no sense */
	LOSS_RESET, /* the guest began a new stream over it */
	LOSS_HANDED_OVER, /* went along with a VM that nobody saw again */
	LOSS_CUT_OFF, /* not on the disk when the host went down */
	LOSSES
};

/** loss_name() - for people and --json */
const char *loss_name(enum loss l);

/**
 * struct ring_account - one ring's account, in records unless said otherwise
 * @produced: numbers used up, as far as this account reaches
 * @delivered: in the pages kept
 * @lost: declared, by enum loss
 * @undeclared: missing, and nobody says why
 * @twice: numbers that two different pages claim
 * @left: known to the guest, but in no page that a reader could have taken
 * @pages: pages kept
 * @dup_pages: copies that the merge dropped, pages
 * @dup_records: and the records in them
 * @conflicts: page numbers with different contents
 * @order_errors: places where numbers or time stamps go back
 * @cut: the newest leg was cut off: more was produced, nobody knows how much
 * @ended: the newest leg has an END mark for this ring
 * @why: its reason, enum ivr_mark_reason
 * @guest_end: its enum ivr_end_reason
 */
struct ring_account {
	uint64_t produced;
	uint64_t delivered;
	uint64_t lost[LOSSES];
	uint64_t undeclared;
	uint64_t twice;
	uint64_t left;
	uint64_t pages;
	uint64_t dup_pages;
	uint64_t dup_records;
	uint64_t conflicts;
	uint64_t order_errors;
	bool cut;
	bool ended;
	uint32_t why;
	uint32_t guest_end;
};

/** account_lost() - all declared losses of a ring together */
uint64_t account_lost(const struct ring_account *a);

/** account_add() - add a ring to a total; the total ended if all rings did */
void account_add(struct ring_account *total, const struct ring_account *a);

/**
 * account_ring() - make the account of one ring
 * @a: filled in
 * @st: merged stream
 * @ring: ring
 * @found: gets a line for what is wrong
 *
 * Return: 0 or -ENOMEM
 */
int account_ring(struct ring_account *a, const struct stream *st, uint32_t ring,
		 struct findings *found);

#endif
