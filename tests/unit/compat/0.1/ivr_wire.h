/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ivr_wire.h - the shared-memory contract of IVRing
 *
 * This header is compiled by the guest module and by the host programs. It is
 * the only place where a byte of the ivshmem memory (BAR 2) gets a meaning.
 *
 * DOC: The region
 *
 * The region is cut into pages of 4096 bytes. Every page has exactly one
 * owner, the only side that writes it:
 *
 *	page 0			guest	struct ivr_guest_page
 *	page 1			host	struct ivr_host_page
 *	pages 2 .. 1 + H	host	struct ivr_host_ring[64] each
 *	then, for ring 0, 1, .. nrings - 1 and last the metadata ring:
 *	    1 page		guest	struct ivr_ring_ctl
 *	    D pages		guest	struct ivr_desc[64] each, one per slot
 *	    N pages		guest	the slots: the data pages themselves
 *
 * Guest and host words never share a page, because a live migration carries a
 * guest-written page as of the moment the guest stopped, but a host-written
 * page with any older value (a write from outside QEMU is in no dirty log).
 * So every host word must be harmless when it is old, and is: an old position
 * makes the guest more conservative, an old wake position costs one needless
 * bell, and the rest is tied to the epoch. And as an old page may stem from
 * before a reboot of the guest, epoch and position are *sealed*: beside each
 * stands its exclusive or with the stream's tag (ivr_stream_tag()). A pair that
 * does not fit, be it another stream's or half copied, is no news.
 *
 * Where a part lies follows from the size of the region and the number of
 * rings alone (ivr_layout_init()); no offset is ever read from the memory.
 *
 * DOC: Positions
 *
 * A *stream* is one life of the guest module: a 128-bit random id. In each
 * ring of a stream pages are numbered from 1 with a 64-bit number that never
 * goes back, and so are records, from 0. A record that was dropped for want of
 * room has used up its number, so a gap in the numbers is a loss, and it lies
 * always between two pages, never inside one. The identity of a page is
 * (stream, ring, page number, time stamp of its first record).
 *
 * Page p >= seg_page lies in slot seg_slot + (p - seg_page) % seg_span of its
 * ring. The three words change together, guarded by seg_seq (odd: in change).
 * A change never moves a page that is at or above the mirror: whoever reads
 * head first and the segment after it finds every page below head that it has
 * not taken, whichever of the two segments it got.
 *
 * DOC: Who may free a page
 *
 * The reader writes ivr_host_ring.pos: all pages below it are in its store.
 * Whenever the guest closes a page or finds the ring full it does
 *
 *	mirror = max(mirror, min(pos, head))
 *
 * into its own page, and takes only the mirror for free space. So the mirror
 * migrates exactly, and the reader of the destination starts there; what the
 * source's reader had beyond the mirror is in both stores, and the merge drops
 * the second copy by identity.
 *
 * DOC: Attaching, and why HELLO comes twice
 *
 *  1. The reader has mapped nothing. It rings the guest (IVR_BELL_CONTROL).
 *  2. The guest, on that bell or because the heartbeat stands still, switches
 *     MSI-X off and on, reads one byte of every page of the region, then rings
 *     IVR_BELL_HELLO. It repeats all of this with back-off until step 6.
 *  3. On the first HELLO since this QEMU connected the reader rings again; on
 *     the second it may map. One HELLO proves a running guest, but its walk
 *     may have been done on the source and only its bell fell on this side of
 *     the switch-over; the walk of the second began after the first bell rang
 *     here, so all pages are here, and in post-copy none is missing.
 *  4. The reader sets all its words to zero, then epoch_seal and epoch = a
 *     fresh random number (store-release), and rings IVR_BELL_CONTROL.
 *  5. The guest sees epoch != epoch_ack. For each ring ack_pos = mirror (in
 *     overwrite mode the tail, if that is higher), then epoch_prev =
 *     epoch_ack and epoch_ack = epoch (store-release), then IVR_BELL_DATA.
 *  6. The reader sees its own epoch in epoch_ack and starts at ack_pos.
 *
 * Any bell may be lost: each side also looks at the words when its timer
 * fires (IVR_HEARTBEAT_MS).
 *
 * DOC: Requests
 *
 * The reader writes req_arg, then request = IVR_REQUEST(seq, op), then rings
 * IVR_BELL_CONTROL; it may ring again. Numbers start at 1 in each epoch. The
 * guest obeys a request only if the epoch in the host page is the one that it
 * has acknowledged and the number is higher than the last one answered (an old
 * host page repeats nothing), and then writes answer_status and answer =
 * request (store-release) and rings IVR_BELL_DATA. Clock questions (clock_seq)
 * go the same way. An acknowledgement sets accepted, answer and clock_seq to 0.
 * An epoch that was acknowledged once is never acknowledged again.
 *
 * DOC: Quiesce, drain, resume
 *
 * QUIESCE makes the guest cheap to move; it is a lease, and it is carried out in
 * *rounds*. One round:
 *
 *  1. The reader puts QUIESCE(seq) with IVR_LEASE(ms, window).
 *  2. The guest closes all open pages, state = DRAINING, accepted = request.
 *  3. The reader takes all pages below the heads that stand there now, moves its
 *     positions, writes frozen = request, rings. From here on it takes
 *     *nothing*: it is frozen.
 *  4. The guest, when it sees that and has mirrored each position, and each
 *     mirror has reached the head of step 2: uses only @window slots of each
 *     ring from now on, dirties each host page (an atomic "or 0" of one word, so
 *     that a migration in progress copies it once more, as the frozen reader
 *     left it), state = QUIESCED, answer = request. This answer is DRAINED.
 *
 * While frozen, what the reader has and the guest's mirror are the same, so a
 * guest that stops here hands over without an overlap. The reader starts the
 * next round when half of the window may be full (the wake position tells) or
 * when a third of the lease is over. A round cut by the switch-over costs an
 * overlap of what was taken in it, nothing else.
 *
 * SPILL is the same for a device that is about to be unplugged: in step 2 the
 * writers move to pages in guest memory, so the heads stay; in step 4 the state
 * is SPILLING, and the answer means that the device may go. If it goes then, the
 * stream does not end: it is *parked*. The next device is formatted with the
 * same stream, its rings begin at the heads of step 2 (mirror and ack_pos, too),
 * plugged is one higher, and the spilled pages are brought over in order before
 * the writers come. If the guest memory does not suffice: -ENOMEM, nothing has
 * happened; when the spill is full records are dropped and counted as ever.
 *
 * The guest resumes (ATTACHED; the whole ring as soon as the segment may change;
 * spilled pages brought back first) on RESUME, which is answered at once; when
 * the lease ends; on a new epoch; and, but for SPILLING, when it must call (no
 * heartbeat). A lease is counted from when the guest accepted, in time in which
 * the guest runs. A round that ends early is answered with -ECANCELED (another
 * QUIESCE or SPILL, an epoch, no heartbeat) or -ETIME (lease); one that FLUSH or
 * RESUME ends, by the answer to that. Spilled pages are brought only into memory
 * that somebody reads: with the device they would go unseen.
 *
 * DOC: A device without interrupts
 *
 * An ivshmem-plain device (IVR_GUEST_POLLED) has no bells. Both sides look every
 * IVR_HEARTBEAT_MS, sooner if they have cause; the guest counts up @beat, and
 * the reader takes two changes of it for the two HELLOs. Such a memory may be
 * mapped before: it must never be part of a migration (role=peer: QEMU then
 * refuses to migrate while it is plugged).
 */
