// SPDX-License-Identifier: GPL-2.0
/* attach.c - from the first HELLO to an open leg */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/log.h"
#include "reader/session_parts.h"

static const char *const policy_names[] = IVR_POLICY_NAMES;

void attach_begin(struct session *s)
{
	session_set(s, SESSION_WAIT_HELLO);
	session_ring(s);
}

void attach_undo(struct session *s)
{
	flush_fail(&s->flush, &s->ctl, "the attachment to the guest ended");
	quiesce_begin(&s->quiesce);
	s->spilling = false;
	s->moved_ms = 0;
	drain_close(&s->drain);
	leg_close(&s->leg);
	shm_unmap(&s->shm);
	s->epoch = 0;
	s->placed = false;
	s->work = false;
	s->end_why = IVR_WHY_NONE;
	s->clock = (struct clock_talk) { 0 };
}

static void back_to_hello(struct session *s)
{
	attach_undo(s);
	session_set(s, SESSION_WAIT_HELLO);
}

static bool is_zero(const uint8_t *bytes, size_t n)
{
	while (n && !bytes[n - 1])
		n--;
	return !n;
}

static bool uuid_fits(struct session *s)
{
	const struct conf *c = s->conf;

	if (!c->have_uuid || !memcmp(c->uuid, s->guest.vm_uuid, 16))
		return true;
	if (is_zero(s->guest.vm_uuid, 16)) {
		warn("VM %s: the guest knows no UUID, --uuid not checked", c->vm);
		return true;
	}
	return false;
}

/* Return: 0: go on; -EAGAIN: not yet; else the reason to refuse this guest */
static int adopt(struct session *s)
{
	int ret = fault_point("reader-shm-map");

	if (!ret)
		ret = shm_map(&s->shm, s->vm.mem, s->vm.size);
	if (!ret)
		ret = shm_adopt(&s->shm, &s->guest);
	if (!ret && s->guest.state == IVR_GUEST_GONE)
		ret = -EAGAIN;
	if (!ret && (s->guest.policy >= IVR_POLICIES ||
		     s->guest.state >= IVR_GUEST_STATES))
		ret = -ERANGE;
	if (!ret)
		ret = s->transport->allows(s);
	if (!ret && !uuid_fits(s))
		ret = -EXDEV;
	return ret;
}

static int new_epoch(struct session *s)
{
	uint64_t epoch = 0;

	while (!epoch)
		if (getrandom(&epoch, sizeof(epoch), 0) < 0 && errno != EINTR)
			return -errno;
	s->epoch = epoch;
	return 0;
}

static const char *adopt_fault(int ret)
{
	switch (ret) {
	case -EPROTO:
		return "its module speaks another version: update one of the two";
	case -ERANGE:
		return "its size, rings, policy or state make no sense";
	case -EXDEV:
		return "the guest has another UUID than --uuid";
	case -ENOTSUP:
		return "the guest in this file has a device with interrupts, so its VM may migrate: use --server";
	default:
		return strerror(-ret);
	}
}

void attach_refuse(struct session *s, int ret)
{
	if (ret == -EXDEV || ret == -ENOTSUP) {
		err("VM %s: %s: refused", s->conf->vm, adopt_fault(ret));
		events_put(&s->events, "refused", NULL);
		attach_undo(s);
		session_set(s, SESSION_REFUSED);
		return;
	}
	if (ret != -EAGAIN && log_allowed(&s->limit_guest))
		warn("VM %s: cannot attach to the guest: %s", s->conf->vm,
		     adopt_fault(ret));
	back_to_hello(s);
}

/* The second HELLO came: the one place where the memory is mapped */
static void open_epoch(struct session *s)
{
	int ret = adopt(s);

	if (!ret)
		ret = new_epoch(s);
	if (!ret)
		ret = fault_point("reader-epoch-set");
	if (ret) {
		attach_refuse(s, ret);
		return;
	}
	shm_host_reset(&s->shm);
	s->beat = 0;
	shm_set_epoch(&s->shm, s->epoch);
	session_set(s, SESSION_WAIT_ACK);
	session_ring(s);
}

static void tell_hello(struct session *s, int number)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "number", json_object_new_int(number));
	events_put(&s->events, "hello", o);
}

