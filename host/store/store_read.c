// SPDX-License-Identifier: GPL-2.0
/* store_read.c - trace stores: directories, legs and their files */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/host_conf.h"
#include "lib/log.h"
#include "lib/open_files.h"
#include "lib/paths.h"
#include "store/leg_read.h"
#include "store/names.h"
#include "store/store_read.h"

/**
 * struct store_dir - one operand of the command line
 * @path: as realpath() gives it
 * @leg: name of the only leg that was asked for, NULL for all
 * @newest: highest number of a leg in it
 */
struct store_dir {
	char *path;
	char *leg;
	uint32_t newest;
};

bool legs_same_qemu(const struct leg *a, const struct leg *b)
{
	return a->generation == b->generation && !strcmp(a->host, b->host) &&
	       !strcmp(a->boot, b->boot) && !strcmp(a->store, b->store);
}

static void leg_free(struct leg *l)
{
	size_t i;

	for (i = 0; i < l->nfiles; i++)
		store_file_free(l->files[i]);
	free(l->files);
	tail_free(&l->marks);
	tail_free(&l->clocks);
	free(l->by_ring);
	free(l->high);
	free(l->path);
	free(l);
}

static int by_ring_and_number(const void *pa, const void *pb)
{
	const struct store_file *a = *(struct store_file *const *)pa;
	const struct store_file *b = *(struct store_file *const *)pb;

	if (a->ring != b->ring)
		return a->ring < b->ring ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* First file that is not of a ring below @ring */
static size_t first_file(const struct leg *l, uint64_t ring)
{
	size_t lo = 0, hi = l->nfiles;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->files[mid]->ring < ring)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct store_file *const *leg_ring_files(const struct leg *l, uint32_t ring,
					 size_t *n)
{
	size_t from = first_file(l, ring);

	*n = first_file(l, (uint64_t)ring + 1) - from;
	return *n ? l->files + from : NULL;
}

/* Among the first @n, which are sorted */
static bool has_file(const struct leg *l, size_t n, unsigned int ring,
		     unsigned int number)
{
	struct store_file key = { .ring = ring, .number = number }, *k = &key;

	return n &&
	       bsearch(&k, l->files, n, sizeof(*l->files), by_ring_and_number);
}

static int leg_add_file(struct leg *l, const char *name, unsigned int ring,
			unsigned int number)
{
	char base[sizeof(l->files[0]->name)];
	struct store_file *f;

	snprintf(base, sizeof(base), "%.*s",
		 (int)(strlen(name) - strlen(".desc")), name);
	f = store_file_new(l, ring, number, base);
	if (!f || array_room(&l->files, &l->files_cap, l->nfiles + 1,
			     sizeof(*l->files))) {
		free(f);
		return -ENOMEM;
	}
	l->files[l->nfiles++] = f;
	return 0;
}

static int leg_scan(struct stores *s, struct leg *l)
{
	unsigned int ring, number;
	size_t known = l->nfiles;
	struct dirent *e;
	int ret = 0;
	DIR *d = opendir(l->path);

	if (!d)
		return -errno;
	while (!ret && (e = readdir(d))) {
		if (!name_is_desc(e->d_name, l->rings, &ring, &number) ||
		    strlen(e->d_name) >= sizeof(l->files[0]->name) ||
		    has_file(l, known, ring, number))
			continue;
		if (ring > l->rings ||
		    (ring == l->rings && e->d_name[0] == 'r')) {
			found_note(&s->found,
				   "%s/%s: the leg has only %u "
				   "rings; left out",
				   l->path, e->d_name, l->rings);
			continue;
		}
		ret = leg_add_file(l, e->d_name, ring, number);
	}
	closedir(d);
	if (l->nfiles > known)
		qsort(l->files, l->nfiles, sizeof(*l->files),
		      by_ring_and_number);
	return ret;
}

static int by_ring_and_place(const void *pa, const void *pb, void *leg)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	uint32_t ra = leg_mark(leg, a)->ring, rb = leg_mark(leg, b)->ring;

	if (ra != rb)
		return ra < rb ? -1 : 1;
	return a < b ? -1 : a > b;
}

