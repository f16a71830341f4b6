// SPDX-License-Identifier: GPL-2.0
/* guest.c - a guest in user space, for tests of the host */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "guest.h"

#define TYPE_LEN	2u	/* of 8 bytes, in the low 5 bits of the header */

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

static int bell(void)
{
	return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

int sim_open(struct sim_guest *g, uint64_t size)
{
	int i;

	memset(g, 0, sizeof(*g));
	g->size = size;
	g->mem = memfd_create("sim-guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (g->mem < 0 || ftruncate(g->mem, size) ||
	    fcntl(g->mem, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return -errno;
	g->base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, g->mem,
		       0);
	if (g->base == MAP_FAILED)
		return -errno;
	for (i = 0; i < IVR_VECTORS; i++) {
		g->to_host[i] = bell();
		g->to_guest[i] = bell();
	}
	return 0;
}

void sim_close(struct sim_guest *g)
{
	int i;

	munmap(g->base, g->size);
	close(g->mem);
	for (i = 0; i < IVR_VECTORS; i++) {
		close(g->to_host[i]);
		close(g->to_guest[i]);
	}
	free(g->rings);
	g->rings = NULL;
}

static void ring_host(struct sim_guest *g, int vector)
{
	const uint64_t one = 1;

	if (write(g->to_host[vector], &one, sizeof(one)) < 0)
		abort();
}

static void publish(struct sim_guest *g, uint32_t ring)
{
	struct sim_ring *r = &g->rings[ring];
	struct ivr_ring_ctl *c = sim_ctl(g, ring);

	c->mirror = r->mirror;
	c->produced = r->next;
	c->lost = r->lost;
	c->seg_page = r->seg_page;
	c->seg_slot = r->seg_slot;
	c->seg_span = r->seg_span;
	put64(&c->head, r->head);
}

static void format_ring(struct sim_guest *g, uint32_t ring)
{
	struct sim_ring *r = &g->rings[ring];
	struct ivr_ring_ctl *c;

	*r = (struct sim_ring) {
		.place = ivr_layout_ring(&g->layout, ring),
		.head = 1, .mirror = 1, .seg_page = 1,
	};
	r->seg_span = r->place.slots;
	if (ring < g->layout.nrings && g->policy == IVR_POLICY_OVERWRITE)
		r->tail = 1;
	c = sim_ctl(g, ring);
	memset(c, 0, sizeof(*c));
	c->tail = r->tail;
	c->ack_pos = 1;
	c->kind = ring == g->layout.nrings ? IVR_RING_META : IVR_RING_EVENTS;
	c->cpu = ring;
	publish(g, ring);
}

int sim_format(struct sim_guest *g, uint32_t nrings, uint32_t policy)
{
	struct ivr_guest_page *p = sim_guest_page(g);
	uint32_t i;

	put64(&p->magic, 0);
	if (ivr_layout_init(&g->layout, g->size, nrings))
		return -1;
	free(g->rings);
	g->rings = calloc(nrings + 1, sizeof(*g->rings));
	g->policy = policy;
	g->answer = 0;
	g->clock_seq = 0;
	g->meta_sent = 0;
	g->epochs[0] = sim_host_page(g)->epoch;
	g->nepochs = 1;
	memset((char *)p + sizeof(p->magic), 0, sizeof(*p) - sizeof(p->magic));
	p->version = IVR_VERSION;
	p->nrings = nrings;
	p->size = g->size;
	if (getrandom(p->stream, sizeof(p->stream), 0) < 0)
		abort();
	p->policy = policy;
	p->state = IVR_GUEST_CALLING;
	for (i = 0; i <= nrings; i++)
		format_ring(g, i);
	put64(&p->magic, IVR_MAGIC);
	return 0;
}

/* An epoch other than ours makes the reader's position meaningless */
static void take_mirror(struct sim_guest *g, uint32_t ring)
{
	struct sim_ring *r = &g->rings[ring];
	uint64_t pos = get64(&sim_host_ring(g, ring)->pos);

	if (!sim_guest_page(g)->epoch_ack)
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

bool sim_page(struct sim_guest *g, uint32_t ring, uint32_t count)
{
	struct sim_ring *r = &g->rings[ring];
	struct ivr_desc d = { 0 };

	if (!make_room(g, ring)) {
		r->lost += count;
		r->next += count;
		publish(g, ring);
		return false;
	}
	g->time += 1000;
	write_records(slot_data(g, ring, r->head), g->time, r->next, count);
	d.page = r->head;
	d.first = r->next;
	d.lost = r->lost;
	d.ts_first = g->time;
	d.ts_last = g->time + 10;
	d.count = count;
	d.bytes = count * SIM_RECORD;
	memcpy(sim_desc(g, ring, r->head), &d, sizeof(d));
	r->next += count;
	close_page(g, ring);
	return true;
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
		g->meta - g->meta_sent : IVR_PAGE_SIZE;
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

	if (!epoch || known_epoch(g, epoch))
		return false;
	for (i = 0; i <= g->layout.nrings; i++) {
		struct sim_ring *r = &g->rings[i];

		sim_ctl(g, i)->ack_pos = r->mirror > r->tail ? r->mirror :
					 r->tail;
	}
	g->epochs[g->nepochs++ % SIM_EPOCHS] = epoch;
	g->answer = 0;
	g->clock_seq = 0;
	g->meta_sent = 0;
	g->sendings++;
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

static bool look_request(struct sim_guest *g)
{
	struct ivr_guest_page *p = sim_guest_page(g);
	uint64_t request = get64(&sim_host_page(g)->request);

	if (sim_host_page(g)->epoch != p->epoch_ack ||
	    request >> 8 <= g->answer >> 8)
		return false;
	p->answer_status = IVR_REQUEST_OP(request) == IVR_OP_FLUSH ? 0 :
			   -ENOSYS;
	g->answer = request;
	put64(&p->answer, request);
	ring_host(g, IVR_BELL_DATA);
	return true;
}

void sim_step(struct sim_guest *g)
{
	uint64_t count;
	bool rung, news;

	if (g->mute || !g->rings ||
	    sim_guest_page(g)->state == IVR_GUEST_GONE)
		return;
	rung = read(g->to_guest[IVR_BELL_CONTROL], &count, sizeof(count)) > 0;
	news = look_epoch(g);
	news |= look_clock(g);
	news |= look_request(g);
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
