// SPDX-License-Identifier: GPL-2.0
/* drain.c - closed pages from the rings into the leg */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/loop.h"
#include "reader/drain.h"

/* Bytes of a page in the store, with its descriptor */
#define STORED ((uint64_t)IVR_PAGE_SIZE + sizeof(struct ivr_desc))

/* The smallest event of the kernel's ring buffer has a header of 4 bytes. */
#define MAX_RECORDS (IVR_PAGE_PAYLOAD / 4)

static const char *const why_names[] = IVR_WHY_NAMES;

/**
 * struct view - a ring's words of this turn, checked
 * @avail: pages that may be taken, from the ring's position on
 * @head: head
 * @seg_page: the segment
 * @seg_slot: ..
 * @seg_span: ..
 */
struct view {
	uint64_t avail;
	uint64_t head;
	uint64_t seg_page;
	uint32_t seg_slot;
	uint32_t seg_span;
};

int drain_begin(struct drain *d, struct shm *shm,
		const struct ivr_guest_page *guest, uint64_t epoch,
		const struct drain_conf *conf)
{
	uint32_t i;

	*d = (struct drain) {
		.shm = shm,
		.guest = guest,
		.epoch = epoch,
		.conf = conf,
		.nrings = shm->layout.nrings,
		.limit = { .every_ms = 5000 },
	};
	d->rings = calloc(d->nrings + 1, sizeof(*d->rings));
	if (!d->rings)
		return -ENOMEM;
	for (i = 0; i <= d->nrings; i++) {
		struct drain_ring *r = &d->rings[i];

		r->index = i;
		r->place = ivr_layout_ring(&shm->layout, i);
		r->overwrite = i < d->nrings &&
			       guest->policy == IVR_POLICY_OVERWRITE;
		r->out.pages = -1;
		r->out.desc = -1;
	}
	return 0;
}

void drain_close(struct drain *d)
{
	uint32_t i;

	for (i = 0; d->rings && i <= d->nrings; i++)
		page_files_close(&d->rings[i].out);
	free(d->rings);
	d->rings = NULL;
}

static bool is_meta(const struct drain *d, const struct drain_ring *r)
{
	return r->index == d->nrings;
}

static bool is_ours(const struct drain *d)
{
	return shm_is_ours(d->shm, d->guest, d->epoch);
}

static uint32_t slot_of(const struct view *v, uint64_t page)
{
	return v->seg_slot + (page - v->seg_page) % v->seg_span;
}

static bool segment_is_possible(const struct drain_ring *r,
				const struct ivr_ring_ctl *c)
{
	return c->seg_span &&
	       (uint64_t)c->seg_slot + c->seg_span <= r->place.slots;
}

/*
 * A segment in change, or changed while it was read: the one before it has all
 * pages below the head that was read before. Return: is there a segment in @c?
 */
static bool settle(struct drain_ring *r, struct ivr_ring_ctl *c, bool stable)
{
	uint64_t later = c->seg_seq - r->seg.seg_seq;

	if (stable) {
		r->seg = *c;
		r->have_seg = true;
	} else {
		c->seg_page = r->seg.seg_page;
		c->seg_slot = r->seg.seg_slot;
		c->seg_span = r->seg.seg_span;
	}
	return stable || (r->have_seg && later <= 1);
}

static void view_segment(struct view *v, const struct ivr_ring_ctl *c)
{
	v->head = c->head;
	v->seg_page = c->seg_page;
	v->seg_slot = c->seg_slot;
	v->seg_span = c->seg_span;
}

/* Does the ring still hold the page that the store has as its last? */
static bool proves(const struct drain *d, const struct drain_ring *r,
		   const struct ivr_desc *last)
{
	struct ivr_desc now;
	struct view v;

	if (!r->have_seg || !segment_is_possible(r, &r->seen) ||
	    last->page < r->seen.seg_page)
		return false;
	view_segment(&v, &r->seen);
	shm_desc(d->shm, &r->place, slot_of(&v, last->page), &now);
	return now.page == last->page && now.ts_first == last->ts_first;
}

