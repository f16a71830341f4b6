/* SPDX-License-Identifier: GPL-2.0 */
/*
 * handover.pml - positions, HELLO, epochs and the merge, over live migration
 *
 * DOC: What this is
 *
 * A Spin model of one ring, its guest, the readers of two hosts, and a
 * hypervisor that moves the guest there and back. `make model` searches all of
 * its states; run.sh says with which sizes. What holds in all of them:
 *
 *	S1  what a reader has passed is in some store: nothing is lost without
 *	    being counted
 *	S2  after the merge by identity no page is there twice
 *	S3  a leg ascends, and a page is copied before its slot is used again
 *	S4  no reader touches a memory in which a page is missing or half there
 *	S5  no epoch is acknowledged twice, no request of another epoch obeyed
 *	S6  the mirror never passes what is in the stores
 *	L1  the guest never waits for the host; once the faults are over, a
 *	    reader is attached and has everything
 *
 * S1 to S6 are assertions, L1 is a formula (weak fairness, -DLIVE).
 *
 * DOC: What may happen
 *
 * Each QEMU has a memory of its own, m[]. A migration copies each host page at
 * a moment of its own, and the guest's pages as they are when it has stopped.
 * It may be cancelled, fail after the stop (the guest goes on at the source),
 * end as pre-copy, or switch to post-copy: then pages are missing until the
 * guest touches them or the background brings them, from a source whose reader
 * still writes. The guest may be stopped between any two of its steps. Readers
 * may be killed between any two of theirs, and know afterwards what is in
 * their store. Bells may be lost. The guest may notice "no heartbeat" at any
 * time, so in the search for S1 to S6 it just says HELLO whenever it likes;
 * with -DLIVE it does so when it is rung or when nobody's heartbeat moves.
 * With RELOADS the module is loaded anew: another stream in the same memory.
 *
 * DOC: What is taken for granted
 *
 * A HELLO bell is counted at most once (BELL_TWICE shows that this is needed).
 * Two QEMUs never both run the guest. A store keeps what was written when its
 * reader is killed. A ring holds records of one page each; the order of stores
 * in memory and nested writers are the concern of the unit tests of ring.c.
 * What comes on top has files of its own in the same manner: quiesce.pml (rounds,
 * lease, `moved`), segment.pml (windows, nested writers), peer.pml (spill, park,
 * replug).
 *
 * DOC: Two rules that the search asked for
 *
 * Without them S3 and S6 fail; run.sh shows both as NO_SYNC and NO_TAG.
 *
 *	sync	After the guest has seen a new epoch it waits until every writer
 *		that was inside has left, and samples the mirror for ack_pos
 *		then. A writer that is stopped between reading pos and moving
 *		the mirror would else free pages above ack_pos.
 *	tag	Host words say for which stream they were written, page 1 and
 *		each ivr_host_ring (epoch_seal, pos_seal: "sealed" in
 *		ivr_wire.h), and another stream's are ignored. A guest
 *		that reboots while it is migrated would else find the host
 *		pages of its earlier stream at the destination: they were
 *		copied before, and no host write sends them again.
 *
 * HELLO_FIRST, the bell before the walk, is no fault: between two bells there
 * is a whole walk all the same.
 *
 * DOC: Step and function
 *
 * Each step is marked below with the C functions that it stands for, as
 * "MODEL: function, ..."; tests/static/model_names.sh finds them in the tree.
 *
 *	step here		function
 *	----------------------  ---------------------------------------------
 *	writer			ivr_ring_take_pos, ivr_ring_make_room, turn_page,
 *				lose, publish (ring.c)
 *	host_link: epoch		check_epoch, was_acknowledged, acknowledge
 *				(host_link.c), ivr_ring_ack (ring.c)
 *	host_link: request		check_request, obey (host_link.c)
 *	host_link: HELLO		say_hello, check_heartbeat (host_link.c),
 *				ivr_region_walk (region.c), ivr_ring_bell (pci.c)
 *	host_link: reload		ivr_host_link_init, ivr_region_open
 *	reader: WAIT_VM		vm_begin (vm.c), vm_listen (attach.c)
 *	reader: HELLO1, HELLO2	attach_hello (attach.c), on_hello (vm.c)
 *	reader: RESET		adopt, open_epoch (attach.c), shm_host_reset
 *	reader: EPOCH		new_epoch (attach.c), shm_set_epoch (shm.c)
 *	reader: WAIT_ACK	attach_ack_step, place, new_leg (attach.c),
 *				drain_start_at, proves, store_last
 *	reader: PUBLISH		publish (drain.c), shm_set_pos (shm.c)
 *	reader: ATTACHED	take, page_files_commit, shm_is_ours, taken,
 *				flush_step, attached_step
 *	reader: OVER		ending_begin, end_done (ending.c), vm_end (vm.c)
 *	account			settle, drop_copy (merge.c)
 *
 * A name in capitals in an #ifdef is a seeded fault, listed in run.sh.
 */
