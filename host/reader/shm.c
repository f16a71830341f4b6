// SPDX-License-Identifier: GPL-2.0
/* shm.c - the only door to the shared memory */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "shm.h"

#define SEALS_NEEDED	(F_SEAL_SHRINK | F_SEAL_GROW)

/* The mapping is page aligned and every word naturally aligned in its struct. */
static uint64_t load64(const void *p)
{
	return __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED);
}

static uint64_t load64_acquire(const void *p)
{
	return __atomic_load_n((const uint64_t *)p, __ATOMIC_ACQUIRE);
}

static void store64(void *p, uint64_t v)
{
	__atomic_store_n((uint64_t *)p, v, __ATOMIC_RELAXED);
}

static void store64_release(void *p, uint64_t v)
{
	__atomic_store_n((uint64_t *)p, v, __ATOMIC_RELEASE);
}

/* All shared structs are whole 64-bit words, pairs of 32-bit fields included */
static void copy_words(void *to, const void *from, size_t bytes)
{
	uint64_t word;
	size_t i;

	for (i = 0; i < bytes; i += sizeof(word)) {
		word = load64((const char *)from + i);
		memcpy((char *)to + i, &word, sizeof(word));
	}
}

IVR_STATIC_ASSERT(sizeof(struct ivr_guest_page) % 8 == 0);
IVR_STATIC_ASSERT(sizeof(struct ivr_ring_ctl) % 8 == 0);
IVR_STATIC_ASSERT(offsetof(struct ivr_guest_page, stream) % 8 == 0);
IVR_STATIC_ASSERT(offsetof(struct ivr_guest_page, magic) == 0);
IVR_STATIC_ASSERT(offsetof(struct ivr_ring_ctl, head) == 0);

static const struct ivr_guest_page *guest_page(const struct shm *m)
{
	return (const struct ivr_guest_page *)m->base;
}

static struct ivr_host_page *host_page(const struct shm *m)
{
	return (struct ivr_host_page *)(m->base + IVR_PAGE_SIZE);
}

static const struct ivr_ring_ctl *ring_ctl(const struct shm *m,
					   const struct ivr_ring_place *p)
{
	return (const struct ivr_ring_ctl *)(m->base + p->ctl);
}

static struct ivr_host_ring *host_ring(const struct shm *m,
				       const struct ivr_ring_place *p)
{
	return (struct ivr_host_ring *)(m->base + p->host);
}

int shm_check(int fd, uint64_t size)
{
	struct ivr_layout l;
	struct stat st;
	int seals;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_size < 0 || (uint64_t)st.st_size != size ||
	    ivr_layout_init(&l, size, 1))
		return -ERANGE;
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0)
		return -errno;
	return (seals & SEALS_NEEDED) == SEALS_NEEDED ? 0 : -EPERM;
}

int shm_map(struct shm *m, int fd, uint64_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	m->base = p;
	m->size = size;
	return 0;
}

void shm_unmap(struct shm *m)
{
	if (m->base)
		munmap(m->base, m->size);
	m->base = NULL;
}

void shm_guest(const struct shm *m, struct ivr_guest_page *g)
{
	uint64_t magic = load64_acquire(&guest_page(m)->magic);

	copy_words(g, guest_page(m), sizeof(*g));
	g->magic = magic;
}

int shm_adopt(struct shm *m, struct ivr_guest_page *g)
{
	shm_guest(m, g);
	if (g->magic != IVR_MAGIC || g->state == IVR_GUEST_OFF)
		return -EAGAIN;
	if (g->version != IVR_VERSION)
		return -EPROTO;
	if (g->size != m->size || ivr_layout_init(&m->layout, m->size, g->nrings))
		return -ERANGE;
	return 0;
}

bool shm_is_ours(const struct shm *m, const struct ivr_guest_page *g,
		 uint64_t epoch)
{
	const struct ivr_guest_page *now = guest_page(m);
	uint64_t stream[2];

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	copy_words(stream, now->stream, sizeof(stream));
	return !memcmp(stream, g->stream, sizeof(stream)) &&
	       load64(&now->magic) == IVR_MAGIC &&
	       load64(&now->epoch_ack) == epoch;
}

bool shm_acked(const struct shm *m, uint64_t epoch)
{
	return load64_acquire(&guest_page(m)->epoch_ack) == epoch;
}

uint32_t shm_state(const struct shm *m)
{
	return __atomic_load_n(&guest_page(m)->state, __ATOMIC_ACQUIRE);
}

void shm_ring_ctl(const struct shm *m, const struct ivr_ring_place *p,
		  struct ivr_ring_ctl *ctl)
{
	const struct ivr_ring_ctl *from = ring_ctl(m, p);
	uint64_t head = load64_acquire(&from->head);

	copy_words((char *)ctl + sizeof(head), (const char *)from + sizeof(head),
		   sizeof(*ctl) - sizeof(head));
	ctl->head = head;
}

uint64_t shm_head(const struct shm *m, const struct ivr_ring_place *p)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return load64_acquire(&ring_ctl(m, p)->head);
}

uint64_t shm_tail_after(const struct shm *m, const struct ivr_ring_place *p)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return load64(&ring_ctl(m, p)->tail);
}

void shm_desc(const struct shm *m, const struct ivr_ring_place *p,
	      uint32_t slot, struct ivr_desc *d)
{
	copy_words(d, m->base + p->desc + (uint64_t)slot * sizeof(*d),
		   sizeof(*d));
}

struct iovec shm_slots(const struct shm *m, const struct ivr_ring_place *p,
		       uint32_t slot, uint32_t n)
{
	return (struct iovec) {
		.iov_base = m->base + p->data + (uint64_t)slot * IVR_PAGE_SIZE,
		.iov_len = (size_t)n * IVR_PAGE_SIZE,
	};
}

void shm_host_reset(struct shm *m)
{
	uint64_t end = (uint64_t)m->layout.base * IVR_PAGE_SIZE, at;

	/*
	 * An old epoch beside new zeros would be obeyed; no epoch is not. The
	 * page's first word is the epoch.
	 */
	store64(&host_page(m)->epoch, 0);
	for (at = IVR_PAGE_SIZE; at < end; at += sizeof(uint64_t))
		store64_release(m->base + at, 0);
}

void shm_set_epoch(struct shm *m, uint64_t epoch)
{
	store64_release(&host_page(m)->epoch, epoch);
}

void shm_beat(struct shm *m, uint64_t beat)
{
	store64(&host_page(m)->heartbeat, beat);
}

void shm_request(struct shm *m, uint64_t request, uint64_t arg)
{
	store64(&host_page(m)->req_arg, arg);
	store64_release(&host_page(m)->request, request);
}

bool shm_answer(const struct shm *m, uint64_t request, int64_t *status)
{
	if (load64_acquire(&guest_page(m)->answer) != request)
		return false;
	*status = (int64_t)load64(&guest_page(m)->answer_status);
	return true;
}

void shm_clock_ask(struct shm *m, uint64_t seq)
{
	store64_release(&host_page(m)->clock_seq, seq);
}

bool shm_clock_answer(const struct shm *m, uint64_t seq, uint64_t *guest_ns)
{
	if (load64_acquire(&guest_page(m)->clock_seq) != seq)
		return false;
	*guest_ns = load64(&guest_page(m)->clock_ns);
	return true;
}

void shm_set_pos(struct shm *m, const struct ivr_ring_place *p, uint64_t pos)
{
	store64_release(&host_ring(m, p)->pos, pos);
}

void shm_set_wake(struct shm *m, const struct ivr_ring_place *p, uint64_t wake)
{
	store64(&host_ring(m, p)->wake, wake);
}