#ifndef IVR_WIRE_H
#define IVR_WIRE_H

#include <linux/types.h>

#define IVR_MAGIC		0x31474e4952564900ULL	/* "\0IVRING1" */
#define IVR_VERSION		1

#define IVR_PAGE_SHIFT		12
#define IVR_PAGE_SIZE		4096u
#define IVR_PAGE_HEADER		16u	/* time stamp, commit word */
#define IVR_PAGE_PAYLOAD	(IVR_PAGE_SIZE - IVR_PAGE_HEADER)

/* The largest event body in a page: 4 bytes of header, 4 of length word. */
#define IVR_MAX_RECORD		(IVR_PAGE_PAYLOAD - 8)

#define IVR_MAX_RINGS		1024u
#define IVR_MIN_SLOTS		4u
#define IVR_MAX_SLOTS		(1u << 20)
#define IVR_MIN_SIZE		(1ull << 16)
#define IVR_MAX_SIZE		(1ull << 36)

/* The module's PCI identity: QEMU's ivshmem device, revision 1. */
#define IVR_PCI_VENDOR		0x1af4
#define IVR_PCI_DEVICE		0x1110

/*
 * Peer ids (D4). The server gives QEMU id 0 and announces one more, for ever.
 */
#define IVR_PEER_GUEST		0
#define IVR_PEER_READER		1

