// SPDX-License-Identifier: GPL-2.0
/* migration_state.c - the phases of a migration, in good order and in none */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/log.h"
#include "migration/watch/migration_state.h"

#define END MIG_EVENTS

/**
 * struct story - what happens, and where it leads
 * @name: for people
 * @here: the guest runs here before it
 * @events: up to END
 * @states: after each event
 */
struct story {
	const char *name;
	bool here;
	enum migration_event events[16];
	enum migration_state states[16];
};

static const struct story stories[] = {
	{ "pre-copy, as seen with libvirt 9.0",
	  true,
	  { EV_SETUP, EV_PASS, EV_ACTIVE, EV_QUIESCED, EV_PASS, EV_STOP,
	    EV_PASS, EV_SENT, EV_MOVED, EV_MOVED, EV_MOVED, END },
	  { MIG_SETUP, MIG_PRECOPY, MIG_PRECOPY, MIG_QUIESCED, MIG_QUIESCED,
	    MIG_STOPPED, MIG_STOPPED, MIG_SENT, MIG_COMPLETED, MIG_COMPLETED,
	    MIG_COMPLETED } },
	{ "cancelled while it copies",
	  true,
	  { EV_SETUP, EV_ACTIVE, EV_QUIESCED, EV_CANCELLED, EV_QUIESCED, END },
	  { MIG_SETUP, MIG_PRECOPY, MIG_QUIESCED, MIG_CANCELLED,
	    MIG_CANCELLED } },
	{ "cancelled after the stop",
	  true,
	  { EV_SETUP, EV_ACTIVE, EV_STOP, EV_RESUME, EV_CANCELLED, END },
	  { MIG_SETUP, MIG_PRECOPY, MIG_STOPPED, MIG_PRECOPY, MIG_CANCELLED } },
	{ "cancelled after the stop, the other order",
	  true,
	  { EV_SETUP, EV_ACTIVE, EV_STOP, EV_CANCELLED, EV_RESUME, END },
	  { MIG_SETUP, MIG_PRECOPY, MIG_STOPPED, MIG_CANCELLED,
	    MIG_CANCELLED } },
	{ "the destination refuses in the end",
	  true,
	  { EV_SETUP, EV_ACTIVE, EV_QUIESCED, EV_STOP, EV_SENT, EV_RESUME,
	    END },
	  { MIG_SETUP, MIG_PRECOPY, MIG_QUIESCED, MIG_STOPPED, MIG_SENT,
	    MIG_RETURNED } },
	{ "post-copy",
	  true,
	  { EV_SETUP, EV_ACTIVE, EV_QUIESCED, EV_POSTCOPY, EV_STOP, EV_QUIESCED,
	    EV_SENT, EV_MOVED, END },
	  { MIG_SETUP, MIG_PRECOPY, MIG_QUIESCED, MIG_POSTCOPY, MIG_POSTCOPY,
	    MIG_POSTCOPY, MIG_SENT, MIG_COMPLETED } },
	{ "the round ends early",
	  true,
	  { EV_SETUP, EV_ACTIVE, EV_QUIESCED, EV_UNQUIESCED, EV_QUIESCED, END },
	  { MIG_SETUP, MIG_PRECOPY, MIG_QUIESCED, MIG_PRECOPY, MIG_QUIESCED } },
	{ "a user suspends and resumes on the way",
	  true,
	  { EV_SETUP, EV_ACTIVE, EV_STOP, EV_PASS, EV_RESUME, EV_PASS, END },
	  { MIG_SETUP, MIG_PRECOPY, MIG_STOPPED, MIG_STOPPED, MIG_PRECOPY,
	    MIG_PRECOPY } },
	{ "the source dies on the way",
	  true,
	  { EV_SETUP, EV_ACTIVE, EV_GONE, EV_CANCELLED, END },
	  { MIG_SETUP, MIG_PRECOPY, MIG_GONE, MIG_GONE } },
	{ "arrival",
	  false,
	  { EV_SETUP, EV_INCOMING, EV_ACTIVE, EV_SENT, EV_RESUME, EV_HELLO,
	    EV_ATTACHED, EV_DRAINED, END },
	  { MIG_INCOMING, MIG_INCOMING, MIG_INCOMING, MIG_INCOMING, MIG_RESUMED,
	    MIG_HELLO, MIG_ATTACHED, MIG_DRAINED } },
	{ "arrival in post-copy",
	  false,
	  { EV_SETUP, EV_ACTIVE, EV_POSTCOPY, EV_RESUME, EV_HELLO, EV_SENT,
	    EV_ATTACHED, EV_DRAINED, EV_SENT, END },
	  { MIG_INCOMING, MIG_INCOMING, MIG_INCOMING, MIG_RESUMED, MIG_HELLO,
	    MIG_HELLO, MIG_ATTACHED, MIG_DRAINED, MIG_DRAINED } },
	{ "arrival fails",
	  false,
	  { EV_INCOMING, EV_ACTIVE, EV_FAILED, EV_GONE, END },
	  { MIG_INCOMING, MIG_INCOMING, MIG_FAILED, MIG_FAILED } },
	{ "arrival, and off again before the end of it",
	  false,
	  { EV_INCOMING, EV_RESUME, EV_HELLO, EV_SETUP, EV_ATTACHED, EV_ACTIVE,
	    END },
	  { MIG_INCOMING, MIG_RESUMED, MIG_HELLO, MIG_SETUP, MIG_SETUP,
	    MIG_PRECOPY } },
	{ "there and back",
	  true,
	  { EV_SETUP, EV_ACTIVE, EV_STOP, EV_SENT, EV_MOVED, EV_SETUP,
	    EV_INCOMING, EV_RESUME, EV_SETUP, END },
	  { MIG_SETUP, MIG_PRECOPY, MIG_STOPPED, MIG_SENT, MIG_COMPLETED,
	    MIG_INCOMING, MIG_INCOMING, MIG_RESUMED, MIG_SETUP } },
	{ "a boot is no arrival",
	  false,
	  { EV_RESUME, EV_STARTED, EV_SETUP, END },
	  { MIG_IDLE, MIG_IDLE, MIG_SETUP } },
	{ "setup and active were lost",
	  true,
	  { EV_PASS, EV_STOP, EV_SENT, EV_MOVED, END },
	  { MIG_PRECOPY, MIG_STOPPED, MIG_SENT, MIG_COMPLETED } },
	{ "all but the end was lost",
	  true,
	  { EV_MOVED, END },
	  { MIG_COMPLETED } },
	{ "the end was lost, the next begins",
	  true,
	  { EV_SETUP, EV_ACTIVE, EV_NO_JOB, EV_SETUP, END },
	  { MIG_SETUP, MIG_PRECOPY, MIG_RETURNED, MIG_SETUP } },
	{ "started in the middle of a departure",
	  false,
	  { EV_ACTIVE, EV_JOB_OUT, EV_QUIESCED, END },
	  { MIG_INCOMING, MIG_PRECOPY, MIG_QUIESCED } },
	{ "started in the middle of an arrival",
	  false,
	  { EV_JOB_IN, EV_RESUME, EV_NO_JOB, END },
	  { MIG_INCOMING, MIG_RESUMED, MIG_RESUMED } },
	{ "the VM left unseen and comes back",
	  true,
	  { EV_SETUP, EV_ACTIVE, EV_INCOMING, EV_RESUME, END },
	  { MIG_SETUP, MIG_PRECOPY, MIG_INCOMING, MIG_RESUMED } },
	{ "answers of the reader at the wrong time",
	  true,
	  { EV_QUIESCED, EV_UNQUIESCED, EV_HELLO, EV_ATTACHED, EV_DRAINED,
	    EV_SENT, EV_CANCELLED, EV_FAILED, EV_STOP, EV_NO_JOB, END },
	  { MIG_IDLE, MIG_IDLE, MIG_IDLE, MIG_IDLE, MIG_IDLE, MIG_IDLE,
	    MIG_IDLE, MIG_IDLE, MIG_IDLE, MIG_IDLE } },
	{ "everything twice",
	  true,
	  { EV_SETUP, EV_SETUP, EV_ACTIVE, EV_ACTIVE, EV_QUIESCED, EV_QUIESCED,
	    EV_STOP, EV_STOP, EV_SENT, EV_SENT, EV_MOVED, EV_MOVED, END },
	  { MIG_SETUP, MIG_SETUP, MIG_PRECOPY, MIG_PRECOPY, MIG_QUIESCED,
	    MIG_QUIESCED, MIG_STOPPED, MIG_STOPPED, MIG_SENT, MIG_SENT,
	    MIG_COMPLETED, MIG_COMPLETED } },
};

