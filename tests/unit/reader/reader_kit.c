// SPDX-License-Identifier: GPL-2.0
/* reader_kit.c - a session, a server and a guest in one process */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "reader/command.h"
#include "tests/unit/reader/reader_kit.h"

/* Steps of a wait are shorter, unless the whole machine is stopped. */
#define KIT_STEP_MS 200

/* For the report of a wait that was in vain */
static struct kit *current;

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *f)
{
	return remove(path);
}

static char *text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static char *text(const char *fmt, ...)
{
	char *s;
	va_list ap;

	va_start(ap, fmt);
	assert_true(vasprintf(&s, fmt, ap) > 0);
	va_end(ap);
	return s;
}

void kit_open(struct kit *k, uint64_t size, uint32_t nrings, uint32_t policy)
{
	char *path;

	memset(k, 0, sizeof(*k));
	current = k;
	log_init("test", getenv("KIT_VERBOSE") ? LOG_L_DEBUG : LOG_L_ERR);
	strcpy(k->dir, "/tmp/ivr-reader-XXXXXX");
	assert_non_null(mkdtemp(k->dir));
	k->conn = -1;
	path = text("%s/reader.sock", k->dir);
	assert_int_equal(listener_open(&k->listener, path, SOCK_SEQPACKET, 0600,
				       (uid_t)-1),
			 0);
	k->conf = (struct conf) {
		.vm = KIT_VM,
		.server = path,
		.ctl = text("%s/ctl.sock", k->dir),
		.store = text("%s/store", k->dir),
		.drain = { .file_size = 64ull << 20 },
		.poll_ms = 1,
		.clock_ms = 2000,
		.ready = READY_INIT,
	};
	assert_int_equal(sim_open(&k->g, size), 0);
	if (nrings)
		assert_int_equal(sim_format(&k->g, nrings, policy), 0);
}

