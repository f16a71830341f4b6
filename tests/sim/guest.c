// SPDX-License-Identifier: GPL-2.0
/* guest.c - a guest in user space, for tests of the host */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "tests/sim/guest.h"

#define TYPE_LEN 2u /* of 8 bytes, in the low 5 bits of the header */

static void put64(void *p, uint64_t v)
{
	__atomic_store_n((uint64_t *)p, v, __ATOMIC_RELEASE);
}

static uint64_t get64(const void *p)
{
	return __atomic_load_n((const uint64_t *)p, __ATOMIC_ACQUIRE);
}

struct ivr_guest_page *sim_guest_page(struct sim_guest *g)
{
	return (struct ivr_guest_page *)g->base;
}

const struct ivr_host_page *sim_host_page(struct sim_guest *g)
{
	return (const struct ivr_host_page *)(g->base + IVR_PAGE_SIZE);
}

struct ivr_ring_ctl *sim_ctl(struct sim_guest *g, uint32_t ring)
{
	return (struct ivr_ring_ctl *)(g->base + g->rings[ring].place.ctl);
}

const struct ivr_host_ring *sim_host_ring(struct sim_guest *g, uint32_t ring)
{
	return (const struct ivr_host_ring *)(g->base +
					      g->rings[ring].place.host);
}

static uint32_t slot_of(const struct sim_ring *r, uint64_t page)
{
	return r->seg_slot + (page - r->seg_page) % r->seg_span;
}

struct ivr_desc *sim_desc(struct sim_guest *g, uint32_t ring, uint64_t page)
{
	struct sim_ring *r = &g->rings[ring];

	return (struct ivr_desc *)(g->base + r->place.desc) + slot_of(r, page);
}

static uint8_t *slot_data(struct sim_guest *g, uint32_t ring, uint64_t page)
{
	struct sim_ring *r = &g->rings[ring];

	return g->base + r->place.data +
	       (uint64_t)slot_of(r, page) * IVR_PAGE_SIZE;
}

static int map_memory(struct sim_guest *g)
{
	g->base = mmap(NULL, g->size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       g->mem, 0);
	return g->base == MAP_FAILED ? -errno : 0;
}

