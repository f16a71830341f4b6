// SPDX-License-Identifier: GPL-2.0
/* plain.c - the transport with a file and nothing else */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/users.h"
#include "reader/attach.h"
#include "reader/session.h"
#include "reader/vm.h"

/* A guest that formats its page anew may be seen without its flags, once. */
#define ODD_LOOKS 2

static bool size_is_possible(uint64_t size)
{
	struct ivr_layout l;

	return !ivr_layout_init(&l, size, 1);
}

static int plain_check(const struct session_vm *vm)
{
	struct stat st;

	if (fstat(vm->mem, &st))
		return -errno;
	return st.st_size >= 0 && (uint64_t)st.st_size == vm->size &&
			       size_is_possible(vm->size) ?
		       0 :
		       -ERANGE;
}

static const char *plain_fault(int error)
{
	return error == -ERANGE ? "its size is wrong" : strerror(-error);
}

static void tell_size(struct session *s, uint64_t size)
{
	/* A new file is empty for a moment. */
	if (!size || size == s->plain.size_logged)
		return;
	s->plain.size_logged = size;
	warn("%s: %llu bytes is no size for rings: waiting for another file",
	     s->conf->shm, (unsigned long long)size);
}

/* QEMU makes it 0644 less libvirt's umask: whoever is here could read along. */
static void close_to_others(struct session *s, int fd, const struct stat *st)
{
	uid_t me = geteuid();

	if (!(st->st_mode & 007) || (me && me != st->st_uid) ||
	    !fchmod(fd, st->st_mode & 0660) || s->plain.mode_logged)
		return;
	s->plain.mode_logged = true;
	warn("%s: its mode cannot be changed: %s: others on this host may read the trace there",
	     s->conf->shm, strerror(errno));
}

/* Anybody may make a file in /dev/shm, and be a guest in it. */
static bool owner_fits(struct session *s, const struct stat *st)
{
	if (user_owns_file(st, s->conf->qemu_uid))
		return true;
	if (!s->plain.owner_logged)
		warn("%s: made by user %u, or not a plain file with one name: "
		     "not a VM's memory, waiting for another file",
		     s->conf->shm, st->st_uid);
	s->plain.owner_logged = true;
	return false;
}