/**
 * enum ivr_bell - MSI-X / eventfd vectors
 * @IVR_BELL_CONTROL: host to guest: look at the host page; if there is nothing
 *	new in it, say HELLO
 * @IVR_BELL_HELLO: guest to host: a live guest has touched the whole region.
 *	Used for nothing else, because a count on it opens the memory
 * @IVR_BELL_DATA: guest to host: a wake position was passed, or an answer or
 *	acknowledgement stands in a guest page
 *
 * Vectors of the two directions are numbered apart.
 */
enum ivr_bell {
	IVR_BELL_CONTROL	= 0,

	IVR_BELL_HELLO		= 0,
	IVR_BELL_DATA		= 1,
};

#define IVR_VECTORS		2

/* The reader counts up its heartbeat, and both sides look, this often. */
#define IVR_HEARTBEAT_MS	50
/* A heartbeat that stood still for so long means: no reader here (any more). */
#define IVR_HEARTBEAT_LOST_MS	300
/* HELLO is repeated after this, doubled each time up to the maximum. */
#define IVR_HELLO_MIN_MS	50
#define IVR_HELLO_MAX_MS	1600

/**
 * enum ivr_guest_state - ivr_guest_page.state
 * @IVR_GUEST_OFF: no valid region; the magic is not there either
 * @IVR_GUEST_CALLING: nobody reads, as far as the guest knows; HELLO repeats
 * @IVR_GUEST_ATTACHED: the reader of epoch_ack lives
 * @IVR_GUEST_DRAINING: a QUIESCE or SPILL was accepted and not yet answered
 * @IVR_GUEST_QUIESCED: drained; writing into a small window of each ring
 * @IVR_GUEST_SPILLING: drained; writing into guest memory, the device may go
 * @IVR_GUEST_GONE: the stream has ended, all its pages are closed; end_reason
 */
enum ivr_guest_state {
	IVR_GUEST_OFF,
	IVR_GUEST_CALLING,
	IVR_GUEST_ATTACHED,
	IVR_GUEST_DRAINING,
	IVR_GUEST_QUIESCED,
	IVR_GUEST_SPILLING,
	IVR_GUEST_GONE,
	IVR_GUEST_STATES
};

#define IVR_GUEST_STATE_NAMES \
	{ "off", "calling", "attached", "draining", "quiesced", "spilling", \
	  "gone" }

/** enum ivr_end_reason - why a stream ended, as the guest tells it */
enum ivr_end_reason {
	IVR_END_NONE,
	IVR_END_REMOVED,	/* module unloaded or device removed */
	IVR_END_SHUTDOWN,	/* guest halts or reboots in good order */
	IVR_END_PANIC,
	IVR_END_REASONS
};

#define IVR_END_REASON_NAMES { "none", "removed", "shutdown", "panic" }

/**
 * enum ivr_policy - what a full ring does
 * @IVR_POLICY_DISCARD: new records are dropped and counted
 * @IVR_POLICY_OVERWRITE: the oldest closed page gives way (flight recorder)
 */
enum ivr_policy {
	IVR_POLICY_DISCARD,
	IVR_POLICY_OVERWRITE,
	IVR_POLICIES
};

#define IVR_POLICY_NAMES { "discard", "overwrite" }

/**
 * enum ivr_op - operations of ivr_host_page.request
 * @IVR_OP_FLUSH: close open pages and publish the counters
 * @IVR_OP_QUIESCE: see "Quiesce, drain, resume"; req_arg is an IVR_LEASE()
 * @IVR_OP_SPILL: likewise; the window is not used
 * @IVR_OP_RESUME: end either of them
 *
 * An operation that the module does not know is answered with -ENOSYS.
 */
enum ivr_op {
	IVR_OP_NONE,
	IVR_OP_FLUSH,
	IVR_OP_QUIESCE,
	IVR_OP_SPILL,
	IVR_OP_RESUME,
	IVR_OPS
};

#define IVR_OP_NAMES { "none", "flush", "quiesce", "spill", "resume" }