#ifndef NREC
#define NREC	4		/* records; a page holds one */
#endif
#ifndef SLOTS
#define SLOTS	2
#endif
#ifndef MIGRATIONS
#define MIGRATIONS 2
#endif
#ifndef CRASHES
#define CRASHES	1
#endif
#ifndef RELOADS
#define RELOADS	0
#endif
#ifndef PATIENCE
#define PATIENCE 1		/* times that ACK_PATIENCE_MS runs out */
#endif
#ifndef LOST_BELLS
#define LOST_BELLS 1		/* with LIVE; else without limit */
#endif
#define GENS	(MIGRATIONS + 1)
#define NOWHERE	255

/* Pages, as far as they differ: the guest's, ivr_host_page, ivr_host_ring. */
#define G	1
#define H	2
#define P	4
#define ALL	7
#define NEVER	8		/* no guest has run on this memory yet */

typedef memory {
	byte head;		/* page G */
	byte mirror;
	byte ack_pos;
	byte epoch_ack;
	bit answer;
	byte epoch;		/* page H */
	byte req;		/* epoch of who wrote request 1; 0: none */
	bit hstream;
	byte pos;		/* page P */
	bit pstream;
	byte miss;		/* not a word: pages not here, or NEVER */
	bit up;			/* its QEMU lives */
	bit host;
	byte hello;		/* the eventfd's count; 2 stands for more */
	bit kicked;
};

memory m[GENS];
byte cur, src, ngen = 1;	/* memory of the guest, its last one, next free */
bit running, moving;
byte copied;			/* host pages copied so far */

/* In the guest's own memory: it moves with the guest. */
byte acked_set;			/* host_link.epochs[] */
bit acked;			/* ivr_ring.acked */
bit stream;
bit writing;
bit awaited;			/* the host_link waits for the writer to leave */
byte lost, produced;

/* The disks, and what only an observer knows. */
byte store[2];			/* set of pages */
byte newest[2];			/* last page of the newest leg */
byte ever;			/* epochs ever acknowledged */
byte next_epoch = 1;
byte crashes, reloads, patience, bells;

mtype = { WAIT_VM, HELLO1, HELLO2, RESET, EPOCH, WAIT_ACK, PUBLISH,
	  ATTACHED, OVER };
mtype st[2] = WAIT_VM;
byte at[2] = NOWHERE;		/* the reader's memory */
byte mine[2];			/* its epoch */
byte rpos[2];
bit rstream[2];
#ifdef START_EARLY
byte early[2];
#endif

#define BIT(n)		(1 << (n))
#define BELOW(n)	(BIT(n) - 2)		/* pages 1 .. n - 1 */
#define STORED(n)	((n) < 2 || \
			 ((store[0] | store[1]) & BELOW(n)) == BELOW(n))
#define SOURCE(page)	((m[cur].miss & page) -> src : cur)

/* The guest touches a page, or the background brings it. */
inline touch(page)
{
	if
	:: m[cur].miss & page ->
		if
		:: page == H -> copy_h(src, cur)
		:: page == P -> copy_p(src, cur)
		:: page == G
		fi;
		m[cur].miss = m[cur].miss & (ALL - page)
	:: else
	fi
}

inline copy_h(from, to)
{
	m[to].epoch = m[from].epoch;
	m[to].req = m[from].req;
	m[to].hstream = m[from].hstream
}

inline copy_p(from, to)
{
	m[to].pos = m[from].pos;
	m[to].pstream = m[from].pstream
}

