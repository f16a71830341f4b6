// SPDX-License-Identifier: GPL-2.0
/* ring_act.c - what writers, interrupts and the ring's owner do, step by step */
#include <errno.h>
#include <string.h>

#include "tests/unit/module/ring_act.h"
#include "tests/unit/module/ring_trap.h"

#define SEALED	  1023
#define SMALL	  sizeof(struct kit_record)
#define MAX_PAGES 256
#define KEPT	  64

const char *const act_names[ACTS] = {
	"small",       "large",	      "max",	    "flush",
	"refused",     "two pages",   "fill ring",  "small flush small",
	"drain",       "drain small", "drain fill", "drain one fill",
	"try changes", "shrink",      "grow",	    "move",
	"unspill",     "return",
};

const char *const start_names[STARTS] = {
	"fresh",	"middle",	   "page full",		  "flushed",
	"ring full",	"sealed",	   "sealed, room",	  "late",
	"clock back",	"window",	   "window, all taken",	  "moved",
	"away",		"away, two pages", "away, all unspilled", "away, full",
	"away, window",
};

/*
 * What could be seen in a memory at the last look; of a page, its number modulo
 * KEPT is its place here.
 */
struct view {
	const struct kit_region *reg;
	__u64 head, tail, mirror, lost, produced;
	struct {
		struct ivr_desc desc;
		unsigned char bytes[IVR_PAGE_HEADER + 64];
	} page[KEPT];
};

static struct view home, spill;
static __u64 woken;
static bool was_away;
static const char *error;
static unsigned int changed[ACTS];
static enum act under_way;
static unsigned int interrupts;

/* For the place of losses: what the writers know, and what the pages say. */
static struct {
	__u64 lost[KIT_CONTEXTS][4096];
	__u64 n[KIT_CONTEXTS];
} drops;
static struct {
	__u64 lost;
	__u64 low[KIT_CONTEXTS];
} pages[MAX_PAGES];
static __u32 npages;

static void bad(const char *what)
{
	if (!error)
		error = what;
}

static void step_write(__u32 len)
{
	__u32 ctx = trap_depth;
	struct kit_record rec = { .len = len, .ctx = ctx };
	void *body;

	rec.before = rig.loose ? 0 : rig.now;
	rec.seq = rig.seq[ctx]++;
	trap_on();
	body = ivr_ring_reserve(&rig.ring, len);
	trap_off();
	if (!body) {
		rig.dropped[ctx]++;
		drops.lost[ctx][drops.n[ctx]++] = rec.seq;
		return;
	}
	rec.after = rig.loose ? ~0ull : rig.now;
	kit_fill(body, &rec);
	trap_on();
	ivr_ring_commit(&rig.ring);
	trap_off();
}

static void step_flush(void)
{
	trap_on();
	ivr_ring_flush(&rig.ring);
	trap_off();
}

static void step_refused(void)
{
	trap_on();
	ivr_ring_reserve(&rig.ring, IVR_MAX_RECORD + 1);
	trap_off();
}

static void fill(__u32 n)
{
	while (n--)
		step_write(1300);
}

static void step_window(__u32 slots)
{
	__u64 seq = rig.reg.ctl->seg_seq;
	int ret;

	trap_on();
	ret = ivr_ring_window(&rig.ring, slots);
	trap_off();
	if (ret && ret != -EAGAIN)
		bad("ivr_ring_window() said what it never says");
	if (ret && rig.reg.ctl->seg_seq != seq)
		bad("not done, and yet told");
	if (!ret && ivr_ring_span(&rig.ring) != slots)
		bad("done, and yet another span");
	changed[under_way] += !ret && rig.reg.ctl->seg_seq != seq;
}

static void step_move(void)
{
	struct ivr_ring_mem mem = ring_mem_of(&rig.spill, false);
	int ret;

	trap_on();
	ret = ivr_ring_move(&rig.ring, &mem);
	trap_off();
	if (ret)
		bad("the outermost could not move");
	ivr_unspill_home(&rig.unspill, &rig.ring);
	changed[ACT_MOVE] += !ret;
}

static void step_unspill(void)
{
	__u32 n;

	trap_on();
	n = ivr_unspill_step(&rig.unspill, &rig.ring, 3);
	trap_off();
	changed[ACT_UNSPILL] += n;
}