static int sort_marks(struct leg *l)
{
	uint32_t *more;
	size_t i;

	if (l->sorted == l->marks.n)
		return 0;
	more = reallocarray(l->by_ring, l->marks.n, sizeof(*more));
	if (!more)
		return -ENOMEM;
	l->by_ring = more;
	for (i = l->sorted; i < l->marks.n; i++)
		more[i] = i;
	l->sorted = l->marks.n;
	qsort_r(more, l->sorted, sizeof(*more), by_ring_and_place, l);
	return 0;
}

/* First place in by_ring that is not of a ring below @ring */
static size_t first_of_ring(const struct leg *l, uint64_t ring)
{
	size_t lo = 0, hi = l->sorted;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (leg_mark(l, l->by_ring[mid])->ring < ring)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const uint32_t *leg_ring_marks(const struct leg *l, uint32_t ring, size_t *n)
{
	size_t from = first_of_ring(l, ring);

	*n = first_of_ring(l, (uint64_t)ring + 1) - from;
	return *n ? l->by_ring + from : NULL;
}

const struct ivr_store_mark *leg_start(const struct leg *l, uint32_t ring)
{
	const uint32_t *marks;
	size_t n, i;

	marks = leg_ring_marks(l, ring, &n);
	for (i = 0; i < n; i++)
		if (leg_mark(l, marks[i])->kind == IVR_MARK_START)
			return leg_mark(l, marks[i]);
	return NULL;
}

const struct ivr_store_mark *leg_end(const struct leg *l, uint32_t ring)
{
	const uint32_t *marks;
	size_t i;

	marks = leg_ring_marks(l, ring, &i);
	while (i--)
		if (leg_mark(l, marks[i])->kind == IVR_MARK_END)
			return leg_mark(l, marks[i]);
	return NULL;
}

static int entries_refresh(struct stores *s, struct leg *l, int dir)
{
	int ret = tail_read(&l->marks, dir, IVR_STORE_MARKS_FILE);

	if (!ret)
		ret = sort_marks(l);
	if (!ret)
		ret = tail_read(&l->clocks, dir, IVR_STORE_CLOCK_FILE);
	if (ret != -EINVAL)
		return ret;
	l->broken = true;
	l->ready = false;
	found_bad(&s->found,
		  "%s: `marks' or `clock' is no regular file; the leg is left "
		  "out",
		  l->path);
	return 0;
}

/* Its reader may remove the oldest file at any time. */
static bool may_grow(const struct stores *s, const struct leg *l)
{
	const struct store_dir *d = &s->dirs[l->dir];

	return l->number == d->newest && !leg_end(l, l->rings);
}

static bool is_gone(const struct leg *l, const struct store_file *f)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s.desc", l->path, f->name);
	return access(path, F_OK) && errno == ENOENT;
}

static int file_refresh(struct stores *s, struct leg *l, struct store_file *f)
{
	int ret = 0;

	if (!may_grow(s, l))
		store_file_unpin(f);
	else if (!f->pinned)
		ret = store_file_pin(f);
	if (!ret)
		ret = store_file_refresh(f, &s->found);
	if (!ret || ret == -EMFILE || ret == -ENFILE || ret == -ENOMEM)
		return ret;
	/* Its reader has removed it since it was counted; a mark says so. */
	if (ret == -ENOENT && is_gone(l, f)) {
		f->missing = true;
		return 0;
	}
	if (!f->missing)
		found_bad(&s->found,
			  "%s/%s: cannot open its pages or "
			  "descriptors (%s); what they held is missing",
			  l->path, f->name, strerror(-ret));
	f->missing = true;
	return 0;
}

