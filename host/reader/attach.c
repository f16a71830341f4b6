// SPDX-License-Identifier: GPL-2.0
/* attach.c - from the first HELLO to an open leg */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/text.h"
#include "reader/attach.h"
#include "reader/store_state.h"
#include "reader/vm.h"

static const char *const policy_names[] = IVR_POLICY_NAMES;

static enum session_state back_to_hello(struct session *s)
{
	attachment_undo(&s->att);
	return SESSION_WAIT_HELLO;
}

static bool is_zero(const uint8_t *bytes, size_t n)
{
	while (n && !bytes[n - 1])
		n--;
	return !n;
}

static bool uuid_fits(const struct session *s)
{
	const struct conf *c = s->conf;
	const uint8_t *uuid = s->att.guest.vm_uuid;

	if (!c->have_uuid || !memcmp(c->uuid, uuid, 16))
		return true;
	if (is_zero(uuid, 16)) {
		warn("VM %s: the guest knows no UUID, --uuid not checked",
		     c->vm);
		return true;
	}
	return false;
}

/* Return: 0: go on; -EAGAIN: not yet; else the reason to refuse this guest */
static int adopt(struct session *s)
{
	struct ivr_guest_page *guest = &s->att.guest;
	int ret = fault_point("reader-shm-map");

	if (!ret)
		ret = shm_map(&s->att.shm, s->vm.mem, s->vm.size);
	if (!ret)
		ret = shm_adopt(&s->att.shm, guest);
	if (!ret && guest->state == IVR_GUEST_GONE)
		ret = -EAGAIN;
	if (!ret &&
	    (guest->policy >= IVR_POLICIES || guest->state >= IVR_GUEST_STATES))
		ret = -ERANGE;
	if (!ret)
		ret = s->transport->allows(s);
	if (!ret && !uuid_fits(s))
		ret = -EXDEV;
	return ret;
}

static int new_epoch(struct attachment *a)
{
	uint64_t epoch = 0;

	while (!epoch)
		if (getrandom(&epoch, sizeof(epoch), 0) < 0 && errno != EINTR)
			return -errno;
	a->epoch = epoch;
	return 0;
}

static const char *adopt_fault(int ret, const struct ivr_guest_page *guest)
{
	switch (ret) {
	case -EPROTO:
		return ivr_version_check(guest->version, IVR_VERSION,
					 IVR_VERSION_MODULE) > 0 ?
			       "its module is too new for this reader: update ivring on this host" :
			       "its module is too old for this reader: update it in the guest";
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

enum session_state attach_refuse(struct session *s,
				 const struct ivr_guest_page *guest, int error)
{
	if (error == -EXDEV || error == -ENOTSUP) {
		err("VM %s: %s: refused", s->conf->vm,
		    adopt_fault(error, guest));
		event_log_put(&s->events, "refused", NULL);
		memcpy(s->refused, guest->stream, sizeof(s->refused));
		attachment_undo(&s->att);
		return SESSION_REFUSED;
	}
	if (error != -EAGAIN && log_allowed(&s->limit_guest))
		warn("VM %s: cannot attach to the guest: %s", s->conf->vm,
		     adopt_fault(error, guest));
	return back_to_hello(s);
}

/* The second HELLO came: the one place where the memory is mapped */
static enum session_state open_epoch(struct session *s)
{
	struct attachment *a = &s->att;
	int ret;

	if (s->legs_ms > now_ms())
		return back_to_hello(s);
	ret = adopt(s);

	if (!ret)
		ret = new_epoch(a);
	if (!ret)
		ret = fault_point("reader-epoch-set");
	if (ret)
		return attach_refuse(s, &a->guest, ret);
	shm_host_reset(&a->shm);
	shm_set_epoch(&a->shm, a->epoch);
	s->transport->ring(s);
	return SESSION_WAIT_ACK;
}

static void tell_hello(struct session *s, int number)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "number", json_object_new_int(number));
	event_log_put(&s->events, "hello", o);
}

enum session_state attach_hello(struct session *s, uint64_t count)
{
	if (s->state == SESSION_WAIT_HELLO) {
		s->times.hello1_ns = realtime_ns();
		tell_hello(s, 1);
		if (count < 2) {
			s->transport->ring(s);
			return SESSION_WAIT_HELLO2;
		}
	} else if (s->state != SESSION_WAIT_HELLO2) {
		return s->state;
	}
	s->times.hello2_ns = realtime_ns();
	tell_hello(s, 2);
	return open_epoch(s);
}

enum session_state attach_tick(struct session *s)
{
	s->transport->ring(s);
	return s->state;
}

static bool same_region(const struct ivr_guest_page *a,
			const struct ivr_guest_page *b)
{
	return b->magic == IVR_MAGIC && a->version == b->version &&
	       a->nrings == b->nrings && a->size == b->size &&
	       a->policy == b->policy &&
	       !memcmp(a->stream, b->stream, sizeof(a->stream));
}