#define IVR_REQUEST(seq, op)	(((__u64)(seq) << 8) | (op))
#define IVR_REQUEST_OP(word)	((__u32)((word) & 0xff))

/* Lease in ms, at most an hour; window in slots of each ring, 0: the default. */
#define IVR_LEASE(ms, window)	(((__u64)(window) << 32) | (__u32)(ms))
#define IVR_LEASE_MS(arg)	((__u32)(arg))
#define IVR_LEASE_WINDOW(arg)	((__u32)((arg) >> 32))
#define IVR_LEASE_MAX_MS	3600000u

/*
 * The default window, and never more than half of a ring. At 15,000 records of
 * 100 bytes a second, 256 pages are 0.6 s: a switch-over and an attachment.
 */
#define IVR_WINDOW_SLOTS	256u

/**
 * struct ivr_guest_page - page 0, written by the guest only
 * @magic: IVR_MAGIC; written last when the region is formatted, zero before
 * @version: IVR_VERSION; another number means another layout
 * @nrings: data rings: possible vCPUs of the guest
 * @size: bytes of the region as the guest sees it
 * @stream: random id of this life of the module
 * @vm_uuid: the VM's SMBIOS UUID as the guest read it, in the byte order in
 *	which it is printed; zeros if there is none
 * @state: enum ivr_guest_state
 * @end_reason: enum ivr_end_reason, valid in IVR_GUEST_GONE
 * @policy: enum ivr_policy of the data rings
 * @hellos: HELLO bells rung so far, for people
 * @epoch_ack: epoch that the guest obeys; 0 before the first
 * @epoch_prev: the one before it: legs of a stream form a tree
 * @accepted: the last request taken up; with QUIESCE and SPILL before @answer
 * @answer: the last request answered
 * @answer_status: 0 or negative errno of that answer
 * @clock_seq: the clock question answered last
 * @clock_ns: the guest's trace clock when it answered
 * @meta_gen: number of the metadata blob that the guest holds; 0: none
 * @meta_bytes: length of that blob
 * @flags: IVR_GUEST_POLLED
 * @plugged: in how many memories this stream has lived, this one included
 * @beat: counted up every IVR_HEARTBEAT_MS if IVR_GUEST_POLLED
 * @lease_ms: what is left of the lease as of the last look; 0: none
 */
struct ivr_guest_page {
	__u64	magic;
	__u32	version;
	__u32	nrings;
	__u64	size;
	__u8	stream[16];
	__u8	vm_uuid[16];
	__u32	state;
	__u32	end_reason;
	__u32	policy;
	__u32	hellos;
	__u64	epoch_ack;
	__u64	epoch_prev;
	__u64	accepted;
	__u64	answer;
	__s64	answer_status;
	__u64	clock_seq;
	__u64	clock_ns;
	__u64	meta_gen;
	__u64	meta_bytes;
	__u32	flags;
	__u32	plugged;
	__u64	beat;
	__u64	lease_ms;
};

#define IVR_GUEST_POLLED	1u	/* the device has no interrupts */

/**
 * struct ivr_host_page - page 1, written by the reader only
 * @epoch: random non-zero number of this attachment
 * @epoch_seal: @epoch ^ ivr_stream_tag(); written before @epoch
 * @heartbeat: counted up every IVR_HEARTBEAT_MS
 * @request: IVR_REQUEST(seq, op)
 * @req_arg: argument of the request
 * @clock_seq: clock question: the guest answers at once, in the interrupt
 * @frozen: the request in whose round the reader has frozen; after its positions
 */
struct ivr_host_page {
	__u64	epoch;
	__u64	epoch_seal;
	__u64	heartbeat;
	__u64	request;
	__u64	req_arg;
	__u64	clock_seq;
	__u64	frozen;
};

/**
 * struct ivr_host_ring - the reader's words for one ring
 * @pos: pages below this number are in the reader's store
 * @pos_seal: @pos ^ ivr_stream_tag()
 * @wake: ring IVR_BELL_DATA when head passes this page number, i.e. as soon as
 *	page @wake is closed (virtio's event index); IVR_WAKE_NEVER: poll mode
 */
struct ivr_host_ring {
	__u64	pos;
	__u64	pos_seal;
	__u64	wake;
	__u64	reserved[5];
};

