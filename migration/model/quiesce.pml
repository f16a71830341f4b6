/* SPDX-License-Identifier: GPL-2.0 */
/*
 * quiesce.pml - quiesce, drain, resume and `moved`, over one live migration
 *
 * DOC: What this is
 *
 * As handover.pml, whose notes hold here, too. That file shows that positions
 * alone lose nothing; this one that a handover in rounds is clean, that none of
 * its orders does harm when it is late, old or never ends, and that a source
 * that was told `moved` may leave the rest to the destination. It takes from
 * handover.pml that a reader gets the memory only when all of it is there.
 *
 *	S1  what a reader has passed is in some store
 *	S3  a page is copied before its slot is used again
 *	S5  no epoch is acknowledged twice; no order of another epoch is obeyed
 *	S6  the mirror never passes what is in the stores
 *	Q1  when DRAINED is answered, all that was written before the round
 *	    began is in a store
 *	Q2  a guest that is stopped while QUIESCED, with the reader frozen and no
 *	    later round accepted, hands over with no page in both stores; the
 *	    source takes nothing more once it was told `moved`
 *	Q3  who sees its request accepted: the guest has accepted this one
 *	Q4  a MOVED mark is written only if the guest runs elsewhere
 *	L1  once orders and faults are over the guest is ATTACHED, its reader
 *	    takes freely and has everything: nobody stays quiesced or frozen
 *
 * DOC: What may happen
 *
 * The migration as in handover.pml; moreover the guest's "or 0" makes it copy
 * the host pages again. The watcher orders and withdraws whenever it likes, and
 * so does as well what a dead or restarted one does; the reader then asks for
 * RESUME or just falls silent. Lease and heartbeat may end at any time. With
 * VM_DIES the guest's QEMU is killed, before or after the migration. The reader
 * of the source may be killed at any step, the one of the destination, too.
 * Bells carry nothing here: everybody looks whenever it likes, which is what a
 * lost, late or repeated bell leaves of it.
 *
 * DOC: What the search asked for
 *
 *	frozen	A mirror that has reached the heads of "accepted" is not yet a
 *		frozen reader: the heads that the reader finds may be higher, it
 *		goes on up to them, and the mirror has not followed when the
 *		guest stops. So the reader says itself when it has frozen, and
 *		the guest mirrors its positions after that (UNSAID shows it).
 *	thaw	A frozen reader takes again because of what the guest wrote
 *		(state, accepted, answer), not because time has passed: the
 *		guest may be stopped all the while (THAW_BY_TIME).
 *	call	A guest that must call while it is DRAINING answers that round,
 *		too; its reader may only have been slow, and would stay frozen
 *		(CALL_UNANSWERED).
 *
 * NO_REDIRTY, the host pages not made dirty again, is no fault: while the
 * reader is frozen the mirror says all that its words could say.
 *
 * The steps are marked with the functions that they stand for, as in handover.pml.
 */
#ifndef NREC
#define NREC	3		/* records; a page holds one */
#endif
#ifndef SLOTS
#define SLOTS	2
#endif
#ifndef MIGRATIONS
#define MIGRATIONS 1
#endif
#ifndef CRASHES
#define CRASHES	0
#endif
#ifndef ORDERS
#define ORDERS	1		/* times that the watcher orders a quiesce */
#endif
#ifndef ROUNDS
#define ROUNDS	2		/* in one epoch */
#endif
#ifndef CALLS
#define CALLS	1		/* times that the heartbeat is missed */
#endif

/* The properties, as run.sh finds them in what pan says. */
#define S1	11
#define S3	13
#define S5	15
#define S6	16
#define Q1	21
#define Q2	22
#define Q3	23
#define Q4	24
#define MUST(which, cond)	assert((cond) || which == 0)

#define G	1
#define H	2
#define P	4
#define ALL	7

#define QUIESCE	1
#define RESUME	2

#define BIT(n)		(1 << (n))
#define BELOW(n)	(BIT(n) - 2)		/* pages 1 .. n - 1 */
#define STORED(n)	((n) < 2 || \
			 ((store[0] | store[1]) & BELOW(n)) == BELOW(n))
#define SOURCE(page)	((m[cur].miss & page) -> 0 : cur)

mtype = { CALLING, ATTACHED, DRAINING, QUIESCED };