enum session_state attach_ack_step(struct session *s)
{
	struct attachment *a = &s->att;
	struct ivr_guest_page now;

	if (!shm_acked(&a->shm, a->epoch))
		return SESSION_WAIT_ACK;
	shm_guest(&a->shm, &now);
	if (!same_region(&a->guest, &now) ||
	    drain_begin(&a->drain, &a->shm, &a->guest, a->epoch,
			&s->conf->drain))
		return back_to_hello(s);
	a->guest = now;
	guest_clock_begin(&a->clock, s->conf->clock_ms);
	request_begin(&a->request);
	flush_begin(&a->flush);
	quiesce_begin(&a->quiesce);
	return SESSION_WAIT_STORE;
}

enum session_state attach_ack_tick(struct session *s)
{
	enum session_state next = SESSION_WAIT_ACK;

	if (now_ms() - s->since_ms > ACK_PATIENCE_MS)
		next = back_to_hello(s);
	s->transport->ring(s);
	return next;
}

enum session_state attach_ack_left(struct session *s)
{
	enum session_state next = attach_ack_step(s);

	return next == SESSION_WAIT_STORE ? next : vm_end(s);
}

/* Where do the rings start? Asked once, when there is a store to ask */
static int place(struct session *s)
{
	struct attachment *a = &s->att;
	struct store_last *last;
	int ret;

	if (a->placed)
		return 0;
	last = calloc(a->drain.nrings + 1, sizeof(*last));
	if (!last)
		return -ENOMEM;
	ret = store_last(&s->store, a->guest.stream, last, a->drain.nrings);
	if (ret && ret != -ENOENT)
		warn("%s: the newest leg cannot be read (%s): not continued",
		     s->store.path, strerror(-ret));
	drain_start_at(&a->drain, last);
	free(last);
	a->placed = true;
	return 0;
}

static int new_leg(struct session *s)
{
	struct attachment *a = &s->att;
	struct leg_about about = {
		.vm = s->conf->vm,
		.epoch = a->epoch,
		.prev = a->guest.epoch_prev,
		.rings = a->drain.nrings,
		.size = a->shm.size,
		.policy = a->guest.policy,
		.generation = s->vm.generation,
	};
	struct ivr_store_mark *starts;
	uint32_t n;
	int ret;

	memcpy(about.stream, a->guest.stream, sizeof(about.stream));
	starts = calloc(2 * (about.rings + 1), sizeof(*starts));
	if (!starts)
		return -ENOMEM;
	n = drain_starts(&a->drain, starts);
	ret = fault_point("reader-leg-open");
	if (!ret)
		ret = leg_writer_open(&a->leg, &s->store, &about, starts, n);
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
	const struct attachment *a = &s->att;
	struct json_object *o = json_object_new_object();
	char stream[33];

	text_hex(stream, a->guest.stream, sizeof(a->guest.stream));
	info("VM %s: attached to stream %s: %u rings, %s, %s", s->conf->vm,
	     stream, a->drain.nrings, policy_names[a->guest.policy],
	     a->leg.name);
	json_put_text(o, "stream", stream);
	json_put_text(o, "leg", a->leg.name);
	json_object_object_add(o, "rings",
			       json_object_new_int64(a->drain.nrings));
	event_log_put(&s->events, "attached", o);
}

/* The last one that it may have: no other until there is one more. */
static void count_leg(struct session *s)
{
	uint64_t now = now_ms();

	if (allowance_take(&s->new_legs, now) && s->new_legs.left)
		return;
	s->legs_ms = now + allowance_ms(&s->new_legs, now);
	warn("VM %s: the guest has begun %d streams or attachments in short time: the next one is taken in %llu s at the earliest",
	     s->conf->vm, LEGS_MOST,
	     (unsigned long long)allowance_ms(&s->new_legs, now) / 1000);
}

static enum session_state store_open_leg(struct session *s)
{
	int ret;

	if (store_rests(s))
		return SESSION_WAIT_STORE;
	ret = open_leg(s);
	if (ret)
		return store_trouble(s, ret);
	count_leg(s);
	store_fine(s);
	drain_into(&s->att.drain, &s->att.leg);
	s->times.attached_ns = realtime_ns();
	s->att.work = true;
	tell_attached(s);
	return SESSION_ATTACHED;
}

enum session_state attach_store_step(struct session *s)
{
	if (attachment_is_ours(&s->att))
		return store_given_up(s, -ENOSPC) ? SESSION_STOPPED :
						    store_open_leg(s);
	attachment_undo(&s->att);
	return s->vm.left ? vm_end(s) : vm_listen(s);
}
