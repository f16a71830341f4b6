// SPDX-License-Identifier: GPL-2.0
/* store_read.c - trace stores: directories, legs and their files */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/host_conf.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "store/leg_read.h"
#include "store/names.h"
#include "store/store_read.h"

/**
 * struct store_dir - one operand of the command line
 * @path: as realpath() gives it
 * @leg: name of the only leg that was asked for, NULL for all
 */
struct store_dir {
	char *path;
	char *leg;
};

int file_page(const struct store_file *f, uint64_t index, void *page)
{
	size_t have = 0;

	while (have < IVR_PAGE_SIZE) {
		ssize_t got = pread(f->pages_fd, (char *)page + have,
				    IVR_PAGE_SIZE - have,
				    index * IVR_PAGE_SIZE + have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -EIO;
		have += got;
	}
	return 0;
}

bool legs_same_qemu(const struct leg *a, const struct leg *b)
{
	return a->generation == b->generation && !strcmp(a->host, b->host) &&
	       !strcmp(a->boot, b->boot) && !strcmp(a->store, b->store);
}

static void file_free(struct store_file *f)
{
	if (f->pages_fd >= 0)
		close(f->pages_fd);
	tail_close(&f->descs);
	free(f);
}

static void leg_free(struct leg *l)
{
	size_t i;

	for (i = 0; i < l->nfiles; i++)
		file_free(l->files[i]);
	free(l->files);
	tail_close(&l->marks);
	tail_close(&l->clocks);
	if (l->dirfd >= 0)
		close(l->dirfd);
	free(l->path);
	free(l);
}

static struct store_file *leg_find_file(const struct leg *l, const char *name)
{
	size_t len = strlen(name) - strlen(".desc");
	size_t i;

	for (i = 0; i < l->nfiles; i++)
		if (strlen(l->files[i]->name) == len &&
		    !strncmp(l->files[i]->name, name, len))
			return l->files[i];
	return NULL;
}

/*
 * The reader removes its oldest files when a store is full. All are opened at
 * once and stay open, so that what was counted can also be read.
 */
static int file_open(struct leg *l, struct store_file *f)
{
	char name[40];
	int ret;

	snprintf(name, sizeof(name), "%s.pages", f->name);
	f->pages_fd = openat(l->dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (f->pages_fd < 0)
		return -errno;
	snprintf(name, sizeof(name), "%s.desc", f->name);
	ret = tail_open(&f->descs, l->dirfd, name);
	return ret;
}

static int leg_add_file(struct stores *s, struct leg *l, const char *name,
			unsigned int ring, unsigned int number)
{
	struct store_file *f = calloc(1, sizeof(*f));
	int ret;

	if (!f || array_room(&l->files, &l->files_cap, l->nfiles + 1,
			     sizeof(*l->files))) {
		free(f);
		return -ENOMEM;
	}
	f->leg = l;
	f->ring = ring;
	f->number = number;
	snprintf(f->name, sizeof(f->name), "%.*s",
		 (int)(strlen(name) - strlen(".desc")), name);
	f->pages_fd = -1;
	tail_init(&f->descs, sizeof(struct ivr_desc));
	ret = file_open(l, f);
	if (ret == -ENOENT && f->pages_fd < 0 &&
	    faccessat(l->dirfd, name, F_OK, 0)) {
		/* rotated away since the directory was listed */
		file_free(f);
		return 0;
	}
	l->files[l->nfiles++] = f;
	if (ret == -EMFILE)
		return ret;
	if (ret)
		found_bad(&s->found,
			  "%s/%s: cannot open its pages or "
			  "descriptors (%s); what they held is missing",
			  l->path, f->name, strerror(-ret));
	return 0;
}

static int by_ring_and_number(const void *pa, const void *pb)
{
	const struct store_file *a = *(struct store_file *const *)pa;
	const struct store_file *b = *(struct store_file *const *)pb;

	if (a->ring != b->ring)
		return a->ring < b->ring ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static int leg_scan(struct stores *s, struct leg *l)
{
	unsigned int ring, number;
	struct dirent *e;
	int fd, ret = 0;
	DIR *d;

	fd = openat(l->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		ret = -errno;
		if (fd >= 0)
			close(fd);
		return ret;
	}
	while (!ret && (e = readdir(d))) {
		if (!name_is_desc(e->d_name, l->rings, &ring, &number) ||
		    strlen(e->d_name) >= sizeof(l->files[0]->name) ||
		    leg_find_file(l, e->d_name))
			continue;
		if (ring > l->rings ||
		    (ring == l->rings && e->d_name[0] == 'r')) {
			found_note(&s->found,
				   "%s/%s: the leg has only %u "
				   "rings; left out",
				   l->path, e->d_name, l->rings);
			continue;
		}
		ret = leg_add_file(s, l, e->d_name, ring, number);
	}
	closedir(d);
	if (l->nfiles)
		qsort(l->files, l->nfiles, sizeof(*l->files),
		      by_ring_and_number);
	return ret;
}

static void file_note_unbacked(struct stores *s, struct store_file *f,
			       uint64_t pages, uint64_t descs)
{
	struct ivr_desc d;

	if (!f->beyond.page)
		found_bad(&s->found,
			  "%s/%s.pages: store truncated after page "
			  "%llu of the file: %llu descriptors have no page "
			  "behind them",
			  f->leg->path, f->name, (unsigned long long)pages,
			  (unsigned long long)(descs - pages));
	if (pread(f->descs.fd, &d, sizeof(d), (descs - 1) * sizeof(d)) ==
	    (ssize_t)sizeof(d))
		f->beyond = d;
}

/*
 * Descriptors are counted before pages, so a reader at work, which appends
 * pages first, never looks as if it had forgotten pages.
 */
static int file_refresh(struct stores *s, struct store_file *f)
{
	int64_t descs, pages;
	unsigned int torn = 0;
	struct stat st;

	if (f->descs.fd < 0 || f->pages_fd < 0)
		return 0;
	descs = tail_entries(&f->descs, &torn);
	if (descs < 0)
		return descs;
	if (fstat(f->pages_fd, &st))
		return -errno;
	pages = st.st_size / IVR_PAGE_SIZE;
	if (torn && !f->torn) {
		f->torn = true;
		found_note(&s->found,
			   "%s/%s.desc: %u bytes of a torn "
			   "descriptor at the end, left out",
			   f->leg->path, f->name, torn);
	}
	if (pages < descs) {
		file_note_unbacked(s, f, pages, descs);
		descs = pages;
	}
	return tail_read(&f->descs, descs);
}

static int entries_refresh(struct leg *l, struct tail *t, const char *name)
{
	int ret = tail_open(t, l->dirfd, name);
	int64_t n;

	if (ret)
		return ret == -ENOENT ? 0 : ret;
	n = tail_entries(t, NULL);
	return n < 0 ? n : tail_read(t, n);
}

static int leg_refresh(struct stores *s, struct leg *l)
{
	int ret;
	size_t i;

	if (!l->ready && !l->broken) {
		ret = leg_file_read(l, &s->found);
		if (ret == -ENOENT)
			return 0;
		l->broken = ret;
		l->ready = !ret;
	}
	if (!l->ready)
		return 0;
	ret = leg_scan(s, l);
	if (!ret)
		ret = entries_refresh(l, &l->marks, IVR_STORE_MARKS_FILE);
	if (!ret)
		ret = entries_refresh(l, &l->clocks, IVR_STORE_CLOCK_FILE);
	for (i = 0; i < l->nfiles && !ret; i++)
		ret = file_refresh(s, l->files[i]);
	if (!ret)
		return 0;
	err("%s: %s%s", l->path, strerror(-ret),
	    ret == -EMFILE ? "; raise the limit of open files (ulimit -n)" :
			     "");
	return ret;
}

static int leg_add(struct stores *s, const struct store_dir *dir,
		   const char *name)
{
	struct leg *l;
	size_t i;

	for (i = 0; i < s->nlegs; i++)
		if (!strcmp(s->legs[i]->store, dir->path) &&
		    !strcmp(s->legs[i]->name, name))
			return 0;
	l = calloc(1, sizeof(*l));
	if (!l || array_room(&s->legs, &s->legs_cap, s->nlegs + 1,
			     sizeof(*s->legs))) {
		free(l);
		return -ENOMEM;
	}
	tail_init(&l->marks, sizeof(struct ivr_store_mark));
	tail_init(&l->clocks, sizeof(struct ivr_store_clock));
	l->dirfd = -1;
	s->legs[s->nlegs++] = l;
	l->store = dir->path;
	if (asprintf(&l->path, "%s/%s", dir->path, name) < 0) {
		l->path = NULL;
		return -ENOMEM;
	}
	l->name = strrchr(l->path, '/') + 1;
	l->dirfd = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->dirfd < 0) {
		l->broken = true;
		found_bad(&s->found, "%s: %s; the leg is left out", l->path,
			  strerror(errno));
	}
	return 0;
}

static int is_leg(const struct dirent *e)
{
	uint32_t number;

	return name_is_leg(e->d_name, &number);
}

static int dir_scan(struct stores *s, const struct store_dir *dir)
{
	struct dirent **names;
	int n, ret = 0;
	int i;

	if (dir->leg)
		return leg_add(s, dir, dir->leg);
	n = scandir(dir->path, &names, is_leg, alphasort);
	if (n < 0) {
		ret = -errno;
		err("%s: %s", dir->path, strerror(-ret));
		return ret;
	}
	for (i = 0; i < n; i++) {
		if (!ret)
			ret = leg_add(s, dir, names[i]->d_name);
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
		ret = dir_scan(s, &s->dirs[i]);
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

static void raise_open_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
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
	raise_open_files();
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

	for (i = 0; i < s->nlegs; i++)
		leg_free(s->legs[i]);
	for (i = 0; i < s->ndirs; i++)
		free(s->dirs[i].path);
	free(s->legs);
	free(s->dirs);
	findings_free(&s->found);
	memset(s, 0, sizeof(*s));
}
