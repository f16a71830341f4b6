// SPDX-License-Identifier: GPL-2.0
/* shm.c - the only door to the shared memory */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reader/shm.h"

#define SEALS_NEEDED (F_SEAL_SHRINK | F_SEAL_GROW)

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

/* What the handler of SIGBUS must know: one mapping at a time is enough */
static struct {
	unsigned char *base;
	size_t size;
} guarded;

static void blank(void *at, size_t size)
{
	mmap(at, size, PROT_READ | PROT_WRITE,
	     MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void on_bus_error(int sig, siginfo_t *info, void *context)
{
	static const char line[] = "ivring-reader: the file of the memory was "
				   "cut while in use: taken for a reset\n";
	unsigned char *at = info->si_addr;

	if (at < guarded.base || at >= guarded.base + guarded.size) {
		signal(sig, SIG_DFL);
		return;
	}
	blank(guarded.base, guarded.size);
	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		return;
}

int shm_guard(void)
{
	const struct sigaction act = {
		.sa_sigaction = on_bus_error,
		.sa_flags = SA_SIGINFO,
	};

	return sigaction(SIGBUS, &act, NULL) ? -errno : 0;
}

void shm_blank(struct shm *m)
{
	if (m->base)
		blank(m->base, m->size);
}

int shm_map(struct shm *m, int fd, uint64_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	m->base = p;
	m->size = size;
	guarded.base = p;
	guarded.size = size;
	return 0;
}

void shm_unmap(struct shm *m)
{
	if (m->base)
		munmap(m->base, m->size);
	m->base = NULL;
	guarded.size = 0;
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
	if (ivr_version_check(g->version, IVR_VERSION, IVR_VERSION_MODULE))
		return -EPROTO;
	if (g->size != m->size ||
	    ivr_layout_init(&m->layout, m->size, g->nrings))
		return -ERANGE;
	m->tag = ivr_stream_tag(g->stream);
	return 0;
}

bool shm_same_stream(const struct shm *m, const struct ivr_guest_page *g)
{
	const struct ivr_guest_page *now = guest_page(m);
	uint64_t stream[2];

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	copy_words(stream, now->stream, sizeof(stream));
	return !memcmp(stream, g->stream, sizeof(stream));
}

bool shm_is_ours(const struct shm *m, const struct ivr_guest_page *g,
		 uint64_t epoch)
{
	const struct ivr_guest_page *now = guest_page(m);

	return shm_same_stream(m, g) && load64(&now->magic) == IVR_MAGIC &&
	       __atomic_load_n(&now->plugged, __ATOMIC_RELAXED) == g->plugged &&
	       load64(&now->epoch_ack) == epoch &&
	       load64(&host_page(m)->heartbeat) == m->heartbeat;
}

uint64_t shm_guest_heartbeat(const struct shm *m)
{
	return load64(&guest_page(m)->heartbeat);
}

bool shm_acked(const struct shm *m, uint64_t epoch)
{
	return load64_acquire(&guest_page(m)->epoch_ack) == epoch;
}

uint32_t shm_state(const struct shm *m)
{
	return __atomic_load_n(&guest_page(m)->state, __ATOMIC_ACQUIRE);
}

bool shm_ring_ctl(const struct shm *m, const struct ivr_ring_place *p,
		  struct ivr_ring_ctl *ctl)
{
	const struct ivr_ring_ctl *from = ring_ctl(m, p);
	uint64_t head = load64_acquire(&from->head);
	uint64_t seq = load64_acquire(&from->seg_seq);

	copy_words((char *)ctl + sizeof(head),
		   (const char *)from + sizeof(head),
		   sizeof(*ctl) - sizeof(head));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	ctl->head = head;
	ctl->seg_seq = seq;
	return !(seq & 1) && load64(&from->seg_seq) == seq;
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
	 * A migration may copy the page while we write it, word by word. Epoch
	 * 0 first: whatever of the rest a copy has with it, the pair does not
	 * fit and nothing is obeyed. Zeros fit no stream, for no tag is zero.
	 * A copy with the epoch before this has requests of that epoch or none.
	 */
	m->heartbeat = 0;
	store64(&host_page(m)->epoch, 0);
	for (at = IVR_PAGE_SIZE; at < end; at += sizeof(uint64_t))
		store64_release(m->base + at, 0);
}

void shm_set_epoch(struct shm *m, uint64_t epoch)
{
	store64_release(&host_page(m)->epoch_seal, epoch ^ m->tag);
	store64_release(&host_page(m)->epoch, epoch);
}

void shm_heartbeat(struct shm *m, uint64_t heartbeat)
{
	m->heartbeat = heartbeat;
	store64(&host_page(m)->heartbeat, heartbeat);
}

void shm_request(struct shm *m, uint64_t request, uint64_t arg)
{
	store64(&host_page(m)->req_arg, arg);
	store64_release(&host_page(m)->request, request);
}

void shm_freeze(struct shm *m, uint64_t request)
{
	store64_release(&host_page(m)->frozen, request);
}

bool shm_accepted(const struct shm *m, uint64_t request)
{
	return load64_acquire(&guest_page(m)->accepted) == request;
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
	store64_release(&host_ring(m, p)->pos_seal, pos ^ m->tag);
}

void shm_set_wake(struct shm *m, const struct ivr_ring_place *p, uint64_t wake)
{
	store64(&host_ring(m, p)->wake, wake);
}