void attach_hello(struct session *s, uint64_t count)
{
	if (s->state == SESSION_WAIT_HELLO) {
		s->times.hello1_ns = realtime_ns();
		tell_hello(s, 1);
		session_set(s, SESSION_WAIT_HELLO2);
		if (count < 2) {
			session_ring(s);
			return;
		}
	} else if (s->state != SESSION_WAIT_HELLO2) {
		return;
	}
	s->times.hello2_ns = realtime_ns();
	tell_hello(s, 2);
	open_epoch(s);
}

static bool same_region(const struct ivr_guest_page *a,
			const struct ivr_guest_page *b)
{
	return b->magic == IVR_MAGIC && a->version == b->version &&
	       a->nrings == b->nrings && a->size == b->size &&
	       a->policy == b->policy &&
	       !memcmp(a->stream, b->stream, sizeof(a->stream));
}

void attach_look(struct session *s)
{
	struct ivr_guest_page now;

	if (!shm_acked(&s->shm, s->epoch))
		return;
	shm_guest(&s->shm, &now);
	if (!same_region(&s->guest, &now) ||
	    drain_begin(&s->drain, &s->shm, &s->guest, s->epoch,
			&s->conf->drain)) {
		back_to_hello(s);
		return;
	}
	s->guest = now;
	clock_begin(&s->clock, s->conf->clock_ms);
	request_begin(&s->request);
	flush_begin(&s->flush);
	quiesce_begin(&s->quiesce);
	session_set(s, SESSION_WAIT_STORE);
	attach_store(s);
}

/* Where do the rings start? Asked once, when there is a store to ask */
static int place(struct session *s)
{
	struct store_last *last;
	int ret;

	if (s->placed)
		return 0;
	last = calloc(s->drain.nrings + 1, sizeof(*last));
	if (!last)
		return -ENOMEM;
	ret = store_last(&s->store, s->guest.stream, last, s->drain.nrings);
	if (ret && ret != -ENOENT)
		warn("%s: the newest leg cannot be read (%s): not continued",
		     s->store.path, strerror(-ret));
	drain_start_at(&s->drain, last);
	free(last);
	s->placed = true;
	return 0;
}

static int new_leg(struct session *s)
{
	struct leg_about about = {
		.vm = s->conf->vm, .epoch = s->epoch,
		.prev = s->guest.epoch_prev, .rings = s->drain.nrings,
		.size = s->shm.size, .policy = s->guest.policy,
		.generation = s->vm.generation,
	};
	struct ivr_store_mark *starts;
	uint32_t n;
	int ret;

	memcpy(about.stream, s->guest.stream, sizeof(about.stream));
	starts = calloc(2 * (about.rings + 1), sizeof(*starts));
	if (!starts)
		return -ENOMEM;
	n = drain_starts(&s->drain, starts);
	ret = fault_point("reader-leg-open");
	if (!ret)
		ret = leg_open(&s->leg, &s->store, &about, starts, n);
	free(starts);
	return ret;
}

static int open_leg(struct session *s)
{
	int ret = 0;

	if (!store_is_there(&s->store)) {
		store_close(&s->store);
		ret = store_open(&s->store);
	}
	if (!ret)
		ret = place(s);
	if (!ret)
		ret = new_leg(s);
	return ret;
}

static void tell_attached(struct session *s)
{
	struct json_object *o = json_object_new_object();
	char stream[33];

	hex_of(stream, s->guest.stream, sizeof(s->guest.stream));
	info("VM %s: attached to stream %s: %u rings, %s, %s", s->conf->vm,
	     stream, s->drain.nrings, policy_names[s->guest.policy],
	     s->leg.name);
	json_object_object_add(o, "stream", json_object_new_string(stream));
	json_object_object_add(o, "leg", json_object_new_string(s->leg.name));
	json_object_object_add(o, "rings",
			       json_object_new_int64(s->drain.nrings));
	events_put(&s->events, "attached", o);
}

void attach_store(struct session *s)
{
	int ret;

	if (now_ms() < s->store_ms)
		return;
	ret = open_leg(s);
	if (ret) {
		store_trouble(s, ret);
		return;
	}
	store_fine(s);
	drain_into(&s->drain, &s->leg);
	s->times.attached_ns = realtime_ns();
	tell_attached(s);
	session_set(s, SESSION_ATTACHED);
	s->work = true;
	if (s->end_why)
		session_end(s, s->end_why);
	else if (s->vm.left)
		session_end(s, handover_reason(s));
	else if (s->stopping)
		session_end(s, IVR_WHY_READER_STOPPED);
}
