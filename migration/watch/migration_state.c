// SPDX-License-Identifier: GPL-2.0
/* migration_state.c - where a VM stands in a migration: the table and its one setter */
#include <stddef.h>
#include <stdint.h>

#include "lib/log.h"
#include "migration/watch/migration_state.h"

/* clang-format off */
#define IN_(state)	(1u << MIG_##state)

#define ANY		((1u << MIG_STATES) - 1)
#define RESTS		(IN_(IDLE) | IN_(COMPLETED) | IN_(CANCELLED) | \
			 IN_(FAILED) | IN_(RETURNED) | IN_(GONE) | IN_(DRAINED))
#define ARRIVED		(IN_(RESUMED) | IN_(HELLO) | IN_(ATTACHED))
/* A guest that has arrived may leave before we saw the end of its arrival. */
#define BEGIN		(RESTS | ARRIVED)
#define RUNS		(IN_(SETUP) | IN_(PRECOPY) | IN_(QUIESCED))
#define COPIES		(RUNS | IN_(STOPPED))
#define OUT		(COPIES | IN_(POSTCOPY) | IN_(SENT))
/* clang-format on */

static const char *const state_names[MIG_STATES] = {
	"idle",	    "setup",	 "precopy",   "quiesced", "stopped",
	"postcopy", "sent",	 "incoming",  "resumed",  "hello",
	"attached", "completed", "cancelled", "failed",	  "returned",
	"gone",	    "drained",
};

static const char *const event_names[MIG_EVENTS] = {
	"setup",   "active",	"pass",	      "stop",	 "resume",   "postcopy",
	"sent",	   "cancelled", "failed",     "started", "incoming", "moved",
	"gone",	   "quiesced",	"unquiesced", "hello",	 "attached", "drained",
	"job out", "job in",	"no job",
};

/* What begins a migration that had not been seen yet */
#define LEAVES (ACT_BEGIN_OUT | ACT_SETUP)

/* clang-format off */
/* The first line that fits counts; what fits none changes nothing. */
static const struct rule {
	uint32_t		from;
	enum migration_event	event;
	enum migration_state	to;
	uint32_t		actions;
} rules[] = {
	{ BEGIN,		EV_SETUP,	MIG_SETUP,	LEAVES },
	{ BEGIN,		EV_ACTIVE,	MIG_PRECOPY,	LEAVES | ACT_QUIESCE },
	{ BEGIN,		EV_PASS,	MIG_PRECOPY,	LEAVES | ACT_QUIESCE },
	/* Until libvirt is asked, what a stranger sends looks like an arrival. */
	{ BEGIN | IN_(INCOMING), EV_JOB_OUT,	MIG_PRECOPY,	LEAVES | ACT_QUIESCE },
	{ IN_(SETUP),		EV_ACTIVE,	MIG_PRECOPY,	ACT_QUIESCE },
	{ IN_(SETUP),		EV_PASS,	MIG_PRECOPY,	ACT_QUIESCE },
	{ IN_(PRECOPY),		EV_QUIESCED,	MIG_QUIESCED,	0 },
	{ IN_(QUIESCED),	EV_UNQUIESCED,	MIG_PRECOPY,	ACT_QUIESCE },
	{ RUNS,			EV_STOP,	MIG_STOPPED,	0 },
	{ IN_(STOPPED),		EV_RESUME,	MIG_PRECOPY,	ACT_QUIESCE },
	{ BEGIN,		EV_POSTCOPY,	MIG_POSTCOPY,	LEAVES | ACT_LINE },
	{ COPIES,		EV_POSTCOPY,	MIG_POSTCOPY,	ACT_LINE },
	{ COPIES | IN_(POSTCOPY), EV_SENT,	MIG_SENT,	ACT_LINE },
	{ OUT,			EV_CANCELLED,	MIG_CANCELLED,	ACT_RELEASE | ACT_LINE },
	{ OUT,			EV_FAILED,	MIG_FAILED,	ACT_RELEASE | ACT_LINE },
	{ IN_(POSTCOPY) | IN_(SENT), EV_RESUME,	MIG_RETURNED,	ACT_RELEASE | ACT_LINE },
	{ OUT,			EV_NO_JOB,	MIG_RETURNED,	ACT_RELEASE | ACT_LINE },
	{ OUT,			EV_MOVED,	MIG_COMPLETED,	ACT_MOVED | ACT_LINE },
	{ ANY & ~IN_(COMPLETED), EV_MOVED,	MIG_COMPLETED,	ACT_BEGIN_OUT | ACT_MOVED | ACT_LINE },
	{ OUT | ARRIVED,	EV_GONE,	MIG_GONE,	ACT_LINE },

	{ ANY & ~IN_(INCOMING),	EV_INCOMING,	MIG_INCOMING,	ACT_BEGIN_IN | ACT_LINE },
	{ BEGIN,		EV_JOB_IN,	MIG_INCOMING,	ACT_BEGIN_IN | ACT_LINE },
	{ IN_(INCOMING),	EV_RESUME,	MIG_RESUMED,	ACT_LINE },
	{ IN_(INCOMING),	EV_NO_JOB,	MIG_RESUMED,	ACT_LINE },
	{ IN_(INCOMING),	EV_CANCELLED,	MIG_FAILED,	ACT_LINE },
	{ IN_(INCOMING),	EV_FAILED,	MIG_FAILED,	ACT_LINE },
	{ IN_(INCOMING),	EV_GONE,	MIG_FAILED,	ACT_LINE },
	{ IN_(RESUMED),		EV_HELLO,	MIG_HELLO,	ACT_LINE },
	{ IN_(RESUMED) | IN_(HELLO), EV_ATTACHED, MIG_ATTACHED,	ACT_LINE },
	{ ARRIVED,		EV_DRAINED,	MIG_DRAINED,	ACT_LINE },
};
/* clang-format on */