void drain_start_at(struct drain *d, const struct store_last *last)
{
	uint32_t i;

	for (i = 0; i <= d->nrings; i++) {
		struct drain_ring *r = &d->rings[i];
		uint64_t next = last[i].desc.page + 1;

		settle(r, &r->seen, shm_ring_ctl(d->shm, &r->place, &r->seen));
		r->pos = r->seen.ack_pos;
		if (r->pos > r->seen.head)
			r->pos = r->seen.head;
		if (!r->pos)
			r->pos = 1;
		if (last[i].found && next > r->pos && next <= r->seen.head &&
		    proves(d, r, &last[i].desc))
			r->pos = next;
	}
}

static struct ivr_store_mark mark_of(const struct drain_ring *r, uint32_t kind,
				     uint32_t why, uint64_t from, uint64_t to)
{
	return (struct ivr_store_mark) {
		.kind = kind,
		.reason = why,
		.ring = r->index,
		.from = from,
		.to = to,
		.head = r->seen.head,
		.produced = r->seen.produced,
		.lost = r->seen.lost,
		.realtime_ns = realtime_ns(),
	};
}

uint32_t drain_starts(struct drain *d, struct ivr_store_mark *marks)
{
	uint32_t i, n = 0;

	for (i = 0; i <= d->nrings; i++) {
		const struct drain_ring *r = &d->rings[i];
		uint64_t gap = r->seen.mirror;

		marks[n++] = mark_of(r, IVR_MARK_START, IVR_WHY_NONE, r->pos,
				     r->pos);
		/* What the guest gave up before anyone took it. */
		if (r->overwrite && gap < r->seen.ack_pos)
			marks[n++] = mark_of(r, IVR_MARK_GAP,
					     IVR_WHY_OVERWRITTEN, gap,
					     r->seen.ack_pos);
	}
	return n;
}

static void publish(struct drain *d, struct drain_ring *r)
{
	if (fault_point("reader-pos-move"))
		return;
	shm_set_pos(d->shm, &r->place, r->pos);
	r->published = r->pos;
}

void drain_into(struct drain *d, struct leg_writer *leg)
{
	uint32_t i;

	d->leg = leg;
	for (i = 0; i <= d->nrings; i++) {
		struct drain_ring *r = &d->rings[i];

		page_files_close(&r->out);
		page_files_init(&r->out, &leg->store->sync, leg->dir, i,
				d->nrings, d->conf->file_size);
		r->synced = r->syncing = r->pos;
		r->gap_to = 0;
		r->have_prev = false;
		r->flagged = false;
		publish(d, r);
	}
}

static void complain(struct drain *d, struct drain_ring *r, const char *what,
		     uint64_t to)
{
	if (!log_allowed(&d->limit))
		return;
	warn("ring %u: %s at page %llu (head %llu, segment %llu+%u/%u): %llu pages skipped",
	     r->index, what, (unsigned long long)r->pos,
	     (unsigned long long)r->seen.head,
	     (unsigned long long)r->seen.seg_page, r->seen.seg_slot,
	     r->seen.seg_span, (unsigned long long)(to - r->pos));
}

/*
 * A gap behind a gap, for the same reason, makes that one longer: a tail that
 * runs away without a page between would fill the disk with marks.
 */
static int put_gap(struct drain *d, struct drain_ring *r,
		   struct ivr_store_mark *m)
{
	uint64_t at = d->leg->marks_len;
	int ret;

	if (r->gap_to == m->from && r->gap_why == m->reason && m->from) {
		m->from = r->gap_from;
		ret = leg_writer_remark(d->leg, r->gap_at, m);
	} else {
		ret = leg_writer_marks(d->leg, m, 1);
		r->gap_at = at;
	}
	r->gap_from = m->from;
	r->gap_to = ret ? 0 : m->to;
	r->gap_why = m->reason;
	return ret;
}

/*
 * The pages up to @to are not in this leg. The mark comes before the position,
 * and what the mark was made of must still be our stream's.
 */
static int skip_to(struct drain *d, struct drain_ring *r, uint32_t why,
		   uint64_t to)
{
	struct ivr_store_mark m = mark_of(r, IVR_MARK_GAP, why, r->pos, to);
	int ret;

	if (!is_ours(d))
		return -ECANCELED;
	ret = put_gap(d, r, &m);
	if (ret)
		return ret;
	if (why == IVR_WHY_CORRUPT) {
		complain(d, r, why_names[why], to);
		r->have_prev = false;
		r->rests = true;
	}
	r->pos = to;
	publish(d, r);
	return 1;
}