static void step_return(void)
{
	int ret;

	trap_on();
	ret = ivr_ring_return(&rig.ring, &rig.unspill);
	trap_off();
	if (ret && ret != -EAGAIN)
		bad("ivr_ring_return() said what it never says");
	changed[ACT_RETURN] += !ret;
}

/* Under an interrupted writer every change has to fail and leave no trace. */
static void try_changes(void)
{
	static struct ivr_ring_ctl ctl;
	struct ivr_ring_mem mem = ring_mem_of(&rig.spill, false);
	struct ivr_ring_ctl *now = rig.reg.ctl;
	struct ivr_ring before = rig.ring;
	struct ivr_unspill unspill = rig.unspill;
	unsigned int alone = interrupts;

	if (!rig.ring.nest) {
		if (under_way < ACT_INTERRUPTS)
			ivr_ring_window(&rig.ring, ACT_WINDOW);
		return;
	}
	ctl = *now;
	if (!rig_is_away() &&
	    (ivr_ring_window(&rig.ring, ACT_WINDOW + 1) != -EAGAIN ||
	     ivr_ring_move(&rig.ring, &mem) != -EAGAIN))
		bad("the segment was changed under a writer");
	if (rig_is_away() &&
	    (ivr_ring_window(&rig.ring, ACT_WINDOW + 1) != 0 ||
	     ivr_ring_return(&rig.ring, &rig.unspill) != -EAGAIN))
		bad("the ring returned under a writer");
	if (alone != interrupts)
		return;
	if (memcmp(&before, &rig.ring, sizeof(before)) ||
	    memcmp(&unspill, &rig.unspill, sizeof(unspill)) ||
	    memcmp(&ctl, now, sizeof(ctl)))
		bad("a change that failed changed something");
}

void act_do(int act)
{
	if (!trap_depth)
		under_way = act;
	switch ((enum act)act) {
	case ACT_SMALL:
		step_write(SMALL);
		break;
	case ACT_LARGE:
		step_write(1000);
		break;
	case ACT_MAX:
		step_write(IVR_MAX_RECORD);
		break;
	case ACT_FLUSH:
		step_flush();
		break;
	case ACT_REFUSED:
		step_refused();
		break;
	case ACT_TWO_PAGES:
		fill(7);
		break;
	case ACT_FILL_RING:
		fill(4 * ACT_SLOTS);
		step_write(SMALL);
		break;
	case ACT_SMALL_FLUSH_SMALL:
		step_write(SMALL);
		step_flush();
		step_write(SMALL);
		break;
	case ACT_DRAIN:
		kit_drain(&rig.reader, ~0u);
		break;
	case ACT_DRAIN_SMALL:
		kit_drain(&rig.reader, ~0u);
		step_write(SMALL);
		break;
	case ACT_DRAIN_FILL:
		kit_drain(&rig.reader, ~0u);
		fill(4 * ACT_SLOTS);
		break;
	case ACT_DRAIN_ONE_FILL:
		kit_drain(&rig.reader, 1);
		fill(4 * ACT_SLOTS);
		break;
	case ACT_TRY_CHANGES:
		try_changes();
		break;
	case ACT_SHRINK:
		step_window(ACT_WINDOW);
		break;
	case ACT_GROW:
		step_window(ACT_SLOTS);
		break;
	case ACT_MOVE:
		step_move();
		break;
	case ACT_UNSPILL:
		step_unspill();
		break;
	case ACT_RETURN:
		step_return();
		break;
	case ACTS:
		break;
	}
}

bool act_possible(enum start start, enum act act)
{
	bool window = start == START_WINDOW || start == START_WINDOW_TAKEN;

	switch (act) {
	case ACT_SHRINK:
		return start < START_WINDOW;
	case ACT_GROW:
		return window;
	case ACT_MOVE:
		return start < START_MOVED;
	case ACT_UNSPILL:
	case ACT_RETURN:
		return start >= START_MOVED;
	default:
		return true;
	}
}

static const unsigned char *data_of(const struct view *v, __u32 slot)
{
	return v->reg->data + (size_t)slot * IVR_PAGE_SIZE;
}

static bool can_be_read(const struct view *v, __u64 page)
{
	return page >= v->tail && page >= v->mirror &&
	       (v != &home || page >= rig.reader.pos);
}