static int files_refresh(struct stores *s, struct leg *l)
{
	size_t i, out = 0;
	int ret = 0;

	for (i = 0; i < l->nfiles; i++) {
		struct store_file *f = l->files[i];

		if (!ret && !f->missing)
			ret = file_refresh(s, l, f);
		if (!f->n && f->missing && is_gone(l, f)) {
			store_file_free(f);
			continue;
		}
		l->files[out++] = f;
	}
	l->nfiles = out;
	return ret;
}

/* A reader at work may go on writing marks. */
#define ROUNDS_MAX 3

static int leg_look(struct stores *s, struct leg *l, int dir)
{
	size_t marks;
	int ret, rounds = 0;

	if (!l->ready) {
		ret = leg_file_read(l, dir, &s->found);
		if (ret == -ENOENT)
			return 0;
		l->broken = ret;
		l->ready = !ret;
	}
	ret = l->ready ? entries_refresh(s, l, dir) : 0;
	/*
	 * A mark of what was removed is written before it is, so marks are read
	 * once more behind the files; and END marks behind all pages, so then
	 * the files are.
	 */
	do {
		marks = l->marks.n;
		if (!ret && l->ready)
			ret = leg_scan(s, l);
		if (!ret && l->ready)
			ret = files_refresh(s, l);
		if (!ret && l->ready)
			ret = entries_refresh(s, l, dir);
	} while (!ret && l->marks.n != marks && ++rounds < ROUNDS_MAX);
	return ret;
}

static int leg_refresh(struct stores *s, struct leg *l)
{
	int dir, ret;

	if (l->broken)
		return 0;
	dir = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* A leg that was removed meanwhile is what was read of it. */
	ret = dir >= 0			  ? leg_look(s, l, dir) :
	      errno == ENOENT && l->ready ? 0 :
					    -errno;
	if (dir >= 0)
		close(dir);
	if (ret == -EACCES || ret == -ENOENT || ret == -ENOTDIR) {
		l->broken = true;
		found_bad(&s->found, "%s: %s; the leg is left out", l->path,
			  strerror(-ret));
		ret = 0;
	}
	if (ret)
		err("%s: %s%s", l->path, strerror(-ret),
		    ret == -EMFILE ?
			    "; raise the limit of open files (ulimit -n)" :
			    "");
	return ret;
}

static int by_path(const void *pa, const void *pb)
{
	const struct leg *a = pa, *b = pb;

	return strcmp(a->path, b->path);
}

static void nothing(void *leg)
{
}

static struct leg *leg_new(const struct stores *s, size_t dir, const char *name)
{
	struct leg *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	tail_init(&l->marks, sizeof(struct ivr_store_mark));
	tail_init(&l->clocks, sizeof(struct ivr_store_clock));
	l->dir = dir;
	l->store = s->dirs[dir].path;
	if (asprintf(&l->path, "%s/%s", l->store, name) < 0) {
		free(l);
		return NULL;
	}
	l->name = strrchr(l->path, '/') + 1;
	return l;
}

static int leg_add(struct stores *s, size_t dir, const char *name)
{
	struct leg *l = leg_new(s, dir, name), **found;

	found = l ? tsearch(l, &s->by_path, by_path) : NULL;
	if (found && *found != l) {
		leg_free(l);
		return 0;
	}
	if (!found || array_room(&s->legs, &s->legs_cap, s->nlegs + 1,
				 sizeof(*s->legs))) {
		if (found)
			tdelete(l, &s->by_path, by_path);
		if (l)
			leg_free(l);
		return -ENOMEM;
	}
	s->legs[s->nlegs++] = l;
	name_is_leg(name, &l->number);
	if (l->number > s->dirs[dir].newest)
		s->dirs[dir].newest = l->number;
	return 0;
}

static int is_leg(const struct dirent *e)
{
	uint32_t number;

	return name_is_leg(e->d_name, &number);
}