/* What the reader does: see its process. */
mtype = { DOWN, EPOCH, WAIT_ACK, FREE, ASKED, CATCH, FROZEN, DRAINED,
	  AGAIN, LEAVING, MOVED, LAST, ENDED };

typedef memory {
	byte head;		/* page G */
	byte mirror;
	byte ack_pos;
	byte epoch_ack;
	mtype state = CALLING;
	byte accepted;
	byte answer;
	byte epoch;		/* page H */
	byte req;
	byte op;
	byte by;		/* not a word: epoch of who wrote the request */
	byte frozen;
	byte pos;		/* page P */
	byte miss;		/* not a word: pages that are not here yet */
	bit up;			/* its QEMU lives */
};

memory m[2];
byte cur;
bit running, moving;
byte copied, moves;		/* host pages copied; migrations begun */

/* In the guest's own memory. */
byte acked_set;
byte target;			/* host_link: the head at acceptance */
byte produced, lost;
byte accepted_by;		/* only the observer's: who asked */

/* The readers; reader h lives on host h, where memory h is. */
mtype ph[2] = DOWN;
byte mine[2], rpos[2], seq[2], upto[2];
byte store[2];
byte next_epoch = 1;
byte crashes, calls;

/* The watcher. */
bit ordered, mute, done, moved;
byte orders;

/* The observer. */
bit told;			/* the source's reader says it is drained */
bit clean;			/* ... and the guest was stopped then */
bit untold;			/* it ended without knowing of the move */
bit knows;			/* it knows of it */

inline copy_h()
{
	m[1].epoch = m[0].epoch;
	m[1].req = m[0].req;
	m[1].op = m[0].op;
	m[1].by = m[0].by;
	m[1].frozen = m[0].frozen
}

inline touch(page)
{
	if
	:: m[cur].miss & page ->
		if
		:: page == H -> copy_h()
		:: page == P -> m[1].pos = m[0].pos
		:: page == G
		fi;
		m[cur].miss = m[cur].miss & (ALL - page)
	:: else
	fi
}

/* MODEL: ivr_ring_take_pos */
inline follow()
{
	touch(P);
	if
	:: m[cur].pos > m[cur].mirror && m[cur].mirror < m[cur].head ->
		m[cur].mirror = (m[cur].pos < m[cur].head -> m[cur].pos :
							     m[cur].head);
		MUST(S6, STORED(m[cur].mirror))
	:: else
	fi
}

active proctype writer()
{
end:	do
	/* MODEL: ivr_ring_make_room, turn_page, publish, lose */
	:: atomic { running && produced < NREC ->
		touch(G);
		follow();
		if
		:: m[cur].head < m[cur].mirror + SLOTS -> m[cur].head++
		:: else -> lost++
		fi;
		produced++ }
	od
}

#define OBEYED	(m[SOURCE(H)].epoch == m[cur].epoch_ack && m[cur].epoch_ack)
#ifdef OLD_ORDER
#define NEW_REQUEST	(m[SOURCE(H)].req > m[cur].accepted && m[cur].epoch_ack)
#else
#define NEW_REQUEST	(OBEYED && m[SOURCE(H)].req > m[cur].accepted)
#endif

#define HELD(h)	(m[h].state == DRAINING || m[h].state == QUIESCED)
#ifdef ANSWER_EARLY
#define REACHED	1
#elif defined UNSAID
#define REACHED	(m[cur].mirror >= target)
#else
#define REACHED	(m[cur].mirror >= target && \
			 m[SOURCE(H)].frozen == m[cur].accepted && \
			 m[SOURCE(P)].pos <= m[cur].mirror)
#endif

