/* SPDX-License-Identifier: GPL-2.0 */
/*
 * peer.pml - spill, park, replug and the way home
 *
 * DOC: What this is
 *
 * One ring of a guest whose device is taken away and given again: SPILL, the
 * removal, the stream parked in guest memory, another memory, the spilled pages
 * brought over, the writers after them. In between anything may be called off:
 * RESUME, the end of the lease, a reader that is killed and its successor's
 * epoch. The guest's own memory needs no steps for the migration itself: all of
 * it moves with the guest. Two readers serve the memories in turn, so the
 * source's may still be busy with the old one when the destination's begins.
 *
 *	S1  what a reader has passed is in some store
 *	S6  the mirror never passes what is in the stores
 *	P1  a page that is taken is in this memory, and not yet written over
 *	P2  a page that was spilled and not yet brought is not written over
 *	P3  pages come home in order, and the writers after the last of them
 *	P4  a device that goes while SPILLING leaves nothing behind in it
 *	L1  once orders are over and a device is there, the guest writes there
 *	    again, nothing is left in the spill, and the reader has everything
 *
 * DOC: What may happen
 *
 * Orders come and are withdrawn at any time. The device goes when the guest has
 * answered and its lease still lasts; with SURPRISE at any time at all. The
 * stream is parked if it was SPILLING, or if this memory never had a reader;
 * else it ends, what was not brought is declared lost, and the model stops: ends
 * are the concern of handover.pml.
 *
 * A reader that is killed takes the last mapping of a memory that was unplugged
 * with it. That costs nothing, because a parked stream has left nothing there.
 *
 * DOC: What the search asked for
 *
 *	home	Spilled pages are brought home only to a memory that has a
 *		reader (state ATTACHED), and a stream whose device goes again
 *		before any reader has come is parked again. The pages would else
 *		go with a memory that nobody ever sees: in the spill they were
 *		safe (UNSPILL_UNREAD).
 */
#ifndef NREC
#define NREC	4
#endif
#ifndef SLOTS
#define SLOTS	2		/* of the device */
#endif
#ifndef SPILL
#define SPILL	2		/* slots of the spill */
#endif
#ifndef MEMS
#define MEMS	2		/* devices in all */
#endif
#ifndef ORDERS
#define ORDERS	2
#endif
#ifndef CRASHES
#define CRASHES	0
#endif
#ifndef LEASES
#define LEASES	1		/* times that a lease or the heartbeat ends */
#endif

#define S1	11
#define S6	16
#define P1	41
#define P2	42
#define P3	43
#define P4	44
#define MUST(which, cond)	assert((cond) || which == 0)

#define OP_SPILL	1
#define OP_RESUME	2
#define NOWHERE		255

#define BIT(n)		(1 << (n))
#define BELOW(n)	(BIT(n) - 2)
#define STORED(n)	((n) < 2 || (store & BELOW(n)) == BELOW(n))

mtype = { CALLING, ATTACHED, DRAINING, SPILLING };
mtype = { DOWN, WAIT_ACK, FREE, ASKED, CATCH, WAITING, DRAINED, LEAVING };

typedef memory {
	byte begin;		/* not a word: the first page that was here */
	byte head;
	byte mirror;
	byte ack_pos;
	byte epoch_ack;
	mtype state = CALLING;
	byte accepted;
	byte answer;
	byte epoch;
	byte req;
	byte op;
	byte pos;
	bit up
};

memory d[MEMS];
byte cur;			/* the guest's device, NOWHERE: parked */
byte ngen = 1;
bit ended;			/* the stream is; so is this model */

/* In the guest's own memory. */
byte fresh = 1;			/* page that the writers open next */
bit away;			/* they write into the spill */
byte from;			/* first page that is in the spill alone */
byte target;
byte acked_set;
byte produced, lost, leases;

mtype ph[2] = DOWN;
byte at[2] = NOWHERE;
byte mine[2], rpos[2], seq[2], upto[2];
byte store;
byte next_epoch = 1;
byte crashes;