static int dir_scan(struct stores *s, size_t at)
{
	const struct store_dir *dir = &s->dirs[at];
	struct dirent **names;
	int n, ret = 0;
	int i;

	if (dir->leg)
		return leg_add(s, at, dir->leg);
	n = scandir(dir->path, &names, is_leg, alphasort);
	if (n < 0) {
		ret = -errno;
		err("%s: %s", dir->path, strerror(-ret));
		return ret;
	}
	for (i = 0; i < n; i++) {
		if (!ret)
			ret = leg_add(s, at, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return ret;
}

int stores_refresh(struct stores *s)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < s->ndirs && !ret; i++)
		ret = dir_scan(s, i);
	for (i = 0; i < s->nlegs && !ret; i++)
		ret = leg_refresh(s, s->legs[i]);
	return ret;
}

/* A path, or else the name of a VM whose store is in its usual place. */
static char *resolve(const char *operand)
{
	char *full = realpath(operand, NULL);
	char usual[PATH_MAX];
	struct conf conf;

	if (full || errno != ENOENT || vm_name_check(operand))
		return full;
	conf_load(&conf, operand);
	if (!path_of_vm(usual, sizeof(usual), conf.store_dir, operand, NULL))
		full = realpath(usual, NULL);
	return full;
}

static int dir_add(struct stores *s, const char *operand)
{
	struct store_dir *d;
	char leg[PATH_MAX];

	if (array_room(&s->dirs, &s->dirs_cap, s->ndirs + 1, sizeof(*s->dirs)))
		return -ENOMEM;
	d = &s->dirs[s->ndirs];
	d->leg = NULL;
	d->newest = 0;
	d->path = resolve(operand);
	if (!d->path) {
		err("%s: %s; give the directory of a store, or of one leg",
		    operand, strerror(errno));
		return -ENOENT;
	}
	s->ndirs++;
	if (snprintf(leg, sizeof(leg), "%s/%s", d->path, IVR_STORE_LEG_FILE) <
		    (int)sizeof(leg) &&
	    !access(leg, F_OK)) {
		char *slash = strrchr(d->path, '/');

		*slash = 0;
		d->leg = slash + 1;
	}
	return 0;
}

static bool dir_has_legs(const struct stores *s, const struct store_dir *dir)
{
	size_t i;

	for (i = 0; i < s->nlegs; i++)
		if (!strcmp(s->legs[i]->store, dir->path))
			return true;
	return false;
}

/* As a migration that failed leaves it on the destination. */
static bool dir_is_empty(const struct store_dir *dir)
{
	struct dirent *e;
	DIR *d = opendir(dir->path);

	if (!d)
		return false;
	do
		e = readdir(d);
	while (e && e->d_name[0] == '.');
	closedir(d);
	return !e;
}

int stores_open(struct stores *s, char **paths, int n, bool wait)
{
	int ret = 0;
	size_t i;

	memset(s, 0, sizeof(*s));
	open_files_raise();
	for (i = 0; (int)i < n && !ret; i++)
		ret = dir_add(s, paths[i]);
	if (!ret)
		ret = stores_refresh(s);
	for (i = 0; i < s->ndirs && !ret && !wait; i++) {
		if (dir_has_legs(s, &s->dirs[i]))
			continue;
		if (s->nlegs && dir_is_empty(&s->dirs[i])) {
			info("%s: empty, no guest was attached there",
			     s->dirs[i].path);
			continue;
		}
		err("%s: no leg-* directory in it; is it a store?",
		    s->dirs[i].path);
		ret = -ENOENT;
	}
	return ret;
}

void stores_close(struct stores *s)
{
	size_t i;

	tdestroy(s->by_path, nothing);
	for (i = 0; i < s->nlegs; i++)
		leg_free(s->legs[i]);
	for (i = 0; i < s->ndirs; i++)
		free(s->dirs[i].path);
	free(s->legs);
	free(s->dirs);
	findings_free(&s->found);
	memset(s, 0, sizeof(*s));
}