static void play(const struct story *s)
{
	struct migration m = { .vm = s->name,
			       .up = s->here,
			       .running = s->here };
	int i;

	for (i = 0; s->events[i] != END; i++) {
		migration_step(&m, s->events[i]);
		if (m.state != s->states[i])
			fail_msg("%s: event %d (%s): %s, not %s", s->name, i,
				 migration_event_name(s->events[i]),
				 migration_state_name(m.state),
				 migration_state_name(s->states[i]));
	}
}

static void stories_end_as_told(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(stories) / sizeof(stories[0]); i++)
		play(&stories[i]);
}

/* What must hold whatever came before. */
static void check(const struct migration *m, enum migration_event ev)
{
	assert_in_range(m->state, 0, MIG_STATES - 1);
	assert_false(migration_is_out(m) && migration_is_in(m));
	if (migration_may_quiesce(m)) {
		assert_true(m->running && m->up);
		assert_true(migration_is_out(m));
	}
	switch (ev) {
	case EV_MOVED:
		assert_int_equal(m->state, MIG_COMPLETED);
		assert_false(m->up);
		break;
	case EV_INCOMING:
		assert_int_equal(m->state, MIG_INCOMING);
		break;
	case EV_GONE:
	case EV_CANCELLED:
	case EV_FAILED:
	case EV_NO_JOB:
		assert_false(migration_is_out(m));
		break;
	case EV_STOP:
	case EV_POSTCOPY:
		assert_false(migration_may_quiesce(m));
		break;
	default:
		break;
	}
}