/* What the counters say cannot be: flag it once, take nothing, look again */
static int refuse(struct drain *d, struct drain_ring *r, const char *what)
{
	struct ivr_store_mark m = mark_of(r, IVR_MARK_GAP, IVR_WHY_CORRUPT,
					  r->pos, r->pos);
	int ret;

	if (!is_ours(d))
		return -ECANCELED;
	r->rests = true;
	complain(d, r, what, r->pos);
	if (r->flagged)
		return 0;
	ret = leg_writer_marks(d->leg, &m, 1);
	if (!ret)
		r->flagged = true;
	return ret;
}

/*
 * More pages than there are slots: either a moment's garbage or a head that
 * went on without us. The newest descriptor tells which.
 */
static int catch_up(struct drain *d, struct drain_ring *r, const struct view *v)
{
	struct ivr_desc newest;

	shm_desc(d->shm, &r->place, slot_of(v, v->head - 1), &newest);
	if (newest.page != v->head - 1)
		return refuse(d, r, "impossible head");
	return skip_to(d, r, IVR_WHY_CORRUPT, v->head - v->seg_span);
}

/* The segment is in change and we know none before it */
static int unsettled(struct drain *d, struct drain_ring *r)
{
	/* Whoever changed it is gone: nobody will ever find these pages. */
	if (d->ending && r->target > r->pos &&
	    r->target - r->pos <= r->place.slots)
		return skip_to(d, r, IVR_WHY_CORRUPT, r->target);
	r->rests = true;
	return ++r->unsettled < DRAIN_UNSETTLED_MAX ?
		       0 :
		       refuse(d, r, "segment in change without end");
}

static uint64_t takeable(const struct drain *d, const struct drain_ring *r,
			 uint64_t head)
{
	return d->held && r->limit < head ? r->limit - r->pos : head - r->pos;
}

/* Return: as ring_turn(), and if it is 0, @v->avail pages are to be taken */
static int look(struct drain *d, struct drain_ring *r, struct view *v)
{
	struct ivr_ring_ctl c;
	bool stable = shm_ring_ctl(d->shm, &r->place, &c);
	bool settled = settle(r, &c, stable);

	r->seen = c;
	v->avail = 0;
	if (c.head == r->pos || (d->held && r->pos >= r->limit))
		return 0;
	if (c.head < r->pos)
		return refuse(d, r, "head went back");
	if (!settled)
		return unsettled(d, r);
	r->unsettled = 0;
	if (!segment_is_possible(r, &c) || c.seg_page > c.head)
		return refuse(d, r, "impossible segment");
	if (r->overwrite && c.tail > r->pos) {
		/* The head was read first and may have been overtaken since. */
		if (c.tail > c.head)
			c.head = shm_head(d->shm, &r->place);
		if (c.tail > c.head)
			return refuse(d, r, "tail beyond head");
		return skip_to(d, r, IVR_WHY_OVERWRITTEN, c.tail);
	}
	if (c.seg_page > r->pos)
		return skip_to(d, r, IVR_WHY_CORRUPT, c.seg_page);
	view_segment(v, &c);
	if (c.head - r->pos > c.seg_span)
		return catch_up(d, r, v);
	if (is_meta(d, r) && r->out.stored >= DRAIN_META_MAX)
		return skip_to(d, r, IVR_WHY_CORRUPT,
			       r->pos + takeable(d, r, c.head));
	v->avail = takeable(d, r, c.head);
	return 0;
}

static bool follows(const struct ivr_desc *prev, const struct ivr_desc *desc)
{
	return desc->first >= prev->first + prev->count &&
	       desc->lost >= prev->lost;
}

static bool is_possible(const struct drain *d, const struct drain_ring *r,
			const struct ivr_desc *desc, uint64_t page,
			const struct ivr_desc *prev)
{
	if (desc->page != page)
		return false;
	if (is_meta(d, r))
		return desc->bytes <= IVR_PAGE_SIZE &&
		       desc->count == desc->bytes &&
		       desc->ts_last <= IVR_META_MAX_BYTES &&
		       desc->first <= desc->ts_last &&
		       desc->count <= desc->ts_last - desc->first;
	return desc->bytes <= IVR_PAGE_PAYLOAD && desc->count <= MAX_RECORDS &&
	       (!prev || follows(prev, desc));
}