/* Nobody will ever look there again. */
inline forget(g)
{
	m[g].head = 0; m[g].mirror = 0; m[g].ack_pos = 0; m[g].epoch_ack = 0;
	m[g].answer = 0; m[g].epoch = 0; m[g].req = 0; m[g].hstream = 0;
	m[g].pos = 0; m[g].pstream = 0; m[g].miss = 0; m[g].kicked = 0;
#ifndef KEEP_COUNTS
	m[g].hello = 0
#endif
}

#ifndef NO_TAG
#define POS_OURS	(m[SOURCE(P)].pstream == stream)
#define EPOCH_OURS	(m[SOURCE(H)].hstream == stream)
#else
#define POS_OURS	1
#define EPOCH_OURS	1
#endif

active proctype writer()
{
	byte pos;

end:	do
	/* MODEL: ivr_ring_take_pos */
	:: atomic { running && produced < NREC ->
		writing = 1;
		touch(G);
		if
		:: acked && POS_OURS -> touch(P); pos = m[cur].pos
		:: else -> pos = 0
		fi;
#ifdef HOSTILE
		if
		:: pos = 0
		:: pos = 2
		:: pos = 7
		fi;
#endif
#ifndef NO_CLAMP
		if
		:: pos > m[cur].head -> pos = m[cur].head
		:: else
		fi
#endif
	   };
	   atomic { running ->
		touch(G);
		if
#ifdef MIRROR_BACK
		:: acked ->
#else
		:: pos > m[cur].mirror ->
#endif
			m[cur].mirror = pos;
#ifdef HOSTILE
			assert(m[cur].mirror <= m[cur].head)
#else
			assert(STORED(pos))		/* S6 */
#endif
		:: else
		fi;
		pos = 0;
		/* MODEL: ivr_ring_make_room, turn_page, publish, lose */
		if
		:: m[cur].head < m[cur].mirror + SLOTS -> m[cur].head++
#ifdef GUEST_WAITS
		:: else -> produced--
#else
		:: else -> lost++
#endif
		fi;
		produced++;
		awaited = 0;
		writing = 0
	   }
	od
}

#ifdef REACK
#define WAS_ACKED(e)	((e) == m[cur].epoch_ack)
#else
#define WAS_ACKED(e)	(acked_set & BIT(e))
#endif
#ifdef REQ_ANY
#define OBEYED(e)	1
#else
#define OBEYED(e)	((e) == m[cur].epoch_ack)
#endif

/* MODEL: check_heartbeat, ivr_host_link_kick */
#ifdef LIVE
/* MODEL: step */
#define NEWS		(m[SOURCE(H)].epoch && EPOCH_OURS && \
			 !WAS_ACKED(m[SOURCE(H)].epoch))
#define BEATS(h)	(at[h] == cur && mine[h] && mine[h] == m[cur].epoch_ack)
#ifdef HELLO_ONCE
#define CALLS		(m[cur].epoch_ack == 0 && !said)
#else
#define CALLS		(m[cur].kicked || !(BEATS(0) || BEATS(1)))
#endif
#else
#define NEWS		0
/* A full count: nothing changes, unless the bell falls elsewhere. */
#define CALLS		(m[cur].hello < 2 || moving)
#endif

inline walk()
{
	touch(G);
	touch(H);
	touch(P)
}

inline bell()
{
	/* MODEL: ivr_ring_bell */
	if
	:: m[cur].hello < 2 -> m[cur].hello++;
#ifdef BELL_TWICE
		m[cur].hello = 2
#endif
	:: m[cur].hello == 2
#ifdef LIVE
	:: bells < LOST_BELLS -> bells++
#else
	:: 1		/* lost */
#endif
	fi
}