active proctype host_link()
{
	byte e;

end:	do
	/* MODEL: check_epoch, acknowledge, ivr_ring_ack */
	:: atomic { running && m[SOURCE(H)].epoch &&
		    !(acked_set & BIT(m[SOURCE(H)].epoch)) ->
		touch(G);
		touch(H);
		e = m[cur].epoch;
		MUST(S5, !(acked_set & BIT(e)));
		acked_set = acked_set | BIT(e);
		m[cur].ack_pos = m[cur].mirror;
#ifndef ACCEPTED_KEPT
		m[cur].accepted = 0;
#endif
		m[cur].answer = 0;
		m[cur].state = ATTACHED;
		m[cur].epoch_ack = e;
		target = 0;
		e = 0 }

	/* MODEL: check_request, obey, ivr_quiesce_begin, close_pages, accept */
	:: atomic { running && NEW_REQUEST ->
		touch(G);
		touch(H);
		MUST(S5, m[cur].by == m[cur].epoch_ack);
		m[cur].accepted = m[cur].req;
		accepted_by = m[cur].epoch_ack;
		if
		:: m[cur].op == QUIESCE ->
			target = m[cur].head;
			m[cur].state = DRAINING
		:: else ->
			target = 0;
			m[cur].state = ATTACHED;
			m[cur].answer = m[cur].req
		fi }

	/* MODEL: is_drained, take_pos */
	:: atomic { running && m[cur].state == DRAINING && m[SOURCE(P)].pos > m[cur].mirror &&
		    m[cur].mirror < m[cur].head ->
		touch(G);
		follow() }

	/* MODEL: wait_drained, touch_host_pages, ivr_region_touch */
	:: atomic { running && m[cur].state == DRAINING && REACHED ->
		touch(G);
		touch(H);
		touch(P);
#ifndef NO_REDIRTY
		copied = 0;
#endif
	   };
end1:	   /* MODEL: say_quiesced, answer_drained */
	   atomic { running ->
		MUST(Q1, STORED(target));
		m[cur].state = QUIESCED;
		m[cur].answer = m[cur].accepted;
		target = 0 }

#ifndef NO_LEASE
	/* MODEL: ivr_quiesce_step, ivr_quiesce_leave (the lease ends) */
	:: atomic { running && (m[cur].state == DRAINING ||
				m[cur].state == QUIESCED) ->
		touch(G);
		target = 0;
		m[cur].answer = m[cur].accepted;
		m[cur].state = ATTACHED }
#endif

	/* MODEL: check_heartbeat, start_calling (and the way back) */
	:: atomic { running && calls < CALLS && m[cur].state != CALLING ->
		touch(G);
		calls++;
		target = 0;
#ifndef CALL_UNANSWERED
		m[cur].answer = m[cur].accepted;
#endif
		m[cur].state = CALLING }
	:: atomic { running && m[cur].state == CALLING && OBEYED ->
		touch(G);
		touch(H);
		m[cur].state = ATTACHED }
	od
}

#define OURS(h)		(mine[h] && m[h].epoch_ack == mine[h])
#define PUBLISHED(h)	(m[h].pos == rpos[h])

/* Takes freely, up to a mark, or all that is left of a memory. */
#ifdef NOT_FROZEN
#define MAY_TAKE(h)	(ph[h] == FREE || ph[h] == ASKED || ph[h] == LAST || \
			 ph[h] == CATCH || ph[h] == DRAINED)
#else
#define MAY_TAKE(h)	(ph[h] == FREE || ph[h] == ASKED || ph[h] == LAST || \
			 (ph[h] == CATCH && rpos[h] < upto[h]))
#endif

/* MODEL: request_put, shm_request */
inline put(h, what)
{
	seq[h]++;
	m[h].req = seq[h];
	m[h].op = what;
	m[h].by = mine[h]
}

inline go(h, phase)
{
	ph[h] = phase;
	if
	:: h == 0 && (phase == FREE || phase == CATCH || phase == ASKED ||
		      phase == DOWN) -> told = 0
	:: else
	fi
}