static void open_bells(struct sim_guest *g)
{
	int i;

	for (i = 0; i < IVR_VECTORS; i++) {
		g->to_host[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		g->to_guest[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	}
}

static int open_sealed(struct sim_guest *g, uint64_t size)
{
	g->size = size;
	g->polled = false;
	open_bells(g);
	g->mem = memfd_create("sim-guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (g->mem < 0 || ftruncate(g->mem, size) ||
	    fcntl(g->mem, F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return -errno;
	return map_memory(g);
}

static int open_plain(struct sim_guest *g, const char *path, uint64_t size)
{
	g->size = size;
	g->polled = true;
	open_bells(g);
	g->mem = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (g->mem < 0 || ftruncate(g->mem, size))
		return -errno;
	return map_memory(g);
}

int sim_open(struct sim_guest *g, uint64_t size)
{
	memset(g, 0, sizeof(*g));
	g->spill_max = SIM_SPILL;
	return open_sealed(g, size);
}

int sim_open_plain(struct sim_guest *g, const char *path, uint64_t size)
{
	memset(g, 0, sizeof(*g));
	g->spill_max = SIM_SPILL;
	return open_plain(g, path, size);
}

static void close_memory(struct sim_guest *g)
{
	int i;

	munmap(g->base, g->size);
	close(g->mem);
	for (i = 0; i < IVR_VECTORS; i++) {
		close(g->to_host[i]);
		close(g->to_guest[i]);
	}
}

void sim_close(struct sim_guest *g)
{
	close_memory(g);
	free(g->rings);
	g->rings = NULL;
}

static void ring_host(struct sim_guest *g, int vector)
{
	const uint64_t one = 1;

	if (g->polled)
		return;
	if (write(g->to_host[vector], &one, sizeof(one)) < 0)
		abort();
}

static void publish_segment(struct ivr_ring_ctl *c, const struct sim_ring *r)
{
	if (c->seg_page == r->seg_page && c->seg_slot == r->seg_slot &&
	    c->seg_span == r->seg_span)
		return;
	put64(&c->seg_seq, c->seg_seq + 1);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	c->seg_page = r->seg_page;
	c->seg_slot = r->seg_slot;
	c->seg_span = r->seg_span;
	put64(&c->seg_seq, c->seg_seq + 1);
}

static void publish(struct sim_guest *g, uint32_t ring)
{
	struct sim_ring *r = &g->rings[ring];
	struct ivr_ring_ctl *c = sim_ctl(g, ring);

	c->mirror = r->mirror;
	c->produced = r->next;
	c->lost = r->lost;
	publish_segment(c, r);
	put64(&c->head, r->head);
}

void sim_seg_seq(struct sim_guest *g, uint32_t ring, bool odd)
{
	struct ivr_ring_ctl *c = sim_ctl(g, ring);

	if ((c->seg_seq & 1) != odd)
		put64(&c->seg_seq, c->seg_seq + 1);
}

static void begin_ring(struct sim_guest *g, uint32_t ring)
{
	struct sim_ring *r = &g->rings[ring];

	*r = (struct sim_ring) { .head = 1, .mirror = 1 };
	if (ring < g->layout.nrings && g->policy == IVR_POLICY_OVERWRITE)
		r->tail = 1;
}

/* Lay the ring out in the memory, beginning at its head */
static void format_ring(struct sim_guest *g, uint32_t ring)
{
	struct sim_ring *r = &g->rings[ring];
	struct ivr_ring_ctl *c;

	r->place = ivr_layout_ring(&g->layout, ring);
	r->seg_page = r->head;
	r->seg_slot = 0;
	r->seg_span = r->place.slots;
	c = sim_ctl(g, ring);
	memset(c, 0, sizeof(*c));
	c->tail = r->tail;
	c->ack_pos = r->head;
	c->kind = ring == g->layout.nrings ? IVR_RING_META : IVR_RING_EVENTS;
	c->cpu = ring;
	publish(g, ring);
}

static void format_page(struct sim_guest *g, const uint8_t *stream,
			uint64_t epoch)
{
	struct ivr_guest_page *p = sim_guest_page(g);
	uint32_t i;

	memset((char *)p + sizeof(p->magic), 0, sizeof(*p) - sizeof(p->magic));
	p->version = IVR_VERSION_WORD(IVR_VERSION, IVR_VERSION_READER);
	p->nrings = g->layout.nrings;
	p->size = g->size;
	memcpy(p->stream, stream, sizeof(p->stream));
	p->policy = g->policy;
	p->epoch_ack = epoch;
	p->flags = g->polled ? IVR_GUEST_POLLED : 0;
	p->plugged = g->plugged;
	p->state = IVR_GUEST_CALLING;
	g->answer = 0;
	g->round = 0;
	g->lease_until_ms = 0;
	g->clock_seq = 0;
	g->meta_sent = 0;
	for (i = 0; i <= g->layout.nrings; i++)
		format_ring(g, i);
	put64(&p->magic, IVR_MAGIC);
}

int sim_format(struct sim_guest *g, uint32_t nrings, uint32_t policy)
{
	uint8_t stream[16];
	uint32_t i;

	put64(&sim_guest_page(g)->magic, 0);
	if (ivr_layout_init(&g->layout, g->size, nrings))
		return -1;
	free(g->rings);
	g->rings = calloc(nrings + 1, sizeof(*g->rings));
	g->policy = policy;
	g->nspill = 0;
	g->plugged = 1;
	g->epochs[0] = sim_host_page(g)->epoch;
	g->nepochs = 1;
	for (i = 0; i <= nrings; i++)
		begin_ring(g, i);
	if (getrandom(stream, sizeof(stream), 0) < 0)
		abort();
	format_page(g, stream, 0);
	return 0;
}

int sim_replug(struct sim_guest *g, const char *path, uint64_t size)
{
	uint64_t epoch = sim_guest_page(g)->epoch_ack;
	uint8_t stream[16];
	uint32_t i;
	int ret;

	memcpy(stream, sim_guest_page(g)->stream, sizeof(stream));
	close_memory(g);
	ret = path ? open_plain(g, path, size) : open_sealed(g, size);
	if (ret)
		return ret;
	put64(&sim_guest_page(g)->magic, 0);
	if (ivr_layout_init(&g->layout, size, g->layout.nrings))
		return -EINVAL;
	g->plugged++;
	for (i = 0; i <= g->layout.nrings; i++)
		g->rings[i].mirror = g->rings[i].head;
	format_page(g, stream, epoch);
	return 0;
}

/* Are these two words of the host meant for this stream? */
static bool sealed(struct sim_guest *g, uint64_t word, uint64_t seal)
{
	return (word ^ seal) == ivr_stream_tag(sim_guest_page(g)->stream);
}

/* An epoch other than ours makes the reader's position meaningless */
static void take_mirror(struct sim_guest *g, uint32_t ring)
{
	struct sim_ring *r = &g->rings[ring];
	uint64_t pos = get64(&sim_host_ring(g, ring)->pos);

	if (!sim_guest_page(g)->epoch_ack ||
	    !sealed(g, pos, get64(&sim_host_ring(g, ring)->pos_seal)))
		return;
	if (pos > r->head)
		pos = r->head;
	if (pos > r->mirror)
		r->mirror = pos;
	put64(&sim_ctl(g, ring)->mirror, r->mirror);
}

static bool make_room(struct sim_guest *g, uint32_t ring)
{
	struct sim_ring *r = &g->rings[ring];

	take_mirror(g, ring);
	if (g->policy == IVR_POLICY_OVERWRITE && ring < g->layout.nrings) {
		if (r->head - r->tail < r->seg_span)
			return true;
		r->tail++;
		put64(&sim_ctl(g, ring)->tail, r->tail);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		return true;
	}
	return r->head - r->mirror < r->seg_span;
}

static void close_page(struct sim_guest *g, uint32_t ring)
{
	struct sim_ring *r = &g->rings[ring];

	r->head++;
	publish(g, ring);
	take_mirror(g, ring);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (ivr_wake_due(get64(&sim_host_ring(g, ring)->wake), r->head,
			 r->head - 1))
		ring_host(g, IVR_BELL_DATA);
}

static void write_records(uint8_t *page, uint64_t ts, uint64_t first,
			  uint32_t count)
{
	uint64_t commit = count * SIM_RECORD, number;
	uint32_t header = TYPE_LEN, i;
	uint8_t *at = page + IVR_PAGE_HEADER;

	memset(page, 0, IVR_PAGE_SIZE);
	memcpy(page, &ts, sizeof(ts));
	memcpy(page + sizeof(ts), &commit, sizeof(commit));
	for (i = 0; i < count; i++, at += SIM_RECORD) {
		number = first + i;
		memcpy(at, &header, sizeof(header));
		memcpy(at + sizeof(header), &number, sizeof(number));
	}
}

/* The records have their numbers from now on, wherever their page goes */
static struct ivr_desc number(struct sim_guest *g, struct sim_ring *r,
			      uint32_t count)
{
	struct ivr_desc d = {
		.first = r->next,
		.lost = r->lost,
		.count = count,
		.bytes = count * SIM_RECORD,
	};

	g->time += 1000;
	d.ts_first = g->time;
	d.ts_last = g->time + 10;
	r->next += count;
	return d;
}

static void put_page(struct sim_guest *g, uint32_t ring, struct ivr_desc *d)
{
	struct sim_ring *r = &g->rings[ring];

	d->page = r->head;
	write_records(slot_data(g, ring, r->head), d->ts_first, d->first,
		      d->count);
	memcpy(sim_desc(g, ring, r->head), d, sizeof(*d));
	close_page(g, ring);
}

/* From step 2 of a SPILL on, and until the last spilled page is back */
static bool spills(struct sim_guest *g)
{
	return g->nspill || sim_guest_page(g)->state == IVR_GUEST_SPILLING ||
	       (g->round && IVR_REQUEST_OP(g->round) == IVR_OP_SPILL);
}

bool sim_page(struct sim_guest *g, uint32_t ring, uint32_t count)
{
	struct sim_ring *r = &g->rings[ring];
	bool spill = spills(g);
	struct ivr_desc d;

	if (spill ? g->nspill == g->spill_max : !make_room(g, ring)) {
		r->lost += count;
		r->next += count;
		publish(g, ring);
		return false;
	}
	d = number(g, r, count);
	if (spill)
		g->spill[g->nspill++] = (struct sim_spilled) { ring, d };
	else
		put_page(g, ring, &d);
	return true;
}

static void bring_back(struct sim_guest *g)
{
	uint32_t n = 0;

	while (n < g->nspill && make_room(g, g->spill[n].ring)) {
		put_page(g, g->spill[n].ring, &g->spill[n].d);
		n++;
	}
	g->nspill -= n;
	memmove(g->spill, g->spill + n, g->nspill * sizeof(*g->spill));
}

bool sim_meta_page(struct sim_guest *g)
{
	uint32_t ring = g->layout.nrings, i, bytes;
	struct sim_ring *r = &g->rings[ring];
	struct ivr_desc d = { 0 };
	uint8_t *data;

	if (g->meta_sent >= g->meta || !make_room(g, ring))
		return false;
	bytes = g->meta - g->meta_sent < IVR_PAGE_SIZE ?
			g->meta - g->meta_sent :
			IVR_PAGE_SIZE;
	data = slot_data(g, ring, r->head);
	for (i = 0; i < bytes; i++)
		data[i] = (g->meta_sent + i) % 251;
	d.page = r->head;
	d.first = g->meta_sent;
	d.lost = 1;
	d.ts_first = g->sendings;
	d.ts_last = g->meta;
	d.count = bytes;
	d.bytes = bytes;
	memcpy(sim_desc(g, ring, r->head), &d, sizeof(d));
	g->meta_sent += bytes;
	close_page(g, ring);
	return true;
}

void sim_hello(struct sim_guest *g)
{
	volatile uint8_t sum = 0;
	uint64_t at;

	for (at = 0; at < g->size; at += IVR_PAGE_SIZE)
		sum += ((volatile uint8_t *)g->base)[at];
	sim_guest_page(g)->hellos++;
	ring_host(g, IVR_BELL_HELLO);
}

static bool known_epoch(const struct sim_guest *g, uint64_t epoch)
{
	uint32_t i;

	for (i = 0; i < g->nepochs && i < SIM_EPOCHS; i++)
		if (g->epochs[i] == epoch)
			return true;
	return false;
}

static bool look_epoch(struct sim_guest *g)
{
	struct ivr_guest_page *p = sim_guest_page(g);
	uint64_t epoch = get64(&sim_host_page(g)->epoch);
	uint32_t i;

	if (!epoch || known_epoch(g, epoch) ||
	    !sealed(g, epoch, get64(&sim_host_page(g)->epoch_seal)))
		return false;
	for (i = 0; i <= g->layout.nrings; i++) {
		struct sim_ring *r = &g->rings[i];

		sim_ctl(g, i)->ack_pos = r->mirror > r->tail ? r->mirror :
							       r->tail;
	}
	g->epochs[g->nepochs++ % SIM_EPOCHS] = epoch;
	g->answer = 0;
	g->round = 0;
	g->lease_until_ms = 0;
	g->clock_seq = 0;
	g->meta_sent = 0;
	g->sendings++;
	p->accepted = 0;
	p->answer = 0;
	p->clock_seq = 0;
	p->epoch_prev = p->epoch_ack;
	p->state = IVR_GUEST_ATTACHED;
	put64(&p->epoch_ack, epoch);
	ring_host(g, IVR_BELL_DATA);
	return true;
}

static bool look_clock(struct sim_guest *g)
{
	struct ivr_guest_page *p = sim_guest_page(g);
	uint64_t seq = get64(&sim_host_page(g)->clock_seq);

	if (sim_host_page(g)->epoch != p->epoch_ack || seq <= g->clock_seq)
		return false;
	p->clock_ns = g->time;
	g->clock_seq = seq;
	put64(&p->clock_seq, seq);
	ring_host(g, IVR_BELL_DATA);
	return true;
}

static void answer(struct sim_guest *g, uint64_t request, int status)
{
	struct ivr_guest_page *p = sim_guest_page(g);

	p->answer_status = status;
	g->answer = request;
	put64(&p->answer, request);
	ring_host(g, IVR_BELL_DATA);
}

static void set_state(struct sim_guest *g, uint32_t state)
{
	__atomic_store_n(&sim_guest_page(g)->state, state, __ATOMIC_RELEASE);
}

/* Back to normal; a round that is under way gets this answer */
static void end_lease(struct sim_guest *g, int status)
{
	g->lease_until_ms = 0;
	set_state(g, IVR_GUEST_ATTACHED);
	if (g->round)
		answer(g, g->round, status);
	g->round = 0;
}

static void accept_round(struct sim_guest *g, uint64_t request)
{
	uint64_t arg = get64(&sim_host_page(g)->req_arg);
	uint32_t i;

	for (i = 0; i <= g->layout.nrings; i++) {
		take_mirror(g, i);
		g->rings[i].aim = g->rings[i].head;
	}
	g->round = request;
	g->window = IVR_LEASE_WINDOW(arg) ? IVR_LEASE_WINDOW(arg) :
					    IVR_WINDOW_SLOTS;
	g->lease_until_ms = now_ms() + IVR_LEASE_MS(arg);
	set_state(g, IVR_GUEST_DRAINING);
	put64(&sim_guest_page(g)->accepted, request);
	ring_host(g, IVR_BELL_DATA);
}

static void obey(struct sim_guest *g, uint64_t request)
{
	if (g->round)
		end_lease(g, -ECANCELED);
	switch (IVR_REQUEST_OP(request)) {
	case IVR_OP_QUIESCE:
	case IVR_OP_SPILL:
		if (g->refuse)
			answer(g, request, g->refuse);
		else
			accept_round(g, request);
		return;
	case IVR_OP_RESUME:
		end_lease(g, 0);
		/* fall through */
	case IVR_OP_FLUSH:
		sim_guest_page(g)->accepted = request;
		answer(g, request, 0);
		return;
	default:
		answer(g, request, -ENOSYS);
	}
}

static bool look_request(struct sim_guest *g)
{
	uint64_t request = get64(&sim_host_page(g)->request);

	if (g->unlisten ||
	    sim_host_page(g)->epoch != sim_guest_page(g)->epoch_ack ||
	    request >> 8 <= g->answer >> 8 || request == g->round)
		return false;
	obey(g, request);
	return true;
}

/*
 * Another span from the mirror on, if no page from there on moves by it; the
 * whole ring begins at slot 0.
 */
static void try_span(struct sim_guest *g, uint32_t ring, uint32_t span)
{
	struct sim_ring *r = &g->rings[ring];
	uint32_t first;

	if (r->seg_span == span)
		return;
	take_mirror(g, ring);
	if (r->mirror == r->head) {
		sim_segment(g, ring, 0, span);
		return;
	}
	first = slot_of(r, r->mirror);
	if (first + (r->head - r->mirror) > r->seg_slot + r->seg_span ||
	    r->head - r->mirror > span)
		return;
	if (span < r->place.slots && first + span <= r->place.slots) {
		r->seg_page = r->mirror;
		r->seg_slot = first;
	} else if (span == r->place.slots && r->mirror > first) {
		r->seg_page = r->mirror - first;
		r->seg_slot = 0;
	} else {
		return;
	}
	r->seg_span = span;
	publish(g, ring);
}

static void set_spans(struct sim_guest *g)
{
	bool small = sim_guest_page(g)->state == IVR_GUEST_QUIESCED;
	uint32_t i;

	for (i = 0; i <= g->layout.nrings; i++) {
		uint32_t slots = g->rings[i].place.slots;

		try_span(g, i,
			 !small		       ? slots :
			 g->window < slots / 2 ? g->window :
						 slots / 2);
	}
}

static void touch_host_pages(struct sim_guest *g)
{
	uint32_t i;

	for (i = 1; i < g->layout.base; i++)
		__atomic_fetch_or((uint64_t *)(g->base + i * IVR_PAGE_SIZE), 0,
				  __ATOMIC_SEQ_CST);
}

/* Step 4 */
static void carry_on(struct sim_guest *g)
{
	bool spill = IVR_REQUEST_OP(g->round) == IVR_OP_SPILL;
	uint64_t round = g->round;
	uint32_t i;

	if (get64(&sim_host_page(g)->frozen) != round)
		return;
	for (i = 0; i <= g->layout.nrings; i++) {
		take_mirror(g, i);
		if (g->rings[i].mirror < g->rings[i].aim)
			return;
	}
	set_state(g, spill ? IVR_GUEST_SPILLING : IVR_GUEST_QUIESCED);
	set_spans(g);
	touch_host_pages(g);
	g->round = 0;
	answer(g, round, 0);
}

static void look_lease(struct sim_guest *g)
{
	if (g->lease_until_ms && now_ms() >= g->lease_until_ms)
		end_lease(g, -ETIME);
	if (g->round && !g->slow)
		carry_on(g);
	set_spans(g);
	if (sim_guest_page(g)->state == IVR_GUEST_ATTACHED && !g->round)
		bring_back(g);
}

void sim_step(struct sim_guest *g)
{
	uint64_t count;
	bool rung, news;

	if (g->mute || !g->rings || sim_guest_page(g)->state == IVR_GUEST_GONE)
		return;
	sim_guest_page(g)->heartbeat += g->polled;
	rung = read(g->to_guest[IVR_BELL_CONTROL], &count, sizeof(count)) > 0;
	news = look_epoch(g);
	news |= look_clock(g);
	news |= look_request(g);
	look_lease(g);
	if (rung && !news)
		sim_hello(g);
	while (sim_guest_page(g)->state == IVR_GUEST_ATTACHED &&
	       sim_meta_page(g))
		;
}

void sim_gone(struct sim_guest *g, uint32_t reason)
{
	struct ivr_guest_page *p = sim_guest_page(g);

	p->end_reason = reason;
	__atomic_store_n(&p->state, IVR_GUEST_GONE, __ATOMIC_RELEASE);
	ring_host(g, IVR_BELL_DATA);
}

bool sim_segment(struct sim_guest *g, uint32_t ring, uint32_t slot,
		 uint32_t span)
{
	struct sim_ring *r = &g->rings[ring];

	take_mirror(g, ring);
	if (r->mirror != r->head)
		return false;
	r->seg_page = r->head;
	r->seg_slot = slot;
	r->seg_span = span;
	publish(g, ring);
	return true;
}