active proctype host_link()
{
	byte e;
	bit walked, said;

end:	do
	/* MODEL: check_epoch, was_acknowledged */
	:: atomic { running && m[SOURCE(H)].epoch && EPOCH_OURS &&
		    !WAS_ACKED(m[SOURCE(H)].epoch) ->
		touch(H);
		e = m[cur].epoch;
#ifndef NO_SYNC
		awaited = writing
#endif
	   };
	   /* MODEL: acknowledge, ivr_ring_ack */
	   atomic { running && !awaited ->
		touch(G);
		assert(!(ever & BIT(e)));		/* S5 */
		ever = ever | BIT(e);
		acked_set = acked_set | BIT(e);
#ifdef ACK_FROM_POS
		touch(P);
		m[cur].ack_pos = m[cur].pos;
#endif
#ifdef NO_MIRROR
		m[cur].ack_pos = m[cur].head;
#endif
#ifndef ACK_FROM_POS
#ifndef NO_MIRROR
		m[cur].ack_pos = m[cur].mirror;
#endif
#endif
#ifdef HOSTILE
		assert(m[cur].ack_pos <= m[cur].head);
#endif
		m[cur].answer = 0;
		m[cur].epoch_ack = e;
		acked = 1;
		e = 0
	   }

	/* MODEL: check_request, obey */
	:: atomic { running && m[SOURCE(H)].req && !m[cur].answer &&
		    OBEYED(m[SOURCE(H)].epoch) ->
		touch(G);
		touch(H);
		assert(m[cur].req == m[cur].epoch_ack);	/* S5 */
		m[cur].answer = 1
	   }

	/*
	 * MODEL: say_hello, ivr_region_walk
	 * The walk is one step: if it is stopped half way, what it has touched
	 * on the other side is more than nothing.
	 */
	:: atomic { running && CALLS && !NEWS ->
		said = 1;
		m[cur].kicked = 0;
#ifdef HELLO_FIRST
		bell()
#else
#ifdef WALK_ONCE
		if
		:: walked
		:: !walked -> walk(); walked = 1
		fi
#else
		walk()
#endif
#endif
	   };
	   atomic { running ->
#ifdef HELLO_FIRST
		walk();
#else
		bell();
#endif
#ifndef LIVE
		said = 0
#endif
	   }

#if RELOADS
	/* MODEL: ivr_region_open, format_rings, ivr_ring_init, ivr_host_link_init */
	:: atomic { running && reloads < RELOADS && !writing ->
		reloads++;
		touch(G);
		touch(H);
		stream = 1 - stream;
		m[cur].head = 1;
		m[cur].mirror = 1;
		m[cur].ack_pos = 1;
		m[cur].epoch_ack = 0;
		m[cur].answer = 0;
		acked = 0;
		acked_set = BIT(m[cur].epoch);
#ifndef NO_TAG
		/* A tag makes acknowledging again harmless in another stream. */
		ever = 0;
#endif
		lost = 0;
		produced = 0;
		store[0] = 0;		/* of this stream */
		store[1] = 0;
		newest[0] = 0;
		newest[1] = 0
	   }
#endif
	od
}

/* S4. Here the reader's copy of the memory's name is followed. */
inline look_at(g)
{
#ifdef NOT_FRESH
	if
	:: g + 2 < ngen -> assert(m[g + 2].miss == 0)
	:: else
	fi;
#endif
	assert(m[g].miss == 0)
}

#define OURS(h)	(m[at[h]].epoch_ack == mine[h] && \
		 rstream[h] == stream)

/* MODEL: attachment_undo, vm_end */
inline let_go(h)
{
	g = at[h];
	st[h] = WAIT_VM;
	at[h] = NOWHERE;
	mine[h] = 0;
	rpos[h] = 0;
	rstream[h] = 0;
#ifdef START_EARLY
	early[h] = 0;
#endif
	if
	:: !m[g].up && g != cur && at[1 - h] != g -> forget(g)
	:: else
	fi;
	g = 0
}

/* MODEL: doorbell_ring */
inline ring(h)
{
#ifdef LIVE
	if
	:: m[at[h]].kicked = 1
	:: bells < LOST_BELLS -> bells++
	fi
#else
	skip
#endif
}

#ifdef ONE_HELLO
#define ENOUGH	1
#else
#define ENOUGH	2
#endif