/* Copy descriptors out; return how many are good before the first bad one */
static uint32_t copy_descs(struct drain *d, struct drain_ring *r,
			   const struct view *v, uint32_t n)
{
	const struct ivr_desc *prev = r->have_prev ? &r->prev : NULL;
	uint32_t i;

	for (i = 0; i < n; i++) {
		shm_desc(d->shm, &r->place, slot_of(v, r->pos + i),
			 &d->desc[i]);
		if (!is_possible(d, r, &d->desc[i], r->pos + i, prev))
			break;
		prev = &d->desc[i];
	}
	return i;
}

/* The first descriptor is none: skip it and those like it behind it */
static int skip_bad(struct drain *d, struct drain_ring *r, const struct view *v,
		    uint32_t n)
{
	uint32_t i;

	if (r->overwrite && shm_tail_after(d->shm, &r->place) > r->pos)
		return 1;
	for (i = 1; i < n; i++) {
		shm_desc(d->shm, &r->place, slot_of(v, r->pos + i),
			 &d->desc[i]);
		if (is_possible(d, r, &d->desc[i], r->pos + i, NULL))
			break;
	}
	return skip_to(d, r, IVR_WHY_CORRUPT, r->pos + i);
}

static int put_slots(struct drain *d, struct drain_ring *r,
		     const struct view *v, uint32_t n)
{
	uint32_t slot = slot_of(v, r->pos);
	uint32_t straight = v->seg_slot + v->seg_span - slot;
	struct iovec iov[PAGES_MAX_IOV];

	if (n <= straight) {
		iov[0] = shm_slots(d->shm, &r->place, slot, n);
		return page_files_put(&r->out, iov, 1);
	}
	iov[0] = shm_slots(d->shm, &r->place, slot, straight);
	iov[1] = shm_slots(d->shm, &r->place, v->seg_slot, n - straight);
	return page_files_put(&r->out, iov, 2);
}

/* Return: how many of the @n pages put the guest took away meanwhile */
static uint32_t overtaken(struct drain *d, struct drain_ring *r, uint32_t n)
{
	uint64_t tail;

	if (!r->overwrite)
		return 0;
	tail = shm_tail_after(d->shm, &r->place);
	if (tail <= r->pos)
		return 0;
	return tail - r->pos < n ? tail - r->pos : n;
}

static int keep_rest(struct drain *d, struct drain_ring *r, uint32_t gone,
		     uint32_t n)
{
	int ret = page_files_take_back(&r->out, gone, n - gone);

	if (!ret)
		ret = skip_to(d, r, IVR_WHY_OVERWRITTEN, r->pos + gone);
	if (ret < 0)
		page_files_undo(&r->out);
	return ret < 0 ? ret : 0;
}

static struct quota *quota_of(const struct drain *d)
{
	return &d->leg->store->quota;
}

static int rotate(struct drain *d, struct drain_ring *r)
{
	struct ivr_store_mark m;
	uint64_t from, to;
	int ret;

	while (d->conf->files && !is_meta(d, r) &&
	       page_files_count(&r->out) > d->conf->files) {
		ret = page_files_oldest(&r->out, &from, &to);
		if (!ret) {
			m = mark_of(r, IVR_MARK_GAP, IVR_WHY_ROTATED, from, to);
			ret = leg_writer_marks(d->leg, &m, 1);
		}
		if (ret && ret != -ENODATA)
			return ret;
		quota_freed(quota_of(d), page_files_drop_oldest(&r->out));
	}
	return 0;
}

static void taken(struct drain *d, struct drain_ring *r,
		  const struct ivr_desc *desc, uint32_t n)
{
	if (!n)
		return;
	r->prev = desc[n - 1];
	r->have_prev = true;
	r->pos += n;
	publish(d, r);
}

static int commit(struct drain_ring *r, const struct ivr_desc *desc, uint32_t n)
{
	int ret = fault_point("reader-descs-put");

	if (ret)
		page_files_undo(&r->out);
	return ret ? ret : page_files_commit(&r->out, desc, n);
}

