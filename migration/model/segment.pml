/* SPDX-License-Identifier: GPL-2.0 */
/*
 * segment.pml - which slot a page lies in, while that changes
 *
 * DOC: What this is
 *
 * One ring, the task that writes it, the host_link that changes its segment on the
 * same CPU, an interrupt (or NMI) that writes in between, and a reader on
 * another CPU. Here the steps are single loads and stores, as in ring.c and
 * segment.c; the order of stores in memory is that of x86.
 *
 *	G1  the reader finds in the slot that it computes the page that it wants,
 *	    complete, and still finds it there when it moves its position
 *	G2  a page that the reader has not taken is not written over
 *	L1  the ring has all of its slots again, once nobody asks for a window
 *
 * DOC: What may happen
 *
 * The host_link's inter-processor call may hit the writing task between any two
 * steps, the interrupt either of them. Windows come and go in any order. The
 * reader may be replaced at any time by one that starts at the mirror (another
 * host's), with a pos that is behind.
 *
 * The mirror follows in one step: how its two may be torn apart is in
 * handover.pml (NO_SYNC). Pages are below 256, so no reciprocal.
 */
#ifndef NREC
#define NREC	4
#endif
#ifndef SLOTS
#define SLOTS	3
#endif
#ifndef WINDOW
#define WINDOW	2
#endif
#ifndef CHANGES
#define CHANGES	1
#endif
#ifndef NESTED
#define NESTED	1		/* records written by the interrupt */
#endif
#ifndef RESTARTS
#define RESTARTS 1
#endif

#define G1	31
#define G2	32
#define MUST(which, cond)	assert((cond) || which == 0)

/* Who runs on the CPU. */
#define IDLE	0
#define TASK	1
#define HOST_LINK	2
#define IRQ	3

typedef segment {
	byte page;
	byte slot;
	byte span
};

/* Shared words. */
byte head = 1, mirror = 1, pos = 1;
byte seq;
segment shared;
byte slots[SLOTS];		/* the page that is there, complete */

/* The writers' own. */
byte place;			/* ivr_ring.state: the newest page */
bit use;			/* ... and the segment that it is in */
segment own[2];
bit busy[4];			/* who is between its first step and its last */
byte nest;
bit pending;
byte written, nested, changes;

#define SLOT(s, p)	((s.slot + (p - s.page) % s.span) % SLOTS)
/* Interrupts nest like brackets. */
#define RUNS(me)	((me) == IRQ || \
			 !busy[IRQ] && ((me) == HOST_LINK || !busy[HOST_LINK]))

inline follow()
{
	if
	:: pos > mirror && mirror < head ->
		mirror = (pos < head -> pos : head)
	:: else
	fi
}

/*
 * MODEL: publish, ivr_segment_publish
 * The segment's words before head: who has seen head finds the segment.
 */
inline publish(me)
{
#ifdef HEAD_FIRST
	atomic { RUNS(me) -> follow(); head = place + 1 };
#endif
	if
	:: atomic { RUNS(me) && (shared.page != own[use].page ||
				 shared.slot != own[use].slot ||
				 shared.span != own[use].span) -> seq++ };
	   atomic { RUNS(me) -> shared.page = own[use].page };
	   atomic { RUNS(me) -> shared.slot = own[use].slot;
				shared.span = own[use].span };
	   atomic { RUNS(me) -> seq++ }
	:: atomic { RUNS(me) && shared.page == own[use].page &&
		    shared.slot == own[use].slot &&
		    shared.span == own[use].span -> skip }
	fi;
#ifndef HEAD_FIRST
	atomic { RUNS(me) -> follow(); head = place + 1 }
#endif
}

/* MODEL: ivr_ring_commit_slow */
inline leave(me)
{
	do
	:: atomic { RUNS(me) && (nest > 1 || !pending) ->
		nest--;
		busy[me] = 0;
		break }
	:: atomic { RUNS(me) && nest == 1 && pending -> pending = 0 };
	   publish(me)
	od
}

/* MODEL: ivr_ring_reserve_slow, turn_page, ivr_ring_make_room, lose */
inline write(me)
{
	do
	:: atomic { RUNS(me) ->
		old = place;
		s = use;
		follow();
#ifdef NO_LIMIT
		room = (old + 1 < mirror + SLOTS)
#else
		room = (old + 1 < mirror + own[s].span)
#endif
	   };
	   if
	   :: atomic { RUNS(me) && !room -> break }
	   :: atomic { RUNS(me) && room && old == place && s == use ->
		place++;
		pending = 1;
		/* What was in the slot is gone. */
		MUST(G2, slots[SLOT(own[s], place)] < taken);
		slots[SLOT(own[s], place)] = 0;
		break }
	   :: atomic { RUNS(me) && room && (old != place || s != use) -> skip }
	   fi
	od;
	atomic { RUNS(me) ->
		if
		:: room -> slots[SLOT(own[s], (old + 1))] = old + 1
		:: else
		fi;
		old = 0; s = 0; room = 0 };
	leave(me)
}

byte taken = 1;			/* the reader has all pages below it */