#define IVR_WAKE_NEVER		(~0ull)
#define IVR_HOST_RINGS_PER_PAGE	(IVR_PAGE_SIZE / sizeof(struct ivr_host_ring))

/** enum ivr_ring_kind - what the pages of a ring hold */
enum ivr_ring_kind {
	IVR_RING_EVENTS,	/* pages of the kernel's ring-buffer format */
	IVR_RING_META,		/* raw bytes of the metadata blob */
};

/**
 * struct ivr_ring_ctl - the guest's words for one ring
 * @head: pages below it are closed and complete (store-release after them)
 * @tail: first page not yet given up by the overwrite policy; a reader that
 *	finds @tail above a page after having copied it throws the copy away.
 *	0 under the discard policy
 * @mirror: the reader's position as taken over by the guest
 * @ack_pos: where the reader of epoch_ack starts
 * @produced: record numbers used up: records in closed pages + @lost
 * @lost: records dropped because the ring was full
 * @refused: records of more than IVR_MAX_RECORD bytes; they got an error and
 *	no number
 * @seg_page: first page number of the current segment
 * @seg_slot: slot of that page
 * @seg_span: slots in use; all of them but in a quiesced state
 * @seg_seq: counted up before and after a change of the three
 * @kind: enum ivr_ring_kind
 * @cpu: the vCPU that writes this ring
 */
struct ivr_ring_ctl {
	__u64	head;
	__u64	tail;
	__u64	mirror;
	__u64	ack_pos;
	__u64	produced;
	__u64	lost;
	__u64	refused;
	__u64	seg_page;
	__u32	seg_slot;
	__u32	seg_span;
	__u32	kind;
	__u32	cpu;
	__u64	seg_seq;
};

/**
 * struct ivr_desc - descriptor of one slot, valid for a page below head
 * @page: page number
 * @first: number of the first record in the page
 * @lost: ivr_ring_ctl.lost before this page
 * @ts_first: time stamp of the first record, equal to the page header's
 * @ts_last: time stamp of the last record
 * @count: records in the page
 * @bytes: bytes of events after the page header
 * @flags: IVR_DESC_*
 *
 * In a ring, first + count + (next.lost - lost) == next.first.
 *
 * For IVR_RING_META: @first is the offset of the page's first byte in the
 * blob, @count the bytes of the blob in the page (up to IVR_PAGE_SIZE), @bytes
 * the same, @ts_first the sending's number (each reader gets a new sending),
 * @ts_last the length of the blob, @lost is meta_gen.
 */
struct ivr_desc {
	__u64	page;
	__u64	first;
	__u64	lost;
	__u64	ts_first;
	__u64	ts_last;
	__u32	count;
	__u32	bytes;
	__u32	flags;
	__u32	reserved[3];
};

#define IVR_DESC_FLUSHED	1u	/* closed early by a flush */

#define IVR_DESCS_PER_PAGE	(IVR_PAGE_SIZE / sizeof(struct ivr_desc))

/**
 * struct ivr_ring_place - where one ring lies; offsets in bytes
 * @ctl: struct ivr_ring_ctl
 * @desc: struct ivr_desc[slots]
 * @data: the slots
 * @slots: number of slots
 * @host: the ring's struct ivr_host_ring
 */
struct ivr_ring_place {
	__u64	ctl;
	__u64	desc;
	__u64	data;
	__u64	host;
	__u32	slots;
};

/**
 * struct ivr_layout - the geometry of a region
 * @size: bytes of the region
 * @nrings: data rings; the metadata ring is ring @nrings
 * @base: first page of ring 0
 * @ring_pages: pages of one data ring, its ctl and descriptors included
 * @meta_pages: the same of the metadata ring
 */
struct ivr_layout {
	__u64	size;
	__u32	nrings;
	__u32	base;
	__u32	ring_pages;
	__u32	meta_pages;
};

/**
 * ivr_slots_in() - slots that fit in so many pages beside ctl and descriptors
 * @pages: pages of the ring
 *
 * Return: the largest n with 1 + ceil(n / 64) + n <= @pages, or 0
 */
static inline __u32 ivr_slots_in(__u32 pages)
{
	const __u32 per = IVR_DESCS_PER_PAGE;
	__u32 rest, slots;

	if (pages < 3)
		return 0;
	rest = pages - 1;
	slots = rest / (per + 1) * per;
	rest %= per + 1;
	if (rest > 1)
		slots += rest - 1;
	return slots < IVR_MAX_SLOTS ? slots : IVR_MAX_SLOTS;
}