proctype reader(bit h)
{
end:	do
	/* MODEL: open_epoch, shm_host_reset */
	:: atomic { ph[h] == DOWN && cur == h && m[h].up && !m[h].miss ->
		m[h].epoch = 0;
		m[h].req = 0;
		m[h].op = 0;
		m[h].by = 0;
		m[h].frozen = 0;
		m[h].pos = 0;
		ph[h] = EPOCH }
	/* MODEL: new_epoch, shm_set_epoch */
	:: atomic { ph[h] == EPOCH ->
		mine[h] = next_epoch;
		next_epoch++;
		seq[h] = 0;
		m[h].epoch = mine[h];
		ph[h] = WAIT_ACK }
	/* MODEL: attach_ack_step, drain_start_at */
	:: atomic { ph[h] == WAIT_ACK && OURS(h) ->
		rpos[h] = m[h].ack_pos;
		MUST(S1, STORED(rpos[h]));
		ph[h] = FREE }
	:: atomic { ph[h] == WAIT_ACK && !OURS(h) && !m[h].up ->
		ph[h] = ENDED }

	/* MODEL: take, page_files_commit */
	:: atomic { MAY_TAKE(h) && PUBLISHED(h) && m[h].head > rpos[h] ->
		MUST(S3, m[h].head <= rpos[h] + SLOTS);
		if
		:: h == 0 ->
			MUST(Q2, !knows);
			MUST(Q2, !(clean && cur == 1 && m[0].up))
		:: else ->
			MUST(Q2, !clean || untold || !(store[0] & BIT(rpos[h])))
		fi;
		store[h] = store[h] | BIT(rpos[h]);
		rpos[h]++;
		MUST(S1, STORED(rpos[h])) }
	/* MODEL: shm_set_pos */
	:: atomic { !PUBLISHED(h) && ph[h] != DOWN && ph[h] != EPOCH &&
		    ph[h] != WAIT_ACK && ph[h] != ENDED ->
		m[h].pos = rpos[h] }

	/* MODEL: quiesce_step, begin_round */
	:: atomic { ph[h] == FREE && h == 0 && ordered && !moved &&
		    seq[h] < ROUNDS ->
		put(h, QUIESCE);
		go(h, ASKED) }
	/* MODEL: asked_step, drain_aim */
	:: atomic { (ph[h] == ASKED || ph[h] == AGAIN) &&
		    m[h].accepted >= seq[h] ->
		MUST(Q3, accepted_by == mine[h]);
		upto[h] = m[h].head;
		go(h, CATCH) }
	/* MODEL: taking_step, drain_reached, shm_freeze */
	:: atomic { ph[h] == CATCH && rpos[h] >= upto[h] && PUBLISHED(h) ->
		upto[h] = 0;
		m[h].frozen = seq[h];
		ph[h] = FROZEN }
	/* MODEL: guest_resumed, end_order (the guest said so) */
	:: atomic { (ph[h] == CATCH || ph[h] == FROZEN || ph[h] == DRAINED) &&
		    m[h].answer >= seq[h] && !HELD(h) ->
		upto[h] = 0;
		go(h, FREE) }
#ifdef THAW_BY_TIME
	:: atomic { ph[h] == DRAINED && !ordered -> ph[h] = FREE }
#endif
	/* MODEL: waiting_step */
	:: atomic { ph[h] == FROZEN && m[h].answer >= seq[h] &&
		    m[h].state == QUIESCED ->
		told = 1;
		ph[h] = DRAINED }
	/* MODEL: frozen_step (takes nothing until the next is accepted) */
	:: atomic { ph[h] == DRAINED && ordered && !moved && seq[h] < ROUNDS ->
		put(h, QUIESCE);
		ph[h] = AGAIN }
	:: atomic { ph[h] == AGAIN && !HELD(h) && m[h].accepted < seq[h] ->
		go(h, ASKED) }
	/* MODEL: begin_resume, resuming_step */
	:: atomic { !ordered && !mute && !moved &&
		    (ph[h] == ASKED || ph[h] == CATCH || ph[h] == FROZEN ||
		     ph[h] == DRAINED || ph[h] == AGAIN) ->
		upto[h] = 0;
		put(h, RESUME);
		ph[h] = LEAVING }
	:: atomic { ph[h] == LEAVING && m[h].answer >= seq[h] ->
		go(h, FREE) }

	/* MODEL: handover_moved, handover_tick, ending_begin */
	:: atomic { h == 0 && moved && ph[h] != DOWN && ph[h] != EPOCH &&
		    ph[h] != WAIT_ACK && ph[h] != MOVED && ph[h] != ENDED &&
		    PUBLISHED(h) ->
		upto[h] = 0;
		knows = 1;
#ifdef MOVED_TAKES
		ph[h] = LAST
#else
		ph[h] = MOVED
#endif
	   }
	:: atomic { ph[h] == MOVED && !m[h].up ->
		/* The mark declares rpos .. head - 1. */
		MUST(Q4, cur != h);
		MUST(S1, STORED(rpos[h]));
		ph[h] = ENDED }
	/* MODEL: handover_begin, handover_step (nobody said so: takes the rest) */
	:: atomic { !m[h].up && !(h == 0 && moved) &&
		    (ph[h] == FREE || ph[h] == ASKED || ph[h] == CATCH ||
		     ph[h] == FROZEN || ph[h] == DRAINED || ph[h] == AGAIN ||
		     ph[h] == LEAVING) ->
		if
		:: h == 0 -> untold = 1
		:: else
		fi;
		upto[h] = 0;
		ph[h] = LAST }
	:: atomic { ph[h] == LAST && PUBLISHED(h) && rpos[h] == m[h].head ->
		ph[h] = ENDED }

	/* Killed; its store stays. */
	:: atomic { crashes < CRASHES && ph[h] != DOWN && ph[h] != ENDED ->
		crashes++;
		mine[h] = 0;
		seq[h] = 0;
		rpos[h] = 0;
		upto[h] = 0;
		go(h, (m[h].up -> DOWN : ENDED)) }
	od
}