proctype task()
{
	byte old;
	bit s, room;

end:	do
	:: atomic { RUNS(TASK) && written + nested < NREC ->
		written++; busy[TASK] = 1; nest++ };
	   write(TASK)
	od
}

proctype irq()
{
	byte old;
	bit s, room;

end:	do
	:: atomic { nested < NESTED && written + nested < NREC ->
		nested++; busy[IRQ] = 1; nest++ };
	   write(IRQ)
	od
}

/*
 * MODEL: lay_spare, lay_window
 * Would every page from the mirror up to @next lie where it lies? For a window:
 * it begins where the mirror's page is; for all: at slot 0.
 */
inline plan(next)
{
	want.page = mirror;
	want.span = span;
	ok = 1;
	if
	:: mirror == next -> want.slot = 0
	:: mirror < next && span == SLOTS ->
		/* Slot 0 comes first again; the pages before are no matter. */
		want.slot = 0;
		want.page = mirror - SLOT(own[s], mirror)
	:: mirror < next && span < SLOTS ->
		want.slot = SLOT(own[s], mirror);
		ok = (want.slot + span <= SLOTS && next - mirror <= span)
	:: else
	fi;
#ifndef SEG_MOVES
	p = mirror;
	do
	:: p < next && ok ->
		ok = (SLOT(own[s], p) == SLOT(want, p));
		p++
	:: else -> break
	od;
	p = 0
#else
	ok = 1
#endif
}

/* With LIVE it does not hit the task again and again: then that stood still. */
#ifdef NO_GROW
#define GROWS	0
#else
#define GROWS	(own[use].span != SLOTS)
#endif
#ifdef LIVE
#define ASKS	(nest == 0 && (changes < CHANGES || GROWS))
#else
#define ASKS	(changes < CHANGES || GROWS)
#endif

/* MODEL: ivr_ring_window, enter_alone, flip */
proctype host_link()
{
	byte old, span, p;
	bit s, ok;
	segment want;

end:	do
	:: atomic { RUNS(HOST_LINK) && ASKS ->
		if
		:: changes < CHANGES -> changes++; span = WINDOW
		:: GROWS -> span = SLOTS
		fi;
		busy[HOST_LINK] = 1;
		nest++ };
	   do
	   :: atomic { RUNS(HOST_LINK) ->
		old = place;
		s = use;
		follow();
		plan(old + 1);
#ifndef NEST_IGNORED
		if
		:: nest > 1 -> ok = 0
		:: else
		fi
#endif
	      };
	      if
	      :: atomic { RUNS(HOST_LINK) && !ok -> break }
	      :: atomic { RUNS(HOST_LINK) && ok && old == place ->
		own[1 - s].page = want.page;
		own[1 - s].slot = want.slot;
		own[1 - s].span = want.span;
		use = 1 - s;
		pending = 1;
		break }
	      :: atomic { RUNS(HOST_LINK) && ok && old != place -> skip }
	      fi
	   od;
#ifdef NEST_IGNORED
	   publish(HOST_LINK);
#endif
	   atomic { old = 0; s = 0; ok = 0; span = 0;
		want.page = 0; want.slot = 0; want.span = 0 };
	   leave(HOST_LINK)
	od
}

/* MODEL: take */
proctype reader()
{
	byte top, at, restarts;
	segment seg;

end:	do
#ifdef SEG_FIRST
	:: atomic { head > taken && !(seq & 1) ->
		at = seq;
		seg.page = shared.page;
		seg.slot = shared.slot;
		seg.span = shared.span };
	   top = head;
#else
	:: atomic { head > taken -> top = head };
#endif
#ifndef SEG_FIRST
#ifdef NO_SEG_SEQ
	   seg.page = shared.page;
	   seg.slot = shared.slot;
	   seg.span = shared.span;
	   at = seq;
#else
	   do
	   :: atomic { !(seq & 1) -> at = seq };
	      seg.page = shared.page;
	      seg.slot = shared.slot;
	      atomic { seg.span = shared.span;
		if
		:: at == seq -> break
		:: else -> skip
		fi }
	   od;
#endif
#endif
	   do
	   :: atomic { taken < top ->
		MUST(G1, seg.span && slots[SLOT(seg, taken)] == taken) };
	      atomic {
		MUST(G1, slots[SLOT(seg, taken)] == taken);
		taken++ };
	      pos = taken
	   :: atomic { taken >= top ->
		top = 0; at = 0; seg.page = 0; seg.slot = 0; seg.span = 0;
		break }
	   od

	/* Another reader; its pos is not there yet. */
	:: atomic { restarts < RESTARTS && mirror < pos ->
		restarts++;
		taken = mirror;
		pos = 0 };
	   pos = taken
	od
}

#ifdef LIVE
/* Something always moves, so that a run that gets stuck counts as one. */
proctype clock()
{
	bit tick;

end:	do
	:: tick = 1 - tick
	od
}

ltl L1 { <> [] (own[use].span == SLOTS) }
#endif

init
{
	atomic {
		shared.page = 1; shared.slot = 0; shared.span = SLOTS;
		own[0].page = 1; own[0].slot = 0; own[0].span = SLOTS;
		run task();
		run irq();
		run host_link();
#ifdef LIVE
		run clock();
#endif
		run reader()
	}
}
