// SPDX-License-Identifier: GPL-2.0
/* migration_state.c - where a VM stands in a migration: the table and its one setter */
#include <stddef.h>
#include <stdint.h>

#include "lib/log.h"
#include "migration/watch/migration_state.h"

#define IN_(state)	(1u << MOVE_##state)

#define ANY		((1u << MOVE_STATES) - 1)
#define RESTS		(IN_(IDLE) | IN_(COMPLETED) | IN_(CANCELLED) | \
			 IN_(FAILED) | IN_(RETURNED) | IN_(GONE) | IN_(DRAINED))
#define ARRIVED		(IN_(RESUMED) | IN_(HELLO) | IN_(ATTACHED))
/* A guest that has arrived may leave before we saw the end of its arrival. */
#define BEGIN		(RESTS | ARRIVED)
#define RUNS		(IN_(SETUP) | IN_(PRECOPY) | IN_(QUIESCED))
#define COPIES		(RUNS | IN_(STOPPED))
#define OUT		(COPIES | IN_(POSTCOPY) | IN_(SENT))

static const char *const state_names[MOVE_STATES] = {
	"idle", "setup", "precopy", "quiesced", "stopped", "postcopy", "sent",
	"incoming", "resumed", "hello", "attached", "completed", "cancelled",
	"failed", "returned", "gone", "drained",
};

static const char *const event_names[MOVE_EVENTS] = {
	"setup", "active", "pass", "stop", "resume", "postcopy", "sent",
	"cancelled", "failed", "started", "incoming", "moved", "gone",
	"quiesced", "unquiesced", "hello", "attached", "drained", "job out",
	"job in", "no job",
};

/* The first line that fits counts; what fits none changes nothing. */
static const struct rule {
	uint32_t	from;
	enum move_event	event;
	enum move_state	to;
} rules[] = {
	{ BEGIN,			EV_SETUP,	MOVE_SETUP },
	{ BEGIN | IN_(SETUP),		EV_ACTIVE,	MOVE_PRECOPY },
	{ BEGIN | IN_(SETUP),		EV_PASS,	MOVE_PRECOPY },
	/* Until libvirt is asked, what a stranger sends looks like an arrival. */
	{ BEGIN | IN_(INCOMING),	EV_JOB_OUT,	MOVE_PRECOPY },
	{ IN_(PRECOPY),			EV_QUIESCED,	MOVE_QUIESCED },
	{ IN_(QUIESCED),		EV_UNQUIESCED,	MOVE_PRECOPY },
	{ RUNS,				EV_STOP,	MOVE_STOPPED },
	{ IN_(STOPPED),			EV_RESUME,	MOVE_PRECOPY },
	{ BEGIN | COPIES,		EV_POSTCOPY,	MOVE_POSTCOPY },
	{ COPIES | IN_(POSTCOPY),	EV_SENT,	MOVE_SENT },
	{ OUT,				EV_CANCELLED,	MOVE_CANCELLED },
	{ OUT,				EV_FAILED,	MOVE_FAILED },
	{ IN_(POSTCOPY) | IN_(SENT),	EV_RESUME,	MOVE_RETURNED },
	{ OUT,				EV_NO_JOB,	MOVE_RETURNED },
	{ ANY & ~IN_(COMPLETED),	EV_MOVED,	MOVE_COMPLETED },
	{ OUT | ARRIVED,		EV_GONE,	MOVE_GONE },

	{ ANY & ~IN_(INCOMING),		EV_INCOMING,	MOVE_INCOMING },
	{ BEGIN,			EV_JOB_IN,	MOVE_INCOMING },
	{ IN_(INCOMING),		EV_RESUME,	MOVE_RESUMED },
	{ IN_(INCOMING),		EV_NO_JOB,	MOVE_RESUMED },
	{ IN_(INCOMING),		EV_CANCELLED,	MOVE_FAILED },
	{ IN_(INCOMING),		EV_FAILED,	MOVE_FAILED },
	{ IN_(INCOMING),		EV_GONE,	MOVE_FAILED },
	{ IN_(RESUMED),			EV_HELLO,	MOVE_HELLO },
	{ IN_(RESUMED) | IN_(HELLO),	EV_ATTACHED,	MOVE_ATTACHED },
	{ ARRIVED,			EV_DRAINED,	MOVE_DRAINED },
};

const char *move_state_name(enum move_state state)
{
	return state < MOVE_STATES ? state_names[state] : "?";
}

const char *move_event_name(enum move_event ev)
{
	return ev < MOVE_EVENTS ? event_names[ev] : "?";
}

static void machine_set(struct machine *m, enum move_state to,
			enum move_event why)
{
	info("VM %s: %s -> %s (%s)", m->vm ? m->vm : "?",
	     move_state_name(m->state), move_state_name(to),
	     move_event_name(why));
	m->state = to;
}

/* QEMU's migration events as the side must read them on which they came. */
static enum move_event as_side(const struct machine *m, enum move_event ev)
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

static void note_guest(struct machine *m, enum move_event ev)
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

bool machine_event(struct machine *m, enum move_event ev)
{
	size_t i;

	ev = as_side(m, ev);
	note_guest(m, ev);
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].event != ev || !(rules[i].from & 1u << m->state))
			continue;
		machine_set(m, rules[i].to, ev);
		return true;
	}
	return false;
}

bool machine_is_out(const struct machine *m)
{
	return OUT & 1u << m->state;
}

bool machine_is_in(const struct machine *m)
{
	return (ARRIVED | IN_(INCOMING)) & 1u << m->state;
}

bool machine_may_quiesce(const struct machine *m)
{
	return m->running &&
	       (m->state == MOVE_PRECOPY || m->state == MOVE_QUIESCED);
}