const char *migration_state_name(enum migration_state state)
{
	return state < MIG_STATES ? state_names[state] : "?";
}

const char *migration_event_name(enum migration_event ev)
{
	return ev < MIG_EVENTS ? event_names[ev] : "?";
}

static void migration_set(struct migration *m, enum migration_state to,
			  enum migration_event why)
{
	info("VM %s: %s -> %s (%s)", m->vm ? m->vm : "?",
	     migration_state_name(m->state), migration_state_name(to),
	     migration_event_name(why));
	m->state = to;
}

/* QEMU's migration events as the side must read them on which they came. */
static enum migration_event as_side(const struct migration *m,
				    enum migration_event ev)
{
	if (m->up)
		return ev;
	switch (ev) {
	case EV_SETUP:
	case EV_ACTIVE:
	case EV_POSTCOPY:
		return EV_INCOMING;
	default:
		return ev;
	}
}

static void note_guest(struct migration *m, enum migration_event ev)
{
	switch (ev) {
	case EV_RESUME:
		m->running = m->up = true;
		break;
	case EV_STARTED:
	case EV_JOB_OUT:
	case EV_PASS:
	case EV_NO_JOB:
		m->up = true;
		break;
	case EV_STOP:
	case EV_POSTCOPY:
		m->running = false;
		break;
	case EV_INCOMING:
	case EV_JOB_IN:
	case EV_MOVED:
	case EV_GONE:
		m->running = m->up = false;
		break;
	default:
		break;
	}
}

uint32_t migration_step(struct migration *m, enum migration_event ev)
{
	const struct rule *r;

	ev = as_side(m, ev);
	note_guest(m, ev);
	for (r = rules; r < rules + sizeof(rules) / sizeof(rules[0]); r++) {
		if (r->event != ev || !(r->from & 1u << m->state))
			continue;
		migration_set(m, r->to, ev);
		return ACT_CHANGED | r->actions;
	}
	return 0;
}

bool migration_is_out(const struct migration *m)
{
	return OUT & 1u << m->state;
}

bool migration_is_in(const struct migration *m)
{
	return (ARRIVED | IN_(INCOMING)) & 1u << m->state;
}

bool migration_may_quiesce(const struct migration *m)
{
	return m->running &&
	       (m->state == MIG_PRECOPY || m->state == MIG_QUIESCED);
}

bool migration_is_end(const struct migration *m)
{
	return m->state >= MIG_COMPLETED && m->state != MIG_DRAINED;
}