proctype reader(bit h)
{
	byte g;

end:	do
	/* MODEL: vm_begin, vm_listen */
	:: atomic { st[h] == WAIT_VM && m[0].up && m[0].host == h ->
		at[h] = 0; st[h] = HELLO1 }
#if MIGRATIONS > 0
	:: atomic { st[h] == WAIT_VM && m[1].up && m[1].host == h ->
		at[h] = 1; st[h] = HELLO1 }
#endif
#if MIGRATIONS > 1
	:: atomic { st[h] == WAIT_VM && m[2].up && m[2].host == h ->
		at[h] = 2; st[h] = HELLO1 }
#endif

	/* MODEL: on_hello, attach_hello */
	:: atomic { st[h] == HELLO1 && m[at[h]].hello ->
		if
		:: m[at[h]].hello >= ENOUGH -> st[h] = RESET
		:: else -> st[h] = HELLO2
		fi;
		m[at[h]].hello = 0;
		ring(h) }
	:: atomic { st[h] == HELLO2 && m[at[h]].hello ->
		m[at[h]].hello = 0;
		st[h] = RESET }
#ifdef LIVE
	/* MODEL: tick */
	:: atomic { (st[h] == HELLO1 || st[h] == HELLO2) &&
		    m[at[h]].up && !m[at[h]].hello && !m[at[h]].kicked -> ring(h) }
#endif
	/* MODEL: session_vm_down, vm_leave */
	:: atomic { (st[h] == HELLO1 || st[h] == HELLO2 ||
		     (st[h] == WAIT_ACK && !OURS(h))) && !m[at[h]].up ->
		let_go(h) }

	/* MODEL: open_epoch, adopt, shm_map, shm_adopt, shm_host_reset */
	:: atomic { st[h] == RESET ->
		look_at(at[h]);
		rstream[h] = stream;
#ifdef START_EARLY
		early[h] = m[at[h]].mirror;
#endif
#ifndef NO_RESET
		m[at[h]].epoch = 0;
		m[at[h]].req = 0;
		m[at[h]].pos = 0;
#endif
		m[at[h]].pstream = rstream[h];
		st[h] = EPOCH }
	/* MODEL: new_epoch, shm_set_epoch */
	:: atomic { st[h] == EPOCH ->
		look_at(at[h]);
		assert(next_epoch < 8);		/* the model's, not theirs */
		mine[h] = next_epoch;
		next_epoch++;
		m[at[h]].epoch = mine[h];
		m[at[h]].hstream = rstream[h];
		st[h] = WAIT_ACK }

	/* MODEL: attach_ack_step, place, store_last, drain_start_at, proves, new_leg */
	:: atomic { st[h] == WAIT_ACK && OURS(h) ->
		look_at(at[h]);
		g = at[h];
#ifdef START_EARLY
		rpos[h] = early[h];
#else
		rpos[h] = m[g].ack_pos;
#endif
		if
		:: rpos[h] == 0 -> rpos[h] = 1
		:: else
		fi;
		/* The page is in the ring if no other was put in its slot. */
		if
		:: newest[h] && newest[h] + 1 > rpos[h] &&
		   newest[h] < m[g].head &&
		   m[g].head <= newest[h] + SLOTS -> rpos[h] = newest[h] + 1
		:: else
		fi;
		newest[h] = 0;
		g = 0;
#ifndef HOSTILE
		assert(STORED(rpos[h]));		/* S1 */
#endif
		st[h] = PUBLISH }
	:: atomic { st[h] == WAIT_ACK && patience < PATIENCE ->
		patience++;
		mine[h] = 0;
		rstream[h] = 0;
		st[h] = HELLO1 }

	/* MODEL: shm_set_pos, taken */
	:: atomic { st[h] == PUBLISH ->
		look_at(at[h]);
		m[at[h]].pos = rpos[h];
		st[h] = ATTACHED }

	/* MODEL: take, look, put_slots, shm_is_ours, page_files_commit */
	:: atomic { st[h] == ATTACHED && (OURS(h)
#ifdef NO_OURS
		    || 1
#endif
		    ) && m[at[h]].head > rpos[h] ->
		look_at(at[h]);
#ifdef POS_FIRST
		m[at[h]].pos = rpos[h] + 1;
		st[h] = OVER
	   };
	   atomic { st[h] == OVER ->
#endif
#ifndef HOSTILE
		assert(m[at[h]].head <= rpos[h] + SLOTS);	/* S3 */
		assert(rpos[h] > newest[h]);			/* S3 */
#endif
		newest[h] = rpos[h];
		/* MODEL: settle, drop_copy */
#ifdef NO_IDENTITY
		assert(!((store[0] | store[1]) & BIT(rpos[h])));	/* S2 */
#endif
		store[h] = store[h] | BIT(rpos[h]);
		rpos[h]++;
#ifndef HOSTILE
		assert(STORED(rpos[h]));		/* S1 */
#endif
		st[h] = PUBLISH }

	/* MODEL: flush_step, shm_request */
#ifdef REQUESTS
	:: atomic { st[h] == ATTACHED && OURS(h) && m[at[h]].req == 0 ->
		look_at(at[h]);
		m[at[h]].req = mine[h] }
#endif

	/* MODEL: attached_step, ending_begin, end_done */
	:: atomic { st[h] == ATTACHED && OURS(h) && !m[at[h]].up &&
		    rpos[h] == m[at[h]].head -> let_go(h) }
#ifndef NO_OURS
	:: atomic { st[h] == ATTACHED && !OURS(h) ->
		look_at(at[h]);
		if
		:: m[at[h]].up ->
			m[at[h]].epoch = 0;
			m[at[h]].req = 0;
			m[at[h]].pos = 0;
			mine[h] = 0;
			rpos[h] = 0;
			rstream[h] = 0;
			st[h] = HELLO1
		:: else -> let_go(h)
		fi }
#endif

	/* Killed. What it had mapped is gone; server, eventfds, store stay. */
	:: atomic { crashes < CRASHES && st[h] != WAIT_VM ->
		crashes++;
		let_go(h) }
	od
}