/* Pages that somebody may be reading have to stay as and where they were. */
static void look_at_old_pages(struct view *v, const struct kit_segment *seg)
{
	__u64 page = v->head > KEPT ? v->head - KEPT : 1;
	__u32 slot;

	for (; page < v->head; page++) {
		if (!can_be_read(v, page))
			continue;
		slot = kit_slot_in(seg, page);
		if (slot >= v->reg->slots) {
			bad("a page that can be read lies nowhere");
			return;
		}
		if (memcmp(&v->page[page % KEPT].desc, &v->reg->desc[slot],
			   sizeof(struct ivr_desc)) ||
		    memcmp(v->page[page % KEPT].bytes, data_of(v, slot),
			   sizeof(v->page[0].bytes)))
			bad("a page that can be read was written to or moved");
	}
}

/* A page is complete from the very moment at which head shows it. */
static void look_at_new_page(struct view *v, const struct kit_segment *seg,
			     __u64 page)
{
	__u32 slot = kit_slot_in(seg, page);
	const struct ivr_desc *d = &v->reg->desc[slot];
	struct kit_cursor c;
	struct kit_event ev;
	__u32 n = 0;
	int more;

	if (slot >= v->reg->slots) {
		bad("a new page lies nowhere");
		return;
	}
	kit_open(&c, data_of(v, slot));
	while ((more = kit_next(&c, &ev)) > 0) {
		n++;
		if (!kit_intact(ev.body, ev.len))
			bad("a page was published with a torn record");
	}
	if (more < 0 || d->page != page || d->count != n || d->bytes != c.end)
		bad("a page was published half-made");
	v->page[page % KEPT].desc = *d;
	memcpy(v->page[page % KEPT].bytes, data_of(v, slot),
	       sizeof(v->page[0].bytes));
}

/*
 * The pages below the head of an earlier look, by the segment of now: whoever
 * loads first the one and then the other has to find them.
 */
static void look_at(struct view *v)
{
	const struct ivr_ring_ctl *ctl = v->reg->ctl;
	struct kit_segment seg;
	__u64 head = ctl->head, page;

	if (head < v->head || ctl->tail < v->tail || ctl->mirror < v->mirror)
		bad("head, tail or mirror goes back");
	if (ctl->lost < v->lost || ctl->produced < v->produced)
		bad("lost or produced goes back");
	if (ctl->mirror > head || ctl->tail > head)
		bad("mirror or tail beyond head");
	v->tail = ctl->tail;
	v->mirror = ctl->mirror;
	v->lost = ctl->lost;
	v->produced = ctl->produced;
	if (!kit_segment_get(v->reg, &seg))
		return;
	if (!seg.span || (__u64)seg.slot + seg.span > v->reg->slots ||
	    seg.page < seg.slot + 1ull) {
		bad("there is no such segment");
		return;
	}
	look_at_old_pages(v, &seg);
	for (page = v->head; page < head; page++)
		if (page >= v->tail)
			look_at_new_page(v, &seg, page);
	v->head = head;
}

static void first_look(struct view *v, const struct kit_region *reg)
{
	__u64 mirror = reg->ctl->mirror;

	memset(v, 0, offsetof(struct view, page));
	v->reg = reg;
	v->head = mirror > reg->ctl->tail ? mirror : reg->ctl->tail;
	look_at(v);
}

void act_look(void)
{
	bool away = rig_is_away();

	if (away && !was_away)
		first_look(&spill, &rig.spill);
	was_away = away;
	look_at(&home);
	if (away)
		look_at(&spill);
}

void act_interrupt(int act)
{
	interrupts++;
	act_look();
	act_do(act);
	act_look();
}

static void note_page(struct kit_reader *r, const struct ivr_desc *d)
{
	pages[npages].lost = d->lost;
	if (npages < MAX_PAGES - 1)
		npages++;
	memset(&pages[npages], 0xff, sizeof(pages[npages]));
}

static void note_record(struct kit_reader *r, const struct kit_record *rec,
			const struct kit_event *ev)
{
	if (rec->seq < pages[npages].low[rec->ctx])
		pages[npages].low[rec->ctx] = rec->seq;
}

/* A page must not declare what its own writers were refused only later. */
static const char *check_place_of_losses(void)
{
	__u64 low[KIT_CONTEXTS], before;
	__u32 p, ctx, i;

	memset(low, 0xff, sizeof(low));
	for (p = npages; p-- > 0;) {
		before = 0;
		for (ctx = 0; ctx < KIT_CONTEXTS; ctx++) {
			if (pages[p].low[ctx] < low[ctx])
				low[ctx] = pages[p].low[ctx];
			for (i = 0; i < drops.n[ctx]; i++)
				before += drops.lost[ctx][i] < low[ctx];
		}
		if (pages[p].lost > before)
			return "a loss is declared before records it followed";
	}
	return NULL;
}