static void look_for_file(struct session *s)
{
	struct session_vm vm = { .hello = -1, .data = -1, .control = -1 };
	struct stat st;

	vm.mem = open(s->conf->shm,
		      O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (vm.mem < 0) {
		if (errno != ENOENT && log_allowed(&s->limit_guest))
			warn("%s: %s", s->conf->shm, strerror(errno));
		return;
	}
	if (fstat(vm.mem, &st) || !owner_fits(s, &st) ||
	    !size_is_possible(st.st_size)) {
		tell_size(s, st.st_size);
		close(vm.mem);
		return;
	}
	vm.dev = st.st_dev;
	vm.ino = st.st_ino;
	vm.size = st.st_size;
	/* The same file is the same VM, for a reader that comes later, too. */
	vm.generation = st.st_ino;
	s->plain.size_logged = 0;
	s->plain.owner_logged = false;
	close_to_others(s, vm.mem, &st);
	session_vm_up(s, &vm);
}

/* Is the file that we have still what the path names, and whole? */
static void look_after_file(struct session *s)
{
	struct stat ours, there;

	if (fstat(s->vm.mem, &ours))
		return;
	if ((uint64_t)ours.st_size < s->vm.size) {
		warn("%s: was cut from %llu to %llu bytes", s->conf->shm,
		     (unsigned long long)s->vm.size,
		     (unsigned long long)ours.st_size);
		shm_blank(&s->att.shm);
	}
	if ((uint64_t)ours.st_size != s->vm.size ||
	    stat(s->conf->shm, &there) || there.st_dev != s->vm.dev ||
	    there.st_ino != s->vm.ino)
		session_vm_down(s);
}

static void note_heartbeat(struct plain *p, uint64_t heartbeat)
{
	p->have_heartbeat = true;
	p->heartbeat = heartbeat;
	p->heartbeat_ms = now_ms();
	p->silence_logged = false;
}

static void refuse_unpolled(struct session *s, const struct ivr_guest_page *g)
{
	if (s->state == SESSION_REFUSED || ++s->plain.odd < ODD_LOOKS)
		return;
	session_set(s, attach_refuse(s, g, -ENOTSUP));
}

/* Nothing is mapped: look for a live guest by reading */
static void look_for_life(struct session *s)
{
	struct plain *p = &s->plain;
	struct ivr_guest_page g;

	if (pread(s->vm.mem, &g, sizeof(g), 0) != sizeof(g) ||
	    g.magic != IVR_MAGIC) {
		p->have_heartbeat = false;
		return;
	}
	if (!(g.flags & IVR_GUEST_POLLED)) {
		refuse_unpolled(s, &g);
		return;
	}
	if (s->state == SESSION_REFUSED) {
		if (p->odd >= ODD_LOOKS ||
		    memcmp(g.stream, s->refused, sizeof(g.stream)))
			session_set(s, vm_listen(s));
		p->odd = 0;
		return;
	}
	p->odd = 0;
	if (p->have_heartbeat && g.heartbeat == p->heartbeat)
		return;
	if (p->have_heartbeat)
		session_set(s, attach_hello(s, 1));
	note_heartbeat(p, g.heartbeat);
}

static void look_after_life(struct session *s)
{
	struct plain *p = &s->plain;
	uint64_t heartbeat = shm_guest_heartbeat(&s->att.shm);

	if (heartbeat != p->heartbeat) {
		if (p->silence_logged)
			info("VM %s: the guest goes on", s->conf->vm);
		note_heartbeat(p, heartbeat);
	} else if (!p->silence_logged &&
		   now_ms() - p->heartbeat_ms >= PLAIN_SILENT_MS) {
		info("VM %s: the guest stands still: paused, or gone",
		     s->conf->vm);
		p->silence_logged = true;
	}
}

static void plain_tick(struct session *s)
{
	if (s->vm.mem >= 0 && !s->vm.left)
		look_after_file(s);
	switch (s->state) {
	case SESSION_NO_SERVER:
		session_set(s, SESSION_WAIT_VM);
		/* fall through */
	case SESSION_WAIT_VM:
		look_for_file(s);
		break;
	case SESSION_WAIT_HELLO:
	case SESSION_WAIT_HELLO2:
	case SESSION_REFUSED:
		look_for_life(s);
		break;
	case SESSION_ATTACHED:
		look_after_life(s);
		break;
	default:
		break;
	}
}

static int plain_open(struct session *s)
{
	int ret = shm_guard();

	if (ret) {
		err("SIGBUS: %s", strerror(-ret));
		return ret;
	}
	info("VM %s: waiting for a guest in %s", s->conf->vm, s->conf->shm);
	plain_tick(s);
	return 0;
}

static int plain_listen(struct session *s)
{
	s->plain.have_heartbeat = false;
	s->plain.odd = 0;
	return 0;
}

/* The heartbeat may have stood still since it was mapped */
static bool plain_is_silent(const struct session *s)
{
	return shm_guest_heartbeat(&s->att.shm) == s->plain.heartbeat &&
	       now_ms() - s->plain.heartbeat_ms >= IVR_HEARTBEAT_LOST_MS;
}

static int plain_allows(const struct session *s)
{
	return s->att.guest.flags & IVR_GUEST_POLLED ? 0 : -ENOTSUP;
}

static bool plain_is_up(const struct session *s)
{
	return true;
}

static void nothing(struct session *s)
{
}

/* clang-format off */
const struct transport transport_plain = {
	.name	  = "plain",
	.reused	  = true,
	.open	  = plain_open,
	.close	  = nothing,
	.tick	  = plain_tick,
	.is_up	  = plain_is_up,
	.heard	  = plain_is_up,
	.check	  = plain_check,
	.fault	  = plain_fault,
	.listen	  = plain_listen,
	.unlisten	  = nothing,
	.ring	  = nothing,
	.is_silent = plain_is_silent,
	.allows	  = plain_allows,
};
/* clang-format on */