inline give_up_target()
{
	m[g].up = 0;
	moving = 0;
	copied = 0;
	if
	:: at[0] != g && at[1] != g -> forget(g)
	:: else
	fi
}

proctype hypervisor()
{
	byte g;

end:	do
	:: atomic { !moving && ngen < GENS && m[cur].miss == 0 ->
		g = ngen;
		ngen++;
		moving = 1;
		m[g].up = 1;
		m[g].miss = NEVER;
		m[g].host = 1 - m[cur].host;
		m[g].hello = 0;
#ifdef KEEP_COUNTS
		if
		:: g >= 2 -> m[g].hello = m[g - 2].hello
		:: else
		fi
#endif
	   }

	/* Each host page once, at any moment before the switch. */
	:: atomic { moving && cur != g && !(copied & H) ->
		copied = copied | H; copy_h(cur, g) }
	:: atomic { moving && cur != g && !(copied & P) ->
		copied = copied | P; copy_p(cur, g) }

	/* Cancelled, or failed before or after the stop. */
	:: atomic { moving && cur != g -> running = 1; give_up_target() }

	:: atomic { moving && cur != g && running -> running = 0 }

	/* Switch over: as pre-copy if all is there, else as post-copy. */
	:: atomic { moving && cur != g && !running ->
		m[g].head = m[cur].head;
		m[g].mirror = m[cur].mirror;
		m[g].ack_pos = m[cur].ack_pos;
		m[g].epoch_ack = m[cur].epoch_ack;
		m[g].answer = m[cur].answer;
		if
		:: copied == (H | P) -> m[g].miss = 0
		:: m[g].miss = ALL - copied
		fi;
		copied = 0;
		src = cur;
		cur = g;
		running = 1 }

	/* Post-copy: the background. */
	:: atomic { moving && cur == g && (m[cur].miss & G) -> touch(G) }
	:: atomic { moving && cur == g && (m[cur].miss & H) -> touch(H) }
	:: atomic { moving && cur == g && (m[cur].miss & P) -> touch(P) }

	/* The QEMU of the source ends. */
	:: atomic { moving && cur == g && m[cur].miss == 0 ->
		m[src].up = 0;
		if
		:: at[0] != src && at[1] != src -> forget(src)
		:: else
		fi;
		g = 0;
		src = 0;
		moving = 0 }
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
#ifndef NO_READER
		run reader(0);
		run reader(1);
#endif
		run hypervisor()
	}
}

#ifdef LIVE
/* Something always moves, so that a run that gets stuck counts as one. */
active proctype clock()
{
	bit tick;

end:	do
	:: tick = 1 - tick
	od
}

#define HAS_ALL(h)	(at[h] == cur && st[h] == ATTACHED && OURS(h) && \
			 rpos[h] == m[cur].head)

ltl L1 {
#ifdef NO_READER
	<> (produced == NREC)
#else
	<> [] (produced == NREC && !moving && (HAS_ALL(0) || HAS_ALL(1)))
#endif
}
#endif