static void go_away(__u32 untaken, __u32 spilled)
{
	while (untaken--)
		rig_page(0);
	rig_move();
	while (spilled--)
		rig_page(0);
}

static void go_there(enum start start)
{
	switch (start) {
	case START_FRESH:
		break;
	case START_MIDDLE:
		step_write(200);
		break;
	case START_PAGE_FULL:
		rig_fill_page(0, 992);
		break;
	case START_FLUSHED:
		step_write(200);
		step_flush();
		break;
	case START_RING_FULL:
		fill(3 * ACT_SLOTS);
		break;
	case START_SEALED:
		fill(3 * ACT_SLOTS + 2);
		break;
	case START_SEALED_ROOM:
		fill(3 * ACT_SLOTS + 2);
		kit_drain(&rig.reader, 2);
		break;
	case START_LATE:
		step_write(200);
		rig.now += 1ull << 40;
		break;
	case START_CLOCK_BACK:
		rig.loose = true;
		rig.now = 1000;
		step_write(200);
		rig.now = 0;
		break;
	case START_WINDOW:
		ivr_ring_window(&rig.ring, ACT_WINDOW);
		rig_page(0);
		step_write(200);
		break;
	case START_WINDOW_TAKEN:
		rig_page(0);
		rig_page(0);
		kit_drain(&rig.reader, ~0u);
		ivr_ring_window(&rig.ring, ACT_WINDOW);
		break;
	case START_MOVED:
		go_away(2, 0);
		break;
	case START_AWAY:
		go_away(1, 2);
		step_write(200);
		break;
	case START_AWAY_TWO:
		go_away(3, 2);
		kit_drain(&rig.reader, 2);
		break;
	case START_AWAY_UNSPILLED:
		go_away(1, 2);
		ivr_unspill_step(&rig.unspill, &rig.ring, ~0u);
		break;
	case START_AWAY_FULL:
		go_away(2, 0);
		fill(3 * ACT_SLOTS + 2);
		kit_drain(&rig.reader, ~0u);
		break;
	case START_AWAY_WINDOW:
		ivr_ring_window(&rig.ring, ACT_WINDOW);
		go_away(1, 3);
		kit_drain(&rig.reader, ~0u);
		break;
	case STARTS:
		break;
	}
}

void act_set_up(enum start start, enum ivr_policy policy)
{
	rig_close();
	rig_open(ACT_SLOTS, policy);
	rig_spill(ACT_SLOTS);
	trap_depth = 0;
	memset(drops.n, 0, sizeof(drops.n));
	npages = 0;
	memset(&pages[0], 0xff, sizeof(pages[0]));
	rig.reader.page_done = note_page;
	rig.reader.seen = note_record;
	go_there(start);

	error = NULL;
	woken = rig.reg.ctl->head;
	rig.reg.host->wake = woken;
	was_away = false;
	first_look(&home, &rig.reg);
	act_look();
}

unsigned int act_changed(enum act act)
{
	return changed[act];
}

/* Whoever reads only the old memory must not hear of what came after. */
static const char *check_old_memory(void)
{
	const struct ivr_ring_ctl *ctl = rig.spill.ctl;
	const struct ivr_desc *d = &rig.spill.desc[0];

	if (!rig_is_away() || ctl->mirror != ctl->seg_page ||
	    ctl->head == ctl->seg_page)
		return NULL;
	if (d->first - d->lost != home.produced - home.lost ||
	    d->lost < home.lost)
		return "the old memory tells of what came after the move";
	return NULL;
}

const char *act_check(void)
{
	const char *what;

	act_look();
	if (error)
		return error;
	if (rig.ring.nest)
		return "somebody is still inside";
	if (ivr_ring_mem(&rig.ring)->ctl->head <
	    ivr_ring_open_page(&rig.ring) + (rig_open_units() == SEALED))
		return "a closed page was forgotten";
	if (rig.bells != (rig.reg.ctl->head > woken))
		return "the bell did not ring exactly once";
	what = check_old_memory();
	if (what)
		return what;
	step_write(SMALL);
	what = rig_finish();
	return what ? what : check_place_of_losses();
}