bit ordered;
byte orders;

/* MODEL: ivr_ring_take_pos */
inline follow()
{
	if
	:: d[cur].pos > d[cur].mirror && d[cur].mirror < d[cur].head ->
		d[cur].mirror = (d[cur].pos < d[cur].head -> d[cur].pos :
							     d[cur].head);
		MUST(S6, STORED(d[cur].mirror))
	:: else
	fi
}

proctype writer()
{
end:	do
	/* MODEL: ivr_ring_make_room, turn_page, publish, lose */
	:: atomic { produced < NREC && !ended ->
		produced++;
		if
		:: away ->
			if
#ifdef SPILL_LAPS
			:: 1 -> fresh++
#else
			:: fresh < from + SPILL -> fresh++
			:: else -> lost++
#endif
			fi;
			MUST(P2, fresh <= from + SPILL)
		:: !away ->
			follow();
			if
			:: d[cur].head < d[cur].mirror + SLOTS ->
				MUST(P3, d[cur].head == fresh);
				fresh++;
				d[cur].head = fresh
			:: else -> lost++
			fi
		fi }
	od
}

#define HELD(g)		(d[g].state == DRAINING || d[g].state == SPILLING)
#define HERE		(cur != NOWHERE && !ended)
#ifdef ANSWER_EARLY
#define REACHED		1
#else
#define REACHED		(d[cur].mirror >= target)
#endif
#ifdef UNSPILL_TOO_SOON
#define UNSPILLS		(HERE && away)
#else
#ifdef UNSPILL_UNREAD
#define UNSPILLS		(HERE && away && !HELD(cur))
#else
#define UNSPILLS		(HERE && away && d[cur].state == ATTACHED)
#endif
#endif

#ifdef RETURN_EARLY
#define ALL_HOME	1
#else
#define ALL_HOME	(from == fresh)
#endif

/* MODEL: ivr_ring_move, ivr_spill_move */
inline move_away()
{
	if
	:: !away -> away = 1; from = fresh
	:: else
	fi
}

proctype host_link()
{
	byte seen;

end:	do
	/* MODEL: check_epoch, acknowledge */
	:: atomic { HERE && d[cur].epoch && !(acked_set & BIT(d[cur].epoch)) ->
		acked_set = acked_set | BIT(d[cur].epoch);
		d[cur].ack_pos = d[cur].mirror;
		d[cur].accepted = 0;
		d[cur].answer = 0;
		d[cur].state = ATTACHED;
		d[cur].epoch_ack = d[cur].epoch;
		target = 0;
		seen = 0 }

	/* MODEL: check_request, obey, ivr_quiesce_begin, ivr_quiesce_leave */
	:: atomic { HERE && d[cur].epoch && d[cur].epoch == d[cur].epoch_ack &&
		    d[cur].req > d[cur].accepted ->
		d[cur].accepted = d[cur].req;
		seen = 0;
		if
		:: d[cur].op == OP_SPILL ->
#ifndef MOVE_LATE
			move_away();
#endif
			target = d[cur].head;
			d[cur].state = DRAINING
		:: else ->
			target = 0;
			d[cur].answer = d[cur].req;
			d[cur].state = ATTACHED
		fi }
	:: atomic { HERE && HELD(cur) && d[cur].pos > d[cur].mirror &&
		    d[cur].mirror < d[cur].head -> follow() }
	/* MODEL: say_spilling, answer_drained */
	:: atomic { HERE && d[cur].state == DRAINING && REACHED ->
#ifdef MOVE_LATE
		move_away();
#endif
		target = 0;
		d[cur].state = SPILLING;
		d[cur].answer = d[cur].accepted }

#ifndef NO_LEASE
	/* The lease ends: always, at last. */
	:: atomic { HERE && HELD(cur) ->
		target = 0;
		d[cur].answer = d[cur].accepted;
		d[cur].state = ATTACHED }
#endif
	/* MODEL: start_calling */
	:: atomic { HERE && leases < LEASES && d[cur].state != CALLING ->
		leases++;
		target = 0;
		seen = 0;
		d[cur].answer = d[cur].accepted;
		d[cur].state = CALLING }
	:: atomic { HERE && d[cur].state == CALLING && d[cur].epoch &&
		    d[cur].epoch == d[cur].epoch_ack ->
		d[cur].state = ATTACHED }

	/* MODEL: ivr_unspill_step, bring_home, ivr_spill_return, grow */
	:: atomic { UNSPILLS && from < fresh && (d[cur].pos > d[cur].mirror ||
		    d[cur].head < d[cur].mirror + SLOTS) ->
		follow();
		if
		:: d[cur].head < d[cur].mirror + SLOTS ->
			MUST(P3, d[cur].head == from);
			from++;
			d[cur].head = from;
		:: else
		fi }

	/* MODEL: ivr_ring_return (a writer may come before the exchange) */
	:: atomic { UNSPILLS && ALL_HOME -> seen = fresh };
	   if
	   :: atomic { UNSPILLS && seen == fresh ->
		away = 0;
		from = 0;
		seen = 0 }
	   :: atomic { !UNSPILLS || seen != fresh ->
#ifdef RETURN_RACE
		away = (UNSPILLS -> 0 : away);
#endif
		seen = 0 }
	   fi
	od
}