/**
 * ivr_layout_init() - compute the geometry of a region
 * @l: filled in
 * @size: bytes of the region
 * @nrings: data rings
 *
 * The data rings get equal shares; what is left over after the division (less
 * than nrings pages) goes to the metadata ring.
 *
 * Return: 0, or -1 if there are too many rings for the size, or no such size
 */
static inline int ivr_layout_init(struct ivr_layout *l, __u64 size,
				  __u32 nrings)
{
	__u32 pages, meta;

	if (size < IVR_MIN_SIZE || size > IVR_MAX_SIZE ||
	    size % IVR_PAGE_SIZE || !nrings || nrings > IVR_MAX_RINGS)
		return -1;

	pages = (__u32)(size >> IVR_PAGE_SHIFT);
	l->size = size;
	l->nrings = nrings;
	l->base = 2 + (nrings + 1 + IVR_HOST_RINGS_PER_PAGE - 1) /
		      IVR_HOST_RINGS_PER_PAGE;

	meta = pages / 64;
	if (meta < IVR_MIN_SLOTS + 2)
		meta = IVR_MIN_SLOTS + 2;
	if (meta > 256)
		meta = 256;
	if (pages < l->base + meta)
		return -1;
	l->ring_pages = (pages - l->base - meta) / nrings;
	l->meta_pages = pages - l->base - l->ring_pages * nrings;
	return ivr_slots_in(l->ring_pages) < IVR_MIN_SLOTS ? -1 : 0;
}

/**
 * ivr_layout_ring() - where a ring lies
 * @l: geometry
 * @ring: 0 .. l->nrings; the last is the metadata ring
 *
 * Return: the place
 */
static inline struct ivr_ring_place ivr_layout_ring(const struct ivr_layout *l,
						    __u32 ring)
{
	__u32 pages = ring == l->nrings ? l->meta_pages : l->ring_pages;
	__u64 first = l->base + (__u64)l->ring_pages * ring;
	struct ivr_ring_place p;

	p.slots = ivr_slots_in(pages);
	p.ctl = first << IVR_PAGE_SHIFT;
	p.desc = p.ctl + IVR_PAGE_SIZE;
	p.data = p.desc + (__u64)((p.slots + IVR_DESCS_PER_PAGE - 1) /
				  IVR_DESCS_PER_PAGE) * IVR_PAGE_SIZE;
	p.host = 2 * IVR_PAGE_SIZE + (__u64)ring * sizeof(struct ivr_host_ring);
	return p;
}

/**
 * ivr_stream_tag() - what seals the host's words for a stream
 * @stream: ivr_guest_page.stream
 *
 * Return: its first eight bytes, lowest first; the guest sees to it that they
 * are not all zero, so that words of zero are sealed for no stream
 */
static inline __u64 ivr_stream_tag(const __u8 *stream)
{
	__u64 tag = 0;
	int i;

	for (i = 7; i >= 0; i--)
		tag = tag << 8 | stream[i];
	return tag;
}

/**
 * ivr_wake_due() - has head passed the wake position?
 * @wake: ivr_host_ring.wake
 * @head: new head
 * @old: head before
 *
 * The comparison of virtio 1.x's vring_need_event(), in 64 bits.
 *
 * Return: non-zero if page @wake was closed by going from @old to @head
 */
static inline int ivr_wake_due(__u64 wake, __u64 head, __u64 old)
{
	return head - wake - 1 < head - old;
}

#define IVR_STATIC_ASSERT(cond)	_Static_assert(cond, #cond)

IVR_STATIC_ASSERT(sizeof(struct ivr_guest_page) <= IVR_PAGE_SIZE);
IVR_STATIC_ASSERT(sizeof(struct ivr_host_page) <= IVR_PAGE_SIZE);
IVR_STATIC_ASSERT(sizeof(struct ivr_ring_ctl) <= IVR_PAGE_SIZE);
IVR_STATIC_ASSERT(sizeof(struct ivr_host_ring) == 64);
IVR_STATIC_ASSERT(sizeof(struct ivr_desc) == 64);

#endif /* IVR_WIRE_H */