static int take(struct drain *d, struct drain_ring *r, const struct view *v,
		uint32_t n)
{
	uint32_t good = copy_descs(d, r, v, n), gone;
	int ret;

	if (!good)
		return skip_bad(d, r, v, n);
	ret = fault_point("reader-pages-put");
	if (!ret)
		ret = put_slots(d, r, v, good);
	/* A file that was cut; this look turns it into zeros. */
	if (ret == -EFAULT && !is_ours(d))
		ret = -ECANCELED;
	if (ret)
		return ret;
	gone = overtaken(d, r, good);
	if (!is_ours(d)) {
		page_files_undo(&r->out);
		return -ECANCELED;
	}
	if (gone)
		ret = keep_rest(d, r, gone, good);
	if (!ret && good > gone)
		ret = commit(r, d->desc + gone, good - gone);
	if (ret)
		return ret;
	taken(d, r, d->desc + gone, good - gone);
	quota_wrote(quota_of(d), (good - gone) * STORED);
	return good;
}

/* Return: pages dealt with; 0: nothing to do now; negative errno */
static int ring_turn(struct drain *d, struct drain_ring *r, uint32_t budget)
{
	struct view v;
	uint32_t n;
	int ret;

	ret = look(d, r, &v);
	if (ret || !v.avail)
		return ret;
	ret = page_files_room(&r->out);
	if (ret < 0)
		return ret;
	n = budget < DRAIN_BATCH ? budget : DRAIN_BATCH;
	if (n > (uint32_t)ret)
		n = ret;
	if (n > v.avail)
		n = v.avail;
	ret = rotate(d, r);
	if (!ret)
		ret = quota_fits(quota_of(d), d->leg->store->fd, STORED, n);
	return ret < 0 ? ret : take(d, r, &v, ret);
}

int drain_turn(struct drain *d, uint32_t budget, uint64_t until_ms)
{
	uint32_t idle = 0;
	int n;

	while (idle <= d->nrings && budget && now_ms() < until_ms) {
		struct drain_ring *r = &d->rings[d->next];

		d->next = d->next < d->nrings ? d->next + 1 : 0;
		n = r->rests && !d->ending ? 0 : ring_turn(d, r, budget);
		if (n < 0)
			return n;
		idle = n ? 0 : idle + 1;
		budget -= (uint32_t)n < budget ? (uint32_t)n : budget;
	}
	return idle <= d->nrings;
}

void drain_tick(struct drain *d)
{
	uint32_t i;

	for (i = 0; i <= d->nrings; i++) {
		struct drain_ring *r = &d->rings[i];

		r->rests = false;
		if (d->leg && r->published != r->pos)
			publish(d, r);
	}
}

void drain_sync(struct drain *d)
{
	bool any = false;
	uint32_t i;

	for (i = 0; i <= d->nrings; i++) {
		any |= page_files_sync(&d->rings[i].out);
		d->rings[i].syncing = d->rings[i].pos;
	}
	leg_writer_sync(d->leg, any);
}

int drain_synced(struct drain *d, int error)
{
	struct ivr_store_mark m;
	uint32_t i;
	int ret = 0;

	for (i = 0; i <= d->nrings && !ret; i++) {
		struct drain_ring *r = &d->rings[i];

		m = mark_of(r, IVR_MARK_GAP, IVR_WHY_UNSYNCED, r->synced,
			    r->syncing);
		if (error && r->synced < r->syncing)
			ret = leg_writer_marks(d->leg, &m, 1);
		r->synced = r->syncing;
	}
	return ret;
}

static void look_last(struct drain *d)
{
	struct ivr_ring_ctl c;
	uint32_t i;

	for (i = 0; i <= d->nrings; i++) {
		shm_ring_ctl(d->shm, &d->rings[i].place, &c);
		if (is_ours(d))
			d->rings[i].seen = c;
	}
}

int drain_end(struct drain *d, uint32_t why, uint32_t guest_end)
{
	struct ivr_store_mark *m = calloc(d->nrings + 1, sizeof(*m));
	uint32_t i;
	int ret;

	if (!m)
		return -ENOMEM;
	look_last(d);
	for (i = 0; i <= d->nrings; i++) {
		m[i] = mark_of(&d->rings[i], IVR_MARK_END, why, 0,
			       d->rings[i].pos);
		m[i].guest_end = guest_end;
	}
	ret = leg_writer_marks(d->leg, m, d->nrings + 1);
	free(m);
	return ret;
}