#define OURS(h)		(mine[h] && d[at[h]].epoch_ack == mine[h])
#define PUBLISHED(h)	(d[at[h]].pos == rpos[h])
#define MAY_TAKE(h)	(ph[h] == FREE || ph[h] == ASKED || LAST(h) || \
			 (ph[h] == CATCH && rpos[h] < upto[h]))
/* The device is gone: all that is left may be taken. */
#define LAST(h)		(at[h] != NOWHERE && !d[at[h]].up && ph[h] != DOWN && \
			 ph[h] != WAIT_ACK)

/* MODEL: request_put */
inline put(h, what)
{
	seq[h]++;
	d[at[h]].req = seq[h];
	d[at[h]].op = what
}

inline let_go(h)
{
	at[h] = NOWHERE;
	mine[h] = 0;
	rpos[h] = 0;
	seq[h] = 0;
	upto[h] = 0;
	ph[h] = DOWN
}

proctype reader(bit h)
{
end:	do
	/* MODEL: open_epoch, new_epoch, shm_host_reset */
	:: atomic { ph[h] == DOWN && HERE && (cur & 1) == h && d[cur].up ->
		at[h] = cur;
		mine[h] = next_epoch;
		next_epoch++;
		assert(next_epoch < 8);		/* the model's, not theirs */
		d[cur].req = 0;
		d[cur].op = 0;
		d[cur].pos = 0;
		d[cur].epoch = mine[h];
		ph[h] = WAIT_ACK }
	/* MODEL: attach_ack_step, drain_start_at */
	:: atomic { ph[h] == WAIT_ACK && OURS(h) ->
		rpos[h] = d[at[h]].ack_pos;
		MUST(S1, STORED(rpos[h]));
		ph[h] = FREE }
	:: atomic { ph[h] == WAIT_ACK && !OURS(h) && !d[at[h]].up -> let_go(h) }

	/* MODEL: take, page_files_commit */
	:: atomic { MAY_TAKE(h) && PUBLISHED(h) && d[at[h]].head > rpos[h] ->
		MUST(P1, rpos[h] >= d[at[h]].begin);
		MUST(P1, d[at[h]].head <= rpos[h] + SLOTS);
		store = store | BIT(rpos[h]);
		rpos[h]++;
		MUST(S1, STORED(rpos[h])) }
	/* MODEL: shm_set_pos */
	:: atomic { ph[h] != DOWN && ph[h] != WAIT_ACK && !PUBLISHED(h) ->
		d[at[h]].pos = rpos[h] }

	/* MODEL: begin_round, asked_step, taking_step, waiting_step */
	:: atomic { ph[h] == FREE && at[h] == cur && ordered && !LAST(h) &&
		    seq[h] < 2 ->
		put(h, OP_SPILL);
		ph[h] = ASKED }
	:: atomic { ph[h] == ASKED && d[at[h]].accepted >= seq[h] ->
		upto[h] = d[at[h]].head;
		ph[h] = CATCH }
	:: atomic { ph[h] == CATCH && rpos[h] >= upto[h] && PUBLISHED(h) ->
		upto[h] = 0;
		ph[h] = WAITING }
	:: atomic { ph[h] == WAITING && d[at[h]].answer >= seq[h] &&
		    d[at[h]].state == SPILLING ->
		ph[h] = DRAINED }
	:: atomic { (ph[h] == CATCH || ph[h] == WAITING || ph[h] == DRAINED) &&
		    !LAST(h) && d[at[h]].answer >= seq[h] && !HELD(at[h]) ->
		upto[h] = 0;
		ph[h] = FREE }
	/* MODEL: begin_resume */
	:: atomic { !ordered && !LAST(h) &&
		    (ph[h] == ASKED || ph[h] == CATCH || ph[h] == WAITING ||
		     ph[h] == DRAINED) ->
		upto[h] = 0;
		put(h, OP_RESUME);
		ph[h] = LEAVING }
	:: atomic { ph[h] == LEAVING && d[at[h]].answer >= seq[h] ->
		ph[h] = FREE }

	/* MODEL: ending_begin, end_done, end_reason_refine */
	:: atomic { LAST(h) && PUBLISHED(h) && rpos[h] == d[at[h]].head ->
		let_go(h) }

	/* Killed. Of a memory that was unplugged nothing is left then. */
	:: atomic { crashes < CRASHES && ph[h] != DOWN ->
		crashes++;
		let_go(h) }
	od
}