active proctype watcher()
{
end:	do
	:: atomic { !ordered && orders < ORDERS ->
		orders++;
		mute = 0;
		ordered = 1 }
	:: atomic { ordered ->
		ordered = 0;
		if
		:: mute = 1
		:: mute = 0
		fi }
#ifdef MOVED_EARLY
	:: atomic { !moved && moving && !running -> moved = 1 }
#endif
	:: atomic { !moved && done -> moved = 1 }
	od
}

inline no_move()
{
	m[1].up = 0;
	m[1].epoch = 0; m[1].req = 0; m[1].op = 0; m[1].by = 0; m[1].pos = 0;
	m[1].frozen = 0;
	copied = 0;
	clean = 0;
	moving = 0
}

proctype hypervisor()
{
end:	do
	:: atomic { !moving && cur == 0 && moves < MIGRATIONS && m[0].up ->
		moves++;
		moving = 1;
		m[1].up = 1 }

	/* A host page, and again when the guest has made it dirty. */
	:: atomic { moving && cur == 0 && !(copied & H) ->
		copied = copied | H; copy_h() }
	:: atomic { moving && cur == 0 && !(copied & P) ->
		copied = copied | P; m[1].pos = m[0].pos }

	/* Cancelled, or failed before or after the stop. */
	:: atomic { moving && cur == 0 -> running = 1; no_move() }

	:: atomic { moving && cur == 0 && running ->
		running = 0;
		clean = (told && m[0].state == QUIESCED &&
			 (ph[0] == DRAINED || m[0].accepted < seq[0])) }

	:: atomic { moving && cur == 0 && !running ->
		m[1].head = m[0].head;
		m[1].mirror = m[0].mirror;
		m[1].ack_pos = m[0].ack_pos;
		m[1].epoch_ack = m[0].epoch_ack;
		m[1].state = m[0].state;
		m[1].accepted = m[0].accepted;
		m[1].answer = m[0].answer;
		if
		:: copied == (H | P) -> m[1].miss = 0
		:: m[1].miss = ALL - copied
		fi;
		copied = 0;
		cur = 1;
		running = 1 }

	:: atomic { moving && cur == 1 && (m[1].miss & G) -> touch(G) }
	:: atomic { moving && cur == 1 && (m[1].miss & H) -> touch(H) }
	:: atomic { moving && cur == 1 && (m[1].miss & P) -> touch(P) }

	/* The source's QEMU ends; who follows the migration may know. */
	:: atomic { moving && cur == 1 && m[1].miss == 0 ->
		done = 1;
		moving = 0 }
	:: atomic { done && m[0].up -> m[0].up = 0 }
#ifdef VM_DIES
	:: atomic { !moving && m[cur].up ->
		running = 0;
		m[cur].up = 0 }
#endif
	od
}

init
{
	atomic {
		running = 1;
		m[0].up = 1;
		m[0].head = 1;
		m[0].mirror = 1;
		m[0].ack_pos = 1;
		run reader(0);
		run reader(1);
		run hypervisor()
	}
}

#ifdef LIVE
active proctype clock()
{
	bit tick;

end:	do
	:: tick = 1 - tick
	od
}

#define HAS_ALL(h)	(cur == h && ph[h] == FREE && OURS(h) && \
			 m[h].state == ATTACHED && PUBLISHED(h) && \
			 rpos[h] == m[h].head)

ltl L1 { <> [] (produced == NREC && (HAS_ALL(0) || HAS_ALL(1))) }
#endif