static void any_order_is_survived(void **state)
{
	struct migration m = { .vm = "random" };
	enum migration_event ev;
	unsigned int seed = 3;
	int i;

	for (i = 0; i < 1000000; i++) {
		ev = rand_r(&seed) / 7 % MIG_EVENTS;
		migration_step(&m, ev);
		check(&m, ev);
	}
}

/* From wherever: the events of one whole migration lead to its end. */
static void always_finds_back(void **state)
{
	static const enum migration_event whole[] = {
		EV_RESUME, EV_SETUP, EV_ACTIVE, EV_QUIESCED, EV_STOP, EV_SENT,
	};
	int from, flags;
	size_t i;

	for (from = 0; from < MIG_STATES; from++)
		for (flags = 0; flags < 4; flags++) {
			struct migration m = { .vm = "any",
					       .state = from,
					       .up = flags & 1,
					       .running = flags & 2 };

			for (i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
				migration_step(&m, whole[i]);
			assert_int_equal(m.state, MIG_SENT);
			migration_step(&m, EV_MOVED);
			assert_int_equal(m.state, MIG_COMPLETED);
		}
}

static void all_have_names(void **state)
{
	int i;

	for (i = 0; i < MIG_STATES; i++)
		assert_non_null(migration_state_name(i));
	for (i = 0; i < MIG_EVENTS; i++)
		assert_non_null(migration_event_name(i));
	assert_string_equal(migration_state_name(MIG_DRAINED), "drained");
	assert_string_equal(migration_event_name(EV_NO_JOB), "no job");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stories_end_as_told),
		cmocka_unit_test(any_order_is_survived),
		cmocka_unit_test(always_finds_back),
		cmocka_unit_test(all_have_names),
	};

	log_init("watch_machine", LOG_L_WARN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