/* Whoever does the sequence around the migration; may die at any step. */
#ifdef SURPRISE
#define MAY_GO		1
#else
#define MAY_GO		(ph[cur & 1] == DRAINED && d[cur].state == SPILLING)
#endif

proctype conductor()
{
end:	do
	:: atomic { !ordered && orders < ORDERS -> orders++; ordered = 1 }
	:: atomic { ordered -> ordered = 0 }

	/* MODEL: may_park, ivr_park */
	:: atomic { HERE && ngen < MEMS && MAY_GO ->
		d[cur].up = 0;
		if
		:: away && (d[cur].state == SPILLING || !d[cur].epoch_ack) ->
			MUST(P4, d[cur].state != SPILLING ||
				 d[cur].mirror == d[cur].head);
			target = 0;
			cur = NOWHERE
		:: else -> ended = 1
		fi }

	/* MODEL: ivr_unpark, ivr_unspill_home */
	:: atomic { cur == NOWHERE ->
		cur = ngen;
		ngen++;
		d[cur].up = 1;
#ifdef BEGIN_AT_NEXT
		d[cur].head = fresh;
#else
		d[cur].head = from;
#endif
#ifdef MIRROR_LEFT
		d[cur].mirror = 1;
		d[cur].ack_pos = 1;
#else
		d[cur].mirror = d[cur].head;
		d[cur].ack_pos = d[cur].head;
#endif
		d[cur].begin = d[cur].head }
	od
}

init
{
	atomic {
		d[0].up = 1;
		d[0].begin = 1;
		d[0].head = 1;
		d[0].mirror = 1;
		d[0].ack_pos = 1;
		run writer();
		run host_link();
		run reader(0);
		run reader(1);
		run conductor()
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

#define HAS_ALL(h)	(at[h] == cur && ph[h] == FREE && OURS(h) && \
			 PUBLISHED(h) && rpos[h] == fresh)

ltl L1 {
	<> [] (ended || (produced == NREC && cur != NOWHERE && !away &&
	       d[cur].state == ATTACHED && (HAS_ALL(0) || HAS_ALL(1))))
}
#endif