void kit_close(struct kit *k)
{
	kit_reader_end(k);
	listener_close(&k->listener);
	sim_close(&k->g);
	free((char *)k->conf.server);
	free((char *)k->conf.ctl);
	free((char *)k->conf.store);
	nftw(k->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *kit_store(struct kit *k)
{
	return k->conf.store;
}

const char *kit_leg_file(struct kit *k, const char *file)
{
	static char path[PATH_MAX];
	struct dirent **list;
	int n = scandir(kit_store(k), &list, NULL, alphasort);

	assert_true(n > 2);
	snprintf(path, sizeof(path), "%s/%s/%s", kit_store(k),
		 list[n - 1]->d_name, file);
	while (n)
		free(list[--n]);
	free(list);
	return path;
}

void kit_accept(struct kit *k)
{
	struct ucred who;

	if (k->conn < 0)
		k->conn = listener_accept(&k->listener, &who);
}

void kit_send(struct kit *k, uint32_t type, const char *vm)
{
	struct ivr_msg m = {
		.magic = IVR_MSG_MAGIC,
		.version = ivr_msg_version(),
		.type = type,
		.size = k->g.size,
		.vectors = IVR_VECTORS,
	};
	int fds[1 + 2 * IVR_VECTORS], i, n = 0;

	snprintf(m.vm, sizeof(m.vm), "%s", vm);
	if (type == IVR_MSG_VM_UP) {
		m.generation = ++k->generation;
		fds[n++] = k->g.mem;
		for (i = 0; i < IVR_VECTORS; i++)
			fds[n++] = k->g.to_host[i];
		for (i = 0; i < IVR_VECTORS; i++)
			fds[n++] = k->g.to_guest[i];
	}
	assert_int_equal(sock_send(k->conn, &m, sizeof(m), fds, n), 0);
}

int kit_launch(struct kit *k)
{
	int ret;

	k->conf.transport = k->conf.shm ? &transport_plain :
					  &transport_doorbell;
	ret = session_open(&k->s, &k->conf);
	if (!ret)
		ret = command_listen(&k->s);
	return ret ? ret : session_begin(&k->s);
}

void kit_reader(struct kit *k)
{
	assert_int_equal(kit_launch(k), 0);
	k->open = true;
	k->conn = -1;
	if (k->conf.shm)
		return;
	kit_accept(k);
	assert_true(k->conn >= 0);
}

void kit_reader_end(struct kit *k)
{
	if (k->open)
		session_close(&k->s);
	k->open = false;
	if (k->conn >= 0)
		close(k->conn);
	k->conn = -1;
}

void kit_step(struct kit *k)
{
	assert_int_equal(session_step(&k->s, 5), 0);
	sim_step(&k->g);
}

static void say_where(void)
{
	struct json_object *o;

	if (!current || !current->open)
		return;
	o = session_status(&current->s);
	print_message("# %s\n", json_object_to_json_string(o));
	json_object_put(o);
}

void kit_ticks(struct kit *k, int n)
{
	uint64_t heartbeat = sim_host_page(&k->g)->heartbeat, waited = 0;

	while (sim_host_page(&k->g)->heartbeat < heartbeat + n &&
	       kit_waiting(&waited))
		kit_step(k);
}

int kit_client(struct kit *k)
{
	int fd = sock_connect(k->conf.ctl, SOCK_STREAM);

	assert_true(fd >= 0);
	return fd;
}

void kit_say(int fd, const char *line)
{
	assert_int_equal(sock_send(fd, line, strlen(line), NULL, 0), 0);
}

bool kit_has_answer(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

struct json_object *kit_answer(struct kit *k, int fd)
{
	static char buf[1 << 16];
	struct json_object *o;
	uint64_t waited = 0;
	ssize_t n;

	while (!kit_has_answer(fd) && kit_waiting(&waited))
		kit_step(k);
	n = recv(fd, buf, sizeof(buf) - 1, MSG_PEEK);
	assert_true(n > 0);
	buf[n] = 0;
	assert_non_null(strchr(buf, '\n'));
	/* Another answer may stand behind it. */
	n = strchr(buf, '\n') - buf + 1;
	assert_int_equal(recv(fd, buf, n, 0), n);
	buf[n] = 0;
	o = json_tokener_parse(buf);
	assert_non_null(o);
	return o;
}

struct json_object *kit_ask(struct kit *k, const char *line)
{
	int fd = kit_client(k);
	struct json_object *o;

	kit_say(fd, line);
	o = kit_answer(k, fd);
	close(fd);
	return o;
}

bool kit_asked(struct kit *k, const char *line, const char *key)
{
	struct json_object *o = kit_ask(k, line);
	bool is = json_object_get_boolean(kit_field(o, key));

	if (!is)
		print_message("# %s", line);
	json_object_put(o);
	return is;
}

struct json_object *kit_field(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	if (!json_object_object_get_ex(o, key, &v))
		fail_msg("no %s in %s", key, json_object_to_json_string(o));
	return v;
}

bool kit_patient(uint64_t *waited)
{
	static uint64_t last;
	uint64_t now = now_ms(), step = *waited ? now - last : 1;

	/* A machine that stood still for a while has not waited for us. */
	*waited += step < KIT_STEP_MS ? step : KIT_STEP_MS;
	last = now;
	if (*waited <= KIT_PATIENCE_MS)
		return true;
	say_where();
	return false;
}

bool kit_waiting(uint64_t *waited)
{
	if (kit_patient(waited))
		return true;
	fail_msg("nothing happened for %d ms", KIT_PATIENCE_MS);
	return false;
}

void kit_until(struct kit *k, enum session_state state)
{
	uint64_t waited = 0;

	while (k->s.state != state && kit_waiting(&waited))
		kit_step(k);
}

void kit_attach(struct kit *k)
{
	kit_reader(k);
	if (!k->conf.shm)
		kit_send(k, IVR_MSG_VM_UP, KIT_VM);
	kit_until(k, SESSION_ATTACHED);
}

static bool all_taken(struct kit *k)
{
	uint32_t i;

	for (i = 0; i <= k->g.layout.nrings; i++)
		if (sim_host_ring(&k->g, i)->pos != k->g.rings[i].head)
			return false;
	return true;
}

void kit_caught_up(struct kit *k)
{
	uint64_t waited = 0;

	while (!all_taken(k) && kit_waiting(&waited))
		kit_step(k);
}

void kit_stop(struct kit *k)
{
	session_stop(&k->s);
	kit_until(k, SESSION_STOPPED);
	kit_reader_end(k);
}

int kit_mappings(struct kit *k)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long long ino;
	char line[512];
	struct stat st;
	int n = 0;

	assert_non_null(f);
	assert_int_equal(fstat(k->g.mem, &st), 0);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %*s %*s %*s %llu", &ino) == 1 &&
		    ino == st.st_ino && strstr(line, "sim-guest"))
			n++;
	fclose(f);
	return n;
}

/* The auditor */

/**
 * struct found - one stored page
 * @d: its descriptor
 */
struct found {
	struct ivr_desc d;
};

/** struct findings - all of one ring, and the marks that matter */
struct findings {
	struct found *page;
	size_t n;
	struct ivr_store_mark *mark;
	size_t marks;
	uint64_t torn;
};

static void *slurp(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	void *p;

	*len = 0;
	if (fd < 0)
		return NULL;
	assert_int_equal(fstat(fd, &st), 0);
	p = malloc(st.st_size + 1);
	assert_int_equal(read(fd, p, st.st_size), st.st_size);
	((char *)p)[st.st_size] = 0;
	close(fd);
	*len = st.st_size;
	return p;
}

static bool leg_is_of(const char *leg, const uint8_t stream[16])
{
	char *path = text("%s/leg", leg), want[48] = "\nstream ", *s;
	size_t len, i;
	bool is;

	for (i = 0; i < 16; i++)
		sprintf(want + strlen(want), "%02x", stream[i]);
	s = slurp(path, &len);
	is = s && strstr(s, want);
	free(s);
	free(path);
	return is;
}

static bool page_is_whole(const uint8_t *page, const struct ivr_desc *d)
{
	uint64_t ts, commit, number;
	uint32_t i;

	memcpy(&ts, page, 8);
	memcpy(&commit, page + 8, 8);
	if (ts != d->ts_first || commit != d->bytes ||
	    d->bytes != d->count * SIM_RECORD)
		return false;
	for (i = 0; i < d->count; i++) {
		memcpy(&number, page + IVR_PAGE_HEADER + i * SIM_RECORD + 4, 8);
		if (number != d->first + i)
			return false;
	}
	return true;
}

static void add_file(struct findings *f, const char *leg, const char *desc)
{
	char *dpath = text("%s/%s", leg, desc);
	char *ppath = text("%s/%.*s.pages", leg, (int)strlen(desc) - 5, desc);
	size_t dlen, plen, n, i;
	struct ivr_desc *d = slurp(dpath, &dlen);
	uint8_t *p = slurp(ppath, &plen);

	n = dlen / sizeof(*d);
	assert_true(plen >= n * IVR_PAGE_SIZE);
	f->page = realloc(f->page, (f->n + n + 1) * sizeof(*f->page));
	for (i = 0; i < n; i++) {
		f->page[f->n++].d = d[i];
		f->torn += !page_is_whole(p + i * IVR_PAGE_SIZE, &d[i]);
	}
	free(d);
	free(p);
	free(dpath);
	free(ppath);
}

static void add_marks(struct findings *f, const char *leg, uint32_t ring)
{
	char *path = text("%s/marks", leg);
	size_t len, i;
	struct ivr_store_mark *m = slurp(path, &len);

	for (i = 0; i < len / sizeof(*m); i++) {
		if (ring != UINT32_MAX && m[i].ring != ring)
			continue;
		f->mark = realloc(f->mark, (f->marks + 1) * sizeof(*m));
		f->mark[f->marks++] = m[i];
	}
	free(m);
	free(path);
}

static void add_leg(struct findings *f, const char *leg, uint32_t ring)
{
	struct dirent **list;
	unsigned int r, file;
	int n = scandir(leg, &list, NULL, alphasort), i;

	for (i = 0; i < n; i++) {
		const char *name = list[i]->d_name;

		if (sscanf(name, "ring-%u-%u", &r, &file) == 2 && r == ring &&
		    strstr(name, ".desc"))
			add_file(f, leg, name);
		free(list[i]);
	}
	free(list);
	add_marks(f, leg, ring);
}

static void gather(struct findings *f, const char *store, const uint8_t *stream,
		   uint32_t ring)
{
	struct dirent **list;
	int n = scandir(store, &list, NULL, alphasort), i;

	memset(f, 0, sizeof(*f));
	for (i = 0; i < n; i++) {
		char *leg = text("%s/%s", store, list[i]->d_name);

		if (!strncmp(list[i]->d_name, "leg-", 4) &&
		    (!stream || leg_is_of(leg, stream)))
			add_leg(f, leg, ring);
		free(leg);
		free(list[i]);
	}
	free(list);
}

static int by_page(const void *a, const void *b)
{
	const struct ivr_desc *x = a, *y = b;

	if (x->page != y->page)
		return x->page < y->page ? -1 : 1;
	return x->ts_first < y->ts_first ? -1 : x->ts_first > y->ts_first;
}

/* Are all pages from .. to - 1 covered by gap marks? */
static bool covered(const struct findings *f, uint64_t from, uint64_t to)
{
	bool moved = true;
	size_t i;

	while (from < to && moved) {
		moved = false;
		for (i = 0; i < f->marks; i++) {
			const struct ivr_store_mark *m = &f->mark[i];

			if (m->kind == IVR_MARK_GAP && m->from <= from &&
			    m->to > from) {
				from = m->to;
				moved = true;
			}
		}
	}
	return from >= to;
}

static void follow(struct audit *a, const struct findings *f,
		   const struct ivr_desc *k, const struct ivr_desc *m)
{
	uint64_t missing = m->first - k->first - k->count - (m->lost - k->lost);

	if (!missing)
		return;
	if (m->page > k->page + 1 && covered(f, k->page + 1, m->page))
		a->declared += missing;
	else
		a->undeclared += missing;
}

void audit_ring(struct audit *a, const char *store, const uint8_t stream[16],
		uint32_t ring)
{
	struct ivr_desc start = { 0 };
	const struct ivr_desc *k = &start;
	struct findings f;
	size_t i;

	memset(a, 0, sizeof(*a));
	gather(&f, store, stream, ring);
	if (f.n)
		qsort(f.page, f.n, sizeof(*f.page), by_page);
	for (i = 0; i < f.n; i++) {
		const struct ivr_desc *d = &f.page[i].d;

		if (i && d->page == k->page) {
			assert_int_equal(d->ts_first, k->ts_first);
			a->twice++;
			continue;
		}
		follow(a, &f, k, d);
		a->pages++;
		a->delivered += d->count;
		k = d;
	}
	a->torn = f.torn;
	a->lost = k->lost;
	a->next = k->first + k->count;
	a->last = k->page;
	free(f.page);
	free(f.mark);
}

void audit_whole(struct kit *k)
{
	uint32_t i;

	for (i = 0; i < k->g.layout.nrings; i++) {
		const struct sim_ring *r = &k->g.rings[i];
		struct audit a;

		audit_ring(&a, kit_store(k), sim_guest_page(&k->g)->stream, i);
		assert_int_equal(a.torn, 0);
		assert_int_equal(a.undeclared, 0);
		assert_int_equal(a.last, r->head - 1);
		assert_int_equal(a.delivered + a.lost + a.declared, a.next);
		/* Records lost after the last page are in no page yet. */
		assert_int_equal(r->next - a.next, r->lost - a.lost);
	}
}

static struct ivr_store_mark last_mark(const char *store, uint32_t kind,
				       uint32_t why, uint32_t ring, int *count)
{
	struct ivr_store_mark m = { 0 };
	struct findings f;
	size_t i;

	gather(&f, store, NULL, ring);
	*count = 0;
	for (i = 0; i < f.marks; i++)
		if (f.mark[i].kind == kind && f.mark[i].reason == why) {
			m = f.mark[i];
			(*count)++;
		}
	free(f.page);
	free(f.mark);
	return m;
}

int audit_marks(const char *store, uint32_t kind, uint32_t why, uint32_t ring)
{
	int count;

	last_mark(store, kind, why, ring, &count);
	return count;
}

struct ivr_store_mark audit_mark(const char *store, uint32_t kind, uint32_t why,
				 uint32_t ring)
{
	int count;
	struct ivr_store_mark m = last_mark(store, kind, why, ring, &count);

	assert_true(count > 0);
	return m;
}
